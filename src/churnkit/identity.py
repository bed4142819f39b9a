"""Pseudonyms: keyed hashes that stand for subscribers, numbers and customers inside churnkit."""
import hashlib
import hmac
import os
import secrets
import stat
from pathlib import Path

from churnkit.errors import ParameterError
from churnkit.files import whole_file

DIGITS = 20


def key_path(configured: str) -> Path:
    """Where the key lies: `CHURNKIT_KEY_FILE` if it is set, else the file that params.yaml names."""
    return Path(os.environ.get("CHURNKIT_KEY_FILE") or configured)


def read_key(configured: str) -> bytes:
    """The secret key, 32 bytes. Raises ParameterError if it is missing, open to others or not 64 hex digits."""
    path = key_path(configured)
    try:
        mode, text = path.stat().st_mode, path.read_text("ascii").strip()
    except FileNotFoundError:
        raise ParameterError(f"The key file {path} is missing; `churnkit key` makes one, once and for all months.") from None
    except OSError as problem:
        raise ParameterError(f"The key file {path} cannot be read: {problem.strerror}.") from None
    except UnicodeDecodeError:
        text, mode = "", path.stat().st_mode
    if is_open_to_others(mode):
        raise ParameterError(f"The key file {path} can be read by others; `chmod 600 {path}` closes it.")
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ParameterError(f"The key file {path} must hold 64 hex digits and nothing else.")
    return key


def is_open_to_others(mode: int) -> bool:
    """Whether a file of that mode may be read, written or run by others than its owner."""
    return bool(mode & (stat.S_IRWXG | stat.S_IRWXO))


def write_key(path: Path, key: bytes) -> None:
    """Keep `key` in a file that only its owner may read."""
    with whole_file(path) as part:
        part.touch(mode=0o600)
        part.write_text(key.hex() + "\n", "ascii")


def new_key(configured: str) -> Path:
    """Make a random key where there is none yet. Raises ParameterError if there is one: a new key makes every id a new one."""
    path = key_path(configured)
    if path.exists():
        raise ParameterError(f"{path} exists; a new key would make every known subscriber a stranger.")
    write_key(path, secrets.token_bytes(32))
    return path


def key_id(key: bytes) -> str:
    """A name for the key that gives nothing of it away, 8 hex digits."""
    return pseudonym(key, "churnkit key id", "")[:8]


def check_planned(key: bytes, planned: str | None, configured: str) -> None:
    """Raises ParameterError where the plan was made for another key: its pseudonyms would not fit those of other deliveries."""
    if planned is not None and planned != key_id(key):
        raise ParameterError(f"The key in {key_path(configured)} is {key_id(key)}, but months.yaml was planned for {planned}: everybody would "
                             "become a stranger. Put the planned key back; or, to ingest every delivery anew with this one, run `churnkit plan`.")


def pseudonym(key: bytes, text: str, letter: str) -> str:
    """The id that stands for `text`: a letter, so that no spreadsheet takes it for a number, and 20 hex digits of HMAC-SHA256."""
    return letter + hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:DIGITS]


def hash_pads(key: bytes) -> tuple[bytes, bytes]:
    """The inner and outer pad of HMAC-SHA256 (RFC 2104), for an engine that has SHA-256 alone."""
    block = key.ljust(64, b"\0")
    return bytes(b ^ 0x36 for b in block), bytes(b ^ 0x5C for b in block)
