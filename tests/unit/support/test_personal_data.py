"""The scan for personal data finds what is planted, and lets ids, prices and times pass."""

import pytest

from tests.support.personal_data import Finding, People

PEOPLE = People(frozenset({"Esmerelda Weatherwax", "Weatherwax"}), frozenset({"+12065550100"}))
PLANTED = {
    "a number": '{"message": "sent to +14255550143"}',
    "a number with spaces": "call +1 (425) 555-0143 now",
    "a number of another country": "+491701234567",
    "a name": "Dear Esmerelda Weatherwax",
    "half a name": '{"who": "Weatherwax"}',
    "an address": "gytha.ogg@lancre.example",
    "a token": "Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbXkifQ.c2ln",  # pragma: allowlist secret
    "a place": '{"start": {"lat": 47.61, "lon": -122.33}}',
    "a place in a table's words": '"lat": {"N": "47.61"}',
}
INNOCENT = (
    '{"rfq_id": "6f0bb127-5f4e-530b-abed-3592e40b1cf6", "milliseconds": 12.5}',
    '{"occurred_at": "2026-11-27T00:50:30.710000+00:00", "price": "12.50"}',
    "arn:aws:sqs:us-east-1:000000000000:feedback-rides",
    "from +12065550100",
    '{"latency": 4, "translation": 3, "plate": 1, "lonely": 5}',
    "u-kermujjwvr34 1764204630710",
    "http://localhost:4720/_aws/execute-api/rfq-api/v1",
)


@pytest.mark.parametrize("planted", PLANTED)
def test_what_is_planted_is_found(planted: str) -> None:
    assert [*PEOPLE.found_in(PLANTED[planted])]


@pytest.mark.parametrize("text", INNOCENT)
def test_what_is_of_nobody_passes(text: str) -> None:
    assert [*PEOPLE.found_in(text)] == []


def test_a_place_on_the_bus_is_a_rides_and_nobodys() -> None:
    assert [*PEOPLE.found_in(PLANTED["a place"], places=False)] == []


def test_a_finding_does_not_repeat_it() -> None:
    assert str(Finding("a phone number", "logs")) == "Finding(what='a phone number', where='logs')"
