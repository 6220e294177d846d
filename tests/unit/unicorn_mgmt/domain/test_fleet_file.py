"""Whatever a file holds: each of its lines is in one chunk, under its own number, or the file is refused in words."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unicorn_mgmt.domain.fleet_file import (
    COLUMNS,
    LONGEST_LINE,
    REQUIRED,
    FileRefused,
    FileScan,
    Format,
    Scanned,
    lines_of,
)

HEADER = ",".join(COLUMNS).encode() + b"\n"


def scanned(content: bytes, format_: Format = "ndjson", chunk_bytes: int = 20, block: int = 7) -> Scanned:
    scan = FileScan(format_, chunk_bytes)
    for start in range(0, len(content), block):
        scan.feed(content[start : start + block])
    return scan.end()


def refused(content: bytes, format_: Format = "ndjson", block: int = 7) -> str:
    with pytest.raises(FileRefused) as found:
        scanned(content, format_, block=block)
    return str(found.value)


def judged(content: bytes, format_: Format, chunk_bytes: int, block: int) -> Scanned | str:
    """The file as it was cut, or why it was refused."""
    try:
        return scanned(content, format_, chunk_bytes, block)
    except FileRefused as error:
        return str(error)


def numbered(content: bytes, found: Scanned, block: int) -> list[tuple[int, bytes]]:
    """The lines of all chunks, each read on its own."""
    lines: list[tuple[int, bytes]] = []
    for chunk in found.chunks:
        part = content[chunk.start : chunk.end]
        blocks = [part[at : at + block] for at in range(0, len(part), block)]
        lines += lines_of(blocks, chunk.line)
    return lines


# Lines as text has them: with other breaks than \n, of more than one byte a character, blank, and long.
LINES = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\n\0"), max_size=30)
    | st.integers(LONGEST_LINE - 40, LONGEST_LINE).map("x".__mul__),
    max_size=12,
)
SIZES = st.integers(1, 5000)


@given(lines=LINES, chunk_bytes=SIZES, block=SIZES, ended=st.booleans(), mark=st.booleans())
def test_every_line_is_in_one_chunk_under_its_number(
    lines: list[str], chunk_bytes: int, block: int, ended: bool, mark: bool
) -> None:
    text = "\n".join(["{}", *lines]) + "\n" * ended
    content = b"\xef\xbb\xbf" * mark + text.encode()
    found = judged(content, "ndjson", chunk_bytes, block)
    if isinstance(found, str):
        assert any(len(line.encode()) > LONGEST_LINE for line in lines), found
        return
    whole = enumerate(text.encode().split(b"\n"), 1)
    assert numbered(content, found, block) == [(n, line.strip()) for n, line in whole if line.strip()]
    assert (found.size, found.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    # They follow each other, and none is larger than it has to be.
    assert [c.start for c in found.chunks[1:]] == [c.end for c in found.chunks[:-1]]
    assert found.chunks[-1].end == len(content)
    for chunk in found.chunks[:-1]:
        assert chunk_bytes <= chunk.end - chunk.start <= chunk_bytes + LONGEST_LINE + 1


@given(rows=st.lists(st.text("abc,\r", max_size=9), min_size=1, max_size=9), chunk_bytes=SIZES, block=SIZES)
def test_the_rows_of_csv_begin_behind_its_header(rows: list[str], chunk_bytes: int, block: int) -> None:
    content = HEADER + "\n".join(rows).encode()
    if len(content) == len(HEADER):
        assert refused(content, "csv", block) == "The file has no rows."
        return
    found = scanned(content, "csv", chunk_bytes, block)
    assert found.columns == COLUMNS
    expected = [(n, row.encode().strip()) for n, row in enumerate("\n".join(rows).split("\n"), 2)]
    assert numbered(content, found, block) == [(n, row) for n, row in expected if row]


@given(content=st.binary(max_size=9000), format_=st.sampled_from(["csv", "ndjson"]), block=SIZES)
def test_any_bytes_are_cut_or_refused_in_words(content: bytes, format_: Format, block: int) -> None:
    found = judged(content, format_, 100, block)
    assert isinstance(found, Scanned) or found.endswith(".")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x1f\x8b\x08\x00" + b"\x00" * 30, "The file is gzip. Send it as plain text in UTF-8."),
        (b"PK\x03\x04 and so on", "The file is a ZIP archive, as spreadsheets are, too."),
        (b"%PDF-1.7\n", "The file is PDF."),
        ('{"id": "a"}\n'.encode("utf-16"), "The file is UTF-16 or UTF-32."),
        ('{"id": "a"}\n'.encode("utf-16-le"), "Line 1 has a NUL: the file is no text in UTF-8."),
        (b'{}\n{"id": "\xff"}\n', "Line 2 is no text in UTF-8."),
        (b'{}\n{}\n{"id": "\xc3', "Line 3 ends in the middle of a character (UTF-8)."),
        (b"{}\n{}\n\n" + b"x" * (LONGEST_LINE + 1) + b"\n", f"Line 4 has more than {LONGEST_LINE} bytes."),
        (b"{}\n" + b"x" * (LONGEST_LINE + 1), f"Line 2 has more than {LONGEST_LINE} bytes."),
        (b"id,name\n", "The file is no NDJSON: its first line is no JSON object."),
        (b"", "The file has no rows."),
    ],
)
@pytest.mark.parametrize("block", [8, 100_000])
def test_what_is_no_such_file_is_refused_with_its_line(content: bytes, reason: str, block: int) -> None:
    assert refused(content, "ndjson", block).startswith(reason)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b'{"id": 1}\n', "The file is no CSV: it begins as JSON does."),
        (b"id,secret,name\n", "Column 2 of the header is none that we know."),
        (b"id,name,id\n", "The header has the column id twice."),
        (b"id,name\n", "The header lacks lat, lon, base, per_km, minimum, currency."),
        (b'id,"name\n', "Line 1, the header, is no line of CSV in UTF-8."),
        (b"\n", "The header lacks id,"),
        (HEADER, "The file has no rows."),
        (b"", "The header lacks"),
    ],
)
def test_a_header_is_refused_without_a_word_of_it(header: bytes, reason: str) -> None:
    told = refused(header, "csv")
    assert told.startswith(reason)
    assert "secret" not in told


def test_the_columns_may_come_in_any_order_and_without_those_that_are_optional() -> None:
    header = ",".join(reversed(REQUIRED)).encode()
    assert scanned(b"\xef\xbb\xbf" + header + b"\r\nrow\r\n", "csv").columns == REQUIRED[::-1]


def test_the_longest_line_is_taken() -> None:
    content = b"{}\n" + b"x" * LONGEST_LINE + b"\n" + b"y" * LONGEST_LINE
    assert [len(line) for _, line in numbered(content, scanned(content), 999)] == [
        2,
        LONGEST_LINE,
        LONGEST_LINE,
    ]
