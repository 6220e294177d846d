import pytest

from infra.local.errors import LocalCloudError
from infra.local.rfq import SEA_TAC, Place


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
