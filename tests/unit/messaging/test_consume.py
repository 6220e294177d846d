import json
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aws_lambda_powertools import Metrics
from botocore.exceptions import ConnectTimeoutError
from hypothesis import given
from hypothesis import strategies as st

from tests.support.epoch import milliseconds
from tests.support.messaging.samples import (
    ACCOUNT,
    NOW,
    REGION,
    bus_event,
    failed_ids,
    record,
    records,
    requested,
)
from tests.unit.messaging.conftest import Log
from tests.unit.messaging.test_transient import refused
from wild_rydes_contracts import RfqRequested
from wild_rydes_messaging.backoff import Backoff
from wild_rydes_messaging.consume import SUSPECT_AFTER, Consumer, Received, RetryLater, Unprocessable
from wild_rydes_messaging.parking import ParkingLot
from wild_rydes_messaging.retry import PATIENCE, PATIENCE_AGAIN

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

MAX_ATTEMPTS = 3


@pytest.fixture
def metrics() -> Iterator[Metrics]:
    metrics = Metrics(namespace="test", service="test")
    metrics.clear_metrics()
    yield metrics
    metrics.clear_metrics()


def upper(_: float, bound: float) -> float:
    return bound


class World:
    """A queue with its dead-letter queue, and the consumer under test."""

    def __init__(self, sqs: "SQSClient", log: Log, metrics: Metrics) -> None:
        self.sqs, self.log, self.metrics = sqs, log, metrics
        self.url = sqs.create_queue(QueueName="inbox")["QueueUrl"]
        self.dead_letters = sqs.create_queue(QueueName="inbox-dlq")["QueueUrl"]
        self.visibility: list[list[tuple[str, int]]] = []
        sqs.meta.events.register("provide-client-params.sqs.ChangeMessageVisibilityBatch", self._note)
        self.consumer = Consumer(
            RfqRequested,
            sqs=sqs,
            parking_lot=ParkingLot(sqs, self.dead_letters, logger=log.logger, metrics=metrics),
            logger=log.logger,
            metrics=metrics,
            max_attempts=MAX_ATTEMPTS,
            backoff=Backoff(base=2, cap=30),
            now=lambda: NOW,
            uniform=upper,
        )

    def _note(self, params: dict[str, Any], **_: object) -> None:
        assert params["QueueUrl"] == self.url
        self.visibility.append([(e["ReceiptHandle"], e["VisibilityTimeout"]) for e in params["Entries"]])

    def send(self, *bodies: str) -> None:
        for body in bodies:
            self.sqs.send_message(QueueUrl=self.url, MessageBody=body)

    def receive(self) -> list[dict[str, Any]]:
        """What the queue has, as Lambda would hand it over."""
        found = self.sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"]
        ).get("Messages", [])
        return [
            {
                **record(message["Body"], message["MessageId"]),
                "receiptHandle": message["ReceiptHandle"],
                "attributes": message["Attributes"],
            }
            for message in found
        ]


@pytest.fixture
def world(sqs: "SQSClient", log: Log, metrics: Metrics) -> World:
    return World(sqs, log, metrics)


def body(rfq_id: str = "rfq-1", **changes: Any) -> str:
    return json.dumps(bus_event(requested(rfq_id, **changes)))


def handle(
    world: World, event: dict[str, Any], failing: Callable[[Received[RfqRequested]], Exception | None]
) -> list[str]:
    """Handle a Lambda event; the ids that go back to the queue."""
    batch = world.consumer.receive(event)
    for message in batch:
        with batch.attempt(message):
            if error := failing(message):
                raise error
    return failed_ids(batch.settle())


def never(_: object) -> None:
    return None


def always(error: Exception) -> Callable[[object], Exception]:
    return lambda _: error


def test_a_batch_without_failures_is_all_deleted(world: World) -> None:
    batch = world.consumer.receive(records(record(body("rfq-1"), "a", attempt=2), record(body("rfq-2"), "b")))
    assert [(m.data.rfq_id, m.metadata.correlation_id, m.message_id, m.attempt) for m in batch] == [
        ("rfq-1", "rfq-1", "a", 2),
        ("rfq-2", "rfq-2", "b", 1),
    ]
    assert batch.settle() == {"batchItemFailures": []}
    assert world.visibility == []


def test_only_the_messages_that_failed_return_after_a_backoff(world: World) -> None:
    world.send(*[body(f"rfq-{i}") for i in range(5)])
    received = world.receive()
    handles = {r["messageId"]: r["receiptHandle"] for r in received}
    odd = handle(
        world, records(*received), lambda m: KeyError() if m.data.rfq_id in {"rfq-1", "rfq-3"} else None
    )
    assert sorted(
        json.loads(r["body"])["detail"]["data"]["rfq_id"] for r in received if r["messageId"] in odd
    ) == [
        "rfq-1",
        "rfq-3",
    ]
    assert world.visibility == [[(handles[message_id], 2) for message_id in odd]]
    assert world.metrics.metric_set["MessagesRetried"]["Value"] == [2.0]
    assert len(world.log.told("will retry")) == 2


@pytest.mark.parametrize("attempt", [1, 2])
def test_how_long_a_message_has_waited_is_told_by_the_queues_own_clock(world: World, attempt: int) -> None:
    message = record(body(), attempt=attempt)
    message["attributes"] |= {
        "SentTimestamp": "1795176000000",
        "ApproximateFirstReceiveTimestamp": "1795176002500",
    }
    [received] = world.consumer.receive(records(message))
    assert received.waited == 2.5


def test_a_message_is_never_received_before_it_was_sent(world: World) -> None:
    message = record(body())
    message["attributes"]["ApproximateFirstReceiveTimestamp"] = "1795175999000"
    [received] = world.consumer.receive(records(message))
    assert received.waited == 0


@pytest.mark.parametrize(("attempt", "wait"), [(1, 2), (2, 4)])
def test_backoff_grows_with_the_attempts(world: World, attempt: int, wait: int) -> None:
    assert handle(world, records(record(body(), "m", attempt)), always(KeyError())) == ["m"]
    assert world.visibility == [[("receipt of m", wait)]]


def test_retry_later_never_returns_early(world: World) -> None:
    delays = {"rfq-0": 0.2, "rfq-1": 7.0, "rfq-2": -1.0, "rfq-3": 10.0**6}
    event = records(*[record(body(rfq), rfq) for rfq in delays])
    assert handle(world, event, lambda m: RetryLater(delays[m.data.rfq_id])) == list(delays)
    assert world.visibility == [
        [
            ("receipt of rfq-0", 1),
            ("receipt of rfq-1", 7),
            ("receipt of rfq-2", 0),
            ("receipt of rfq-3", 43_140),
        ]
    ]


def test_more_than_ten_are_postponed_ten_a_call(world: World) -> None:
    event = records(*[record(body(f"rfq-{i}"), f"m-{i}") for i in range(23)])
    assert len(handle(world, event, always(KeyError()))) == 23
    assert [len(call) for call in world.visibility] == [10, 10, 3]


def test_last_attempt_is_parked_with_its_reason(
    world: World, drain: "Callable[[str], list[MessageTypeDef]]"
) -> None:
    event = records(record(body(), "m", MAX_ATTEMPTS), record(body("rfq-2"), "n", MAX_ATTEMPTS - 1))
    assert handle(world, event, always(KeyError("secret"))) == ["n"]
    (parked,) = drain(world.dead_letters)
    attributes = {name: value["StringValue"] for name, value in parked["MessageAttributes"].items()}
    assert parked["Body"] == body()
    assert attributes.pop("reason").startswith("KeyError at ")
    assert attributes == {
        "error": "KeyError",
        "kind": "bug",
        "queue": "inbox",
        "message_id": "m",
        "attempts": str(MAX_ATTEMPTS),
    }
    assert world.metrics.metric_set["MessagesParked"]["Value"] == [1.0]
    assert "secret" not in world.log.text


def test_a_message_that_kills_its_worker_takes_its_companions_with_it_for_a_while_only(world: World) -> None:
    """All of a batch come back together each time that the killer is among those that are handled."""
    chance = random.Random(1)
    world.consumer.uniform = chance.uniform
    left = {f"m-{i}" for i in range(9)} | {"killer"}
    for attempt in range(1, SUSPECT_AFTER + 30):
        batch = world.consumer.receive(records(*[record(body(m), m, attempt) for m in sorted(left)]))
        handled = [message.message_id for message in batch]
        assert attempt > SUSPECT_AFTER or len(handled) == 10
        if "killer" not in handled:
            left = {*failed_ids(batch.settle())}
    assert left == {"killer"}


def test_retry_later_is_no_failed_attempt(
    world: World, drain: "Callable[[str], list[MessageTypeDef]]"
) -> None:
    assert handle(world, records(record(body(), "m", MAX_ATTEMPTS)), always(RetryLater(3))) == ["m"]
    assert drain(world.dead_letters) == []


def test_what_is_throttled_returns_for_an_hour_and_is_then_parked(
    world: World, drain: "Callable[[str], list[MessageTypeDef]]"
) -> None:
    almost = PATIENCE - timedelta(seconds=1)
    event = records(record(body(), "m", 10, waited=almost), record(body("rfq-2"), "n", 10, waited=PATIENCE))
    assert handle(world, event, always(refused("ThrottlingException"))) == ["m"]
    (parked,) = drain(world.dead_letters)
    assert parked["Body"] == body("rfq-2")
    assert "ThrottlingException" in parked["MessageAttributes"]["reason"]["StringValue"]


def test_time_in_the_queue_before_the_first_receipt_does_not_count(world: World) -> None:
    timer = record(body(), "m", 1)
    timer["attributes"]["SentTimestamp"] = str(milliseconds(NOW - 2 * PATIENCE))
    assert handle(world, records(timer), always(refused("ThrottlingException"))) == ["m"]


def test_a_message_that_fails_comes_again_before_its_deadline(world: World) -> None:
    event = records(record(body(deadline=NOW + timedelta(seconds=6)), "m", 9))
    assert handle(world, event, always(refused("ThrottlingException"))) == ["m"]
    assert world.visibility == [[("receipt of m", 3)]]


def test_nothing_is_lost_while_its_queue_is_throttled_too(world: World, sqs: "SQSClient") -> None:
    """Neither postponed nor parked: each message stays, whatever becomes of it, and the next receipt decides anew."""

    def refuse(**_: object) -> None:
        raise refused("ThrottlingException")

    sqs.meta.events.register("before-call.sqs", refuse)
    event = records(
        record("{", "invalid"),
        record(body("rfq-1"), "spent", waited=PATIENCE),
        record(body("rfq-2"), "bug", MAX_ATTEMPTS),
        record(body("rfq-3"), "throttled"),
        record(body("rfq-4"), "done"),
    )
    errors = {"spent": refused("Throttling"), "throttled": refused("Throttling"), "bug": KeyError()}
    returned = handle(world, event, lambda message: errors.get(message.message_id))
    assert sorted(returned) == ["bug", "invalid", "spent", "throttled"]


@pytest.mark.parametrize("failing", ["SendMessage", "ChangeMessageVisibilityBatch"])
def test_a_bug_in_the_consumer_itself_loses_nothing_and_hides_no_success(
    world: World, sqs: "SQSClient", failing: str
) -> None:
    def broken(**_: object) -> None:
        raise ZeroDivisionError

    sqs.meta.events.register(f"before-call.sqs.{failing}", broken)
    event = records(record(body("rfq-1"), "spent", MAX_ATTEMPTS), record(body("rfq-2"), "done"))
    returned = handle(world, event, lambda m: KeyError() if m.message_id == "spent" else None)
    assert returned == (["spent"] if failing == "SendMessage" else [])


def test_unprocessable_is_parked_at_once(
    world: World, drain: "Callable[[str], list[MessageTypeDef]]"
) -> None:
    assert handle(world, records(record(body(), "m", 1)), always(Unprocessable("no such ride"))) == []
    (parked,) = drain(world.dead_letters)
    assert parked["MessageAttributes"]["reason"]["StringValue"] == "no such ride"


def test_what_cannot_be_parked_stays_in_the_queue(world: World, sqs: "SQSClient") -> None:
    sqs.delete_queue(QueueUrl=world.dead_letters)
    event = records(
        record("{", "poison"), record(body(), "spent", MAX_ATTEMPTS), record(body("rfq-2"), "fine")
    )
    assert handle(world, event, lambda m: KeyError() if m.message_id == "spent" else None) == [
        "poison",
        "spent",
    ]
    assert len(world.log.told("cannot park")) == 2
    assert world.log.told("parked") == []
    assert [sorted(handle for handle, _ in call) for call in world.visibility] == [
        ["receipt of poison", "receipt of spent"]
    ]


@pytest.mark.parametrize("failing", ["GetQueueUrl", "ChangeMessageVisibilityBatch"])
def test_what_cannot_be_postponed_is_still_reported(world: World, sqs: "SQSClient", failing: str) -> None:
    def cut_off(**_: object) -> None:
        raise ConnectTimeoutError(endpoint_url="http://sqs")

    sqs.meta.events.register(f"before-call.sqs.{failing}", cut_off)
    event = records(record(body("rfq-1"), "a"), record(body("rfq-2"), "b"))
    assert handle(world, event, lambda m: KeyError() if m.message_id == "a" else None) == ["a"]
    assert len(world.log.told("cannot postpone")) == 1


def test_an_entry_that_cannot_be_postponed_is_logged(world: World) -> None:
    assert handle(world, records(record(body(), "not in the queue")), always(KeyError())) == [
        "not in the queue"
    ]
    assert len(world.log.told("cannot postpone")) == 1


def test_message_at_its_deadline_is_dropped_before_any_work(
    world: World, drain: "Callable[[str], list[MessageTypeDef]]"
) -> None:
    event = records(
        record(body("rfq-1", deadline=NOW), "late"),
        record(body("rfq-2", deadline=NOW + timedelta(milliseconds=1)), "in time"),
    )
    batch = world.consumer.receive(event)
    assert [m.message_id for m in batch] == ["in time"]
    assert failed_ids(batch.settle()) == []
    assert drain(world.dead_letters) == []
    assert world.metrics.metric_set["MessagesExpired"]["Value"] == [1.0]
    (line,) = world.log.told("dropped: past its deadline")
    assert line["correlation_id"] == "rfq-1"


def test_whoever_keeps_a_record_takes_what_is_past_its_deadline_and_has_time_for_it(
    world: World, drain: "Callable[[str], list[MessageTypeDef]]"
) -> None:
    world.consumer.late = True
    event = records(record(body("rfq-1", deadline=NOW - timedelta(days=3)), "late", 9))
    batch = world.consumer.receive(event)
    [message] = batch
    with batch.attempt(message):
        raise RetryLater(60)
    assert failed_ids(batch.settle()) == ["late"]
    assert world.visibility == [[("receipt of late", 60)]], "the deadline shortens no backoff"
    assert drain(world.dead_letters) == []


def test_correlation_id_is_on_every_line_and_restored_after(world: World) -> None:
    logger = world.log.logger
    logger.set_correlation_id("outer")
    batch = world.consumer.receive(
        records(record(body("rfq-1"), "a"), record(body("rfq-2"), "b"), record("{", "poison"))
    )
    for message in batch:
        with batch.attempt(message):
            logger.info("working", on=message.data.rfq_id)
            if message.message_id == "a":
                raise KeyError
        logger.info("between")
    batch.settle()
    logger.info("after")
    assert [line["correlation_id"] for line in world.log.told("received")] == ["rfq-1", "rfq-2"]
    assert all(line["correlation_id"] == line["on"] for line in world.log.told("working"))
    assert [line["correlation_id"] for line in world.log.told("between")] == ["outer", "outer"]
    assert [line["correlation_id"] for line in world.log.told("will retry")] == ["rfq-1"]
    assert world.log.told("parked")[0]["correlation_id"] == "outer"  # nobody can tell whose it is
    assert world.log.told("after")[0]["correlation_id"] == "outer"


def test_poison_with_sound_metadata_is_logged_with_its_conversation(world: World) -> None:
    event = bus_event(requested("rfq-7"))
    event["detail"]["data"] = {}
    world.consumer.receive(records(record(json.dumps(event)))).settle()
    assert [line["correlation_id"] for line in world.log.told("parked")] == ["rfq-7"]


def test_received_says_where_from_and_how_long_ago(world: World) -> None:
    world.consumer.receive(records(record(body(), "m", attempt=2)))
    (line,) = world.log.told("received")
    assert (line["message_type"], line["message_id"], line["queue"]) == ("RfqRequested", "m", "inbox")
    assert (line["sent_at"], line["attempt"]) == (1795176000000, 2)


def test_messages_of_one_conversation_are_handled_and_fail_together(world: World) -> None:
    batch = world.consumer.receive(
        records(*[record(body("rfq-1"), m) for m in "ab"], record(body("rfq-2"), "c"))
    )
    first, second, third = batch
    with batch.attempt(first, second):
        raise KeyError
    with batch.attempt(third):
        pass
    assert failed_ids(batch.settle()) == ["a", "b"]


def test_failures_found_after_the_attempt_count(world: World) -> None:
    batch = world.consumer.receive(records(record(body("rfq-1"), "a"), record(body("rfq-2"), "b")))
    for message in batch:
        with batch.attempt(message):
            pass
    batch.fail(KeyError(), next(iter(batch)))
    assert failed_ids(batch.settle()) == ["a"]


def test_an_interrupt_is_no_failure_of_a_message(world: World) -> None:
    batch = world.consumer.receive(records(record(body())))
    with pytest.raises(KeyboardInterrupt), batch.attempt(next(iter(batch))):
        raise KeyboardInterrupt


def test_a_message_that_fails_returns_until_it_is_parked(
    world: World, sqs: "SQSClient", drain: "Callable[[str], list[MessageTypeDef]]"
) -> None:
    world.send(body())
    world.consumer.uniform = lambda *_: 0.0  # returns at once
    for attempt in range(1, MAX_ATTEMPTS + 1):
        (received,) = world.receive()
        back = handle(world, records(received), always(KeyError()))
        assert bool(back) == (attempt < MAX_ATTEMPTS)
        if not back:
            sqs.delete_message(QueueUrl=world.url, ReceiptHandle=received["receiptHandle"])
    assert world.receive() == []
    assert len(drain(world.dead_letters)) == 1


class Nowhere:
    """SQS of which nothing is expected but that messages can be postponed."""

    def get_queue_url(self, **_: str) -> dict[str, str]:
        return {"QueueUrl": "url"}

    def change_message_visibility_batch(self, **_: object) -> dict[str, object]:
        return {}


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(1, MAX_ATTEMPTS - 1)), max_size=12),
    st.sets(st.integers(0, 6)),
)
def test_any_mix_of_duplicates_in_any_order_is_settled_one_by_one(
    deliveries: Sequence[tuple[int, int]], failing: set[int]
) -> None:
    nowhere: Any = Nowhere()
    told: Any = {"logger": Log().logger, "metrics": Metrics(namespace="test", service="test")}
    consumer = Consumer(
        RfqRequested,
        sqs=nowhere,
        parking_lot=ParkingLot(nowhere, "url", **told),
        **told,
        max_attempts=MAX_ATTEMPTS,
        now=lambda: NOW,
    )
    event = records(
        *[record(body(f"rfq-{i}"), f"m-{n}", attempt) for n, (i, attempt) in enumerate(deliveries)]
    )
    batch = consumer.receive(event)
    handled = []
    for message in batch:
        with batch.attempt(message):
            handled.append(message.data.rfq_id)
            if int(message.data.rfq_id.removeprefix("rfq-")) in failing:
                raise KeyError
    assert handled == [f"rfq-{i}" for i, _ in deliveries]
    assert failed_ids(batch.settle()) == [f"m-{n}" for n, (i, _) in enumerate(deliveries) if i in failing]


def test_the_queue_of_a_message_is_looked_up_once(world: World, sqs: "SQSClient") -> None:
    calls: list[str] = []
    sqs.meta.events.register("before-call.sqs.GetQueueUrl", lambda model, **_: calls.append(model.name))
    for _ in range(3):
        handle(world, records(record(body())), always(KeyError()))
    assert calls == ["GetQueueUrl"]
    assert world.consumer.url(f"arn:aws:sqs:{REGION}:{ACCOUNT}:inbox") == world.url


def test_with_a_replay_only_what_time_may_help_becomes_a_dead_letter(
    world: World, drain: "Callable[[str], list[MessageTypeDef]]"
) -> None:
    parking = world.sqs.create_queue(QueueName="inbox-parking")["QueueUrl"]
    world.consumer.parking_lot = ParkingLot(
        world.sqs, world.dead_letters, parking, logger=world.log.logger, metrics=world.metrics
    )
    throttled = records(record(body("rfq-1"), "t", 9, waited=PATIENCE))
    assert handle(world, throttled, always(refused("ThrottlingException"))) == []
    bug, invalid = record(body("rfq-2"), "b", MAX_ATTEMPTS), record("no JSON", "i")
    assert handle(world, records(bug, invalid), always(KeyError())) == []
    assert [message["Body"] for message in drain(world.dead_letters)] == [body("rfq-1")]
    assert {message["Body"] for message in drain(parking)} == {body("rfq-2"), "no JSON"}
    assert world.metrics.metric_set["MessagesDeadLettered"]["Value"] == [1.0]
    assert world.metrics.metric_set["MessagesParked"]["Value"] == [1.0, 1.0]


def test_what_was_sent_back_has_a_minute_and_keeps_its_history(
    world: World, drain: "Callable[[str], list[MessageTypeDef]]"
) -> None:
    history = {"replays": "4", "first_reason": "the first", "message_id": "m-0"}
    attributes = {
        name: {"dataType": "String", "stringValue": value}
        for name, value in {**history, "of": "others"}.items()
    }
    trying, tried = (
        {**record(body(), id_, 3, waited=PATIENCE_AGAIN - left), "messageAttributes": attributes}
        for id_, left in (("trying", timedelta(seconds=1)), ("tried", timedelta()))
    )
    assert handle(world, records(trying, tried), always(refused("ThrottlingException"))) == ["trying"]
    [dead] = drain(world.dead_letters)
    told = {name: value["StringValue"] for name, value in dead["MessageAttributes"].items()}
    assert history.items() <= told.items()
    assert (told["of"], told["attempts"], told["kind"]) == ("others", "3", "transient")
