"""What a job finds in a document: its blocks by page, and the pages that could not be read."""

from dataclasses import dataclass, field
from typing import Any

from infra.rydes.simulators.textract.blocks import Block, blocks_of
from infra.rydes.simulators.textract.documents import Document, Page


@dataclass(frozen=True, slots=True)
class Analysis:
    """The blocks of each page that was read, and Textract's warnings about the others: an error code and its pages."""

    count: int
    pages: dict[int, list[Block]] = field(default_factory=dict)
    unread: dict[int, str] = field(default_factory=dict)
    reason: str = ""

    @property
    def blocks(self) -> list[Block]:
        """All blocks, page by page."""
        return [block for blocks in self.pages.values() for block in blocks]

    @property
    def warnings(self) -> list[dict[str, Any]]:
        """The pages that are missing, by error code."""
        codes = sorted(set(self.unread.values()))
        return [
            {"ErrorCode": code, "Pages": [page for page, why in self.unread.items() if why == code]}
            for code in codes
        ]


def analysed(content: bytes, *, forms: bool, seed: str) -> Analysis:
    """Read a document: text, and with `forms` its keys and values. The ids of blocks follow from `seed`.

    Raises TextractError if it cannot be opened. A page that cannot be read is in `unread`, with the last reason.
    """
    pages: dict[int, list[Block]] = {}
    unread: dict[int, str] = {}
    reason = ""
    with Document(content) as document:
        for page in document.pages():
            if isinstance(page, Page):
                pages[page.number] = blocks_of(page, forms=forms, seed=seed)
            else:
                number, error = page
                unread[number], reason = error.code, f"page {number}: {error}"
        return Analysis(document.count, pages, unread, reason)
