"""Reading a message in the version that is wanted, whichever version it was written in."""

import json
from datetime import timedelta
from typing import Any, ClassVar, Self

import pytest
from hypothesis import given

from tests.support.messaging.samples import NOW
from tests.support.messaging.versions import Arrival, RideCompletedV2, RideCompletedV3
from wild_rydes_contracts import (
    EVENTS,
    MESSAGES,
    Envelope,
    Event,
    Message,
    RfqCompleted,
    RfqRequested,
    RfqResponse,
    RideCompleted,
    RideConfirmed,
    rule_pattern,
)
from wild_rydes_contracts.fakes import fake, on_the_bus
from wild_rydes_contracts.invalid import InvalidMessage
from wild_rydes_contracts.metadata import caused_by, first_of
from wild_rydes_contracts.reading import read
from wild_rydes_contracts.strategies import envelopes, messages


@given(messages())
def test_any_message_is_read_as_what_it_is(envelope: Envelope[Message]) -> None:
    body = on_the_bus(envelope) if isinstance(envelope.data, Event) else json.loads(envelope.to_json())  # type: ignore[arg-type]
    everything: tuple[type[Message], ...] = (*EVENTS, *MESSAGES)
    assert read(body, *everything) == envelope
    assert read(json.dumps(body), type(envelope.data)) == envelope
    assert read(json.dumps(body).encode(), type(envelope.data)) == envelope


@given(envelopes(RideCompleted))
def test_an_old_version_is_read_as_the_one_that_is_wanted(old: Envelope[RideCompleted]) -> None:
    """The fact is the same, and so are its ids."""
    event = on_the_bus(old)
    second, third = read(event, RideCompletedV2), read(event, RideCompletedV3)
    assert (second.data.rider_id, second.data.arrival.at) == (old.data.customer_id, old.data.completed_at)
    assert third.data.arrival.time_zone == (old.data.time_zone or "Etc/UTC")
    for version, read_as in ((2, second), (3, third)):
        assert read_as.metadata == old.metadata.model_copy(update={"event_version": version})
        assert read(on_the_bus(read_as), type(read_as.data)) == read_as


@given(envelopes(RideCompletedV2))
def test_a_chain_begins_where_the_message_is(second: Envelope[RideCompletedV2]) -> None:
    third = read(on_the_bus(second), RideCompletedV3)
    assert third == read(on_the_bus(third), RideCompletedV3)
    assert third.data.arrival.at == second.data.arrival.at


@given(envelopes(RideCompleted) | envelopes(RideCompletedV2) | envelopes(RideCompletedV3))
def test_each_version_that_is_wanted_itself_is_read_as_itself(envelope: Envelope[RideCompleted]) -> None:
    assert read(on_the_bus(envelope), RideCompletedV3, RideCompleted, RideCompletedV2) == envelope


@given(envelopes(RideCompleted))
def test_an_old_version_is_raised_no_further_than_it_must_be(old: Envelope[RideCompleted]) -> None:
    assert type(read(on_the_bus(old), RideCompletedV3, RideCompletedV2).data) is RideCompletedV2


def completed(**changes: Any) -> Envelope[RideCompleted]:
    ride = {
        "ride_id": "r-1",
        "rfq_id": "rfq-1",
        "responder_id": "u-1",
        "customer_id": "c-1",
        "completed_at": NOW,
    }
    data = RideCompleted.model_validate(ride | changes)
    return Envelope(metadata=first_of(RideCompleted, correlation_id="rfq-1", occurred_at=NOW), data=data)


def in_version(version: object) -> dict[str, Any]:
    event = on_the_bus(completed())
    event["detail"]["metadata"]["event_version"] = version
    return event


@pytest.mark.parametrize(
    ("version", "wanted", "reason"),
    [
        (2, [RideCompleted], "RideCompleted has version 2; known here: 1"),
        (4, [RideCompletedV3], "RideCompleted has version 4; known here: 1 and 2 and 3"),
        (3, [RideCompletedV2, RideConfirmed], "RideCompleted has version 3; known here: 1 and 2"),
        (0, [RideCompleted], "metadata.event_version: should be greater than or equal to 1"),
        (12065550100, [RideCompleted], "metadata.event_version should be 1"),
        (None, [RideCompleted], "metadata.event_version: should be a valid integer"),
        (True, [RideCompletedV2], "RideCompleted.v2"),
    ],
)
def test_a_version_that_nobody_knows_is_told_with_those_that_are_known(
    version: object, wanted: list[type[Message]], reason: str
) -> None:
    with pytest.raises(InvalidMessage) as caught:
        read(in_version(version), *wanted)
    assert reason in str(caught.value)
    assert "12065550100" not in str(caught.value)


def test_what_is_wrong_with_an_old_version_is_told_by_its_own_fields() -> None:
    event = on_the_bus(completed())
    event["detail"]["data"] |= {"customer_id": "Jane Doe", "completed_at": "yesterday"}
    with pytest.raises(InvalidMessage) as caught:
        read(event, RideCompletedV2)
    assert str(caught.value).startswith("no valid RideCompleted.v1: data.customer_id: String should match")
    assert [problem.path for problem in caught.value.problems] == ["data.customer_id", "data.completed_at"]
    assert "Jane" not in str(caught.value)


class RideCompletedFromNowOn(Event):
    """An upcaster that cannot raise every old ride."""

    name: ClassVar[str] = "RideCompleted"
    source: ClassVar[str] = "wildrydes.unicorn-mgmt"
    version: ClassVar[int] = 2
    follows: ClassVar[type[Message] | None] = RideCompleted

    arrival: Arrival

    @classmethod
    def upcast(cls, old: RideCompleted) -> Self:
        if old.customer_id == "nobody":
            raise KeyError(old.customer_id)
        arrival: Any = {"at": old.completed_at - timedelta(days=365 * 100)}
        return cls(arrival=arrival)


@pytest.mark.parametrize(
    ("customer", "reason"),
    [
        ("nobody", "KeyError in RideCompletedFromNowOn.upcast"),
        ("c-1", "arrival.at: should be an instant between 2020 and 2100"),
    ],
)
def test_what_an_upcaster_cannot_raise_is_told(customer: str, reason: str) -> None:
    with pytest.raises(InvalidMessage) as caught:
        read(on_the_bus(completed(customer_id=customer)), RideCompletedFromNowOn)
    assert str(caught.value) == f"RideCompleted.v1 cannot be read as RideCompleted.v2: {reason}"
    assert caught.value.__suppress_context__, "a traceback would show the values"


def test_a_version_follows_an_earlier_one_of_its_own_name() -> None:
    with pytest.raises(TypeError, match=r"follows RideCompleted\.v2"):

        class Backwards(Event):
            name, source, version, follows = "RideCompleted", "wildrydes.unicorn-mgmt", 2, RideCompletedV2

    with pytest.raises(TypeError, match="another name"):

        class Other(Event):
            name, source, version, follows = "RideOver", "wildrydes.unicorn-mgmt", 9, RideCompleted

    with pytest.raises(NotImplementedError, match="follows no other version"):
        RideCompleted.upcast(completed().data)


def test_two_versions_of_a_reply_may_share_a_queue_and_two_kinds_may_not() -> None:
    class RfqResponseV2(Message):
        name, version, follows = "RfqResponse", 2, RfqResponse

    class Other(Message):
        name, version = "Other", 1

    with pytest.raises(InvalidMessage, match="known here: 1 and 2"):
        read({"metadata": {"event_version": 3}}, RfqResponseV2)
    with pytest.raises(ValueError, match="only one kind"):
        read({}, RfqResponse, Other)


def test_two_versions_of_one_fact_have_one_id() -> None:
    """So a consumer that moves on stays idempotent, and a producer may tell both for a while."""
    versions: list[type[Message]] = [RideCompleted, RideCompletedV2, RideCompletedV3]
    assert len({first_of(each, correlation_id="r-1", occurred_at=NOW).event_id for each in versions}) == 1
    cause = completed().metadata
    assert len({caused_by(cause, each, occurred_at=NOW).event_id for each in versions}) == 1


def test_whoever_is_named_may_ask_and_nobody_else() -> None:
    asked = on_the_bus(fake(RfqRequested))
    assert read(asked, RfqRequested).data.rfq_id
    elsewhere = {**asked, "source": "wildrydes.concierge"}
    assert read(elsewhere, RfqRequested, sources={"wildrydes.concierge"}).data.rfq_id
    for event, sources in ((elsewhere, ()), (asked, {"wildrydes.concierge"}), ({**asked, "source": 1}, ())):
        with pytest.raises(InvalidMessage, match="foreign source"):
            read(event, RfqRequested, sources=sources)


def test_what_wants_no_answer_is_told_by_its_owner_alone() -> None:
    told = {**on_the_bus(fake(RfqCompleted)), "source": "wildrydes.concierge"}
    with pytest.raises(InvalidMessage, match="foreign source"):
        read(told, RfqCompleted, sources={"wildrydes.concierge"})
    with pytest.raises(ValueError, match="want an answer"):
        rule_pattern(RfqRequested, RfqCompleted, sources=["wildrydes.concierge"])
    assert rule_pattern(RfqRequested, sources=["wildrydes.b", "wildrydes.a"])["source"] == [
        "wildrydes.a",
        "wildrydes.b",
    ]


@pytest.mark.parametrize("source", [[], {}, None, 1, "wildrydes.ride-booking.x"])
def test_a_source_that_is_none_of_those_allowed_is_foreign(source: object) -> None:
    event = on_the_bus(fake(RfqRequested)) | {"source": source}
    for sources in ({"wildrydes.ride-booking"}, ["wildrydes.ride-booking"], ()):
        with pytest.raises(InvalidMessage, match="RfqRequested from a foreign source"):
            read(json.dumps(event), RfqRequested, sources=sources)


def test_one_text_is_not_a_collection_of_sources() -> None:
    with pytest.raises(TypeError, match="sources is a collection"):
        read(on_the_bus(fake(RfqRequested)), RfqRequested, sources="wildrydes.ride-booking.x")


@pytest.mark.parametrize("wanted", [(RideCompleted,), (RideCompletedV2,), (RideCompleted, RideCompletedV2)])
def test_a_version_is_the_same_number_however_it_is_written(wanted: tuple[type[Message], ...]) -> None:
    event = on_the_bus(fake(RideCompleted))
    text = json.dumps(event).replace('"event_version": 1', '"event_version": 1.0')
    assert "1.0" in text
    assert read(text, *wanted) == read(event, *wanted)
