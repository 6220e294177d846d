"""What a file of vehicles looks like, and one pass over it that holds a block of it at a time.

A row is a line. The pass tells whether the file is what it is said to be, and cuts it into chunks that begin at the
beginnings of lines, so that workers can read them apart from each other. Nothing is ever decompressed.
"""

import codecs
import csv
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

Format: TypeAlias = Literal["csv", "ndjson"]
FORMATS: Final = get_args(Format)

REQUIRED: Final = ("id", "name", "lat", "lon", "base", "per_km", "minimum", "currency")
OPTIONAL: Final = ("max_km", "status")
COLUMNS: Final = (*REQUIRED, *OPTIONAL)

MOST_BYTES: Final = 1024**3
"""Of a file."""

LONGEST_LINE: Final = 4096
"""Bytes. Each chunk is read line by line, and a name of sixty characters is far from it in any alphabet."""

BOM: Final = b"\xef\xbb\xbf"

_MAGIC: Final = (
    (b"\x1f\x8b", "gzip"),
    (b"PK\x03\x04", "a ZIP archive, as spreadsheets are, too"),
    (b"PK\x05\x06", "a ZIP archive, as spreadsheets are, too"),
    (b"%PDF", "PDF"),
    (b"BZh", "bzip2"),
    (b"\xfd7zXZ", "xz"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet"),
    (b"PAR1", "Parquet"),
    (b"\xff\xfe", "UTF-16 or UTF-32"),
    (b"\xfe\xff", "UTF-16"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
)
_MAGIC_BYTES: Final = max(len(magic) for magic, _ in _MAGIC)


class FileRefused(Exception):
    """The file as a whole cannot be imported. Its partner is told this text, which holds nothing of the file."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """The bytes from `start` up to `end`. The first of its lines has the number `line`, counted from 1."""

    number: int
    start: int
    end: int
    line: int


@dataclass(frozen=True, slots=True)
class Scanned:
    """A file that was read to its end. `columns` are those of a CSV file, in its order."""

    size: int
    sha256: str
    columns: tuple[str, ...]
    chunks: tuple[Chunk, ...]


class FileScan:
    """Takes the blocks of one file in their order, and then its end. By the first eight bytes, if they come at once, it
    tells files of other types.

    Each raises FileRefused as soon as something is wrong.
    """

    def __init__(self, format_: Format, chunk_bytes: int) -> None:
        self._format = format_
        self._chunk_bytes = chunk_bytes
        self._hash = hashlib.sha256()
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._size = 0
        self._lines = 0  # that have ended
        self._line_start = 0
        self._head = b""
        self._begun = False
        self._columns: tuple[str, ...] = ()
        self._chunk_start = 0
        self._chunk_line = 1
        self._chunks: list[Chunk] = []

    def feed(self, block: bytes) -> None:
        """Take the next block."""
        self._hash.update(block)
        if not self._begun:
            self._begin(block)
        self._check_text(block)
        self._check_lines(block)
        if self._begun:
            self._cut(block)
        self._lines += block.count(b"\n")
        self._size += len(block)

    def end(self) -> Scanned:
        """Take the end."""
        if not self._begun:
            self._begin(b"", whole=True)
        if self._decoder.getstate()[0]:
            raise FileRefused(f"Line {self._lines + 1} ends in the middle of a character (UTF-8).")
        if self._size - self._line_start > LONGEST_LINE:
            raise self._too_long(self._lines + 1)
        if self._chunk_start < self._size:
            self._close(self._size)
        if not self._chunks:
            raise FileRefused("The file has no rows.")
        return Scanned(self._size, self._hash.hexdigest(), self._columns, tuple(self._chunks))

    def _begin(self, block: bytes, *, whole: bool = False) -> None:
        """Look at the first line once it is there, and for CSV take it as the header."""
        self._head += block[: LONGEST_LINE + len(BOM) + 1]
        if len(self._head) >= _MAGIC_BYTES or whole:
            for magic, name in _MAGIC:
                if self._head.startswith(magic):
                    raise FileRefused(f"The file is {name}. Send it as plain text in UTF-8.")
        ended = self._head.find(b"\n")
        if ended < 0 and not whole:
            return
        mark = len(BOM) if self._head.startswith(BOM) else 0
        first = (self._head[:ended] if ended >= 0 else self._head)[mark:]
        self._chunk_start = mark
        if self._format == "csv":
            self._columns = _columns(first)
            self._chunk_start = ended + 1 if ended >= 0 else len(self._head)
            self._chunk_line = 2
        elif first.strip() and not first.lstrip().startswith(b"{"):
            raise FileRefused("The file is no NDJSON: its first line is no JSON object.")
        self._begun = True

    def _check_text(self, block: bytes) -> None:
        if (at := block.find(b"\0")) >= 0:
            line = self._lines + block.count(b"\n", 0, at) + 1
            raise FileRefused(f"Line {line} has a NUL: the file is no text in UTF-8.")
        pending = len(self._decoder.getstate()[0])
        try:
            self._decoder.decode(block)
        except UnicodeDecodeError as error:
            line = self._lines + block.count(b"\n", 0, max(0, error.start - pending)) + 1
            raise FileRefused(f"Line {line} is no text in UTF-8.") from None

    def _check_lines(self, block: bytes) -> None:
        """See that no line is too long. Each step goes over as many whole lines as fit into the longest."""
        at = self._line_start - self._size
        while (limit := at + LONGEST_LINE + 1) <= len(block):
            found = block.rfind(b"\n", max(at, 0), limit)
            if found < 0:
                raise self._too_long(self._lines + block.count(b"\n", 0, max(at, 0)) + 1)
            at = found + 1
        found = block.rfind(b"\n", max(at, 0))
        self._line_start = self._size + (found + 1 if found >= 0 else at)

    def _cut(self, block: bytes) -> None:
        """End chunks at the first ends of lines after which they are large enough."""
        while (due := self._chunk_start + self._chunk_bytes - self._size) <= len(block):
            found = block.find(b"\n", max(due - 1, 0))
            if found < 0:
                return
            self._close(self._size + found + 1)
            self._chunk_line = self._lines + block.count(b"\n", 0, found + 1) + 1

    def _close(self, end: int) -> None:
        self._chunks.append(Chunk(len(self._chunks) + 1, self._chunk_start, end, self._chunk_line))
        self._chunk_start = end

    def _too_long(self, line: int) -> FileRefused:
        return FileRefused(f"Line {line} has more than {LONGEST_LINE} bytes.")


def lines_of(blocks: Iterable[bytes], first: int) -> Iterator[tuple[int, bytes]]:
    """Take the lines of a chunk out of its blocks, with their numbers. Blank lines are passed over, and counted."""
    rest, number = b"", first
    for block in blocks:
        *whole, rest = (rest + block).split(b"\n")
        for line in whole:
            if text := line.strip():
                yield number, text
            number += 1
    if text := rest.strip():
        yield number, text


def _columns(line: bytes) -> tuple[str, ...]:
    """Read the header. Raises FileRefused."""
    if line.lstrip().startswith((b"{", b"[")):
        raise FileRefused("The file is no CSV: it begins as JSON does.")
    try:
        [cells] = csv.reader([line.decode().strip()], strict=True)
    except (ValueError, csv.Error):
        raise FileRefused("Line 1, the header, is no line of CSV in UTF-8.") from None
    columns = tuple(cell.strip() for cell in cells)
    known: Sequence[str] = COLUMNS
    for i, column in enumerate(columns, 1):
        if column not in known:
            raise FileRefused(
                f"Column {i} of the header is none that we know. There are {', '.join(COLUMNS)}."
            )
        if column in columns[: i - 1]:
            raise FileRefused(f"The header has the column {column} twice.")
    if missing := [column for column in REQUIRED if column not in columns]:
        raise FileRefused(f"The header lacks {', '.join(missing)}.")
    return columns
