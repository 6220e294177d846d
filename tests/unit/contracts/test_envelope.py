import gc
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.support.boundary import boundary
from wild_rydes_contracts import (
    Coordinates,
    Envelope,
    Event,
    Message,
    Metadata,
    Money,
    RfqCompleted,
    RfqRequested,
    rule_pattern,
)
from wild_rydes_contracts.envelope import envelope_of
from wild_rydes_contracts.fakes import on_the_bus
from wild_rydes_contracts.strategies import events, messages

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


@boundary
@given(messages())
def test_what_is_written_is_read_again(envelope: Envelope[Message]) -> None:
    contract = type(envelope.data)
    text = envelope.to_json()
    assert text.isascii()
    assert Envelope[contract].model_validate_json(text) == envelope  # type: ignore[valid-type]
    assert Envelope[contract].model_validate(json.loads(text)) == envelope  # type: ignore[valid-type]
    assert None not in json.loads(text)["metadata"].values()


def test_the_class_to_read_with_is_made_once() -> None:
    """Pydantic forgets it with its last user, and would make it again for the next message."""
    made = id(envelope_of(RfqRequested))
    gc.collect()
    assert id(envelope_of(RfqRequested)) == made
    assert envelope_of(RfqRequested) is Envelope[RfqRequested]


@given(messages())
def test_unknown_keys_are_ignored_at_every_level(envelope: Envelope[Message]) -> None:
    contract = type(envelope.data)

    def with_more(part: Any) -> Any:
        if isinstance(part, list):
            return [with_more(item) for item in part]
        if isinstance(part, dict):
            return {name: with_more(value) for name, value in part.items()} | {"a_later_field": {"x": [1]}}
        return part

    extended = with_more(json.loads(envelope.to_json()))
    assert Envelope[contract].model_validate(extended) == envelope  # type: ignore[valid-type]


@given(messages(), st.integers(min_value=1))
def test_another_version_is_refused(envelope: Envelope[Message], newer_by: int) -> None:
    contract, message = type(envelope.data), json.loads(envelope.to_json())
    message["metadata"]["event_version"] += newer_by
    with pytest.raises(ValidationError) as caught:
        Envelope[contract].model_validate(message)  # type: ignore[valid-type]
    assert [error["type"] for error in caught.value.errors()] == ["version_mismatch"]


@pytest.mark.parametrize("missing", ["reply_to", "deadline"])
def test_event_that_wants_an_answer_says_where_and_until_when(missing: str) -> None:
    fields = {
        "event_id": "01a1fdfa-4600-7fdb-82e7-2d9f86cfbe4e",
        "event_version": 1,
        "occurred_at": NOW,
        "correlation_id": "rfq-1",
        "reply_to": "arn:aws:sqs:us-east-1:123456789012:wild-rydes-reply-x",
        "deadline": NOW,
    }
    here = Coordinates(lat=0, lon=0)
    rfq = RfqRequested(rfq_id="rfq-1", start=here, destination=here)
    assert Envelope(metadata=Metadata.model_validate(fields), data=rfq).data is rfq
    with pytest.raises(ValidationError, match="reply_to and deadline"):
        Envelope(metadata=Metadata.model_validate(fields | {missing: None}), data=rfq)


def metadata(**changes: object) -> Metadata:
    known = {
        "event_id": "01a1fdfa-4600-7fdb-82e7-2d9f86cfbe4e",
        "event_version": 1,
        "occurred_at": NOW,
        "correlation_id": "rfq-1",
    }
    return Metadata.model_validate(known | changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"event_id": "no uuid"},
        {"event_version": 0},
        {"occurred_at": "2026-11-21T12:00:00"},
        {"correlation_id": ""},
        {"correlation_id": "Jane Doe"},
        {"correlation_id": "x" * 129},
        {"correlation_id": "two\nlines"},
        {"reply_to": "x" * 257},
        {"deadline": "soon"},
    ],
)
def test_bad_metadata_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        metadata(**changes)
    assert [error["loc"] for error in caught.value.errors()] == [tuple(changes)]


def test_a_message_expires_at_its_deadline() -> None:
    due = metadata(deadline=NOW)
    assert not due.expired(NOW - timedelta(microseconds=1))
    assert due.expired(NOW)
    assert not metadata().expired(NOW)


@pytest.mark.parametrize(
    ("given_as", "written"),
    [
        ("12.5", "12.50"),
        ("1E+2", "100.00"),
        ("-0", "0.00"),
        (7, "7.00"),
        (0.1, "0.10"),
        ("9999999.99", "9999999.99"),
    ],
)
def test_money_is_written_with_two_places(given_as: object, written: str) -> None:
    money = Money.model_validate({"amount": given_as, "currency": "USD"})
    assert json.loads(money.model_dump_json()) == {"amount": written, "currency": "USD"}


@pytest.mark.parametrize(
    "amount",
    ["-0.01", "0.001", "10000000", "NaN", "Infinity", "1e999", "", None, True, "\N{ROMAN NUMERAL ONE}"],
)
def test_what_is_no_amount_is_refused(amount: object) -> None:
    with pytest.raises(ValidationError):
        Money.model_validate({"amount": amount, "currency": "USD"})


@pytest.mark.parametrize("lat", [90.1, -90.1, float("nan"), float("inf"), "north", None])
def test_what_is_nowhere_is_refused(lat: object) -> None:
    with pytest.raises(ValidationError):
        Coordinates.model_validate({"lat": lat, "lon": 0})


def test_messages_cannot_be_changed() -> None:
    here = Coordinates(lat=0, lon=0)
    with pytest.raises(ValidationError):
        here.lat = 1  # type: ignore[misc]


@given(events())
def test_rule_pattern_is_matched_by_its_events(envelope: Envelope[Event]) -> None:
    seen, pattern = on_the_bus(envelope), rule_pattern(type(envelope.data))
    assert seen["source"] in pattern["source"]
    assert seen["detail-type"] in pattern["detail-type"]
    assert seen["detail"]["metadata"]["event_version"] in pattern["detail"]["metadata"]["event_version"]


def test_rule_pattern_of_several_events() -> None:
    assert rule_pattern(RfqRequested, RfqCompleted) == {
        "source": ["wildrydes.ride-booking"],
        "detail-type": ["RfqCompleted", "RfqRequested"],
        "detail": {"metadata": {"event_version": [1]}},
    }


def test_rule_pattern_matches_no_combination_of_its_events() -> None:
    class Foreign(Event):
        name, source, version = "Foreign", "wildrydes.elsewhere", 1

    class Newer(Event):
        name, source, version = "Newer", "wildrydes.ride-booking", 2

    mixtures: list[list[type[Event]]] = [[], [RfqRequested, Foreign], [RfqRequested, Newer]]
    for mixture in mixtures:
        with pytest.raises(ValueError, match="one source and one version"):
            rule_pattern(*mixture)
