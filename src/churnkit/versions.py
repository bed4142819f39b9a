"""Which file of a delivery counts: one content once, and of several versions of a file the newest."""
import re
from collections.abc import Sequence
from pathlib import PurePath

import pyarrow.parquet as pq

from churnkit.files import intact
from churnkit.timeline import account_of

PERIOD = re.compile(r"(?<!\d)(19|20)\d\d-?(0[1-9]|1[0-2])(-?\d\d)?(?!\d)")
SUFFIX = re.compile(r"\.(csv|txt|dat|parquet)(\.(gz|zst))?$")
VERSION = re.compile(r"[._-]v(\d+)$", re.IGNORECASE)


def delivery_key(file: PurePath, pattern: str | None = None) -> tuple[str, int]:
    """What a file within a delivery's folder is a version of, and which version; ("", 1) where its name says no month or day.

    `north/calls_2026-06.v2.csv.gz` is version 2 of `north/calls_2026-06`. A name without a period, such as `handsets.csv`, means something else
    in every delivery. A layout's own `pattern` says by its group what the name is a version of; ("", 1) where it finds nothing.
    """
    stem = SUFFIX.sub("", file.as_posix())
    found = VERSION.search(stem)
    stem, version = (stem[:found.start()], int(found[1])) if found else (stem, 1)
    if pattern:
        own = re.search(pattern, file.name)
        return (own[1], version) if own and own[1] else ("", 1)
    return (stem, version) if PERIOD.search(stem) else ("", 1)


def set_aside(files: Sequence[str], keys: Sequence[tuple[str, int]], digests: Sequence[str], known: dict[str, str]) -> dict[int, str]:
    """The places of the files that do not count, and why: a newer version is there, or the content was seen before.

    `files` are their names, `keys` their delivery keys; `known` names the file of an earlier delivery by its content.
    """
    newest: dict[str, tuple[int, int]] = {}
    for n, (key, version) in enumerate(keys):
        if key and version > newest.get(key, (0, 0))[0]:
            newest[key] = version, n
    aside: dict[int, str] = {}
    seen = dict(known)
    for n, ((key, version), digest) in enumerate(zip(keys, digests, strict=True)):
        if digest in seen:
            aside[n] = f"same content as {seen[digest]}"
        elif key and newest[key][0] > version:
            aside[n] = f"superseded by {files[newest[key][1]]}"
        else:
            seen[digest] = files[n]
    return aside


def accounts(deliveries: Sequence[str]) -> list[dict]:
    """What the accounts of the deliveries say of their files, with the `delivery`, in the order given."""
    rows = []
    for name in deliveries:
        if (path := account_of(name) / "files.parquet").exists():
            with intact(path):
                rows += [row | {"delivery": name} for row in pq.read_table(path).to_pylist()]
    return rows


def superseded(files: Sequence[dict]) -> dict[tuple[str, str], set[int]]:
    """By delivery and extract the numbers of the files that a later delivery brought again; `files` go from the oldest delivery to the newest.

    Who does not see the later delivery does not see the correction either.
    """
    newest = {(f["extract"], f["key"]): f["delivery"] for f in files if f["key"]}
    hidden: dict[tuple[str, str], set[int]] = {}
    for f in files:
        if f["key"] and newest[f["extract"], f["key"]] != f["delivery"]:
            hidden.setdefault((f["delivery"], f["extract"]), set()).add(f["file_no"])
    return hidden
