"""A queue with the function that consumes it, and where messages go that cannot be handled."""

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.patterns.failure_handler import FailureHandler
from infra.patterns.replay import NoReplay, Replay
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack

MAX_ATTEMPTS = 5
"""How often a message is received, at most, that meets a bug."""

MAX_RECEIVES = 500
"""How often a message is received before its queue gives it up: enough for an hour in which every receipt is in vain,
however it ends, even if nobody can postpone the message. The shortest visibility timeout is nine seconds, and half of
the longest backoff is fifteen. Only messages that kill their worker each time come so far."""


def last_queue(
    scope: Construct, stack: ServiceStack, name: str, key: kms.IKey | None = None, *, to_do: str
) -> sqs.Queue:
    """A queue where messages wait for a person: for 14 days, the most SQS allows, with an alarm at the first.

    `to_do` says what the messages are and what to do about them.
    """
    queue = a_queue(scope, stack, name, name, key, days=14)
    own_name = stack.stage.names.of(name)
    stack.alarm(
        f"{name}-depth",
        queue.metric_approximate_number_of_messages_visible(period=cdk.Duration.minutes(1), statistic="max"),
        threshold=1,
        meaning=f"{own_name} is not empty: work has failed for good, and nobody retries it. {to_do}"
        f" Runbook: -{name.rpartition('-')[2]}-depth.",
    )
    return queue


def a_queue(
    scope: Construct,
    stack: ServiceStack,
    construct_id: str,
    name: str,
    key: kms.IKey | None,
    *,
    days: int,
    hidden: int = 30,
    then: sqs.IQueue | None = None,
) -> sqs.Queue:
    """A queue that keeps messages for so many days, hides one for so many seconds from others while somebody has it, and
    gives up one that is received too often: `then` it is in that queue.
    """
    return sqs.Queue(
        scope,
        construct_id,
        queue_name=stack.stage.names.of(name),
        encryption=sqs.QueueEncryption.KMS if key else sqs.QueueEncryption.SQS_MANAGED,
        encryption_master_key=key,
        enforce_ssl=stack.stage.tls_only,
        retention_period=cdk.Duration.days(days),
        visibility_timeout=cdk.Duration.seconds(hidden),
        dead_letter_queue=sqs.DeadLetterQueue(queue=then, max_receive_count=MAX_RECEIVES) if then else None,
    )


class ConsumedQueue(Construct):
    """A queue, its dead-letter queue `<name>-dlq`, and its consumer with partial batch responses.

    The consumer takes out what it cannot handle, with the reason (`wild_rydes_messaging.retry`). The queue itself
    gives up after `MAX_RECEIVES`: that is for messages that kill their worker. With a `replay`, dead letters are sent
    back later, and those that time does not help go to `<name>-parking`, where an alarm calls a person. Without one, for
    the reason that it gives, the dead-letter queue is where the alarm is. With a `FailureHandler` in its place all that the
    consumer takes out goes to that.

    As many batches are handled at once
    as the stage's scale needs where each RFQ keeps the consumer `busy` for so many seconds, or as many as `at_once`
    says (2 at least). An alarm goes off when the oldest message is older than `overdue` seconds. Messages are encrypted with `key`, or
    with a key of SQS if there is none. `late` says that the consumer takes messages after their deadlines, too: then the replay
    sends them back.
    """

    def __init__(
        self,
        scope: ServiceStack,
        name: str,
        *,
        consumer: ServiceFunction,
        replay: Replay | FailureHandler | NoReplay,
        busy: float = 0,
        at_once: int | None = None,
        overdue: int = 60,
        key: kms.IKey | None = None,
        batch_size: int = 10,
        late: bool = False,
    ) -> None:
        super().__init__(scope, name)
        at_once = at_once or scope.stage.scale.at_once(busy)
        self.at_once = min(at_once, scope.stage.batches_at_once or at_once)
        own_name = scope.stage.names.of(name)
        if not isinstance(replay, NoReplay):
            self.parking: sqs.Queue | None = last_queue(
                self,
                scope,
                f"{name}-parking",
                key,
                to_do="The messages' attributes say why. Remove the cause, then replay them.",
            )
            self.dead_letters = a_queue(
                self,
                scope,
                f"{name}-dlq",
                f"{name}-dlq",
                key,
                days=14,
                hidden=3 * replay.seconds,
                then=self.parking,
            )
        else:
            self.parking = None
            self.dead_letters = last_queue(
                self,
                scope,
                f"{name}-dlq",
                key,
                to_do=f"The messages' attributes say why. There is no replay: {replay.reason}",
            )
        # Short, so that the message of a killed worker is back well before the deadline of its RFQ.
        hidden = 3 * consumer.seconds
        self.queue = a_queue(self, scope, "Queue", name, key, days=4, hidden=hidden, then=self.dead_letters)
        consumer.add_environment("DEAD_LETTER_QUEUE_URL", self.dead_letters.queue_url)
        consumer.add_environment("MAX_ATTEMPTS", str(MAX_ATTEMPTS))
        consumer.may("sqs:SendMessage", on=self.dead_letters.queue_arn)
        if self.parking and isinstance(replay, Replay):
            consumer.add_environment("PARKING_QUEUE_URL", self.parking.queue_url)
            consumer.may("sqs:SendMessage", on=self.parking.queue_arn)
        if key:
            consumer.may("kms:Decrypt", "kms:GenerateDataKey", on=key.key_arn)  # to read and to park
        consumer.may("sqs:ChangeMessageVisibility", on=self.queue.queue_arn)  # to back off
        consumer.entry.add_event_source(
            event_sources.SqsEventSource(
                self.queue,
                batch_size=batch_size,
                max_concurrency=self.at_once,
                report_batch_item_failures=True,
            )
        )
        if self.parking and isinstance(replay, Replay):
            replay.of(name, self.queue, self.dead_letters, self.parking, key, late=late)
        elif self.parking and isinstance(replay, FailureHandler):
            replay.of(name, self.queue, self.dead_letters, self.parking, key)
        scope.alarm(
            f"{name}-age",
            self.queue.metric_approximate_age_of_oldest_message(
                period=cdk.Duration.minutes(1), statistic="max"
            ),
            threshold=overdue,
            periods=3,
            meaning=f"Messages wait in {own_name} for more than {overdue} s, so what they ask for is late."
            f" {consumer.own_name} is too slow or keeps failing. Runbook: -age.",
        )
