"""Files and folders that appear whole or not at all, and can be told apart by their checksums."""
import fcntl
import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from churnkit.errors import InputError, ResourceError

PROJECT, LOCKS = Path("params.yaml"), Path(".churnkit/locks")
_scratch: dict[Path, int] = {}  # the folders of this process, each with the descriptor that holds its lock


@contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Holds the one lock that belongs to `path`; a run that was killed lets go of it by dying.

    Raises ResourceError if somebody else holds it and `wait` is false.
    """
    lock = lock_of(Path(path))
    lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600), "w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not wait:
                raise ResourceError(f"{path} is being written by another churnkit; wait for it to finish.") from None
            print(f"waiting for the churnkit that is writing {path} ...", file=sys.stderr)
            fcntl.flock(held, fcntl.LOCK_EX)
        yield


def lock_of(path: Path) -> Path:
    """The file whose lock belongs to `path`: in a project (a folder with params.yaml) under it, elsewhere among what is temporary."""
    if PROJECT.is_file():
        return LOCKS / str(path).strip("/").replace("/", "__")
    whole = str(path.resolve())
    known = f"{hashlib.sha256(os.fsencode(whole)).hexdigest()[:16]}-{path.name[:60]}"
    return Path(tempfile.gettempdir()) / f"churnkit-locks-of-{os.getuid()}" / known


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """A new folder beside `path` to write into; it takes the place of `path` when the block ends well."""
    path = Path(path)
    part, old = path.with_name(f".{path.name}.part"), path.with_name(f".{path.name}.old")
    with locked(path):
        if old.exists() and not path.exists():
            os.replace(old, path)  # a run was killed between its two renames
        for leftover in (part, old):
            remove(leftover)
        part.mkdir(parents=True)
        try:
            yield part
        except BaseException:
            remove(part)
            raise
        for written in part.rglob("*"):
            sync(written)
        sync(part)
        if path.exists():
            os.replace(path, old)
        os.replace(part, path)
        sync(path.parent)
        remove(old)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A new file beside `path` to write; it takes the place of `path` when the block ends well."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with locked(path):
        part.unlink(missing_ok=True)
        try:
            yield part
            sync(part)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
        sync(path.parent)


@contextmanager
def intact(path: Path) -> Iterator[Path]:
    """A Parquet file of an earlier stage, read in the block. Raises InputError naming it where it is damaged, as Arrow does not always do."""
    try:
        yield path
    except (OSError, ValueError) as problem:
        is_of_arrow = type(problem).__module__.split(".")[0] == "pyarrow" or (isinstance(problem, OSError) and problem.errno is None)
        if not is_of_arrow and not isinstance(problem, UnicodeDecodeError):
            raise
        raise InputError(f"{path} is damaged ({str(problem).splitlines()[0].strip(' :.')}); run `dvc repro`, which writes it anew.") from None


def json_text(content: Any) -> str:
    """A JSON document as this project writes it: indented, in its own letters, with a line's end. Raises ValueError on NaN, which is no JSON."""
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(path: Path, content: Any) -> None:
    """Writes a JSON document, whole or not at all."""
    with whole_file(path) as part:
        part.write_text(json_text(content), encoding="utf-8", newline="\n")


def new_scratch(parent: Path, purpose: str) -> Path:
    """A private folder in `parent`, named after this process, for what must not outlive it; those of processes that were killed are removed."""
    parent.mkdir(parents=True, exist_ok=True)
    gate = os.open(parent, os.O_RDONLY)
    try:
        fcntl.flock(gate, fcntl.LOCK_EX)
        for left in parent.iterdir():
            if re.fullmatch(r"churnkit-[a-z]+-\d+-\w+", left.name) and is_abandoned(left):
                remove(left)
        folder = Path(tempfile.mkdtemp(prefix=f"churnkit-{purpose}-{os.getpid()}-", dir=parent.resolve()))
        _scratch[folder] = os.open(folder, os.O_RDONLY)
        fcntl.flock(_scratch[folder], fcntl.LOCK_EX)
    finally:
        os.close(gate)
    return folder


def is_abandoned(folder: Path) -> bool:
    """Whether the process that made this scratch folder is dead: its lock is free. A pid alone would not say, for pids come again."""
    try:
        held = os.open(folder, os.O_RDONLY)
    except OSError:  # somebody else's
        return False
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False
    finally:
        os.close(held)


def drop_scratch(folder: Path) -> None:
    """The scratch folder of this process, gone."""
    shutil.rmtree(folder, ignore_errors=True)
    os.close(_scratch.pop(folder))


def remove(path: Path) -> None:
    """`path` and all that is in it, gone; nothing if there was nothing."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """What was written to `path` is on the disk, not only in its cache."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256(path: Path) -> str:
    """The SHA-256 of a file's content, 64 hex digits."""
    with open(path, "rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def parts(folder: Path) -> list[Path]:
    """The Parquet files of a folder, part-2 before part-10."""
    return sorted((p for p in Path(folder).glob("*.parquet") if not p.name.startswith(".")), key=lambda p: (len(p.name), p.name))
