"""What surge shows: figures as JSON, and a picture that fits its frame."""

import json
import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from surge.figures import Figures, Spot
from surge.plot import PLACES, WIDTH, plot
from tests.unit.examples.conftest import Surge
from tests.unit.examples.test_surge import AT, START, completed, requested
from wild_rydes_contracts.fakes import in_a_queue

SVG = "{http://www.w3.org/2000/svg}"
SINCE = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)


def get(surge: Surge, path: str, **query: str) -> dict[str, Any]:
    event = {
        "version": "2.0",
        "rawPath": f"/v1{path}",
        "queryStringParameters": query,
        "requestContext": {"stage": "v1", "http": {"method": "GET", "path": f"/v1{path}"}},
    }
    answer: dict[str, Any] = surge.function("api").handler(event, SimpleNamespace())
    return answer


def test_figures_are_told_by_minute_and_cell(surge: Surge) -> None:
    surge.function("consumer").handler(in_a_queue(requested(), completed()), None)
    answer = get(surge, "/figures", minutes="5", until=f"{AT:%Y-%m-%dT%H:%M:30Z}")
    assert answer["statusCode"] == 200
    spot = Spot.of(AT, START.lat, START.lon)
    assert json.loads(answer["body"]) == {
        "since": f"{AT - timedelta(minutes=4):%Y-%m-%dT%H:%M:00Z}",
        "until": f"{AT + timedelta(minutes=1):%Y-%m-%dT%H:%M:00Z}",
        "h3-resolution": 7,
        "figures": [
            {
                "minute": f"{AT:%Y-%m-%dT%H:%M:00Z}",
                "cell": spot.cell,
                "rfqs": 1,
                "completed": 1,
                "unquoted": 0,
                "quotes": 3,
            }
        ],
    }
    later = get(surge, "/figures", minutes="5", until=f"{AT + timedelta(minutes=6):%Y-%m-%dT%H:%M:%SZ}")
    assert json.loads(later["body"])["figures"] == []


def test_the_picture_is_an_svg_of_the_last_hour(surge: Surge) -> None:
    lately = datetime.now(UTC) - timedelta(minutes=10)
    surge.function("consumer").handler(in_a_queue(requested(at=lately)), None)
    answer = get(surge, "/plot.svg")
    assert answer["statusCode"] == 200
    assert answer["headers"]["Content-Type"] == "image/svg+xml"
    assert "requests (1)" in answer["body"]


@pytest.mark.parametrize(
    "query",
    [
        *({"minutes": text} for text in ("0", "361", "x", "1.5")),
        *({"until": text} for text in ("now", "2026-11-26T12:00:00", "0001-01-01T00:00:00Z")),
    ],
)
def test_a_window_that_is_none_is_refused(surge: Surge, query: dict[str, str]) -> None:
    answer = get(surge, "/figures", **query)
    assert answer["statusCode"] == 400
    assert "minutes" in json.loads(answer["body"])["message"]


def some(minutes: int, cells: int) -> dict[Spot, Figures]:
    """An RFQ or more in each minute of each cell."""
    return {
        Spot.of(SINCE + timedelta(minutes=minute), -60 + 9 * cell, 170): Figures(
            rfqs=1 + minute * cell, completed=1, unquoted=int(minute % 7 == 0), quotes=cell
        )
        for minute in range(minutes)
        for cell in range(cells)
    }


@pytest.mark.parametrize("minutes", [1, 7, 60, 121, 360])
@pytest.mark.parametrize("cells", [0, 1, 20])
def test_every_part_of_the_picture_is_inside_its_frame(minutes: int, cells: int) -> None:
    picture = ET.fromstring(plot(some(minutes, cells), SINCE, SINCE + timedelta(minutes=minutes)))  # noqa: S314
    height = float(picture.attrib["height"])
    for part in picture.iter():
        for axis, most in (("x", WIDTH), ("cx", WIDTH), ("y", height), ("cy", height)):
            if axis in part.attrib:
                assert -0.1 <= float(part.attrib[axis]) <= most, ET.tostring(part)
        if part.tag == f"{SVG}rect" and "x" in part.attrib:
            assert float(part.attrib["x"]) + float(part.attrib["width"]) <= WIDTH
            assert float(part.attrib["y"]) + float(part.attrib["height"]) <= height
    for x, y in re.findall(r"([\d.-]+),([\d.-]+)", next(picture.iter(f"{SVG}polyline")).attrib["points"]):
        assert 0 <= float(x) <= WIDTH
        assert 0 <= float(y) <= height


def test_the_picture_tells_of_all_places_though_it_shows_the_busiest() -> None:
    figures = some(30, 20)
    picture = plot(figures, SINCE, SINCE + timedelta(minutes=30))
    assert picture.count("<title>H3 cell") == PLACES
    assert f"requests ({sum(each.rfqs for each in figures.values()):,})" in picture
    assert f"{20 - PLACES} more places" in picture


def test_nothing_is_shown_as_nothing() -> None:
    assert "Nobody asked" in plot({}, SINCE, SINCE + timedelta(minutes=60))
