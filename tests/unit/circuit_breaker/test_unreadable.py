"""What is in the table and no circuit: the next call makes it one, as does a person who sets a mode."""

import json
from collections.abc import Iterator
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, example, given, settings
from mypy_boto3_dynamodb import DynamoDBClient

from tests.support import aws, modelled
from tests.support.circuit_breaker.world import CIRCUIT, NOW, PARTNER, Clock, Heard, classify
from wild_rydes_circuit_breaker import (
    CircuitBreaker,
    CircuitOpen,
    DynamoDbStore,
    Mode,
    Override,
    Record,
    Settings,
    State,
    StoreUnavailable,
    Unreadable,
    set_mode,
    transition_in,
)

Item = dict[str, Any]
KEY = {"id": {"S": f"circuit#{CIRCUIT}"}}
BODY = {"revision": 7, "epoch": 3, "state": "OPEN", "since": NOW, "opens": 2, "retry_at": NOW + 3}
"""Of a circuit that is open."""


def item(body: Any = BODY, **attributes: Any) -> Item:
    """An item as it should be, but for these attributes; None leaves one out."""
    sound = {"record": {"S": json.dumps(body)}, "revision": {"N": "7"}, "epoch": {"N": "3"}}
    return {name: value for name, value in (sound | attributes).items() if value is not None}


ROW = {"row_since": {"N": str(NOW)}, "row_count": {"N": "2"}}
POLL = {"poll_since": {"N": str(NOW)}, **{f"poll_{name}": {"N": "2"} for name in ("calls", "failed", "slow")}}

UNREADABLE: dict[str, Item] = {
    "no JSON": item(record={"S": "{"}),
    "JSON without end": item(record={"S": "[" * 50_000}),
    "JSON, but no object": item([]),
    "no text": item(record={"N": "1"}),
    "no record": item(record=None),
    "no revision": item(revision=None),
    "no epoch": item(epoch=None),
    "a revision that is no number": item(revision={"S": "7"}),
    "half a revision": item(revision={"N": "7.5"}),
    "a revision before the first": item(revision={"N": "0"}),
    "a negative epoch": item(epoch={"N": "-1"}),
    "an endless epoch": item(epoch={"N": "1" + "0" * 37}),
    "an unknown state": item({**BODY, "state": "AJAR"}),
    "an instant that is none": item({**BODY, "retry_at": float("nan")}),
    "an instant that never comes": item({**BODY, "quiet_until": float("inf")}),
    "an instant after the end of the calendar": item({**BODY, "retry_at": 1e15}),
    "a mode that never ends though it says so": item(
        {**BODY, "override": {"mode": "FORCED_OPEN", "actor": "", "reason": "", "until": float("nan")}}
    ),
    "fewer than no probes": item({**BODY, "tally": {"calls": -1}}),
    "a row that no one began": item(row_count={"N": "1"}),
    "a row without calls": item(row_since={"N": "1"}),
    "a row of words": item(**ROW | {"row_count": {"S": "many"}}),
    "a row below zero": item(**ROW | {"row_count": {"N": "-1000000"}}),
    "a list of reporters": item(**ROW, row_reporters={"L": []}),
    "a poll without calls": item(poll_reporters={"SS": ["a"]}),
    "a poll below zero": item(**POLL | {"poll_failed": {"N": "-3"}}),
    "a wish that is no number": item(partner_retry_at={"S": "soon"}),
    "a row alone, of words": {"row_count": {"S": "many"}},
}


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[DynamoDBClient]:
    with modelled.account():
        client: DynamoDBClient = aws.client("dynamodb")
        client.create_table(
            TableName="circuits",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield client


@pytest.fixture
def store(dynamodb: DynamoDBClient) -> DynamoDbStore:
    return DynamoDbStore(dynamodb, "circuits")


def put(dynamodb: DynamoDBClient, stored: Item) -> None:
    dynamodb.put_item(TableName="circuits", Item={**KEY, **stored})


def environment(store: DynamoDbStore, clock: Clock, heard: Heard, name: str = "here") -> CircuitBreaker:
    return CircuitBreaker(
        CIRCUIT, Settings(), store, classify=classify, listener=heard, environment=name, now=clock
    )


@pytest.mark.parametrize("what", UNREADABLE)
def test_it_is_told_and_repaired_by_the_next_call(
    dynamodb: DynamoDBClient, store: DynamoDbStore, what: str
) -> None:
    put(dynamodb, UNREADABLE[what])
    with pytest.raises(Unreadable):
        store.read(CIRCUIT)
    clock, heard = Clock(), Heard()
    here = environment(store, clock, heard)
    here.end(here.begin())
    assert len(heard.tidings) == 1
    assert "repaired" in heard.tidings[0]
    repaired = store.read(CIRCUIT)
    assert (repaired.state, repaired.since, repaired.by) == (State.CLOSED, NOW, "here")
    assert "no circuit" in repaired.reason or "revision" in repaired.reason


@pytest.mark.parametrize("what", UNREADABLE)
def test_a_person_who_sets_a_mode_repairs_it(
    dynamodb: DynamoDBClient, store: DynamoDbStore, what: str
) -> None:
    put(dynamodb, UNREADABLE[what])
    forced = Override(Mode.FORCED_OPEN, "ada", "drill")
    assert set_mode(store, CIRCUIT, forced, now=NOW).override == forced
    assert store.read(CIRCUIT).override == forced


def test_of_two_who_repair_it_the_second_leaves_it_as_it_is(
    dynamodb: DynamoDBClient, store: DynamoDbStore
) -> None:
    put(dynamodb, UNREADABLE["no JSON"])
    first = store.repair(CIRCUIT, Record(reason="first"))
    assert (first.revision, first.epoch, first.reason) == (8, 4, "first")
    assert store.repair(CIRCUIT, Record(reason="second")) == first == store.read(CIRCUIT)


def test_what_was_written_since_it_was_read_is_not_overwritten(
    dynamodb: DynamoDBClient, store: DynamoDbStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(dynamodb, UNREADABLE["no JSON"])
    read = dynamodb.get_item

    def then_another_repairs_it(**arguments: Any) -> Any:
        found = read(**arguments)
        monkeypatch.undo()
        DynamoDbStore(dynamodb, "circuits").repair(CIRCUIT, Record(reason="the other"))
        return found

    monkeypatch.setattr(dynamodb, "get_item", then_another_repairs_it)
    assert store.repair(CIRCUIT, Record(reason="too late")).reason == "the other"
    assert store.read(CIRCUIT).reason == "the other"


@pytest.mark.parametrize(
    "differs",
    [
        item({**BODY, "revision": 3}),
        item({**BODY, "revision": 9}),
        item({**BODY, "epoch": 1}),
        item({**BODY, "epoch": 8, "revision": None}),
    ],
)
def test_a_record_that_differs_from_its_item_does_not_stay_open(
    dynamodb: DynamoDBClient, store: DynamoDbStore, differs: Item
) -> None:
    put(dynamodb, differs)
    clock, heard = Clock(), Heard()
    here = environment(store, clock, heard)
    clock.forward(3)
    for _ in range(3):
        here.end(here.begin())
    assert store.read(CIRCUIT).state is State.CLOSED
    for _ in range(5):
        here.end(here.begin(), PARTNER)
        clock.forward(1)
    assert store.read(CIRCUIT).state is State.OPEN


def test_that_it_is_closed_is_announced_for_it_may_have_been_open(
    dynamodb: DynamoDBClient, store: DynamoDbStore
) -> None:
    put(dynamodb, UNREADABLE["no JSON"])
    store.repair(CIRCUIT, Record(since=NOW))
    repaired = dynamodb.get_item(TableName="circuits", Key=KEY, ConsistentRead=True)["Item"]
    transition = transition_in(KEY, UNREADABLE["no JSON"], repaired)
    assert transition
    assert transition.closed
    assert not transition.opened
    with pytest.raises(Unreadable):
        transition_in(KEY, repaired, UNREADABLE["no JSON"])


def test_a_store_that_does_not_answer_is_not_repaired(store: DynamoDbStore) -> None:
    with pytest.raises(StoreUnavailable) as error:
        DynamoDbStore(store._dynamodb, "no-such-table").repair(CIRCUIT, Record())
    assert not isinstance(error.value, Unreadable)


NUMBERS = st.one_of(
    st.integers(-3, 10),
    st.sampled_from([NOW, NOW + 600, NOW - 600, 1e15, 2**52, -1e30]),
    st.decimals(-10, 10, places=2),
)
VALUES = st.one_of(
    NUMBERS.map(lambda number: {"N": f"{number:f}"}),
    st.text(max_size=5).map(lambda text: {"S": text}),
    st.sets(st.text(min_size=1, max_size=3), min_size=1, max_size=3).map(lambda texts: {"SS": [*texts]}),
    st.sampled_from([{"BOOL": True}, {"NULL": True}, {"L": []}, {"M": {}}, {"B": b"\0"}]),
)
JSON = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 10),
    st.sampled_from([NOW, NOW + 600, NOW - 600, 1e15, 1e300, float("nan"), float("inf")]),
    st.sampled_from([*State, *Mode]),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
)
BODIES = st.dictionaries(
    st.sampled_from([*Record.__slots__]),
    JSON
    | st.lists(st.fixed_dictionaries({"permit": JSON, "until": JSON}), max_size=7)
    | st.fixed_dictionaries({"calls": JSON, "failed": JSON, "slow": JSON})
    | st.fixed_dictionaries({"mode": JSON, "actor": JSON, "reason": JSON, "until": JSON}),
)
NAMES = (
    *("revision", "epoch", "state", "partner_retry_at"),
    *("row_since", "row_count", "row_striking", "row_reporters"),
    *("poll_since", "poll_calls", "poll_failed", "poll_slow", "poll_reporters", "poll_accusers"),
)
ITEMS = st.builds(
    lambda body, attributes, sound: (
        (item(body) if sound else {"record": {"S": json.dumps(body)}}) | attributes
    ),
    st.one_of(BODIES, BODIES.map(lambda body: BODY | body), JSON),
    st.dictionaries(st.sampled_from([*NAMES, "record"]), VALUES, max_size=4),
    st.booleans(),
)


@pytest.mark.slow
@given(stored=ITEMS)
@example(stored=item({**BODY, "state": "HALF_OPEN", "tally": {"calls": 5}, "since": NOW + 600}))
@example(stored=item({**BODY, "retry_at": 250_000_000_000, "opens": 2**52}))
@example(stored={"record": {"S": "null"}, "revision": {"N": str(2**53 - 1)}})
@example(stored=item({**BODY, "state": "CLOSED"}, revision={"N": str(2**53 - 1)}))
@settings(
    max_examples=settings().max_examples // 2,
    suppress_health_check=[*settings().suppress_health_check, HealthCheck.function_scoped_fixture],
)
def test_whatever_is_stored_calls_flow_again(
    dynamodb: DynamoDBClient, store: DynamoDbStore, stored: Item
) -> None:
    put(dynamodb, stored)
    clock, heard = Clock(), Heard()
    here = environment(store, clock, heard)
    for _ in range(3):
        let_through = calls(here)
        clock.forward(Settings().max_retry_after + Settings().permit_lease)
    record = store.read(CIRCUIT)
    mode = record.mode(clock.now)
    assert let_through or mode is Mode.FORCED_OPEN
    assert record.state is State.CLOSED or mode is not Mode.AUTO
    assert not any("parted" in tiding for tiding in heard.tidings)


@pytest.mark.slow
@given(stored=ITEMS)
@settings(
    max_examples=settings().max_examples // 2,
    suppress_health_check=[*settings().suppress_health_check, HealthCheck.function_scoped_fixture],
)
def test_whatever_is_stored_a_person_can_set_a_mode(
    dynamodb: DynamoDBClient, store: DynamoDbStore, stored: Item
) -> None:
    put(dynamodb, stored)
    disabled = set_mode(store, CIRCUIT, Override(Mode.DISABLED, "ada", "drill"), now=NOW)
    assert (disabled.state, disabled.mode(NOW)) == (State.CLOSED, Mode.DISABLED)
    assert store.read(CIRCUIT) == disabled


def calls(environment: CircuitBreaker) -> bool:
    """Make a call that goes well, if it is let through."""
    try:
        permit = environment.begin()
    except CircuitOpen:
        return False
    environment.end(permit)
    return True
