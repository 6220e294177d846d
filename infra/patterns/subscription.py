"""A subscription to events: the consumer's rule on the bus, its queue and its function."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Final, cast

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets

from infra import naming
from infra.archive import FROM_ARCHIVE
from infra.patterns.consumed_queue import ConsumedQueue
from infra.patterns.replay import NoReplay, Replay
from infra.patterns.service_function import ServiceFunction
from infra.patterns.service_stack import ServiceStack
from wild_rydes_contracts import Event, rule_pattern

_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(days=1)
"""For how long EventBridge may try to deliver an event, at least and at most."""
_MOST_ATTEMPTS: Final = 185
"""The most that EventBridge allows, for any age: it is the age that ends the attempts."""


def useful_life(contracts: Iterable[type[Event]]) -> timedelta:
    """Tell for how long a rule tries to deliver events: until none of them is of use any more, as far as AWS allows."""
    return min(max(_SHORTEST, *(event.useful_life for event in contracts)), _LONGEST)


class Subscription(ConsumedQueue):
    """Rule -> queue -> function, for the events of some contract classes (of one source and version).

    `only` are the values of their fields that matter to the consumer, or EventBridge's matchers of such values: events with
    others cost nothing. With `replays`
    the rule also lets in what an archive replays of the versions that these classes follow. Events that want an answer
    come from `requesters`, where these are named. Only the rule may send to the queue. What the rule cannot deliver within
    the useful life of its events goes to the queue's own dead-letter queue. A consumer that is `late` keeps a record: to it they
    are of use after their deadlines, too, so the rule tries for a day. `from_archive` says, for people, what the consumer does with an
    event that an archive replays long after it happened: it is in the rule's description, where `rydes replay` finds it.
    """

    def __init__(
        self,
        scope: ServiceStack,
        name: str,
        *contracts: type[Event],
        consumer: ServiceFunction,
        replay: Replay | NoReplay,
        from_archive: str,
        only: Mapping[str, Sequence[str | Mapping[str, str]]] | None = None,
        replays: bool = False,
        requesters: Sequence[str] = (),
        busy: float = 0,
        late: bool = False,
    ) -> None:
        super().__init__(scope, name, consumer=consumer, replay=replay, busy=busy, late=late)
        sources = [f"{naming.EVENT_SOURCE_PREFIX}{requester}" for requester in requesters]
        pattern = rule_pattern(*contracts, replays=replays, sources=sources)
        if only:
            pattern.setdefault("detail", {})["data"] = dict(only)
        rule = events.Rule(
            self,
            "Rule",
            rule_name=scope.stage.names.of(name),
            description=f"{', '.join(pattern['detail-type'])} for {scope.service}. {FROM_ARCHIVE}{from_archive}",
            event_bus=scope.bus,
            event_pattern=events.EventPattern(source=pattern["source"]),
            targets=[
                targets.SqsQueue(
                    self.queue,
                    dead_letter_queue=self.dead_letters,
                    max_event_age=cdk.Duration.seconds(
                        (_LONGEST if late else useful_life(contracts)).total_seconds()
                    ),
                    retry_attempts=_MOST_ATTEMPTS,
                )
            ],
        )
        # CDK's patterns have no "$or".
        cast("events.CfnRule", rule.node.default_child).add_property_override("EventPattern", pattern)
