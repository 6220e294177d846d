"""A function that handles the dead letters of one queue: what they ask for has failed, and somebody is to be told."""

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs

from infra.patterns.service_function import ServiceFunction

if TYPE_CHECKING:
    from infra.patterns.service_stack import ServiceStack

_AT_ONCE = 2
"""The least that SQS allows: nothing here is in a hurry."""
_OVERDUE = 300


class FailureHandler:
    """Takes the place of a replay: all that the queue's consumer gives up comes to the function, and what that does not
    handle is parked.
    """

    def __init__(self, scope: "ServiceStack", function: ServiceFunction) -> None:
        self._scope = scope
        self._function = function
        self.seconds = function.seconds

    def of(
        self,
        name: str,
        queue: sqs.Queue,  # noqa: ARG002 - as a replay has it
        dead_letters: sqs.Queue,
        parking: sqs.Queue,  # noqa: ARG002
        key: kms.IKey | None,
    ) -> None:
        """Serve the queue `name`."""
        own_name = self._scope.stage.names.of(f"{name}-dlq")
        if key:
            self._function.may("kms:Decrypt", on=key.key_arn)
        self._function.entry.add_event_source(
            event_sources.SqsEventSource(
                dead_letters, batch_size=10, max_concurrency=_AT_ONCE, report_batch_item_failures=True
            )
        )
        self._scope.alarm(
            f"{name}-dlq-age",
            dead_letters.metric_approximate_age_of_oldest_message(
                period=cdk.Duration.minutes(1), statistic="max"
            ),
            threshold=_OVERDUE,
            periods=3,
            meaning=f"Dead letters wait in {own_name} for more than {_OVERDUE} s: {self._function.own_name} does not say"
            " what has failed, so whoever waits for it goes on waiting. Its log says why. Runbook: -dlq-age.",
        )
