import io
from typing import Any

import pytest
from rich.console import Console

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.scenarios.rfq import SEA_TAC, Place, View, show_result


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("47.6,-122.3", Place(47.6, -122.3)),
        (" 47.6 , -122.3 , Pier 66, north end ", Place(47.6, -122.3, "Pier 66, north end")),
        ("Sea-Tac", SEA_TAC),
    ],
)
def test_a_place_is_coordinates_or_a_known_name(text: str, place: Place) -> None:
    assert Place.parse(text) == place


@pytest.mark.parametrize("text", ["", "nowhere", "47.6", "47.6,west"])
def test_anything_else_is_refused_with_what_to_give(text: str) -> None:
    with pytest.raises(LocalCloudError, match="space needle"):
        Place.parse(text)


def test_a_place_without_a_label_sends_none() -> None:
    assert Place(47.6, -122.3).json() == {"lat": 47.6, "lon": -122.3}


def shown(*quotes: dict[str, Any]) -> str:
    counts = {"asked": 2, "quoted": 2, "declined": 0, "silent": 0, "late": 0}
    result = {"completed-by": "all-answered", "responders": counts, "quotes": quotes}
    console = Console(file=io.StringIO(), width=100)
    show_result(View("rfq-1", {}, result=result), console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_ratings_are_shown_as_soon_as_there_are_any() -> None:
    price = {"price": {"amount": "9.00", "currency": "USD"}, "pickup-in-seconds": 60}
    unrated = {"name": "Arion", "responder-id": "u-a", **price}
    rated = {"name": "Binky", "responder-id": "u-b", **price, "rating": {"score": 9.0, "count": 12}}
    assert "rated" not in shown(unrated)
    both = shown(unrated, rated)
    assert "rated" in both
    assert "9.0 (12)" in both
