"""The fault panel of a local cloud: what can be broken, and what is."""

import json
from collections import Counter
from dataclasses import asdict
from typing import Any, Final

import httpx

from infra import roster
from infra.rydes.cloud import emulator, workers
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.throttles import throttle, throttles
from infra.rydes.control_room.templates import Templates
from infra.rydes.control_room.unknown import Unknown
from infra.rydes.operator.dead_letters import PARKING
from infra.rydes.simulators.partners import process
from infra.rydes.simulators.partners.process import Partners
from wild_rydes_messaging.attributes import ERROR, KIND, QUEUE, REASON
from wild_rydes_messaging.retry import Kind

LONGEST: Final = 600.0
"""Seconds after which a fault ends by itself, though nobody has mended it."""
MISDEEDS: Final[dict[str, dict[str, float]]] = {
    "well": {},
    "down": {"outage_seconds": LONGEST},
    "hangs": {"outage_seconds": LONGEST, "outage_hangs": True},
    "fails half": {"error": 0.5},
    "babbles": {"garbage": 1},
    "throttles": {"throttle": 1},
    "slow": {"latency_ms": 3_000},
}
"""What a partner can be made to do, and its faults then."""
_POISON: Final = "[nobody can read this"
LETTER: Final = ("RideCompleted", "feedback-rides")
"""The event that can be made a dead letter, and the queue that hears it: it is handled well once it is replayed."""
_WHY: Final = "made on the fault panel: nothing is wrong with it, and a replay handles it"


class Faults:
    """Breaks parts of a local cloud, and mends them."""

    def __init__(self, cloud: Cloud, templates: Templates) -> None:
        self._cloud = cloud
        self._templates = templates

    def look(self) -> dict[str, Any]:
        """Say what is broken, and what can be.

        Raises:
            LocalCloudError: the cloud is not up.
        """
        partners, throttled = self._partners(), throttles(self._cloud.settings)
        names, nodes = self._cloud.names, self._templates.architecture.nodes
        return {
            "misdeeds": list(MISDEEDS),
            "partners": [
                {"id": id_, "name": row["name"], "fault": _named(partners.faults(id_))}
                for id_, row in roster.partners().items()
            ],
            "tables": [
                {
                    "name": node.name,
                    "throttle": asdict(order) if (order := throttled.get(names.of(node.name))) else None,
                }
                for node in nodes.values()
                if node.kind == "table"
            ],
            "workers": self._counted(),
            "queues": sorted(node.name for node in nodes.values() if node.kind == "queue"),
        }

    def misbehave(self, partner: str, fault: str) -> None:
        """Have a partner behave like this from now on.

        Raises:
            Unknown: there is no such partner or fault.
            LocalCloudError: the partners are not up.
        """
        for what, name, there in (("partner", partner, roster.partners()), ("fault", fault, MISDEEDS)):
            if name not in there:
                raise Unknown(f"There is no {what} {name}.", f"Choose one of {', '.join(there)}.")
        self._partners().misbehave(partner, **MISDEEDS[fault])

    def kill(self, function: str) -> int:
        """Kill -9 the workers of a function, and count them.

        Raises:
            Unknown: there is no such function.
            LocalCloudError: the function has none.
        """
        if f"function:{function}" not in self._templates.architecture.nodes:
            raise Unknown(f"There is no function {function}.", "Choose one of the picture.")
        name = self._cloud.names.of(function)
        found = [worker for worker in self._workers() if worker.function == name]
        if not found:
            raise LocalCloudError(f"{function} has no worker.", "It gets one with its next invocation.")
        for worker in found:
            worker.kill()
        return len(found)

    def throttle(self, table: str, share: float) -> None:
        """Have a table throttle this share of the functions' calls; 0 mends it.

        Raises:
            Unknown: there is no such table.
        """
        if f"table:{table}" not in self._templates.architecture.nodes:
            raise Unknown(f"There is no table {table}.", "Choose one of the picture.")
        throttle(self._cloud.settings, self._cloud.names.of(table), share, LONGEST)

    def made(self) -> dict[str, str]:
        """Say in a word or two what is broken on purpose, by the nodes of the picture."""
        told = {}
        try:
            partners = self._partners()
            for id_ in roster.partners():
                if (fault := _named(partners.faults(id_))) != "well":
                    told[f"partner:{id_}"] = fault
        except (
            LocalCloudError,
            httpx.HTTPError,
        ):  # the partners themselves are not up, which their circuits tell
            told = {}
        for table, order in throttles(self._cloud.settings).items():
            told[f"table:{self._cloud.names.plain(table)}"] = f"{round(order.share * 100)} % throttled"
        return told

    def park(self) -> dict[str, str]:
        """Make a dead letter of a valid event, where it waits for a person, and say which.

        Raises:
            LocalCloudError: nothing is deployed.
        """
        name, queue = LETTER
        event = self._templates.catalogue.fresh_example(self._cloud, name)
        where = f"{queue}{PARKING}"
        url = self._cloud.all_queues().get(where)
        if url is None:
            raise LocalCloudError(f"There is no queue {where}.", "Update the local cloud: `uv run rydes up`")
        told = {QUEUE: self._cloud.names.of(queue), REASON: _WHY, ERROR: "Drill", KIND: str(Kind.TRANSIENT)}
        self._cloud.client("sqs").send_message(
            QueueUrl=url,
            MessageBody=json.dumps(event),
            MessageAttributes={
                key: {"DataType": "String", "StringValue": value} for key, value in told.items()
            },
        )
        return {"type": name, "queue": where, "correlation_id": event["detail"]["metadata"]["correlation_id"]}

    def poison(self, queue: str) -> None:
        """Send a queue a message that nobody can read.

        Raises:
            Unknown: there is no such queue.
        """
        url = self._cloud.queues().get(queue)
        if url is None or f"queue:{queue}" not in self._templates.architecture.nodes:
            raise Unknown(f"There is no queue {queue}.", "Choose one of the picture.")
        self._cloud.client("sqs").send_message(QueueUrl=url, MessageBody=_POISON)

    def _counted(self) -> list[dict[str, Any]]:
        """Count the workers of each function, which may have none, and say after how many seconds what they had in hand
        is there again.
        """
        drawn = self._templates.architecture
        found = Counter(self._cloud.names.plain(worker.function) for worker in self._workers())
        return [
            {"name": node.name, "count": found[node.name], "again_after": drawn.hidden_for(node.id)}
            for node in sorted(drawn.nodes.values(), key=lambda each: each.name)
            if node.kind == "function"
        ]

    def _workers(self) -> list[workers.Worker]:
        host = emulator.running(self._cloud.settings.run_dir)
        if host is None:
            raise LocalCloudError("The local cloud is not up.", "Start it: `make run`")
        return workers.running(host.pid)

    def _partners(self) -> Partners:
        found = process.running(self._cloud.settings.run_dir)
        if found is None:
            raise LocalCloudError("This local cloud has no partners.", "Update it: `uv run rydes up`")
        return found


def _named(faults: dict[str, float]) -> str:
    """Find which of the misdeeds a partner's faults are."""
    for name, wanted in MISDEEDS.items():
        if wanted and all(faults.get(key) == value for key, value in wanted.items()):
            # A partner that hangs is down as well.
            if name == "down" and faults.get("outage_hangs"):
                continue
            return name
    return "well"
