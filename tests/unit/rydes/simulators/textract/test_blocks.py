"""Blocks: what Textract's own description says they are, whichever way a page lies."""

import math
from collections.abc import Mapping
from typing import Any

import botocore.session
import pytest
from botocore.model import Shape
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.rydes.simulators.invoices.made import invented
from infra.rydes.simulators.invoices.sheet import Paper, Sheet
from infra.rydes.simulators.textract.analysis import analysed
from infra.rydes.simulators.textract.blocks import Block

UPRIGHT = Paper()
MODEL = botocore.session.get_session().get_service_model("textract")


def blocks_of(*texts: tuple[float, float, str], paper: Paper = UPRIGHT, forms: bool = True) -> list[Block]:
    sheet = Sheet(paper)
    for x, y, text in texts:
        sheet.text(x, y, text, 9)
    return analysed(sheet.pdf(), forms=forms, seed="x").blocks


def texts(blocks: list[Block], kind: str) -> list[str]:
    return [block["Text"] for block in blocks if block["BlockType"] == kind]


def pairs(blocks: list[Block]) -> dict[str, str]:
    by_id = {block["Id"]: block for block in blocks}

    def related(block: Block, kind: str) -> list[Block]:
        return [by_id[id_] for r in block.get("Relationships", []) if r["Type"] == kind for id_ in r["Ids"]]

    def text(block: Block) -> str:
        return " ".join(word["Text"] for word in related(block, "CHILD"))

    keys = [block for block in blocks if block.get("EntityTypes") == ["KEY"]]
    return {text(key): text(related(key, "VALUE")[0]) for key in keys}


def unknown(value: Any, shape: Shape, name: str) -> list[str]:
    """The parts of an answer that AWS's description of it does not have."""
    if isinstance(value, Mapping):
        members: Mapping[str, Shape] = shape.members  # type: ignore[attr-defined]
        strange = [f"{name}.{key}" for key in value if key not in members]
        return strange + [
            found
            for key, part in value.items()
            if key in members
            for found in unknown(part, members[key], f"{name}.{key}")
        ]
    if isinstance(value, list):
        return [found for part in value for found in unknown(part, shape.member, name)]  # type: ignore[attr-defined]
    allowed = shape.metadata.get("enum")
    return [f"{name}={value}"] if allowed and value not in allowed else []


def test_blocks_have_the_parts_that_textract_describes() -> None:
    answer = {"Blocks": analysed(invented(1).pdf, forms=True, seed="x").blocks}
    shape = MODEL.operation_model("GetDocumentAnalysis").output_shape
    assert shape
    assert unknown(answer, shape, "") == []
    assert {block["BlockType"] for block in answer["Blocks"]} == {"PAGE", "LINE", "WORD", "KEY_VALUE_SET"}


def test_ids_are_unique_and_the_same_for_the_same_seed() -> None:
    one, other = (analysed(invented(1).pdf, forms=True, seed="x").blocks for _ in range(2))
    assert one == other
    assert len({block["Id"] for block in one}) == len(one)
    assert one[0]["Id"] != analysed(invented(1).pdf, forms=True, seed="y").blocks[0]["Id"]


def test_children_are_there_and_belong_to_one() -> None:
    blocks = analysed(invented(5).pdf, forms=True, seed="x").blocks
    by_id = {block["Id"]: block for block in blocks}
    of_lines = [
        id_ for b in blocks if b["BlockType"] == "LINE" for r in b["Relationships"] for id_ in r["Ids"]
    ]
    assert len(of_lines) == len(set(of_lines)) == len(texts(blocks, "WORD"))
    for block in blocks:
        for relationship in block.get("Relationships", []):
            assert {by_id[id_]["Page"] for id_ in relationship["Ids"]} == {block["Page"]}


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("skew", [-4.0, 0.0, 4.0])
def test_lines_are_the_same_whichever_way_the_page_lies(turn: int, skew: float) -> None:
    written = [(50, 100, "Amount due: 12.50"), (300, 100, "EUR"), (50, 130, "Thank you for riding")]
    blocks = blocks_of(*written, paper=Paper(turn=turn, skew=skew))
    assert texts(blocks, "LINE") == ["Amount due: 12.50", "EUR", "Thank you for riding"]
    assert pairs(blocks) == {"Amount due:": "12.50"}
    for block in blocks:
        if block["BlockType"] == "LINE":
            assert math.remainder(block["Geometry"]["RotationAngle"] - (turn - skew), 360) == pytest.approx(
                0, abs=3
            )


@settings(max_examples=25)
@given(
    st.tuples(st.floats(40, 300), st.floats(40, 780), st.sampled_from([0, 90, 180, 270]), st.floats(-5, 5)),
)
def test_geometry_is_on_the_page_and_the_box_is_around_the_polygon(
    where: tuple[float, float, int, float],
) -> None:
    x, y, turn, skew = where
    for block in blocks_of((x, y, "Amount due"), paper=Paper(turn=turn, skew=skew)):
        box, polygon = block["Geometry"]["BoundingBox"], block["Geometry"]["Polygon"]
        assert box["Left"] == pytest.approx(min(point["X"] for point in polygon), abs=1e-6)
        assert box["Top"] == pytest.approx(min(point["Y"] for point in polygon), abs=1e-6)
        assert box["Left"] + box["Width"] == pytest.approx(max(point["X"] for point in polygon), abs=1e-6)
        assert -0.2 < box["Left"] < 1.2
        assert len(polygon) == 4


def test_columns_are_lines_of_their_own() -> None:
    assert texts(blocks_of((50, 100, "Ride"), (90, 100, "Amount")), "LINE") == ["Ride", "Amount"]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ([(50, 100, "Due date: 2026-03-04")], {"Due date:": "2026-03-04"}),
        ([(50, 100, "Due date:"), (150, 100, "2026-03-04")], {"Due date:": "2026-03-04"}),
        ([(50, 100, "Due date:"), (50, 112, "2026-03-04")], {"Due date:": "2026-03-04"}),
        ([(50, 100, "Due date"), (150, 100, "2026-03-04")], {"Due date": "2026-03-04"}),
        ([(50, 100, "Due date"), (150, 100, "soon")], {}),
        ([(50, 100, "Due date")], {}),
    ],
)
def test_keys_have_their_values(written: list[tuple[float, float, str]], found: dict[str, str]) -> None:
    assert pairs(blocks_of(*written)) == found


def test_whoever_asks_for_no_forms_gets_none() -> None:
    blocks = blocks_of((50, 100, "Due date: 2026-03-04"), forms=False)
    assert {block["BlockType"] for block in blocks} == {"PAGE", "LINE", "WORD"}
