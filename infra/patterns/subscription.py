"""A subscription: the consumer's rule on the bus, its queue and its function."""

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets

from infra.patterns.consumed_queue import ConsumedQueue
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack
from wild_rydes_contracts import Event, rule_pattern


class Subscription(ConsumedQueue):
    """Rule -> queue -> function, for the events of some contract classes (of one source and version).

    Only the rule may send to the queue. What the rule cannot deliver within `give_up_after` seconds (86400 at most) goes
    to the queue's own dead-letter queue. The other parameters are those of `ConsumedQueue`.
    """

    def __init__(
        self,
        scope: ServiceStack,
        name: str,
        *contracts: type[Event],
        consumer: ServiceFunction,
        batching_window: int = 0,
        concurrency: int = 10,
        overdue: int = 60,
        give_up_after: int = 86_400,
    ) -> None:
        super().__init__(
            scope,
            name,
            consumer=consumer,
            batching_window=batching_window,
            concurrency=concurrency,
            overdue=overdue,
        )
        pattern = rule_pattern(*contracts)
        events.Rule(
            self,
            "Rule",
            rule_name=name,
            description=f"{', '.join(pattern['detail-type'])} for {scope.service}",
            event_bus=scope.bus,
            event_pattern=events.EventPattern(
                source=pattern["source"], detail_type=pattern["detail-type"], detail=pattern["detail"]
            ),
            targets=[
                targets.SqsQueue(
                    self.queue,
                    dead_letter_queue=self.dead_letters,
                    max_event_age=cdk.Duration.seconds(give_up_after),
                    retry_attempts=185,
                )
            ],
        )
