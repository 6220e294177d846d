"""Surge counts each RFQ once, whatever comes in whatever order, and keeps no more of it than it must."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from surge.figures import NOTHING, Figures, Rfq, Spot
from surge.table import KEPT, Table
from tests.unit.examples.conftest import Surge
from wild_rydes_contracts import Coordinates, Envelope, ResponderCounts, RfqCompleted, RfqRequested
from wild_rydes_contracts.fakes import fake, in_a_queue, on_the_bus
from wild_rydes_contracts.needs import needs, unmet

STATEMENT = Path(__file__).parents[3] / "shared/contracts/consumers/surge.json"
AT = datetime(2090, 1, 2, 12, 25, tzinfo=UTC)
"""Old at no time that this may run."""
START = Coordinates(lat=47.620512, lon=-122.349287)


def requested(rfq_id: str = "rfq-1", at: datetime = AT, start: Coordinates = START) -> Envelope[RfqRequested]:
    return fake(RfqRequested, metadata={"occurred_at": at}, rfq_id=rfq_id, start=start)


def completed(rfq_id: str = "rfq-1", quotes: int = 3, at: datetime = AT) -> Envelope[RfqCompleted]:
    at += timedelta(seconds=70)
    counts = ResponderCounts(asked=quotes, quoted=quotes, declined=0, silent=0, late=0)
    return fake(RfqCompleted, metadata={"occurred_at": at}, rfq_id=rfq_id, responders=counts)


def body(envelope: Envelope[Any]) -> str:
    return json.dumps(on_the_bus(envelope))


TOLD = st.lists(
    st.sampled_from([requested(), requested(at=AT + timedelta(hours=1)), completed(), completed(quotes=0)]),
    max_size=8,
)


@given(TOLD)
def test_what_an_rfq_adds_is_what_is_known_of_it_whatever_the_order(events: Sequence[Envelope[Any]]) -> None:
    rfq, total = Rfq(), NOTHING
    for event in events:
        before, rfq = rfq, rfq.told(event.data, event.metadata.occurred_at)
        total += rfq.figures - before.figures
        assert before.spot in {None, rfq.spot}
    asked = any(isinstance(event.data, RfqRequested) for event in events)
    quotes = next((e.data.responders.quoted for e in events if isinstance(e.data, RfqCompleted)), None)
    done = asked and quotes is not None
    assert total == Figures(asked, done, done and quotes == 0, (quotes or 0) if asked else 0)


@pytest.mark.parametrize(
    "order",
    [
        [requested(), completed()],
        [completed(), requested()],
        [requested(), requested(), completed(), requested(), completed()],
        [completed(), completed(), requested(), requested()],
    ],
    ids=["in order", "the wrong way round", "twice", "both"],
)
def test_an_rfq_counts_once_in_its_own_minute(surge: Surge, order: list[Envelope[Any]]) -> None:
    handler = surge.function("consumer").handler
    for event in order:
        assert handler(in_a_queue(event), None) == {"batchItemFailures": []}
    found = dict(Table(surge.dynamodb, "surge").between(AT, AT + timedelta(minutes=1)))
    assert found == {Spot.of(AT, START.lat, START.lon): Figures(rfqs=1, completed=1, unquoted=0, quotes=3)}


def test_rfqs_of_one_place_and_minute_add_up_and_others_stand_apart(surge: Surge) -> None:
    handler, elsewhere = surge.function("consumer").handler, Coordinates(lat=-33.86, lon=151.21)
    events = [
        *(requested("a"), completed("a", 2), requested("b"), completed("b", 0)),
        *(requested("c", start=elsewhere), requested("d", at=AT + timedelta(minutes=59)), completed("x")),
    ]
    handler(in_a_queue(*events), None)
    here, there = Spot.of(AT, START.lat, START.lon), Spot.of(AT, elsewhere.lat, elsewhere.lon)
    later = Spot(AT + timedelta(minutes=59), here.cell)
    table = Table(surge.dynamodb, "surge")
    assert dict(table.between(AT, AT + timedelta(minutes=60))) == {
        here: Figures(rfqs=2, completed=2, unquoted=1, quotes=2),
        there: Figures(rfqs=1),
        later: Figures(rfqs=1),
    }
    assert [spot for spot, _ in table.between(AT + timedelta(minutes=1), AT + timedelta(minutes=59))] == []


def test_a_place_is_kept_as_its_cell_and_everything_expires(surge: Surge) -> None:
    surge.function("consumer").handler(in_a_queue(requested(), completed()), None)
    items = surge.items()
    for precise in ("47.6", "122.3"):
        assert precise not in json.dumps(items)
    expiries = {int(item["expires"]["N"]) for item in items}
    assert len(items) == 2
    assert min(expiries) >= (AT + KEPT).timestamp()
    assert max(expiries) <= (AT + timedelta(seconds=70) + KEPT).timestamp()


@pytest.mark.parametrize(
    ("poison", "reason"),
    [
        ("text", "not JSON"),
        ("[1]", "not a JSON object"),
        (json.dumps({"detail-type": "RideBooked", "detail": {}}), "none of the messages that are read here"),
        (body(requested()).replace("47.620512", "97.6"), "data.start.lat"),
        (body(completed()).replace('"quoted": 3', '"quoted": -3'), "data.responders.quoted"),
    ],
    ids=["text", "list", "another event", "no latitude", "negative count"],
)
def test_poison_is_parked_with_the_reason_and_stops_nothing_else(
    surge: Surge, poison: str, reason: str
) -> None:
    answer = surge.function("consumer").handler(in_a_queue(poison, requested()), None)
    assert answer == {"batchItemFailures": []}
    [(parked, why)] = surge.parked()
    assert parked == poison
    assert reason in why
    assert "97.6" not in why
    assert len(surge.items()) == 2


def test_what_is_replayed_when_nobody_knows_any_more_whether_it_was_counted_is_dropped(surge: Surge) -> None:
    old = requested(at=datetime.now(UTC) - KEPT - timedelta(hours=1))
    answer = surge.function("consumer").handler(
        in_a_queue(json.dumps(on_the_bus(old, replay="last-week"))), None
    )
    assert answer == {"batchItemFailures": []}
    assert surge.parked() == []
    assert surge.items() == []


def test_what_cannot_be_written_comes_again_alone(surge: Surge) -> None:
    consumer = surge.function("consumer")
    surge.dynamodb.delete_table(TableName="surge")
    assert consumer.handler(in_a_queue(requested(), "poison"), None) == {
        "batchItemFailures": [{"itemIdentifier": "message-1"}]
    }
    assert [text for text, _ in surge.parked()] == ["poison"]


def test_who_loses_a_race_writes_nothing_and_counts_when_it_comes_again(surge: Surge) -> None:
    table = Table(surge.dynamodb, "surge")
    tell = partial(Rfq.told, event=requested().data, at=AT)

    def overtaken(rfq: Rfq) -> Rfq:
        table.change("rfq-1", tell, AT)
        return tell(rfq)

    with pytest.raises(ClientError, match="TransactionCanceled"):
        table.change("rfq-1", overtaken, AT)
    assert table.change("rfq-1", tell, AT) is False
    assert [figures for _, figures in table.between(AT, AT + timedelta(minutes=1))] == [Figures(rfqs=1)]


def test_what_surge_reads_is_stated_where_the_producers_look() -> None:
    read = needs(
        *("RfqRequested.rfq_id", "RfqRequested.start.lat", "RfqRequested.start.lon"),
        *("RfqCompleted.rfq_id", "RfqCompleted.responders.quoted"),
        *("RfqRequested.metadata.occurred_at", "RfqCompleted.metadata.occurred_at"),
    )
    stated = json.loads(STATEMENT.read_text())
    assert not unmet(stated)
    assert fields(stated) == fields(read.statement("surge"))


def fields(statement: dict[str, Any]) -> dict[str, list[str]]:
    return {message: [*needed] for message, needed in statement["needs"].items()}
