"""The bytes of a text file in blocks of whole lines, numbered, whatever its compression and encoding."""
import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pyarrow as pa

from churnkit.errors import InputError

BLOCK = 8 << 20
LONGEST_LINE = 64 << 20
WIDE = ("utf-16", "utf-16-le", "utf-16-be")  # a line end is more than one byte, so they are decoded as a stream
COMPRESSED = (".gz", ".zst")
BOMS = (codecs.BOM_UTF8, "\ufeff".encode("gb18030"))

codecs.register_error("churnkit-nul", lambda problem: ("\0", problem.end))  # type: ignore[attr-defined]  # what a line is then rejected for


@dataclass(frozen=True)
class Shape:
    """How the text of one file becomes fields: its columns in order, those that are wanted, and how all is written.

    `widths` are bytes, one per column, and then there is no delimiter; `skip` lines stand before the first row; `trailer` is a
    pattern whose group is the number of rows, for the last line.
    """

    names: tuple[str, ...]
    wanted: tuple[str, ...]
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    widths: tuple[int, ...] = ()
    nulls: tuple[str, ...] = ()
    trim: bool = False
    skip: int = 1
    trailer: str = ""

    @property
    def stored(self) -> str:
        """The encoding of the blocks: the file's own where a line end is one byte there, else UTF-8."""
        return "utf-8" if self.encoding in WIDE else self.encoding


@dataclass(frozen=True)
class Block:
    """Whole lines, and the number of the first; the file's first line is 1."""

    first: int
    text: bytes

    @cached_property
    def lines(self) -> int:
        """How many lines there are; the last one of a file may lack its end."""
        return self.text.count(b"\n") + (not self.text.endswith(b"\n") and bool(self.text))


def opened(path: Path) -> pa.NativeFile:
    """The file's bytes, decompressed. Raises OSError."""
    return pa.input_stream(str(path), compression="detect")


def unreadable(path: Path, problem: OSError) -> InputError:
    """What to say of a file that cannot be opened, or whose compression is broken."""
    return InputError(f"{path} cannot be read: {problem}. Ask for the file again.")


def chunks(path: Path, encoding: str) -> Iterator[bytes]:
    """The file's bytes as they come, in an encoding where a line end is one byte and without a byte order mark."""
    with opened(path) as stream:
        decoder = codecs.getincrementaldecoder(encoding)("churnkit-nul") if encoding in WIDE else None
        is_first = True
        while raw := stream.read(BLOCK):
            chunk = as_utf8(path, decoder, raw) if decoder else raw
            if is_first:
                chunk = next((chunk.removeprefix(bom) for bom in BOMS if chunk.startswith(bom)), chunk)
            is_first = False
            yield chunk
        if decoder and (rest := decoder.decode(b"", final=True)):
            yield rest.encode("utf-8")


def as_utf8(path: Path, decoder: codecs.IncrementalDecoder, raw: bytes) -> bytes:
    """The bytes decoded, and written in UTF-8. Raises InputError where UTF-16 does not say which of its two bytes comes first."""
    try:
        return decoder.decode(raw).encode("utf-8")
    except UnicodeError:
        raise InputError(f"{path} is no UTF-16 with a byte order mark; its layout may have to say utf-16-le, utf-16-be or "
                         "another encoding.") from None


def whole_lines(path: Path, encoding: str) -> Iterator[Block]:
    """The file in blocks that end where a line ends. Raises OSError, and InputError where a line has no end."""
    first, rest = 1, b""
    for chunk in chunks(path, encoding):
        end = chunk.rfind(b"\n") + 1
        if not end:
            rest += chunk
            if len(rest) > LONGEST_LINE:
                raise InputError(f"{path} is no text: a line of it is longer than {LONGEST_LINE >> 20} MB.")
            continue
        block = Block(first, rest + chunk[:end])
        rest = chunk[end:]
        first += block.lines
        yield block
    if rest:
        yield Block(first, rest)


def rows_of(path: Path, shape: Shape) -> Iterator[Block]:
    """The blocks below the lines to skip and above the trailer.

    Raises OSError, and InputError where the trailer is missing or counts other rows than there are.
    """
    held: Block | None = None
    rows = 0
    for block in whole_lines(path, shape.encoding):
        block = below(block, shape.skip)
        if held:
            rows += held.lines
            yield held
            held = None
        held = block if block.text else None
    if shape.trailer:
        held = above_trailer(path, held, shape, rows)
    if held and held.text:
        yield held


def below(block: Block, skip: int) -> Block:
    """The block without those of its lines that are among the file's first `skip`."""
    text, first = block.text, block.first
    while first <= skip and text:
        _, _, text = text.partition(b"\n")
        first += 1
    return Block(first, text)


def above_trailer(path: Path, last: Block | None, shape: Shape, rows_before: int) -> Block:
    """The last block without the trailer line."""
    text = (last.text if last else b"").rstrip(b"\r\n")
    start = text.rfind(b"\n") + 1
    found = re.fullmatch(shape.trailer, text[start:].decode(shape.stored, "replace").strip())
    if not found or not (found[1] or "").isdecimal():
        raise InputError(f"{path} does not end in the line with the row count that its layout promises ({shape.trailer}): it broke off "
                         "on its way; ask for it again. If it ends in another such line, mend the trailer of the layout.")
    block = Block(last.first if last else 1, text[:start])
    rows = rows_before + block.lines
    if int(found[1]) != rows:
        raise InputError(f"{path} says on its last line that it has {int(found[1]):,} rows, but {rows:,} came. Ask for the file again.")
    return block


def raw_lines(path: Path, wanted: set[int], encoding: str = "utf-8") -> dict[int, str]:
    """The lines with these numbers as they stand in the file; its first line is 1."""
    found: dict[int, str] = {}
    for block in whole_lines(path, encoding) if wanted else ():
        here = [n for n in wanted if block.first <= n < block.first + block.lines]
        if here:
            whole = block.text.split(b"\n")
            stored = "utf-8" if encoding in WIDE else encoding
            found |= {n: whole[n - block.first].removesuffix(b"\r").decode(stored, "replace") for n in here}
        if len(found) == len(wanted):
            break
    return found
