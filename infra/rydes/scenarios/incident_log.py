"""Incidents of a partner: turns of its circuit, calls that fail or are not made, probes, events."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.operator.log_events import records
from infra.rydes.operator.partner_calls import RecentCalls
from infra.rydes.operator.times import instant
from infra.rydes.scenarios.wiretap import Wiretap

_WINDOW = 300.0
_STYLES = {"CLOSED": "green", "HALF_OPEN": "yellow", "OPEN": "red"}

DECLINED = "declined at once (circuit-open), without waiting"
BUSY = "declined at once (partner-busy): too many requests wait"


@dataclass(frozen=True, order=True)
class Incident:
    """Something that happened, `at` seconds since 1970."""

    at: float
    what: str
    style: str = ""


class IncidentLog:
    """Reads bus and logs, as often as it is asked."""

    def __init__(self, cloud: Cloud, partner_id: str, wiretap: Wiretap) -> None:
        self.calls = RecentCalls(cloud, _WINDOW, now=time.time)
        self._cloud = cloud
        self._partner_id = partner_id
        self._wiretap = wiretap
        self._since = time.time()
        self._known: set[Incident] = set()

    def unseen(self) -> list[Incident]:
        """Return the incidents since the last call, oldest first."""
        found = {*self._published(), *self._turns(), *self._refusals_and_failures()} - self._known
        self._known |= found
        return sorted(found)

    def _published(self) -> Iterator[Incident]:
        for event in self._wiretap.heard():
            detail = event["detail"]
            if detail["data"]["partner_id"] == self._partner_id:
                said = f"on the bus: {event['detail-type']} ({detail['data']['reason']})"
                yield Incident(instant(detail["metadata"]["occurred_at"]).timestamp(), said, "magenta")

    def _turns(self) -> Iterator[Incident]:
        functions = f"unicorn-mgmt-{self._partner_id}-"
        for entry in records(self._cloud, "circuit turned", functions=functions, since=self._since):
            said = f"circuit {entry['before']} → {entry['after']} ({entry['reason']})"
            yield Incident(instant(entry["timestamp"]).timestamp(), said, _STYLES[entry["after"]])

    def _refusals_and_failures(self) -> Iterator[Incident]:
        for call in self.calls.look():
            if call.partner != self._partner_id or call.at < self._since:
                continue
            if not call.made:
                yield Incident(call.at, BUSY if call.outcome == "busy" else DECLINED, "cyan")
            elif call.circuit == "HALF_OPEN" or call.failed:
                kind = "probe" if call.circuit == "HALF_OPEN" else "call"
                yield Incident(
                    call.at, f"{kind}: {call.reason or call.outcome}, {call.milliseconds:.0f} ms", "dim"
                )
