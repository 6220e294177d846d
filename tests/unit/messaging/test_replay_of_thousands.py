"""1,000 poisoned messages and 1,000 that meet an outage, in one queue, through the real consumer and the real replay."""

import json
import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics

from tests.support.messaging.queues import START, Killed, Queues
from tests.support.messaging.samples import no_waiting
from tests.unit.messaging.test_transient import refused
from wild_rydes_contracts import RideCompleted
from wild_rydes_contracts.fakes import fake, on_the_bus
from wild_rydes_messaging.attributes import FIRST_REASON, MESSAGE_ID, REPLAYS, text
from wild_rydes_messaging.backoff import Backoff
from wild_rydes_messaging.consume import Consumer
from wild_rydes_messaging.dead_letter import ReplayPolicy
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.peek import metadata_in
from wild_rydes_messaging.replay import Replay, Route
from wild_rydes_messaging.retry import PATIENCE_AGAIN

N = 1000
OUTAGE = timedelta(minutes=3)
PATIENCE = timedelta(seconds=30)
HIDDEN = 9
BACKOFF = Backoff(base=30, cap=900)


def ride_of(body: str) -> str:
    return str(json.loads(body)["detail"]["data"]["ride_id"])


def poisoned(ride: str) -> str:
    event = on_the_bus(fake(RideCompleted, ride_id=ride))
    event["detail"]["data"]["completed_at"] = "yesterday"
    return json.dumps(event)


class Run:
    """The queue, its consumer and the replay, until nothing is left to do."""

    def __init__(self, seed: int, *, faults: bool, of_each: int = N) -> None:
        self.of_each = of_each
        self.chance = random.Random(seed)
        self.faults = faults
        self.queues = Queues("inbox", "inbox-dlq", "inbox-parking", chance=self.chance, key=ride_of)
        self.handled_at: dict[str, datetime] = {}
        self.handled: Counter[str] = Counter()
        anything: Any = self.queues
        common: Any = {
            "logger": Logger(service="thousands", level="CRITICAL"),
            "metrics": Metrics(namespace="test", service="test"),
        }
        self.common = common
        clock: Any = {"now": lambda: self.queues.now, "uniform": self.chance.uniform}
        self.consumer = Consumer(
            RideCompleted,
            sqs=anything,
            parking_lot=ParkingLot(anything, "https://sqs/inbox-dlq", "https://sqs/inbox-parking", **common),
            max_attempts=5,
            patience=PATIENCE,
            backoff=Backoff(base=30, cap=60),
            **common,
            **clock,
        )
        self.replay = Replay(
            {"inbox-dlq": Route("https://sqs/inbox", "https://sqs/inbox-parking")},
            ReplayPolicy(30, BACKOFF),
            sqs=anything,
            retries=no_waiting(uniform=self.chance.uniform),
            **common,
            **clock,
        )

    def consume(self, event: dict[str, Any]) -> Any:
        batch = self.consumer.receive(event)
        for message in batch:
            with batch.attempt(message):
                if self.queues.now < START + OUTAGE:
                    raise refused("ThrottlingException")
                self.handled[message.data.ride_id] += 1
                self.handled_at.setdefault(message.data.ride_id, self.queues.now)
        return batch.settle()

    def send_back(self, event: dict[str, Any]) -> Any:
        answer = self.replay.handle(event)
        if self.faults and self.chance.random() < 0.05:
            raise Killed  # between the sending and the deleting
        return answer

    def to_the_end(self) -> None:
        for i in range(self.of_each):
            good = json.dumps(on_the_bus(fake(RideCompleted, ride_id=f"good-{i}")))
            for body in (good, poisoned(f"bad-{i}")):
                self.queues.send_message(QueueUrl="https://sqs/inbox", MessageBody=body)
        self.queues.failing = 0.1
        again = 0.02 if self.faults else 0
        while self.queues.wait("inbox", "inbox-dlq"):
            self.queues.poll("inbox", self.consume, hidden=HIDDEN, again=again)
            self.queues.poll("inbox-dlq", self.send_back, hidden=30, again=again)
            self.queues.now += timedelta(seconds=1)  # what is nearly due is polled together
            self.common["metrics"].clear_metrics()


def reason_of(attributes: Any) -> str:
    return text(attributes, "reason")


def replays_of(attributes: Any) -> int:
    return int(text(attributes, REPLAYS))


def test_the_transient_are_handled_within_their_backoff_and_the_poisoned_are_parked_once() -> None:
    run = Run(13, faults=False)
    run.to_the_end()
    good = {f"good-{i}" for i in range(N)}
    assert run.handled == dict.fromkeys(good, 1)

    parked = run.queues.held["inbox-parking"].values()
    assert Counter(ride_of(each.body) for each in parked) == {f"bad-{i}": 1 for i in range(N)}
    for each in parked:
        assert REPLAYS not in each.attributes, "it was sent back though time does not help it"
        assert "completed_at" in reason_of(each.attributes)
    assert not any(ride.startswith("bad") for queue, ride in run.queues.sent if queue == "inbox-dlq")

    sent_back = [(replays_of(attributes), delay) for attributes, delay in run.queues.delays]
    assert all(delay <= min(900, 30 * 2 ** (count - 1)) for count, delay in sent_back)
    most = max(count for count, _ in sent_back)
    assert most > 2, "the outage outlived no replay"
    given_up = sum(run.queues.sent["inbox-dlq", ride] for ride in good)
    came_back = sum(run.queues.sent["inbox", ride] - 1 for ride in good)
    assert came_back == given_up, "each dead letter is sent back once, no more and no less"
    # The last pause, and one of the consumer's, may have begun right before the end.
    latest = max(run.handled_at.values()) - (START + OUTAGE)
    assert latest <= timedelta(seconds=BACKOFF.base * 2 ** (most - 1) + 60) + PATIENCE_AGAIN


def test_whoever_is_killed_between_sending_and_deleting_does_no_harm() -> None:
    run = Run(4, faults=True, of_each=200)
    run.to_the_end()
    assert set(run.handled) == {f"good-{i}" for i in range(200)}
    assert max(run.queues.sent.values()) > 2
    parked = {ride_of(each.body) for each in run.queues.held["inbox-parking"].values()}
    assert parked == {f"bad-{i}" for i in range(200)}


def test_what_travels_is_the_first_reason_and_the_first_id() -> None:
    run = Run(1, faults=False)
    body = json.dumps(on_the_bus(fake(RideCompleted, ride_id="r-1")))
    first = run.queues.send_message(QueueUrl="https://sqs/inbox", MessageBody=body)["MessageId"]
    while not run.handled and run.queues.wait("inbox", "inbox-dlq"):
        run.queues.poll("inbox", run.consume, hidden=HIDDEN)
        run.queues.poll("inbox-dlq", run.send_back, hidden=30)
    travelled = [attributes for attributes, _ in run.queues.delays]
    assert [replays_of(attributes) for attributes in travelled] == [*range(1, len(travelled) + 1)]
    for attributes in travelled:
        assert text(attributes, MESSAGE_ID) == first
        assert "ThrottlingException" in text(attributes, FIRST_REASON)
    metadata = metadata_in(body)
    assert metadata
    assert metadata.correlation_id
