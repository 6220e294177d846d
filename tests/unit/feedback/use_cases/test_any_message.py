"""Whatever a contract admits is handled: written, streamed, read and announced, and nothing of it is a surprise."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.boundary import boundary
from tests.support.feedback.memory import Memory
from tests.support.feedback.world import World
from tests.support.published import is_as_published
from wild_rydes_contracts import Envelope, RideCompleted
from wild_rydes_contracts.fakes import on_the_bus
from wild_rydes_contracts.strategies import envelopes

pytestmark = pytest.mark.slow


@boundary
@given(envelopes(RideCompleted), st.booleans())
def test_the_end_of_a_ride(envelope: Envelope[RideCompleted], just_now: bool) -> None:
    world = World(Memory())
    if just_now:
        data = envelope.data.model_copy(update={"completed_at": world.now, "customer_id": world.customer()})
        metadata = envelope.metadata.model_copy(update={"deadline": None})
        envelope = envelope.model_copy(update={"metadata": metadata, "data": data})
    assert world.handle(world.rides, json.dumps(on_the_bus(envelope))) == []
    world.pump()
    for sms in world.phones.sent:
        world.hear("8", sms)
    world.pump()
    assert world.aws.parked() == []

    told = world.aws.told()
    for event in told:
        is_as_published(event)
    names = {event["detail-type"] for event in told}
    if just_now:
        assert names == {"FeedbackRequested", "FeedbackReceived"}
        assert {event["detail"]["data"]["ride_id"] for event in told} == {envelope.data.ride_id}
        assert {event["detail"]["metadata"]["correlation_id"] for event in told} == {
            envelope.metadata.correlation_id
        }
    world.close()
