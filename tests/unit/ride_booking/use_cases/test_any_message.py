"""Whatever a contract admits is handled: written, streamed, read, announced and shown, and nothing is a surprise."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import modelled
from tests.support.boundary import boundary
from tests.support.published import is_as_published
from tests.support.ride_booking.world import NOW, TABLE, Api, World, clients, furnish, quote, response
from tests.support.stream import changes
from wild_rydes_contracts import Envelope, RfqResponse, RideCompleted, RideConfirmed, RideRejected
from wild_rydes_contracts.fakes import on_the_bus
from wild_rydes_contracts.strategies import envelopes

pytestmark = pytest.mark.slow


@boundary
@given(envelopes(RfqResponse), st.booleans())
def test_an_answer(envelope: Envelope[RfqResponse], all_asked: bool) -> None:
    with modelled.account(furnish) as queues:
        world = World(**clients(), **queues)
        kept = world.put(document=True)
        changed: dict[str, Any] = {
            "metadata": envelope.metadata.model_copy(update={"correlation_id": kept.id})
        }
        if all_asked:
            asked = tuple(answer.responder_id for answer in envelope.data.answers)
            changed["data"] = envelope.data.model_copy(update={"asked": asked})
        body = envelope.model_copy(update=changed).to_json()
        records = changes(world.dynamodb, TABLE, lambda: world.gather(body))
        is_announced_and_shown(world, records, kept.id)
        assert world.parked() == []


@boundary
@given(envelopes(RideConfirmed) | envelopes(RideRejected) | envelopes(RideCompleted), st.booleans())
def test_news_of_a_ride(
    envelope: Envelope[RideConfirmed | RideRejected | RideCompleted], of_our_ride: bool
) -> None:
    with modelled.account(furnish) as queues:
        world = World(**clients(), **queues)
        kept = world.put()
        world.gather(response(kept.id, quote("u-a"), asked=("u-a",)))
        world.rfqs.change(kept.id, lambda found: found.book("u-a", NOW), consistent=True)
        if of_our_ride:
            ours = {"rfq_id": kept.id, "ride_id": f"{kept.id}.1", "responder_id": "u-a"}
            metadata = envelope.metadata.model_copy(update={"deadline": None})
            envelope = envelope.model_copy(
                update={"metadata": metadata, "data": envelope.data.model_copy(update=ours)}
            )
        batch = world.taken(world.replies, json.dumps(on_the_bus(envelope)))
        answered: list[object] = []
        records = changes(world.dynamodb, TABLE, lambda: answered.append(world.ride_news().handle(batch)))
        assert answered == [{"batchItemFailures": []}]
        reasons = {parked["reason"] for parked in world.parked()}
        assert reasons <= {"no ride id", "a ride of another RFQ"}, (
            "its RFQ cannot be told; all else is handled"
        )
        assert bool(records) == of_our_ride
        is_announced_and_shown(world, records, kept.id)


def is_announced_and_shown(world: World, records: list[dict[str, Any]], rfq_id: str) -> None:
    world.outbox().handle({"Records": records})
    for event in world.published():
        is_as_published(event)
    shown = [Api(world).get(f"/{rfq_id}{part}") for part in ("", "/quotes", "/result")]
    assert all(answer.status in (200, 303, 409) for answer in shown), shown
    world.metrics.clear_metrics()
