"""The newest RFQs and the figures of the last minutes, as the functions' log lines tell them."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any, Final

from infra.rydes.operator.log_events import LogEvent

_KEPT: Final = 500
MINUTES: Final = 5
"""The figures are about the RFQs that began so many minutes ago or less."""

_RIDE: Final = {
    "QuoteAccepted": "booked",
    "RideConfirmed": "confirmed",
    "RideRejected": "rejected",
    "RideBookingFailed": "failed",
    "RideCompleted": "completed",
    "FeedbackRequested": "asked how it was",
    "FeedbackReceived": "rated",
}
"""Events after an RFQ, and how its ride stands then."""
_ORDER: Final = list(_RIDE.values())


@dataclass
class Rfq:
    """An RFQ as far as it is told. Times are milliseconds since 1970, or since its beginning."""

    id: str
    began: float
    status: str = "running"
    completed_by: str = ""
    asked: int = 0
    quoted: int = 0
    declined: int = 0
    silent: int = 0
    first_quote_ms: float | None = None
    rfq_ms: float | None = None
    ride: str = ""
    service: str = "ride-booking"
    """Who asked: the service whose function has published it."""


class Rfqs:
    """The RFQs that log lines tell of. Lines may come twice and in any order."""

    def __init__(self) -> None:
        self._found: dict[str, Rfq] = {}

    def take(self, event: LogEvent) -> Rfq | None:
        """Learn from a line, and return the RFQ that it has changed."""
        entry = event.entry
        if entry is None or not isinstance(id_ := entry.get("correlation_id"), str):
            return None
        match entry:
            case {"message": "published", "message_type": "RfqRequested"}:
                rfq = self._rfq(id_, event.logged_at)
                rfq.began = min(rfq.began, event.logged_at)
                rfq.service = str(entry.get("service", ""))
            case {"message": "rfq over"}:
                rfq = self._rfq(id_, event.logged_at)
                self._end(rfq, entry, event.logged_at)
            case {"message": "gathered"} if (found := self._found.get(id_)) and found.status == "running":
                rfq = found
                for name in ("asked", "quoted", "declined"):
                    setattr(rfq, name, max(getattr(rfq, name), int(entry.get(name) or 0)))
                if rfq.quoted and rfq.first_quote_ms is None:
                    # About: the line of its end has it exactly.
                    rfq.first_quote_ms = max(0.0, event.logged_at - rfq.began)
            case {"message": "published", "message_type": str(type_)} if (
                type_ in _RIDE and id_ in self._found
            ):
                rfq = self._found[id_]
                if not rfq.ride or _ORDER.index(_RIDE[type_]) > _ORDER.index(rfq.ride):
                    rfq.ride = _RIDE[type_]
            case _:
                return None
        return rfq

    def newest(self, most: int) -> list[Rfq]:
        """List the RFQs that began last, the newest first."""
        return sorted(self._found.values(), key=lambda rfq: -rfq.began)[:most]

    def figures(self, now: float) -> dict[str, Any]:
        """Sum up the last minutes. None: there is nothing to measure."""
        since = now - MINUTES * 60_000
        lately = [rfq for rfq in self._found.values() if rfq.began >= since]
        over = [rfq for rfq in lately if rfq.status == "completed"]
        asked = [rfq for rfq in over if rfq.asked]  # of nobody, nobody has answered
        told = [rfq for rfq in asked if rfq.completed_by == "all-answered"]
        return {
            "minutes": MINUTES,
            "rfqs": len(lately),
            "rfqs_a_minute": sum(rfq.began >= now - 60_000 for rfq in lately),
            "running": sum(rfq.status == "running" for rfq in lately),
            "first_quote_ms": _median(rfq.first_quote_ms for rfq in over),
            "completion_ms": _median(rfq.rfq_ms for rfq in over),
            "all_answered": len(told) / len(asked) if asked else None,
            "quotes_each": sum(rfq.quoted for rfq in over) / len(over) if over else None,
            "rides": sum(bool(rfq.ride) for rfq in lately),
        }

    def _rfq(self, id_: str, at: float) -> Rfq:
        if id_ not in self._found:
            self._found[id_] = Rfq(id_, at)
            if len(self._found) > _KEPT:
                del self._found[min(self._found.values(), key=lambda rfq: rfq.began).id]
        return self._found.get(id_) or Rfq(id_, at)

    @staticmethod
    def _end(rfq: Rfq, entry: Mapping[str, Any], at: float) -> None:
        rfq.status = "completed"
        rfq.completed_by = str(entry.get("completed_by", ""))
        for name in ("asked", "quoted", "declined", "silent"):
            setattr(rfq, name, int(entry.get(name) or 0))
        rfq.first_quote_ms, rfq.rfq_ms = entry.get("first_quote_ms"), entry.get("rfq_ms")
        if rfq.rfq_ms is not None:
            rfq.began = min(rfq.began, at - rfq.rfq_ms)


def to_json(rfqs: Iterable[Rfq]) -> list[dict[str, Any]]:
    """Write RFQs for the page."""
    return [asdict(rfq) for rfq in rfqs]


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None
