"""A subscription to events: the consumer's rule on the bus, its queue and its function."""

from collections.abc import Mapping, Sequence
from typing import cast

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets

from infra import naming
from infra.patterns.consumed_queue import ConsumedQueue
from infra.patterns.replay import NoReplay, Replay
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack
from wild_rydes_contracts import Event, rule_pattern


class Subscription(ConsumedQueue):
    """Rule -> queue -> function, for the events of some contract classes (of one source and version).

    `only` are the values of their fields that matter to the consumer: events with others cost nothing. With `replays`
    the rule also lets in what an archive replays of the versions that these classes follow. Events that want an answer
    come from `requesters`, where these are named. Only the rule may send to the queue. What the rule cannot deliver within
    a day goes to the queue's own dead-letter queue.
    """

    def __init__(
        self,
        scope: ServiceStack,
        name: str,
        *contracts: type[Event],
        consumer: ServiceFunction,
        replay: Replay | NoReplay,
        only: Mapping[str, Sequence[str]] | None = None,
        replays: bool = False,
        requesters: Sequence[str] = (),
        busy: float = 0,
    ) -> None:
        super().__init__(scope, name, consumer=consumer, replay=replay, busy=busy)
        sources = [f"{naming.EVENT_SOURCE_PREFIX}{requester}" for requester in requesters]
        pattern = rule_pattern(*contracts, replays=replays, sources=sources)
        if only:
            pattern.setdefault("detail", {})["data"] = dict(only)
        rule = events.Rule(
            self,
            "Rule",
            rule_name=scope.stage.names.of(name),
            description=f"{', '.join(pattern['detail-type'])} for {scope.service}",
            event_bus=scope.bus,
            event_pattern=events.EventPattern(source=pattern["source"]),
            targets=[
                targets.SqsQueue(
                    self.queue,
                    dead_letter_queue=self.dead_letters,
                    max_event_age=cdk.Duration.days(1),
                    retry_attempts=185,  # both are the most that EventBridge allows
                )
            ],
        )
        # CDK's patterns have no "$or".
        cast("events.CfnRule", rule.node.default_child).add_property_override("EventPattern", pattern)
