"""Textract's blocks as its API returns them, as far as invoices need them.

https://docs.aws.amazon.com/textract/latest/dg/API_Block.html
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12


class Box(TypedDict):
    """The rectangle around something, in parts of the page's width and height."""

    Left: float
    Top: float
    Width: float
    Height: float


class Corner(TypedDict):
    """A corner, in parts of the page's width and height."""

    X: float
    Y: float


class Geometry(TypedDict):
    """Where something is. The polygon begins where its text does: upper left, upper right, lower right, lower left."""

    BoundingBox: Box
    Polygon: Annotated[list[Corner], Field(min_length=4, max_length=4)]


class Relationship(TypedDict):
    """Which other blocks belong to one: its words (CHILD), or the value of a key (VALUE)."""

    Type: str
    Ids: list[str]


class Block(BaseModel):
    """A page, a line, a word, or a key or value. Other kinds are read and ignored."""

    model_config = ConfigDict(frozen=True)

    block_type: str = Field(alias="BlockType")
    id: str = Field(alias="Id")
    page: int = Field(1, alias="Page")
    text: str = Field("", alias="Text")
    confidence: float = Field(0.0, alias="Confidence")
    geometry: Geometry | None = Field(None, alias="Geometry")
    relationships: list[Relationship] = Field([], alias="Relationships")
    entity_types: list[str] = Field([], alias="EntityTypes")

    def related(self, kind: str) -> list[str]:
        """The ids of the blocks that belong to this one in one way."""
        return [
            id_
            for relationship in self.relationships
            if relationship["Type"] == kind
            for id_ in relationship["Ids"]
        ]


_BLOCKS = TypeAdapter(list[Block])


def parse(blocks: Iterable[Mapping[str, Any]]) -> list[Block]:
    """Read the `Blocks` of all answers of GetDocumentAnalysis. Raises pydantic's ValidationError for what are none."""
    return _BLOCKS.validate_python(list(blocks))
