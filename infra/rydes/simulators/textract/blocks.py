"""Textract's blocks: PAGE, LINE, WORD and KEY_VALUE_SET, as its API returns them.

https://docs.aws.amazon.com/textract/latest/dg/API_Block.html
"""

import math
import random
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from infra.rydes.simulators.textract.documents import Page
from infra.rydes.simulators.textract.forms import Pair, pairs_of
from infra.rydes.simulators.textract.words import Polygon, Word, around, lines_of

Block = dict[str, Any]


def blocks_of(page: Page, *, forms: bool, seed: str) -> list[Block]:
    """Make the blocks of a page, with ids that follow from the seed. `forms`: keys and values, too."""
    return _Page(page, random.Random(f"{seed}/{page.number}")).blocks(forms=forms)  # noqa: S311 - ids of a simulator


class _Page:
    def __init__(self, page: Page, draw: random.Random) -> None:
        self._page = page
        self._new_id: Callable[[], str] = lambda: str(uuid.UUID(int=draw.getrandbits(128), version=4))
        self._words: dict[int, Block] = {}

    def blocks(self, *, forms: bool) -> list[Block]:
        lines = lines_of(self._page.words)
        whole = self._block("PAGE", self._corners())
        words = [self._word(word) for line in lines for word in line.words]
        line_blocks = [
            self._block("LINE", line.polygon, line.confidence, Text=line.text)
            | _children([self._words[id(word)] for word in line.words])
            for line in lines
        ]
        pairs = [block for pair in (pairs_of(lines) if forms else []) for block in self._pair(pair)]
        return [whole | _children([*line_blocks, *pairs]), *line_blocks, *words, *pairs]

    def _word(self, word: Word) -> Block:
        block = self._block("WORD", word.polygon, word.confidence, Text=word.text, TextType="PRINTED")
        self._words[id(word)] = block
        return block

    def _pair(self, pair: Pair) -> list[Block]:
        key, value = (
            self._block("KEY_VALUE_SET", around(words), pair.confidence, EntityTypes=[role])
            | _children([self._words[id(word)] for word in words])
            for role, words in (("KEY", pair.key), ("VALUE", pair.value))
        )
        key["Relationships"] = [{"Type": "VALUE", "Ids": [value["Id"]]}, *key["Relationships"]]
        return [key, value]

    def _corners(self) -> Polygon:
        return (0, 0), (self._page.width, 0), (self._page.width, self._page.height), (0, self._page.height)

    def _block(self, kind: str, polygon: Polygon, confidence: float | None = None, **more: object) -> Block:
        block = {"BlockType": kind, "Id": self._new_id(), "Page": self._page.number, **more}
        if confidence is not None:
            block["Confidence"] = round(confidence, 4)
        return block | {"Geometry": self._geometry(polygon)}

    def _geometry(self, polygon: Polygon) -> Block:
        points = [(x / self._page.width, y / self._page.height) for x, y in polygon]
        left, top = min(x for x, _ in points), min(y for _, y in points)
        (x, y), (to_x, to_y) = polygon[0], polygon[1]
        return {
            "BoundingBox": {
                "Width": round(max(x for x, _ in points) - left, 7),
                "Height": round(max(y for _, y in points) - top, 7),
                "Left": round(left, 7),
                "Top": round(top, 7),
            },
            "Polygon": [{"X": round(x, 7), "Y": round(y, 7)} for x, y in points],
            "RotationAngle": round(math.degrees(math.atan2(to_y - y, to_x - x)), 3),
        }


def _children(blocks: Sequence[Block]) -> Block:
    return {"Relationships": [{"Type": "CHILD", "Ids": [block["Id"] for block in blocks]}]} if blocks else {}
