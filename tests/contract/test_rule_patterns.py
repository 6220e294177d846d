"""The rules of the synthesized stacks match the events their consumers handle, in any content, and nothing else."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra.assembly import Assembly
from infra.proof.ruler import EventPattern
from settlement.domain.ledger import is_partner
from wild_rydes_contracts import (
    EVENTS,
    Envelope,
    Event,
    FeedbackCorrected,
    FeedbackReceived,
    QuoteAccepted,
    RfqCompleted,
    RfqRequested,
    RideBookingFailed,
    RideCompleted,
    RideConfirmed,
    RideRejected,
)
from wild_rydes_contracts.fakes import fake, on_the_bus
from wild_rydes_contracts.rides import RideEvent
from wild_rydes_contracts.strategies import envelopes, events

SUBSCRIPTIONS: dict[str, set[type[Event]]] = {
    "unicorn-mgmt-inbox": {RfqRequested},
    "unicorn-mgmt-bookings-inbox": {QuoteAccepted, RideBookingFailed},
    "unicorn-mgmt-closings-inbox": {RfqCompleted},
    "unicorn-mgmt-ratings-inbox": {FeedbackReceived, FeedbackCorrected},
    "ride-booking-rides": {RideConfirmed, RideRejected, RideCompleted},
    "feedback-rides": {RideCompleted},
    "settlement-prices": {QuoteAccepted},
    "settlement-rides": {RideCompleted},
}
"""What each rule on the bus is for."""
OF_PARTNERS = {"settlement-prices", "settlement-rides"}
"""Those that hear of partners' rides alone."""


def wanted(name: str, event: Event) -> bool:
    """Whether this rule's consumer has to hear of the event."""
    if isinstance(event, RfqCompleted):
        # When all have answered, nobody waits to be told.
        return name == "unicorn-mgmt-closings-inbox" and event.completed_by != "all-answered"
    if name in OF_PARTNERS and isinstance(event, RideEvent):
        return type(event) in SUBSCRIPTIONS[name] and is_partner(event.responder_id)
    return type(event) in SUBSCRIPTIONS[name]


def envelopes_for(name: str, data: st.DataObject) -> Envelope[Event]:
    """Any event for this rule."""
    contract = data.draw(st.sampled_from(sorted(SUBSCRIPTIONS[name], key=str)))
    if name in OF_PARTNERS:
        envelope = data.draw(envelopes(contract))
        partner = data.draw(st.from_regex(r"\Ap-[a-z0-9-]{0,30}\Z"))
        return envelope.model_copy(
            update={"data": envelope.data.model_copy(update={"responder_id": partner})}
        )
    return data.draw(envelopes(contract).filter(lambda envelope: wanted(name, envelope.data)))


# The templates are the same for every example.
given_events = settings(
    suppress_health_check=[*settings().suppress_health_check, HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="module")
def rules(aws: Assembly) -> dict[str, EventPattern]:
    """Every rule on the bus, by its name."""
    return {
        rule.properties["Name"]: EventPattern.of(rule.properties["EventPattern"])
        for rule in aws.all("AWS::Events::Rule")
        if "EventBusName" in rule.properties  # on the default bus are AWS's events
    }


def test_every_rule_has_its_subscription_here(rules: dict[str, EventPattern]) -> None:
    assert rules.keys() == SUBSCRIPTIONS.keys()


@given_events
@given(envelope=events())
def test_a_rule_matches_its_events_and_no_other(
    rules: dict[str, EventPattern], envelope: Envelope[Event]
) -> None:
    event = on_the_bus(envelope)
    matching = {name for name, rule in rules.items() if rule.matches(event)}
    assert matching == {name for name in SUBSCRIPTIONS if wanted(name, envelope.data)}


@pytest.mark.parametrize("responder", ["p-comet", "p-", "u-p-comet", "pcomet", "u-shadowfax"])
@pytest.mark.parametrize("name", sorted(OF_PARTNERS))
def test_what_a_partner_is_owed_is_told_by_the_responders_id(
    rules: dict[str, EventPattern], name: str, responder: str
) -> None:
    [contract] = SUBSCRIPTIONS[name]
    event = on_the_bus(fake(contract, responder_id=responder))
    assert rules[name].matches(event) == is_partner(responder) == responder.startswith("p-")


foreign = st.text() | st.sampled_from([*{event.source for event in EVENTS}, "aws.s3", "wildrydes", ""])


@given_events
@given(data=st.data(), source=foreign)
def test_a_rule_matches_nothing_from_another_source(
    rules: dict[str, EventPattern], data: st.DataObject, source: str
) -> None:
    for name in SUBSCRIPTIONS:
        event = on_the_bus(envelopes_for(name, data))
        assert rules[name].matches(event | {"source": source}) == (source == event["source"])


@given_events
@given(data=st.data(), version=st.none() | st.integers() | st.text())
def test_a_rule_matches_no_version_its_consumer_does_not_know(
    rules: dict[str, EventPattern], data: st.DataObject, version: object
) -> None:
    for name in SUBSCRIPTIONS:
        envelope = envelopes_for(name, data)
        event = on_the_bus(envelope)
        event["detail"]["metadata"]["event_version"] = version
        assert rules[name].matches(event) == (version == envelope.data.version)
        del event["detail"]["metadata"]["event_version"]
        assert not rules[name].matches(event)


@given_events
@given(envelope=events())
def test_the_archive_keeps_every_event(aws: Assembly, envelope: Envelope[Event]) -> None:
    (archive,) = aws.all("AWS::Events::Archive")
    keeps = EventPattern.of(archive.properties["EventPattern"]).matches
    assert keeps(on_the_bus(envelope))
    assert not keeps(on_the_bus(envelope) | {"source": "aws.s3"})
