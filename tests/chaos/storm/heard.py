"""What was told on the bus during a storm."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.support.clients import Json

SOURCES = ("wildrydes.ride-booking", "wildrydes.unicorn-mgmt", "wildrydes.feedback")


class Heard:
    """Events by what they are about. `heard` gives all of them so far, each as often as it came."""

    def __init__(self, heard: Callable[[], list[Json]]) -> None:
        self._heard = heard

    def events(self, name: str) -> list[Json]:
        """All events of a name, each as often as it came."""
        return [event for event in self._heard() if event["detail-type"] == name]

    def once(self, name: str, by: str) -> dict[str, list[Json]]:
        """The events of a name, each once however often it came, by an id that they carry."""
        found: dict[str, dict[str, Json]] = defaultdict(dict)
        for event in self.events(name):
            found[event["detail"]["data"][by]].setdefault(event["detail"]["metadata"]["event_id"], event)
        return {about: [*events.values()] for about, events in found.items()}

    def names(self) -> dict[str, set[str]]:
        """The names of the events about each ride, and about each RFQ itself."""
        found: dict[str, set[str]] = defaultdict(set)
        for event in self._heard():
            data = event["detail"]["data"]
            found[data.get("ride_id") or data.get("rfq_id") or ""].add(event["detail-type"])
        return found

    @property
    def total(self) -> int:
        """How many events came, repetitions among them."""
        return len(self._heard())


def data_of(event: Json) -> Json:
    """What an event says."""
    found: Json = event["detail"]["data"]
    return found


def occurred_at(event: Json) -> float:
    """When it happened, in seconds since 1970."""
    return datetime.fromisoformat(event["detail"]["metadata"]["occurred_at"]).timestamp()


def told_at(event: Json) -> float:
    """When the bus got it, to the second, in seconds since 1970."""
    at: Any = event["time"]
    return datetime.fromisoformat(at).timestamp()
