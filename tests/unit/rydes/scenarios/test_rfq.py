import io
from pathlib import Path
from typing import Any

import httpx
import pytest
from rich.console import Console

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.settings import Settings
from infra.rydes.scenarios.rfq import SEA_TAC, Customer, Place, View, show_result


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


@pytest.mark.parametrize("text", ["99,999", "90.1,0", "0,-180.5,nowhere", "nan,0", "0,inf"])
def test_a_place_out_of_range_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(LocalCloudError, match=r"-90 to 90 .* -180 to 180") as refused:
        Place.parse(text)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", ["90,180", "-90,-180"])
def test_the_ends_of_the_range_are_places(text: str) -> None:
    assert Place.parse(text)


def test_a_place_without_a_label_sends_none() -> None:
    assert Place(47.6, -122.3).json() == {"lat": 47.6, "lon": -122.3}


def test_a_refused_rfq_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = {
        "title": "Bad Request",
        "status": 400,
        "detail": "The body is not valid.",
        "errors": [{"field": "from.lat", "detail": "too far north"}, {"field": "to", "detail": "missing"}],
    }
    refused = httpx.Response(400, json=problem, headers={"Content-Type": "application/problem+json"})
    api = httpx.Client(base_url="http://api", transport=httpx.MockTransport(lambda _: refused))
    monkeypatch.setattr(httpx, "Client", lambda **_: api)
    monkeypatch.setattr(Cloud, "url", lambda *_: "")
    customer = Customer(Cloud(Settings(0, Path())), "token")
    with pytest.raises(LocalCloudError) as told:
        customer.submit(SEA_TAC, SEA_TAC, 60)
    assert told.value.problem == (
        "POST /instant-ride-rfqs answered 400: The body is not valid. (from.lat: too far north; to: missing)"
    )


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
