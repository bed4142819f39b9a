"""What the account calls a file: by its name, in which a telephone number is hidden."""
import re

from churnkit.identity import pseudonym

NUMBER = re.compile(r"(?<!\d)((?:\+|00)?86)?(1[3-9]\d)\d{4}(\d{4})(?!\d)")  # no stamp of date and time has eleven digits


def shown(name: str) -> str:
    """The name as people read it, `records_138****0001.csv`; two files may be shown alike."""
    return NUMBER.sub(r"\2****\3", name)


def told_apart(name: str, secret: bytes) -> str:
    """The name with the pseudonym of a number in its place, so that it still tells files apart."""
    return NUMBER.sub(lambda found: pseudonym(secret, found[0], "p"), name)
