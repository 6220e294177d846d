"""Circuits of the deployed partners: shared by workers, told on the bus, opened by a person's word."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from infra.local import trace
from infra.local.circuits import modes
from infra.local.circuits.calls import Call, RecentCalls
from infra.local.circuits.crowd import Crowd, asking
from infra.local.circuits.tap import Tap, tapped
from infra.local.cloud import Cloud
from infra.local.partners.process import Partners
from tests.e2e.clients import Customer, Json, eventually
from tests.e2e.partner_fleets import IDS, ask, quoted
from tests.e2e.test_rydes_command import rydes
from tests.unit.circuit_breaker.world import Heard
from wild_rydes_contracts import Envelope, Event, PartnerCircuitClosed, PartnerCircuitOpened
from wild_rydes_messaging.circuit_breaker import (
    Blame,
    CircuitBreaker,
    Fault,
    Mode,
    Override,
    Record,
    Settings,
    State,
    set_mode,
)

COMET = "p-comet"


@dataclass
class Circuit:
    """Comet's circuit, and what the bus says of it."""

    cloud: Cloud
    customer: Customer
    tap: Tap
    began: float = field(default_factory=time.time)
    events: list[Json] = field(default_factory=list)

    @property
    def record(self) -> Record:
        return modes.store(self.cloud).read(COMET)

    def set(self, mode: Mode) -> None:
        set_mode(modes.store(self.cloud), COMET, Override(mode, "a test", "a test"), now=time.time())

    def told(self, event: type[Event], seconds: float = 60, *, crowd: Crowd | None = None) -> Any:
        """The next event of this kind, which is taken off the list; unless there is a crowd, it takes requests to get there."""

        def look() -> Json | None:
            self.events += filter(self._ours, self.tap.heard())
            for found in self.events:
                if found["detail-type"] == event.name:
                    self.events.remove(found)
                    return found
            if crowd:
                crowd.check()
            else:
                ask(self.customer)
            return None

        detail = eventually(look, event.name, seconds)["detail"]
        return Envelope[event].model_validate(detail).data  # type: ignore[valid-type]

    def _ours(self, event: Json) -> bool:
        detail = event["detail"]
        at = trace.instant(detail["metadata"]["occurred_at"]).timestamp()
        return detail["data"]["partner_id"] == COMET and at >= self.began

    def closed(self) -> bool:
        """Whether it is closed, after one more request."""
        ask(self.customer)
        return self.record.state is State.CLOSED

    def calls(self) -> list[Call]:
        """Records of Comet's calls since the test began."""
        found = RecentCalls(self.cloud, time.time() - self.began, now=time.time).look()
        return [call for call in found if call.partner == COMET]

    def turns(self) -> list[Json]:
        """Transitions that workers logged since the test began."""
        function = f"unicorn-mgmt-{COMET}"
        return list(trace.records(self.cloud, "circuit turned", functions=function, since=self.began))


@pytest.fixture
def circuit(cloud: Cloud, customer: Customer, partners: Partners) -> Iterator[Circuit]:
    """A circuit that has just closed: no worker keeps in mind what an earlier test did to the partner."""
    with tapped(cloud) as tap:
        found = Circuit(cloud, customer, tap)
        eventually(lambda: found.closed() or None, "a closed circuit", 60)
        found.began = time.time()  # what is under way on the bus is of an earlier test
        found.set(Mode.FORCED_OPEN)
        found.set(Mode.AUTO)
        found.told(PartnerCircuitClosed)
        found.told(PartnerCircuitOpened)
        found.began = time.time()
        yield found
        if found.record.override:
            found.set(Mode.AUTO)


def test_an_outage_is_told_on_the_bus_with_its_reason_and_once(circuit: Circuit, partners: Partners) -> None:
    partners.misbehave(COMET, outage_seconds=600)
    opened = circuit.told(PartnerCircuitOpened)
    assert "failed" in opened.reason
    assert opened.retry_at >= opened.opened_at
    partners.misbehave(COMET)
    closed = circuit.told(PartnerCircuitClosed)
    assert "0 failed" in closed.reason
    assert closed.closed_at > opened.opened_at
    assert quoted(ask(circuit.customer)) == set(IDS)
    assert circuit.events == []  # failed probes in between are no news


def test_workers_share_one_breaker(circuit: Circuit, partners: Partners) -> None:
    partners.misbehave(COMET, latency_ms=300)  # so that calls overlap, and one worker is not enough for them
    with asking(circuit.cloud) as crowd:
        eventually(lambda: len(workers(circuit.calls())) > 1 or None, "a second worker", 60)
        partners.misbehave(COMET, outage_seconds=600, outage_hangs=True)
        circuit.told(PartnerCircuitOpened, crowd=crowd)
        opening = next(turn for turn in circuit.turns() if turn["before"] == "CLOSED")
        served, epoch = partners.served(COMET), circuit.record.epoch

        def others() -> set[str] | None:
            """Who declined without calling, having seen too little to know by itself; nor was it who opened."""
            calls = circuit.calls()
            failed = Counter(call.environment for call in calls if call.failed and call.circuit == "CLOSED")
            declined = {call.environment for call in calls if not call.made} - {opening["by"]}
            return {one for one in declined if failed[one] < Settings().consecutive_failures} or None

        eventually(others, "a worker that goes by what others have seen", 60)
    opened_at = trace.instant(opening["timestamp"])
    fresh = opened_at.timestamp() + 2 * Settings().state_cache_ttl
    after = [call for call in circuit.calls() if call.made and call.at - call.milliseconds / 1000 > fresh]
    assert {call.circuit for call in after} <= {"HALF_OPEN"}
    half_opened = (circuit.record.epoch - epoch) // 2 + 2
    probes = Settings().permitted_number_of_calls_in_half_open_state
    assert partners.served(COMET) - served <= half_opened * probes


def workers(calls: list[Call]) -> set[str]:
    return {call.environment for call in calls if call.made}


class Reporter:
    """An environment of the test's own, at the same circuit as the deployed workers."""

    def __init__(self, circuit: Circuit) -> None:
        self.breaker = CircuitBreaker(
            COMET,
            Settings(),
            modes.store(circuit.cloud),
            classify=lambda _: Fault(Blame.PARTNER),
            listener=Heard(),
        )

    def fails(self, calls: int) -> None:
        for _ in range(calls):
            self.breaker.end(self.breaker.begin(), Fault(Blame.PARTNER))


def test_one_reporter_is_not_enough_while_others_are_well(circuit: Circuit, partners: Partners) -> None:
    epoch = circuit.record.epoch
    with asking(circuit.cloud) as crowd:
        eventually(lambda: len(workers(circuit.calls())) > 0 or None, "a worker", 60)
        Reporter(circuit).fails(Settings().consecutive_failures)
        row = circuit.record.row
        ends = time.time() + 2 * Settings().hearing_period
        while time.time() < ends:
            crowd.check()
            time.sleep(0.1)
    assert row is None or len(row.reporters) == 1
    assert (circuit.record.epoch, circuit.record.state) == (epoch, State.CLOSED)
    assert circuit.turns() == []


def test_two_reporters_are_enough(circuit: Circuit, partners: Partners) -> None:
    partners.misbehave(COMET, outage_seconds=600)
    Reporter(circuit).fails(Settings().consecutive_failures - 1)
    assert circuit.record.state is State.CLOSED
    ask(circuit.customer)
    ask(circuit.customer)
    (opened, *_) = [turn for turn in circuit.turns() if turn["before"] == "CLOSED"]
    assert opened["reason"] == "5 bad calls in a row"
    known = [call for call in circuit.calls() if call.failed and call.circuit == "CLOSED"]
    assert 0 < len(known) < Settings().consecutive_failures  # the test's own made up the rest
    assert "failed" in circuit.told(PartnerCircuitOpened).reason


def test_a_person_opens_a_circuit_and_leaves_it_to_itself_again(circuit: Circuit, partners: Partners) -> None:
    words = ("--mode", "FORCED_OPEN", "--reason", "maintenance", "--for", "30m", "--actor", "ada")
    assert rydes(circuit.cloud, "partners", COMET, *words).returncode == 0
    time.sleep(Settings().state_cache_ttl)
    served = partners.served(COMET)
    result = ask(circuit.customer)
    assert result["completed-by"] == "all-answered"
    assert quoted(result) == set(IDS) - {COMET}
    assert result["responders"]["declined"] == 1
    assert partners.served(COMET) == served
    assert {call.outcome for call in circuit.calls() if call.at > time.time() - 60 and not call.made} == {
        "circuit-open"
    }
    assert circuit.told(PartnerCircuitOpened).reason == "FORCED_OPEN: maintenance"
    answer = rydes(circuit.cloud, "partners", COMET, "--mode", "auto", "--reason", "done early")
    assert answer.returncode == 0
    circuit.told(PartnerCircuitClosed)
    assert quoted(ask(circuit.customer)) == set(IDS)
