"""A process that reads the text of PDFs, which may kill or delay whoever opens them.

    python -m infra.rydes.simulators.macie.pdf_process

Each request is the length of a PDF in eight bytes, and the PDF; each answer a line of JSON: the text of each page, or null.
"""

import json
import resource
import subprocess
import sys
import threading
from contextlib import suppress
from typing import IO, Final

_SECONDS: Final = 20.0
"""After which a PDF is given up."""
_MEMORY: Final = 1 << 30
_MOST_PAGES: Final = 1_000
_LENGTH: Final = 8


class PdfProcess:
    """Keeps a process for all PDFs, and takes a new one after a PDF that it did not survive."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def pages(self, body: bytes, seconds: float = _SECONDS) -> list[str] | None:
        """Read the text of each page. None if it cannot be opened, or kills the process, or takes too long."""
        process = self._process = self._process or _started()
        assert process.stdin  # noqa: S101 - pipes
        assert process.stdout  # noqa: S101
        timer = threading.Timer(seconds, process.kill)
        timer.start()
        try:
            with suppress(BrokenPipeError):
                process.stdin.write(len(body).to_bytes(_LENGTH) + body)
                process.stdin.flush()
            line = process.stdout.readline()
        finally:
            timer.cancel()
        if not line:
            self.close()
            return None
        pages: list[str] | None = json.loads(line)
        return pages

    def close(self) -> None:
        """End the process, if there is one."""
        if self._process:
            self._process.kill()
            self._process.communicate()
            self._process = None


def _started() -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "infra.rydes.simulators.macie.pdf_process"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def text_of(body: bytes) -> list[str] | None:
    """Read the text of each page here and now. None if the PDF cannot be opened."""
    import pypdfium2 as pdfium  # noqa: PLC0415 - only the process needs it

    try:
        document = pdfium.PdfDocument(body)
    except pdfium.PdfiumError:
        return None
    pages = []
    try:
        for index in range(min(len(document), _MOST_PAGES)):
            with suppress(pdfium.PdfiumError):  # a broken page hides no others
                page = document[index]
                pages.append(page.get_textpage().get_text_range())
                page.close()
    finally:
        document.close()
    return pages


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer requests until there are no more."""
    while length := requests.read(_LENGTH):
        pages = text_of(requests.read(int.from_bytes(length)))
        answers.write(json.dumps(pages).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    serve(sys.stdin.buffer, sys.stdout.buffer)
