"""The stream of the service's table, the function that consumes it, and a dead-letter queue for failures."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from constructs import Construct

from infra.patterns.accept import accept
from infra.patterns.consumed_queue import last_queue
from infra.patterns.replay import NoReplay
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack

OF_A_STREAM: Final = NoReplay(
    "Lambda has retried for hours, in order, and a message says where in the stream it is: read the records there within"
    " 24 hours."
)
"""Of an outbox, whose changes must all be told."""


class StreamConsumer(Construct):
    """Table stream -> consumer, and the place of what it fails to handle to the dead-letter queue `name`.

    `changes` are stream filter patterns: a record that matches none of them never invokes the consumer. Changes of
    one item are handled in order; those of others at the same time, if each RFQ keeps the consumer `busy` for so many
    seconds that the scale needs it. There
    are no partial batch responses: the consumer raises, and Lambda halves the batch until the record at fault
    is alone. Lambda gives up after `give_up_after` seconds. `delays` is for the alarm: what is late when the
    consumer lags behind its stream. `replay` says why nothing is sent back to a stream.
    """

    def __init__(
        self,
        scope: ServiceStack,
        name: str,
        *,
        consumer: ServiceFunction,
        changes: Sequence[Mapping[str, Any]],
        delays: str,
        replay: NoReplay,
        busy: float = 0,
        batch_size: int = 100,
        give_up_after: int = 6 * 3600,
    ) -> None:
        # The queue's logical id depends on this id. Another one would replace the queue under the same name.
        super().__init__(scope, f"{name}-outbox")
        self.consumer = consumer
        dead_letters = last_queue(
            self,
            scope,
            name,
            to_do=f"There is no replay: {replay.reason}",
        )
        consumer.add_environment("DEAD_LETTER_QUEUE_URL", dead_letters.queue_url)
        accept(dead_letters, {"AwsSolutions-SQS3": "It is the dead-letter queue of a stream"})
        consumer.entry.add_event_source(
            event_sources.DynamoEventSource(
                scope.table,
                # From the oldest record on: changes written before the mapping existed are handled too.
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                batch_size=batch_size,
                parallelization_factor=scope.stage.scale.of_a_shard(busy, scope.writes_of_an_rfq),
                max_batching_window=cdk.Duration.seconds(0),
                bisect_batch_on_error=True,
                max_record_age=cdk.Duration.seconds(give_up_after),
                on_failure=event_sources.SqsDlq(dead_letters),
                filters=[lambda_.FilterCriteria.filter(dict(change)) for change in changes],
            )
        )
        accept(consumer.own_role, {"AwsSolutions-IAM5[Resource::*]": "ListStreams takes no resource"})
        scope.alarm(
            f"{name}-lag",
            consumer.metric("IteratorAge", period=cdk.Duration.minutes(1), statistic="max"),
            threshold=30_000,
            periods=3,
            meaning=f"{consumer.own_name} is more than 30 s behind its stream, which delays {delays}."
            " Its log says why. Runbook: -dlq-lag.",
        )
