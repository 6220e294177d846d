"""Rules for one version of an event, and for what an archive replays of those before."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.proof import filters
from infra.proof.ruler import EventPattern
from tests.support.messaging.versions import RideCompletedV2, RideCompletedV3
from wild_rydes_contracts import Envelope, Event, RideCompleted, rule_pattern
from wild_rydes_contracts.fakes import on_the_bus
from wild_rydes_contracts.reading import read
from wild_rydes_contracts.strategies import envelopes, events

LIVE, ALSO_REPLAYS = rule_pattern(RideCompletedV2), rule_pattern(RideCompletedV2, replays=True)


def test_a_rule_for_replays_adds_old_versions_with_the_name_of_a_replay() -> None:
    assert ALSO_REPLAYS == {
        "source": ["wildrydes.unicorn-mgmt"],
        "detail-type": ["RideCompleted"],
        "$or": [
            {"detail": {"metadata": {"event_version": [2]}}},
            {"replay-name": [{"exists": True}], "detail": {"metadata": {"event_version": [1]}}},
        ],
    }
    assert rule_pattern(RideCompleted, replays=True) == rule_pattern(RideCompleted)


@given(
    events() | envelopes(RideCompleted) | envelopes(RideCompletedV2) | envelopes(RideCompletedV3),
    st.booleans(),
)
def test_a_rule_hears_its_own_version_and_replays_of_those_before(
    envelope: Envelope[Event], replayed: bool
) -> None:
    event: dict[str, Any] = on_the_bus(envelope) | ({"replay-name": "last-year"} if replayed else {})
    contract = type(envelope.data)
    assert EventPattern.of(LIVE).matches(event) == (contract is RideCompletedV2)
    old_again = contract is RideCompleted and replayed
    assert EventPattern.of(ALSO_REPLAYS).matches(event) == (contract is RideCompletedV2 or old_again)
    if EventPattern.of(ALSO_REPLAYS).matches(event):
        assert type(read(event, RideCompletedV2).data) is RideCompletedV2


def test_events_that_follow_other_versions_need_rules_of_their_own() -> None:
    class RideConfirmedV2(Event):
        name, source, version = "RideConfirmed", "wildrydes.unicorn-mgmt", 2

    assert rule_pattern(RideCompletedV2, RideConfirmedV2)["detail-type"] == ["RideCompleted", "RideConfirmed"]
    with pytest.raises(ValueError, match="make a rule for each"):
        rule_pattern(RideCompletedV2, RideConfirmedV2, replays=True)


def test_the_proof_knows_which_events_a_replay_brings() -> None:
    """A version that is published no longer comes from an archive alone."""
    schemas = [filters.event_schema(RideCompletedV2), filters.event_schema(RideCompleted, archived=True)]
    assert list(filters.never("rule", ALSO_REPLAYS, schemas)) == []
    live_v1 = rule_pattern(RideCompleted) | {"replay-name": [{"exists": False}]}
    assert [finding.why for finding in filters.never("rule", live_v1, schemas)]
    unknown = {**ALSO_REPLAYS, "$or": [ALSO_REPLAYS["$or"][0], {"replay_name": [{"exists": True}]}]}
    assert [finding.why for finding in filters.never("rule", unknown, schemas)]
