"""What can go wrong for a user, one class per exit code."""


class ChurnkitError(Exception):
    """A failure the user can mend: its text is one clear sentence, printed without a traceback."""

    exit_code = 1


class ParameterError(ChurnkitError):
    """params.yaml, a command-line option or a key file is not as it should be."""

    exit_code = 2


class InputError(ChurnkitError):
    """An extract, or another file that churnkit reads, is missing, unreadable or not what it says it is."""

    exit_code = 3


class AccountError(ChurnkitError):
    """Rows do not add up, or too many were rejected."""

    exit_code = 4


class HistoryError(ChurnkitError):
    """There is too little past to answer for this as-of date."""

    exit_code = 5


class ResourceError(ChurnkitError):
    """Disk, memory or a lock is not to be had."""

    exit_code = 6


class ChecksumError(ChurnkitError):
    """A file is not the one that was written."""

    exit_code = 7


class PolicyError(ChurnkitError):
    """A rule of the operator or of the law forbids it."""

    exit_code = 8
