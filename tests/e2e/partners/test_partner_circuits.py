"""Circuits of the deployed partners: shared by workers, told on the bus, opened by a person's word."""

import json
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.operator import log_events, modes
from infra.rydes.operator.partner_calls import Call, RecentCalls
from infra.rydes.operator.times import instant
from infra.rydes.scenarios.customers import MERCER_ISLAND
from infra.rydes.scenarios.rfq import SEA_TAC
from infra.rydes.scenarios.wiretap import Wiretap, listening
from infra.rydes.simulators.partners.process import Partners
from tests.support.circuit_breaker.world import Heard
from tests.support.clients import REPLY_QUEUE, Customer, Json
from tests.support.epoch import milliseconds
from tests.support.partner_fleets import IDS, ask, in_time, quoted, submit
from tests.support.patience import eventually
from tests.support.rydes_command import rydes
from wild_rydes_circuit_breaker import (
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
from wild_rydes_contracts import (
    Coordinates,
    Envelope,
    Event,
    PartnerCircuitClosed,
    PartnerCircuitOpened,
    RfqRequested,
)
from wild_rydes_contracts.instants import truncated
from wild_rydes_contracts.metadata import first_of

COMET = "p-comet"
AN_HOUR = 3600.0


@dataclass
class Circuit:
    """Comet's circuit, and what the bus says of it."""

    cloud: Cloud
    customer: Customer
    wiretap: Wiretap
    began: float = field(default_factory=time.time)
    events: list[Json] = field(default_factory=list)

    @property
    def record(self) -> Record:
        return modes.store(self.cloud).read(COMET)

    def set(self, mode: Mode) -> None:
        set_mode(modes.store(self.cloud), COMET, Override(mode, "a test", "a test"), now=time.time())

    def told(self, event: type[Event]) -> Any:
        """The next event of this kind, which is taken off the list; requests are made until it comes."""

        def look() -> list[Json]:
            self.events += filter(self._ours, self.wiretap.heard())
            if not any(map(wanted, self.events)):
                ask(self.customer)
            return self.events

        def wanted(found: Json) -> bool:
            return bool(found["detail-type"] == event.name)

        heard = eventually(look, event.name, lambda events: any(map(wanted, events)))
        found = next(filter(wanted, heard))
        self.events.remove(found)
        return Envelope[event].model_validate(found["detail"]).data  # type: ignore[valid-type]

    def _ours(self, event: Json) -> bool:
        detail = event["detail"]
        at = instant(detail["metadata"]["occurred_at"])
        # What was under way on the bus when the test began is of an earlier one. Events count in milliseconds.
        began = truncated(datetime.fromtimestamp(self.began, UTC))
        return detail["data"]["partner_id"] == COMET and at >= began

    def becomes(self, state: State) -> None:
        """Wait until it is in this state; requests are made until then."""

        def look() -> State:
            if self.record.state is not state:
                ask(self.customer)
            return self.record.state

        eventually(look, f"the circuit {state}", lambda found: found is state)

    def calls(self) -> list[Call]:
        """Records of Comet's calls since the test began."""
        found = RecentCalls(self.cloud, time.time() - self.began, now=time.time).look()
        return [call for call in found if call.partner == COMET]

    def turns(self) -> list[Json]:
        """Transitions that workers logged since the test began."""
        function = f"unicorn-mgmt-{COMET}-quotes"
        return list(log_events.records(self.cloud, "circuit turned", functions=function, since=self.began))


@pytest.fixture
def circuit(cloud: Cloud, customer: Customer, partners: Partners) -> Iterator[Circuit]:
    """A circuit that has just closed: no worker keeps in mind what an earlier test did to the partner."""
    with listening(cloud) as wiretap:
        found = Circuit(cloud, customer, wiretap)
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
    circuit.becomes(State.OPEN)  # otherwise some probes may have failed by now, and others not yet
    partners.misbehave(COMET)
    closed = circuit.told(PartnerCircuitClosed)
    assert "0 failed" in closed.reason
    assert closed.closed_at > opened.opened_at
    rfq = submit(circuit.customer)
    assert quoted(circuit.customer.result(rfq)) == in_time(circuit.cloud, rfq, set(IDS))
    assert circuit.events == []  # failed probes in between are no news


@pytest.fixture
def unhurried(cloud: Cloud) -> Iterator[None]:
    """Comet's function may take its time: a batch is more than it gets from its queue."""
    functions, name = cloud.client("lambda"), f"unicorn-mgmt-{COMET}-quotes"
    before = functions.get_function_configuration(FunctionName=name)["Timeout"]
    functions.update_function_configuration(FunctionName=name, Timeout=120)
    yield
    functions.update_function_configuration(FunctionName=name, Timeout=before)


def test_workers_share_one_breaker(circuit: Circuit, partners: Partners, unhurried: None) -> None:
    def both_warm() -> set[str]:
        side_by_side(circuit.cloud, requests=5)
        return {call.environment for call in circuit.calls()}

    partners.misbehave(COMET, latency_ms=400)
    eventually(both_warm, "two workers", lambda environments: len(environments) > 1)
    partners.misbehave(COMET, latency_ms=400, outage_seconds=600)
    served = partners.served(COMET)
    side_by_side(circuit.cloud, requests=12)

    calls = eventually(
        lambda: [call for call in circuit.calls() if call.failed or not call.made],
        "24 calls on record",
        lambda calls: len(calls) >= 24,
    )
    assert len(calls) == 24
    failed = Counter(call.environment for call in calls if call.circuit == "CLOSED")
    declined = {call.environment for call in calls if not call.made}
    assert len(declined) > 1
    # Not all of them can have known by themselves.
    assert min(failed[environment] for environment in declined) < Settings().consecutive_failures
    (opening,) = [turn for turn in circuit.turns() if turn["before"] == "CLOSED"]
    assert declined - {opening["by"]}
    assert partners.served(COMET) - served == sum(call.made for call in calls)
    assert "failed" in circuit.told(PartnerCircuitOpened).reason


def side_by_side(cloud: Cloud, *, requests: int) -> None:
    """Two batches of requests handled at the same time, which takes two workers of Comet's function."""
    invoke = cloud.client("lambda").invoke

    def handled(event: str) -> Json:
        answer: Json = json.load(
            invoke(FunctionName=f"unicorn-mgmt-{COMET}-quotes", Payload=event)["Payload"]
        )
        return answer

    with ThreadPoolExecutor() as pool:
        answers = pool.map(handled, [batch(cloud, requests) for _ in range(2)])
        assert list(answers) == [{"batchItemFailures": []}] * 2


def batch(cloud: Cloud, requests: int) -> str:
    """Lambda's event of so many messages of Comet's queue, about RFQs that nobody waits for."""
    sqs, now = cloud.client("sqs"), datetime.now(UTC)
    queues = cloud.queues()
    arns = {
        name: sqs.get_queue_attributes(QueueUrl=queues[name], AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        for name in (REPLY_QUEUE, f"unicorn-mgmt-{COMET}-requests")
    }
    records = []
    for _ in range(requests):
        rfq_id = str(uuid.uuid4())
        metadata = first_of(
            RfqRequested,
            correlation_id=rfq_id,
            occurred_at=now,
            reply_to=arns[REPLY_QUEUE],
            deadline=now + timedelta(minutes=1),
        )
        start, destination = (Coordinates(lat=place.lat, lon=place.lon) for place in (MERCER_ISLAND, SEA_TAC))
        data = RfqRequested(rfq_id=rfq_id, start=start, destination=destination)
        detail = json.loads(Envelope(metadata=metadata, data=data).to_json())
        records.append(
            {
                "messageId": str(uuid.uuid4()),
                "receiptHandle": "none",
                "body": json.dumps(
                    {"source": RfqRequested.source, "detail-type": RfqRequested.name, "detail": detail}
                ),
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": str(milliseconds(now)),
                },
                "eventSourceARN": arns[f"unicorn-mgmt-{COMET}-requests"],
            }
        )
    return json.dumps({"Records": records})


def workers(calls: list[Call]) -> set[str]:
    return {call.environment for call in calls if call.made}


class Reporter:
    """An environment of the test's own, at the same circuit as the deployed workers.

    Its clock is ahead of theirs by `ahead` seconds: as long as that, nobody's time to contradict it is over.
    """

    def __init__(self, circuit: Circuit, ahead: float = 0) -> None:
        self.ahead = ahead
        self.breaker = CircuitBreaker(
            COMET,
            Settings(),
            modes.store(circuit.cloud),
            classify=lambda _: Fault(Blame.PARTNER),
            listener=Heard(),
            now=lambda: time.time() + self.ahead,
        )

    def fails(self, calls: int) -> None:
        for _ in range(calls):
            self.breaker.end(self.breaker.begin(), Fault(Blame.PARTNER))


def test_one_reporter_is_not_enough_while_others_are_well(circuit: Circuit, partners: Partners) -> None:
    epoch, reporter = circuit.record.epoch, Reporter(circuit, ahead=AN_HOUR)
    ask(circuit.customer)  # wakes a worker
    eventually(lambda: workers(circuit.calls()), "a worker")
    reporter.fails(Settings().consecutive_failures)
    row = circuit.record.row
    assert row is not None
    assert len(row.reporters) == 1

    def others_called() -> Record:
        ask(circuit.customer)
        return circuit.record

    contradicted = eventually(others_called, "a worker contradicts", lambda record: record.row is None)
    assert contradicted.poll is not None
    reporter.ahead = (
        contradicted.poll.since + Settings().hearing_period - time.time()
    )  # everybody had the time
    reporter.fails(1)
    assert (circuit.record.epoch, circuit.record.state) == (epoch, State.CLOSED)
    assert circuit.turns() == []
    circuit.set(Mode.FORCED_OPEN)  # it goes with whatever was reported from the future


def test_two_reporters_are_enough(circuit: Circuit, partners: Partners) -> None:
    partners.misbehave(COMET, outage_seconds=600)
    Reporter(circuit).fails(Settings().consecutive_failures - 1)
    assert circuit.record.state is State.CLOSED

    def turns() -> list[Json]:
        ask(circuit.customer)
        return [turn for turn in circuit.turns() if turn["before"] == "CLOSED"]

    opened, *_ = eventually(turns, "the circuit opens")
    assert opened["reason"] == "5 bad calls in a row"

    def known() -> list[Call]:
        return [call for call in circuit.calls() if call.failed and call.circuit == "CLOSED"]

    # The test's own made up the rest.
    assert len(eventually(known, "the calls on record")) < Settings().consecutive_failures
    assert "failed" in circuit.told(PartnerCircuitOpened).reason


def test_a_person_opens_a_circuit_and_leaves_it_to_itself_again(circuit: Circuit, partners: Partners) -> None:
    words = ("--mode", "FORCED_OPEN", "--reason", "maintenance", "--for", "30m", "--actor", "ada")
    assert rydes(circuit.cloud, "partners", COMET, *words).returncode == 0
    time.sleep(Settings().state_cache_ttl)
    served, since = partners.served(COMET), time.time()
    rfq = submit(circuit.customer)
    result = circuit.customer.result(rfq)
    assert result["completed-by"] == "all-answered"
    assert quoted(result) == in_time(circuit.cloud, rfq, set(IDS) - {COMET})
    assert result["responders"]["declined"] == len(IDS) - len(quoted(result))
    assert partners.served(COMET) == served
    declined = eventually(
        lambda: [call for call in circuit.calls() if call.at >= since and not call.made], "it is on record"
    )
    assert {call.outcome for call in declined} == {"circuit-open"}
    assert circuit.told(PartnerCircuitOpened).reason == "FORCED_OPEN: maintenance"
    answer = rydes(circuit.cloud, "partners", COMET, "--mode", "auto", "--reason", "done early")
    assert answer.returncode == 0
    circuit.told(PartnerCircuitClosed)
    rfq = submit(circuit.customer)
    assert quoted(circuit.customer.result(rfq)) == in_time(circuit.cloud, rfq, set(IDS))
