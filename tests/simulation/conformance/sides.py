"""Queues and buses to test, of the models and of the emulator, behind the same clients."""

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Any

from infra.proof.resolver import ACCOUNT, REGION
from infra.rydes.cloud.settings import ACCOUNT as EMULATED_ACCOUNT
from tests.simulation.aws.client import Client
from tests.simulation.aws.events import Events, Rules
from tests.simulation.aws.ids import Ids
from tests.simulation.aws.sqs import Sqs
from tests.support.bare_emulator import NOON, BareEmulator

_numbers = count()
Properties = Mapping[str, Mapping[str, Any]]
"""Queues by name. A redrive policy has the name of the other queue, not its ARN."""


class ModelQueues:
    """Queues of the model."""

    def __init__(self, properties: Properties, now: float = NOON) -> None:
        self.now = now
        self.model = Sqs(_told(properties, _arn_in(ACCOUNT)), lambda: self.now, Ids("0001"))
        self.client: Any = Client.of(self.model)
        self.urls = {name: queue.url for name, queue in self.model.queues.items()}

    def wait(self, seconds: float) -> None:
        self.now += seconds


class EmulatedQueues:
    """Queues of the emulator, whose names are prefixed: it has those of other tests, too."""

    def __init__(self, emulator: BareEmulator, properties: Properties) -> None:
        self.client: Any = emulator.client("sqs")
        self.wait = emulator.wait
        prefix = f"t{next(_numbers)}-"
        self.urls: dict[str, str] = {}
        arn = _arn_in(EMULATED_ACCOUNT)
        for each in _told(properties, lambda name: arn(prefix + name)):
            attributes = {k: v if isinstance(v, str) else json.dumps(v) for k, v in each.items()}
            name = attributes.pop("QueueName")
            made = self.client.create_queue(QueueName=prefix + name, Attributes=attributes)
            self.urls[name] = made["QueueUrl"]


class ModelBus:
    """A bus of the model with rules, by name."""

    def __init__(self, patterns: Mapping[str, Any]) -> None:
        self.bus = "bus"
        self.arn = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/bus"
        rules = [
            {"Name": name, "EventBusName": self.bus, "EventPattern": pattern, "Targets": [{"Arn": name}]}
            for name, pattern in patterns.items()
        ]
        self._events = Events(Rules.of(rules), lambda: NOON, Ids("0002"))
        self.client: Any = Client.of(self._events)

    def delivered(self) -> dict[str, list[Any]]:
        """Take what was delivered, by the rules' names."""
        found: dict[str, list[Any]] = {}
        for delivery in self._events.pending:
            found.setdefault(delivery.rule.name, []).append(json.loads(delivery.body))
        self._events.pending.clear()
        return found


class EmulatedBus:
    """A bus of the emulator whose rules have a queue each, with the name of the rule."""

    def __init__(self, emulator: BareEmulator, patterns: Mapping[str, Any]) -> None:
        self.client: Any = emulator.client("events")
        self.bus = f"bus{next(_numbers)}"
        self.arn = f"arn:aws:events:{REGION}:{EMULATED_ACCOUNT}:event-bus/{self.bus}"
        self._sqs = emulator.client("sqs")
        self._queues = EmulatedQueues(emulator, {name: {} for name in patterns})
        self.client.create_event_bus(Name=self.bus)
        for name, pattern in patterns.items():
            queue = self._queues.urls[name].rpartition("/")[2]
            rule = {"Name": name, "EventBusName": self.bus}
            self.client.put_rule(**rule, EventPattern=json.dumps(pattern))
            self.client.put_targets(
                Rule=name,
                EventBusName=self.bus,
                Targets=[{"Id": "queue", "Arn": _arn_in(EMULATED_ACCOUNT)(queue)}],
            )

    def delivered(self) -> dict[str, list[Any]]:
        """Take what was delivered, by the rules' names."""
        found: dict[str, list[Any]] = {}
        for name, url in self._queues.urls.items():
            while taken := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
                found.setdefault(name, []).extend(json.loads(message["Body"]) for message in taken)
        return found


def _told(properties: Properties, arn: Callable[[str], str]) -> Sequence[dict[str, Any]]:
    return [
        {
            "QueueName": name,
            **each,
            **(
                {"RedrivePolicy": {**policy, "deadLetterTargetArn": arn(policy["deadLetterTargetArn"])}}
                if (policy := each.get("RedrivePolicy"))
                else {}
            ),
        }
        for name, each in properties.items()
    ]


def _arn_in(account: str) -> Callable[[str], str]:
    return lambda name: f"arn:aws:sqs:{REGION}:{account}:{name}"
