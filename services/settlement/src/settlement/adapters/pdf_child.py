"""The process that opens PDFs of strangers: `python -m settlement.adapters.pdf_child LIMITS COMMAND …`.

It has no credentials, little memory and a few seconds, and says what it found in one line of JSON. Whatever a PDF does to it,
its parent lives (`adapters/pdf_reader.py`). Commands:

    count FILE                        {"pages": 3}
    split FILE DIRECTORY PAGE…        {}, and DIRECTORY/<page>.pdf
    render DIRECTORY PAGE…            {}, and DIRECTORY/<page>.png of each <page>.pdf there

`{"problem": "encrypted"}` says why a PDF cannot be looked at, as `domain/document.py` names it.
"""

import json
import resource
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

_DOTS_AN_INCH: Final = 150
_POINTS_AN_INCH: Final = 72
_LONGEST_SIDE: Final = 2_000
"""Pixels of the longer side of a picture, at most."""
_LARGEST_PAGE: Final = 2_880
"""Points: what Textract reads, 40 inches. https://docs.aws.amazon.com/textract/latest/dg/limits-document.html"""
_MOST_PIXELS: Final = 75_000_000
"""Of a picture in a page: a sheet of A3 that was scanned with 600 dots an inch has 70 million."""
_QUICKLY: Final = 3
"""The level of compression of pictures, of 9."""


class Problem(Exception):
    """Why a PDF cannot be looked at."""


def limit(mib: int, seconds: int, file_mib: int) -> None:
    """Bound what this process may use. A file that grows too large is an OSError, the rest ends the process."""
    for what, most in (
        (resource.RLIMIT_AS, mib << 20),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, file_mib << 20),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(what)[1]
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (allowed, allowed))


def count(file: str) -> Mapping[str, Any]:
    """Count the pages, none of which may be too large."""
    with _opened(Path(file)) as document:
        pages = len(document)
        for index in range(pages):
            _check_size(document.get_page_size(index))
        return {"pages": pages}


def split(file: str, directory: str, *pages: str) -> Mapping[str, Any]:
    """Make each page a file of its own."""
    with _opened(Path(file)) as document:
        for page in map(int, pages):
            single = pdfium.PdfDocument.new()
            try:
                single.import_pages(document, [page - 1])
                single.save(str(Path(directory, f"{page}.pdf")))
            except OSError:
                raise Problem("page-too-heavy") from None
            finally:
                single.close()
    return {}


def render(directory: str, *pages: str) -> Mapping[str, Any]:
    """Draw each page, with 150 dots an inch or as many as fit."""
    for page in pages:
        with _opened(Path(directory, f"{page}.pdf")) as document:
            sheet = document[0]
            size = sheet.get_size()
            _check_size(size)
            for picture in sheet.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE]):
                width, height = picture.get_px_size()
                if width * height > _MOST_PIXELS:
                    raise Problem("page-too-heavy")
            scale = min(_DOTS_AN_INCH / _POINTS_AN_INCH, _LONGEST_SIDE / max(size))
            drawn = sheet.render(scale=scale).to_pil()
            drawn.save(Path(directory, f"{page}.png"), compress_level=_QUICKLY)
    return {}


@contextmanager
def _opened(path: Path) -> Iterator[pdfium.PdfDocument]:
    """Open a PDF. What pdfium refuses later, of a page or a picture, is damage, too."""
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        wants_password = error.err_code == pdfium_c.FPDF_ERR_PASSWORD
        raise Problem("encrypted" if wants_password else "damaged") from None
    try:
        yield document
    except pdfium.PdfiumError:
        raise Problem("damaged") from None
    finally:
        document.close()


def _check_size(size: Sequence[float]) -> None:
    if not 0 < min(size) <= max(size) <= _LARGEST_PAGE:
        raise Problem("page-too-large")


COMMANDS: Final[Mapping[str, Callable[..., Mapping[str, Any]]]] = {
    "count": count,
    "split": split,
    "render": render,
}


def main(limits: str, command: str, *arguments: str) -> None:
    """Do what is asked, within `MIB,SECONDS,MIB of a file`."""
    limit(*map(int, limits.split(",")))
    try:
        found = COMMANDS[command](*arguments)
    except Problem as problem:
        found = {"problem": str(problem)}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
