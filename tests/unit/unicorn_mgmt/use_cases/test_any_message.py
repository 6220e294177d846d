"""Whatever a contract admits is handled: written, streamed, read and announced, and nothing of it is a surprise."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import modelled
from tests.support.boundary import boundary
from tests.support.published import is_as_published
from tests.support.stream import changes
from tests.support.unicorn_mgmt.world import TABLE, World, furnish, furnished
from unicorn_mgmt.domain.unicorn import Place, unicorn_id
from wild_rydes_contracts import (
    Envelope,
    FeedbackCorrected,
    FeedbackReceived,
    QuoteAccepted,
    RfqRequested,
    RideBookingFailed,
)
from wild_rydes_contracts.fakes import on_the_bus
from wild_rydes_contracts.scalars import FIRST_INSTANT
from wild_rydes_contracts.strategies import envelopes

pytestmark = pytest.mark.slow

OURS = st.sampled_from([unicorn_id("gandalf"), "p-comet"])


@boundary
@given(
    st.sampled_from([QuoteAccepted, RideBookingFailed, FeedbackReceived, FeedbackCorrected]).flatmap(
        envelopes
    ),
    st.none() | OURS,
    st.booleans(),
)
def test_news_of_a_ride(
    envelope: Envelope[QuoteAccepted | RideBookingFailed | FeedbackReceived | FeedbackCorrected],
    ours: str | None,
    in_time: bool,
) -> None:
    data = envelope.data.model_copy(update={"responder_id": ours}) if ours else envelope.data
    envelope = envelope.model_copy(update={"data": data})
    with modelled.account(furnish) as queues:
        world = furnished(queues)
        world.add("gandalf")
        if in_time and envelope.metadata.deadline:
            world.now = max(FIRST_INSTANT, envelope.metadata.deadline - timedelta(seconds=60))
        use_case = (
            world.ratings() if isinstance(data, FeedbackReceived | FeedbackCorrected) else world.bookings()
        )
        is_handled_and_announced(world, use_case.handle, json.dumps(on_the_bus(envelope)))


@boundary
@given(envelopes(RfqRequested))
def test_a_request_where_unicorns_are(envelope: Envelope[RfqRequested]) -> None:
    here = Place(round(envelope.data.start.lat, 5), round(envelope.data.start.lon, 5))  # as apps report it
    with modelled.account(furnish) as queues:
        world = furnished(queues)
        world.add("gandalf", here)
        world.add("saruman", here, auto_quote=False, connection="c-1")
        metadata = envelope.metadata.model_copy(update={"reply_to": world.reply_to})
        envelope = envelope.model_copy(update={"metadata": metadata})
        is_handled_and_announced(world, world.responder().handle, json.dumps(on_the_bus(envelope)))


def is_handled_and_announced(world: World, handle: Callable[[Any], Any], body: str) -> None:
    """The message takes effect, and so does what the stream makes of that."""
    event = world.deliver(body)
    answered: list[object] = []
    records = changes(world.dynamodb, TABLE, lambda: answered.append(handle(event)))
    assert answered == [{"batchItemFailures": []}]
    reasons = {parked["reason"] for parked in world.parked()}
    assert reasons <= {"a booking without a deadline"}, "nobody would end it; all else is handled"
    orders = world.sqs.create_queue(QueueName="p-comet-rides")["QueueUrl"]
    world.ride_queues["p-comet"] = orders
    world.outbox().handle({"Records": records})
    assert world.parked() == []
    for event in world.published():
        is_as_published(event)
    world.metrics.clear_metrics()
