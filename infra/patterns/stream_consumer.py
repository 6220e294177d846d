"""The outbox: a table's stream, and the function that tells the world what was written."""

from collections.abc import Mapping, Sequence
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as event_sources
from constructs import Construct

from infra.patterns.accept import accept
from infra.patterns.consumed_queue import dead_letter_queue
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack


class Outbox(Construct):
    """Table stream -> publisher. What cannot be published for `give_up_after` seconds is noted in the dead-letter queue `name`.

    No partial batch responses: the publisher raises, and the batch is halved until the record at fault stands alone.
    `changes` are stream filter patterns; what matches none never invokes the publisher. `batching_window` is in seconds.
    """

    def __init__(
        self,
        scope: ServiceStack,
        name: str,
        *,
        table: dynamodb.ITable,
        publisher: ServiceFunction,
        changes: Sequence[Mapping[str, Any]],
        batch_size: int = 100,
        batching_window: int = 0,
        give_up_after: int = 6 * 3600,
    ) -> None:
        super().__init__(scope, f"{name}-outbox")
        self.dead_letters = dead_letter_queue(self, scope, name)
        publisher.add_environment("DEAD_LETTER_QUEUE_URL", self.dead_letters.queue_url)
        accept(self.dead_letters, {"AwsSolutions-SQS3": "It is a dead-letter queue, of a stream"})
        publisher.add_event_source(
            event_sources.DynamoEventSource(
                table,
                # From the oldest record: a write made before the mapping existed is published as well.
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                batch_size=batch_size,
                max_batching_window=cdk.Duration.seconds(batching_window),
                bisect_batch_on_error=True,
                max_record_age=cdk.Duration.seconds(give_up_after),
                on_failure=event_sources.SqsDlq(self.dead_letters),
                filters=[lambda_.FilterCriteria.filter(dict(change)) for change in changes],
            )
        )
        scope.alarm(
            f"{name}-lag",
            publisher.metric("IteratorAge", period=cdk.Duration.minutes(1), statistic="max"),
            threshold=30_000,
            periods=3,
            meaning="Written changes wait longer than 30 s to be published",
        )
