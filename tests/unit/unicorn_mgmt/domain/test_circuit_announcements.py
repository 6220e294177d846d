"""Circuits as their store writes them, and what the stream of those writes has to tell."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.unicorn_mgmt.world import TABLE, World
from unicorn_mgmt.domain.circuit_announcements import told_of_circuit
from wild_rydes_circuit_breaker import DynamoDbStore, Mode, Override, Record, State, set_mode
from wild_rydes_contracts import PartnerCircuitClosed, PartnerCircuitOpened

NOW = 1_795_000_000.0


class Stream:
    """Writes records of a circuit, and gives each write as the stream would."""

    def __init__(self, world: World) -> None:
        self.dynamodb = world.dynamodb
        self.store = DynamoDbStore(world.dynamodb, TABLE)
        self.old: dict[str, Any] | None = None

    def image(self) -> dict[str, Any]:
        key = {"id": {"S": "circuit#p-comet"}}
        found: dict[str, Any] = self.dynamodb.get_item(TableName=TABLE, Key=key)["Item"]
        return found

    def turn(self, state: State, *, opens: int, reason: str = "because") -> dict[str, Any]:
        before = self.store.read("p-comet")
        after = replace(
            before, revision=before.revision + 1, epoch=before.epoch + 1, state=state, opens=opens,
            since=NOW, retry_at=NOW + 2, reason=reason,
        )  # fmt: skip
        self.store.replace("p-comet", before, after)
        return self.written()

    def written(self) -> dict[str, Any]:
        new = self.image()
        change = {"Keys": {"id": new["id"]}, "NewImage": new} | ({"OldImage": self.old} if self.old else {})
        self.old = new
        return {"eventName": "MODIFY" if len(change) == 3 else "INSERT", "dynamodb": change}


@pytest.fixture
def stream(world: World) -> Stream:
    return Stream(world)


def test_a_circuit_that_opens_and_closes_is_told_once_each(stream: Stream) -> None:
    records = [
        stream.turn(State.OPEN, opens=0),  # a check
        stream.turn(State.HALF_OPEN, opens=0),
        stream.turn(State.OPEN, opens=1, reason="probes: 5 failed"),
        stream.turn(State.HALF_OPEN, opens=1),
        stream.turn(State.OPEN, opens=2),
        stream.turn(State.HALF_OPEN, opens=2),
        stream.turn(State.CLOSED, opens=2, reason="probes: none failed"),
    ]
    told = [envelope for record in records if (envelope := told_of_circuit(record))]
    opened, closed = told
    assert isinstance(opened.data, PartnerCircuitOpened)
    assert (opened.data.partner_id, opened.data.reason) == ("p-comet", "probes: 5 failed")
    assert opened.data.retry_at.timestamp() == NOW + 2
    assert isinstance(closed.data, PartnerCircuitClosed)
    assert opened.metadata.event_id != closed.metadata.event_id
    assert told_of_circuit(records[2]) == opened


def test_a_mode_set_by_a_person_is_told_with_the_reason(stream: Stream) -> None:
    set_mode(stream.store, "p-comet", Override(Mode.FORCED_OPEN, "astrid", "x" * 300), now=NOW)
    told = told_of_circuit(stream.written())
    assert told
    assert isinstance(told.data, PartnerCircuitOpened)
    assert len(told.data.reason) == 200


def test_a_write_that_turns_nothing_tells_nothing(stream: Stream) -> None:
    stream.store.replace("p-comet", Record(), Record(revision=1))
    assert told_of_circuit(stream.written()) is None


def test_an_item_that_is_no_circuit_is_refused(stream: Stream) -> None:
    image = {"id": {"S": "circuit#p-comet"}, "revision": {"N": "1"}, "record": {"S": "?"}}
    with pytest.raises(ValueError, match="no circuit"):
        told_of_circuit({"dynamodb": {"Keys": {"id": image["id"]}, "NewImage": image}})
