"""What a consumer states that it reads, and what is said when it is not there."""

import json
import re
from pathlib import Path
from typing import Any, ClassVar

import jsonschema
import pytest

from tests.support.messaging.versions import Arrival, RideCompletedV2
from wild_rydes_contracts import EVENTS, ConversationId, Message, RideCompleted
from wild_rydes_contracts.fakes import fake
from wild_rydes_contracts.needs import NotOffered, needs, unmet
from wild_rydes_contracts.rides import RideEvent

READ = (
    "RideCompleted.ride_id",
    "RideCompleted.time_zone?",
    "RfqCompleted.responders.quoted",
    "RfqResponse.answers.responder_id",
    "RfqResponse.answers.price.amount?",
    "RfqRequested.metadata.deadline",
)


def test_a_statement_has_each_field_with_its_schema(tmp_path: Path) -> None:
    file = needs(*READ).write("surge", tmp_path)
    assert file == tmp_path / "surge.json"
    statement = json.loads(file.read_text())
    assert statement["consumer"] == "surge"
    stated = {f"{message}.{field}" for message, fields in statement["needs"].items() for field in fields}
    assert stated == {path.replace(".", ".v1.", 1) for path in READ}
    quoted = statement["needs"]["RfqCompleted.v1"]["responders.quoted"]
    assert (quoted["type"], quoted["minimum"]) == ("integer", 0)
    assert unmet(statement) == ()


def test_the_schema_of_a_whole_part_stands_alone() -> None:
    stated = needs("QuoteAccepted.price").statement("surge")["needs"]["QuoteAccepted.v1"]["price"]
    validator = jsonschema.Draft202012Validator(stated)
    validator.validate({"amount": "12.50", "currency": "USD"})
    assert not validator.is_valid({"amount": "cheap", "currency": "USD"})


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("RideComplete.ride_id", "There is no message RideComplete. Did you mean RideCompleted?"),
        ("RideCompleted.rideid", "There is no RideCompleted.v1.rideid. Did you mean ride_id?"),
        (
            "RideCompleted.time_zone",
            "RideCompleted.v1.time_zone may be absent: say RideCompleted.time_zone? and do without it",
        ),
        ("RfqResponse.answers.price", "RfqResponse.v1.answers.price may be absent"),
        ("RfqRequested.metadata.causation_id", "may be absent"),
        ("RfqCompleted.responders.quotes", "Did you mean quoted?"),
        ("RideCompleted.ride_id.x", "There is no RideCompleted.v1.ride_id.x"),
        ("RideCompleted.v7.ride_id", "RideCompleted has no version 7: published are 1"),
        ("RideCompleted", "RideCompleted is no field of a message, such as RideCompleted.ride_id"),
    ],
)
def test_what_is_not_offered_is_told_in_words_that_help(path: str, told: str) -> None:
    with pytest.raises(NotOffered) as caught:
        needs("RideCompleted.ride_id", path)
    assert told in str(caught.value)
    assert isinstance(caught.value, AssertionError), "it is the consumer's test that fails"


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(NotOffered) as caught:
        needs("RideCompleted.nothing", "RideOver.ride_id")
    assert str(caught.value).count("There is no ") == 2


def test_a_consumer_of_the_old_version_keeps_it_until_it_is_gone() -> None:
    both: tuple[type[Message], ...] = (*EVENTS, RideCompletedV2)
    statement = needs("RideCompleted.customer_id", "RideCompleted.v2.arrival.at", contracts=both).statement(
        "surge"
    )
    assert [*statement["needs"]] == ["RideCompleted.v1", "RideCompleted.v2"]
    assert unmet(statement, both) == ()
    assert unmet(statement, [RideCompletedV2]) == ("surge: RideCompleted has no version 1: published are 2",)


class RideCompletedRenamed(RideEvent):
    """What a careless producer would make of version 1."""

    name: ClassVar[str] = "RideCompleted"
    source: ClassVar[str] = "wildrydes.unicorn-mgmt"
    version: ClassVar[int] = 1

    rider_id: ConversationId
    arrival: Arrival | None = None


def test_the_producer_learns_whom_a_change_hurts() -> None:
    statement: dict[str, Any] = needs("RideCompleted.customer_id", "RideCompleted.ride_id").statement("surge")
    changed: list[type[Message]] = [RideCompletedRenamed]
    [told] = unmet(statement, changed)
    assert told.startswith("surge: There is no RideCompleted.v1.customer_id.")
    statement["needs"]["RideCompleted.v1"] = {"arrival.at": {}, "arrival.at?": {}}
    [told] = unmet(statement, changed)
    assert told.startswith("surge: RideCompleted.v1.arrival.at may be absent")


def test_what_a_consumer_needs_is_in_every_message() -> None:
    """A field that need not be marked optional is there whatever the message."""
    data = json.loads(fake(RideCompleted).to_json())["data"]
    with pytest.raises(NotOffered):
        needs(*[f"RideCompleted.{field}" for field in RideCompleted.model_fields])
    assert needs(*[f"RideCompleted.{field}" for field in data]).fields


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("RideCompleted.rideId", "Did you mean ride_id?"),
        ("RideCompleted.ride-id", "Did you mean ride_id?"),
        ("RideCompleted.completed_at.year", "It has no fields of its own."),
    ],
)
def test_a_misspelt_field_gets_a_hint(path: str, told: str) -> None:
    with pytest.raises(NotOffered, match=re.escape(told)):
        needs(path)


def test_elements_may_be_written_as_on_the_pages() -> None:
    assert needs("RfqResponse.answers[].kind?") == needs("RfqResponse.answers.kind?")


def test_a_statement_stays_in_its_directory(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no name of a consumer"):
        needs("RideCompleted.ride_id").write("../surge", tmp_path)
