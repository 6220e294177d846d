"""What sends dead letters back to their queues: a function for each service, behind all of its dead-letter queues."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import aws_cdk as cdk
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda_event_sources as event_sources
from aws_cdk import aws_sqs as sqs

from infra.patterns.service_function import ServiceFunction

if TYPE_CHECKING:
    from infra.patterns.service_stack import ServiceStack

MAX_REPLAYS: Final = 30
BASE: Final = 30
CAP: Final = 900
"""Seconds, the most that SQS delays a message. The pauses grow to it within five replays; the mean of all of them together is
three and a quarter hours."""

_AT_ONCE: Final = 2
"""The least that SQS allows: nothing here is in a hurry."""
_OVERDUE: Final = 300


@dataclass(frozen=True)
class NoReplay:
    """Why the dead letters of a queue or a stream are sent back by nobody: a sentence for whoever is on call."""

    reason: str


def take_dead_letters(
    scope: "ServiceStack", name: str, function: ServiceFunction, dead_letters: sqs.Queue, fails: str
) -> None:
    """Have a function take the dead letters of the queue `name`, and ring when they wait: it `fails`, in words."""
    function.entry.add_event_source(
        event_sources.SqsEventSource(
            dead_letters, batch_size=10, max_concurrency=_AT_ONCE, report_batch_item_failures=True
        )
    )
    scope.alarm(
        f"{name}-dlq-age",
        dead_letters.metric_approximate_age_of_oldest_message(
            period=cdk.Duration.minutes(1), statistic="max"
        ),
        threshold=_OVERDUE,
        periods=3,
        meaning=f"Dead letters wait in {scope.stage.names.of(f'{name}-dlq')} for more than {_OVERDUE} s: "
        f"{function.own_name} {fails}. Its log says why. Runbook: -dlq-age.",
    )


class Replay:
    """The function `<service>-replay` (`wild_rydes_messaging.replay`), and the queues that it serves.

    `ServiceStack.replay` makes it. It may do nothing but receive dead letters, and send to these queues and to their
    parking queues.
    """

    seconds: Final = 10

    def __init__(self, scope: "ServiceStack") -> None:
        self._scope = scope
        self._function = scope.function("replay", seconds=self.seconds)
        self._routes: dict[str, dict[str, str | bool]] = {}
        for name, value in (("MAX_REPLAYS", MAX_REPLAYS), ("REPLAY_BASE", BASE), ("REPLAY_CAP", CAP)):
            self._function.add_environment(name, str(value))

    def of(
        self,
        name: str,
        queue: sqs.Queue,
        dead_letters: sqs.Queue,
        parking: sqs.Queue,
        key: kms.IKey | None,
        *,
        late: bool,
    ) -> None:
        """Serve the queue `name`, after the deadlines of its messages, too, if its consumer is `late`."""
        function, own_name = self._function, self._scope.stage.names.of(f"{name}-dlq")
        self._routes[own_name] = {"queue": queue.queue_url, "parking": parking.queue_url}
        if late:
            self._routes[own_name]["late"] = True
        function.add_environment("REPLAYED_QUEUES", json.dumps(self._routes))
        for receiver in (queue, parking):
            function.may("sqs:SendMessage", on=receiver.queue_arn)
        if key:
            function.may("kms:Decrypt", "kms:GenerateDataKey", on=key.key_arn)
        take_dead_letters(
            self._scope, name, function, dead_letters, "sends nothing back, so what is late becomes later"
        )
