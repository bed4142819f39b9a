"""What can go wrong for a user, one class per exit code."""
import re

# What DuckDB, Spark and Arrow say of a Parquet file that was cut short or overwritten; not every one of these names it.
DAMAGE = re.compile("No magic bytes found|too small to be a Parquet file|Failed to read file|Could not read enough bytes from file|"
                    "Invalid string encoding found in Parquet|Footer length error|is not a Parquet file|Incorrect stats size|Out of buffer|"
                    "TProtocolException|don't know what type|invalid TType|No more data to read|Parquet magic bytes not found|Parquet file size is")


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


class LeakError(ChurnkitError):
    """A feature seems to know the outcome that it is to foretell."""

    exit_code = 9


def resources_ran_out(problem: BaseException) -> ResourceError | None:
    """What a failure of the system or of an engine means where disk or memory ran out, which is nobody's bug; else None."""
    said = str(problem).splitlines()[0] if str(problem) else ""
    if any(sign in str(problem) for sign in ("No space left", "Disk quota exceeded", "File too large", "disk is full", "Read-only file system")):
        return ResourceError(f"The disk is full: {said}. Free some space, or point common.spill elsewhere, and run again; nothing is lost.")
    if isinstance(problem, MemoryError) or type(problem).__name__ == "OutOfMemoryException" or "Java heap space" in str(problem):
        return ResourceError(f"Memory ran out: {said}. Raise common.memory or lower common.threads in params.yaml, and run again.")
    return None


def earlier_file_is_damaged(problem: BaseException) -> InputError | None:
    """What a failure of an engine means where it could not read what an earlier stage wrote; else None."""
    told = next((line.strip() for line in str(problem).splitlines() if DAMAGE.search(line)), None)
    return InputError(f"a Parquet file of an earlier stage is damaged ({told}); run `dvc repro`, which writes it anew.") if told else None
