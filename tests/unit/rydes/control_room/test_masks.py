"""What the control room shows of events, examples and replies."""

import json
from datetime import UTC, datetime

import pytest

from infra.registry.documents.examples import example
from infra.rydes.control_room.catalogue import fresh
from infra.rydes.control_room.journal import Journal
from infra.rydes.control_room.texts import hidden
from wild_rydes_contracts import EVENTS, Event
from wild_rydes_contracts.reading import read

NOW = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)


def on_bus(contract: type[Event]) -> dict[str, object]:
    detail = json.loads(example(contract).to_json())
    return {
        "detail-type": contract.name,
        "source": contract.source,
        "time": "2027-01-02T03:04:05Z",
        "detail": detail,
    }


@pytest.mark.parametrize("contract", EVENTS)
def test_an_event_is_remembered_without_places(contract: type[Event]) -> None:
    journal, event = Journal(), on_bus(contract)
    journal.take(event)
    [told] = journal.of(event["detail"]["metadata"]["correlation_id"])  # type: ignore[index]
    assert told["type"] == contract.name
    written = json.dumps(told)
    for place in ("47.62", "47.45", "122.34", "122.30"):
        assert place not in written


def test_only_the_newest_conversations_are_remembered() -> None:
    journal = Journal()
    for number in range(600):
        journal.take({"detail": {"metadata": {"correlation_id": f"c-{number}"}}})
    assert journal.of("c-99") == []
    assert len(journal.of("c-100")) == 1


@pytest.mark.parametrize("contract", EVENTS)
def test_an_example_that_is_sent_is_valid_and_new(contract: type[Event]) -> None:
    old = json.loads(example(contract).to_json())
    new = fresh(old, NOW)
    event = {"detail-type": contract.name, "source": contract.source, "detail": new}
    assert read(event, contract, sources=[contract.source])
    for name in ("event_id", "correlation_id"):
        assert new["metadata"][name] != old["metadata"][name]
    assert datetime.fromisoformat(new["metadata"]["occurred_at"]) == NOW
    assert old["metadata"]["correlation_id"] not in json.dumps(new)


def test_a_deadline_of_an_example_is_still_to_come() -> None:
    [asking] = [contract for contract in EVENTS if contract.name == "RfqRequested"]
    deadline = fresh(json.loads(example(asking).to_json()), NOW)["metadata"]["deadline"]
    assert datetime.fromisoformat(deadline) > NOW


@pytest.mark.parametrize(
    ("reply", "shown"),
    [
        ("3", "3"),
        (" 10 ", "10"),
        ("yes", "yes"),
        ("Stop", "Stop"),
        ("Bert", "… (4 characters)"),
        ("my number is 4255550143", "… (23 characters)"),
        ("4255550143", "… (10 characters)"),
    ],
)
def test_a_reply_is_shown_if_it_can_say_nothing_of_anybody(reply: str, shown: str) -> None:
    assert hidden(reply) == shown
