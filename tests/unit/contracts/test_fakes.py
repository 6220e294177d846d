"""Messages for a consumer's tests: valid, deterministic, and made of nothing but the class."""

import json
from typing import ClassVar

import pytest
from pydantic import Field, ValidationError

from tests.support.messaging.versions import RideCompletedV2
from wild_rydes_contracts import (
    EVENTS,
    MESSAGES,
    Coordinates,
    Event,
    Message,
    Money,
    QuoteAccepted,
    RfqRequested,
    RfqResponse,
    RideCompleted,
)
from wild_rydes_contracts.fakes import NOON, fake, in_a_queue, on_the_bus
from wild_rydes_contracts.reading import read


@pytest.mark.parametrize(
    "contract", [*EVENTS, *MESSAGES, RideCompletedV2], ids=lambda each: each.versioned_name()
)
def test_every_message_can_be_faked_and_is_the_same_each_time(contract: type[Message]) -> None:
    made = fake(contract)
    assert type(made.data) is contract
    assert made.metadata.event_version == contract.version
    assert fake(contract) == made
    [record] = in_a_queue(made)["Records"]
    assert read(record["body"], contract) == made


def test_given_fields_are_as_given_and_others_are_examples() -> None:
    made = fake(RfqRequested, rfq_id="rfq-9", start={"lat": 47.6, "lon": -122.3})
    assert (made.data.rfq_id, made.data.start) == ("rfq-9", Coordinates(lat=47.6, lon=-122.3))
    assert made.metadata.correlation_id == "rfq-9"
    assert made.metadata.reply_to
    assert made.metadata.deadline
    assert made.metadata.deadline > made.metadata.occurred_at == NOON
    assert fake(QuoteAccepted).data.price == Money.model_validate({"amount": "12.50", "currency": "USD"})
    assert fake(RideCompleted).data.time_zone is None, "what is optional is absent"
    assert fake(RideCompleted, metadata={"correlation_id": "other"}).metadata.correlation_id == "other"
    assert fake(RideCompleted, ride_id="r-1").metadata.event_id != fake(RideCompleted).metadata.event_id


def test_what_is_given_wrong_is_refused() -> None:
    with pytest.raises(ValidationError, match="customer_id"):
        fake(RideCompleted, customer_id="Jane Doe")
    with pytest.raises(LookupError, match="RideCompleted has no field ride"):
        fake(RideCompleted, ride="r-1")


def test_what_is_no_field_is_refused_at_any_depth() -> None:
    with pytest.raises(LookupError, match="metadata has no field corelation_id"):
        fake(RideCompleted, metadata={"corelation_id": "x"})
    with pytest.raises(LookupError, match="start has no field height"):
        fake(RfqRequested, start={"lat": 1, "lon": 2, "height": 3})
    decline = {"kind": "decline", "responder_id": "u-a", "reason": "busy"}
    with pytest.raises(LookupError, match="answers has no field price"):
        fake(RfqResponse, answers=[decline, decline | {"price": 1}])
    assert fake(RfqResponse, answers=[decline]).data.answers


def test_a_field_that_nothing_fits_asks_for_an_example() -> None:
    class Odd(Event):
        name: ClassVar[str] = "Odd"
        source: ClassVar[str] = "wildrydes.odd"
        version: ClassVar[int] = 1

        code: str = Field(pattern="^x{9}$")

    with pytest.raises(LookupError, match="code needs a value, or its class an example"):
        fake(Odd)
    assert fake(Odd, code="x" * 9).data.code == "x" * 9


def test_a_replayed_event_says_of_which_replay() -> None:
    made = fake(RideCompleted)
    assert on_the_bus(made, replay="last-year") == on_the_bus(made) | {"replay-name": "last-year"}


def test_a_queue_has_any_bodies() -> None:
    event = in_a_queue(fake(RideCompleted), "no JSON", {"detail-type": "?"}, fake(RfqResponse), queue="rides")
    bodies = [record["body"] for record in event["Records"]]
    assert json.loads(bodies[0])["detail-type"] == "RideCompleted"
    assert bodies[1:3] == ["no JSON", '{"detail-type": "?"}']
    assert json.loads(bodies[3]).keys() == {"metadata", "data"}
    assert {record["eventSourceARN"].rpartition(":")[2] for record in event["Records"]} == {"rides"}
