"""Calls that a partner has taken note of: with the callback they end well, without it as the partner's failure.

`test_missing_callbacks.py` has the circuit's part in it.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.rydes.simulators.partners.faults import Faults
from infra.rydes.simulators.partners.server import Server
from tests.support.unicorn_mgmt.partner_samples import CALLING_BACK, PARTNERS
from tests.support.unicorn_mgmt.quotes_desk import EVERYTHING_DONE, Desk
from tests.support.unicorn_mgmt.world import World
from unicorn_mgmt.domain.callback_due import CallbackDue
from unicorn_mgmt.use_cases.partner_quotes import PartnerQuotes
from wild_rydes_circuit_breaker import Mode, Override, Record, Settings, State, set_mode
from wild_rydes_contracts import Envelope

NIMBUS = "p-nimbus"
WITHIN = timedelta(seconds=PARTNERS[NIMBUS].answers_within)


class Checks:
    """The partner's queue, as far as it is told to look later: what is in it, and after how many seconds."""

    def __init__(self) -> None:
        self.sent: list[tuple[Envelope[CallbackDue], float]] = []

    def send(self, check: Envelope[CallbackDue], delay: float) -> None:
        self.sent.append((check, delay))

    def only(self) -> Envelope[CallbackDue]:
        [(check, _)] = self.sent
        return check


@pytest.fixture
def nimbus(world: World, servers: dict[str, Server]) -> Desk:
    return Desk(world, servers[NIMBUS], NIMBUS)


@pytest.fixture
def checks() -> Checks:
    return Checks()


def worker(desk: Desk, checks: Any, *, late_by: timedelta = timedelta()) -> PartnerQuotes:
    """A worker whose clock is so far ahead."""
    made = desk.worker(now=lambda: datetime.now(UTC) + late_by)
    return replace(made, expectations=replace(made.expectations, checks=checks))


def asked(desk: Desk, checks: Checks, **options: Any) -> Envelope[CallbackDue]:
    """The partner has taken note of an RFQ; what is to be looked at."""
    assert desk.ask(worker(desk, checks), "rfq-1", **options) == []
    return checks.only()


def look(desk: Desk, check: Envelope[CallbackDue], *, late_by: timedelta = timedelta()) -> bool:
    """Whether that was the last look."""
    answer = worker(desk, Checks(), late_by=late_by).handle(desk.world.deliver(check.to_json()))
    return answer == EVERYTHING_DONE


def test_what_a_partner_takes_note_of_is_looked_at_soon(nimbus: Desk, checks: Checks) -> None:
    before = datetime.now(UTC)
    check = asked(nimbus, checks)
    assert [delay for _, delay in checks.sent] == [1]
    assert (check.data.partner_id, check.data.about, check.metadata.correlation_id) == (
        NIMBUS,
        "rfq-1",
        "rfq-1",
    )
    assert before + WITHIN <= check.data.due <= datetime.now(UTC) + WITHIN
    assert check.metadata.deadline
    assert check.metadata.deadline > check.data.due
    [record] = nimbus.records()
    assert (record["operation"], record["outcome"]) == ("quote", "accepted")


def test_an_answer_at_once_is_owed_nothing(world: World, servers: dict[str, Server], checks: Checks) -> None:
    comet = Desk(world, servers["p-comet"])
    assert [answer["kind"] for answer in comet.ask(worker(comet, checks), "rfq-1")] == ["quote"]
    assert checks.sent == []


@pytest.mark.parametrize("fault", ["error", "throttle"])
def test_a_call_that_fails_is_owed_nothing(nimbus: Desk, checks: Checks, fault: str) -> None:
    nimbus.server.misbehaviour.set(Faults(**{fault: 1}))  # type: ignore[arg-type]
    assert [answer["kind"] for answer in nimbus.ask(worker(nimbus, checks), "rfq-1")] == ["decline"]
    assert checks.sent == []


def test_a_callback_that_has_come_ends_the_call_and_says_nothing(nimbus: Desk, checks: Checks) -> None:
    check = asked(nimbus, checks)
    nimbus.world.callbacks.note(NIMBUS, "rfq-1", datetime.now(UTC))
    assert look(nimbus, check)
    assert look(nimbus, check, late_by=WITHIN)
    assert nimbus.world.answers() == []
    assert [record["operation"] for record in nimbus.records()] == ["quote"]
    assert nimbus.store.read(NIMBUS) == Record()


def test_before_it_is_due_a_callback_is_looked_for_once_more(nimbus: Desk, checks: Checks) -> None:
    check = asked(nimbus, checks)
    assert not look(nimbus, check)
    assert nimbus.world.answers() == []
    assert nimbus.world.parked() == []
    assert nimbus.store.read(NIMBUS) == Record()


def test_a_callback_that_does_not_come_is_the_partners_failure_and_its_decline(
    nimbus: Desk, checks: Checks
) -> None:
    check = asked(nimbus, checks)
    assert look(nimbus, check, late_by=WITHIN)
    [told] = nimbus.world.answers()
    assert told["data"]["answers"] == [
        {"kind": "decline", "responder_id": NIMBUS, "reason": "partner-timeout"}
    ]
    assert told["metadata"]["correlation_id"] == "rfq-1"
    record = nimbus.records()[-1]
    assert (record["operation"], record["outcome"], record["reason"]) == (
        "callback",
        "missing",
        "no callback in time",
    )
    assert record["correlation_id"] == "rfq-1"
    row = nimbus.store.read(NIMBUS).row
    assert row
    assert row.count == 1


def test_who_looks_twice_says_the_same(nimbus: Desk, checks: Checks) -> None:
    check = asked(nimbus, checks)
    assert [look(nimbus, check, late_by=WITHIN) for _ in range(2)] == [True, True]
    first, second = nimbus.world.answers()
    assert first["metadata"]["event_id"] == second["metadata"]["event_id"]
    assert first["data"] == second["data"]


def test_with_the_rfq_itself_it_is_too_late_to_decline_and_no_failure_of_the_partner(
    nimbus: Desk, checks: Checks
) -> None:
    soon = timedelta(seconds=5)
    check = asked(nimbus, checks, deadline=datetime.now(UTC) + soon)
    assert check.data.due < datetime.now(UTC) + soon
    assert look(nimbus, check, late_by=soon)
    assert nimbus.world.answers() == []
    record = nimbus.records()[-1]
    assert (record["outcome"], record["reason"]) == ("ours", "too little time was left")
    assert nimbus.store.read(NIMBUS) == Record()


def test_a_probe_that_was_cut_short_says_nothing_and_makes_room_for_another(
    nimbus: Desk, checks: Checks
) -> None:
    now = datetime.now(UTC).timestamp()
    for mode in (Mode.FORCED_OPEN, Mode.AUTO):
        set_mode(nimbus.store, NIMBUS, Override(mode, "a test", "somebody", None), now=now)
    check = asked(nimbus, checks, deadline=datetime.now(UTC) + timedelta(seconds=5))
    assert check.data.call.probe
    assert look(nimbus, check, late_by=timedelta(seconds=5))
    circuit = nimbus.store.read(NIMBUS)
    assert (circuit.state, circuit.tally.calls, circuit.probes) == (State.HALF_OPEN, 0, ())


def test_a_decline_that_cannot_be_sent_brings_the_look_back_and_counts_nothing(
    nimbus: Desk, checks: Checks
) -> None:
    check = asked(nimbus, checks)
    nimbus.world.sqs.delete_queue(QueueUrl=nimbus.world.replies)
    assert not look(nimbus, check, late_by=WITHIN)
    assert nimbus.store.read(NIMBUS) == Record()


def test_old_news_says_nothing_of_the_partner(nimbus: Desk, checks: Checks) -> None:
    check = asked(nimbus, checks)
    quotes = worker(nimbus, Checks(), late_by=timedelta(hours=1))
    quotes.consumer.now = lambda: datetime.now(UTC) + timedelta(hours=1)
    assert quotes.handle(nimbus.world.deliver(check.to_json())) == EVERYTHING_DONE
    assert [record["operation"] for record in nimbus.records()] == ["quote"]


def test_a_forbidden_return_address_in_a_check_is_parked(nimbus: Desk, checks: Checks) -> None:
    check = asked(nimbus, checks)
    elsewhere = "arn:aws:sqs:us-east-1:123456789012:somebody-elses"
    forged = check.model_copy(update={"metadata": check.metadata.model_copy(update={"reply_to": elsewhere})})
    assert look(nimbus, forged, late_by=WITHIN)
    assert nimbus.world.answers() == []
    assert [parked["error"] for parked in nimbus.world.parked()] == ["ForbiddenReturnAddress"]


@pytest.mark.parametrize("partner_id", CALLING_BACK)
def test_a_probe_is_not_given_up_before_its_callback_is_due(partner_id: str) -> None:
    """The settings' own rule, for a call that lasts until the callback."""
    partner = PARTNERS[partner_id]
    settings = Settings(**partner.breaker)
    assert settings.permit_lease >= 2 * (partner.timeout + partner.answers_within)
    assert settings.max_wait_duration_in_half_open_state > partner.timeout + partner.answers_within
