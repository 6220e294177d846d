"""Write statements of rides: a step reads as many as fill a part of the file, and uploads that."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from unicorn_mgmt.adapters.driven_rides import DrivenRides
from unicorn_mgmt.adapters.statement_files import MOST_PARTS, PART_BYTES, Part, StatementFiles
from unicorn_mgmt.api.ride_statement import Period, RideLine, TotalsLine, totals_of
from unicorn_mgmt.domain.driven_ride import DrivenRide
from unicorn_mgmt.domain.job import Job, Json, Progress
from unicorn_mgmt.use_cases.jobs import Continue, Done, JobFailed

PARTS_OF_AN_ATTEMPT: Final = 50
"""Each attempt has numbers of its own for its parts: one that was taken for dead overwrites nothing."""


@dataclass(frozen=True, slots=True)
class RideStatement:
    """The steps of a job. Its checkpoint has the upload, its parts, the sums, and where the next page begins."""

    rides: DrivenRides
    files: StatementFiles
    part_bytes: int = PART_BYTES

    def step(self, job: Job) -> Continue | Done:
        """Write one more part, or complete the file. Raises botocore's errors, and JobFailed."""
        partner, at = job.partner_id, job.checkpoint
        if at is None:
            at = {"upload": self.files.begin(partner, job.id), "parts": [], "sums": {}, "after": None}
        if at.get("whole"):
            self.files.complete(partner, job.id, at["upload"], [Part(*part) for part in at["parts"]])
            return Done({"rides": _count(at["sums"]), "totals": at["sums"]})
        start, end = Period.model_validate_json(json.dumps(job.parameters)).bounds(job.created_at)
        content, sums, after = bytearray(), dict(at["sums"]), at["after"]
        while True:
            rides, after = self.rides.page(partner, start, end, after)
            content += b"".join(_line(RideLine.from_domain(ride)) for ride in rides)
            sums = _summed(sums, rides)
            if after is None or len(content) >= self.part_bytes:
                break
        if after is None:
            content += _line(TotalsLine(rides=_count(sums), totals=totals_of(sums)))
        number = _number(job, at["parts"])
        part = self.files.upload(partner, job.id, at["upload"], number, bytes(content))
        checkpoint = {
            "upload": at["upload"],
            "parts": [*at["parts"], [part.number, part.tag]],
            "sums": sums,
            "after": after,
            "whole": after is None,
        }
        return Continue(checkpoint, Progress(_count(sums), _share(after, start, end)))


def _number(job: Job, parts: Sequence[Sequence[Any]]) -> int:
    first = (job.attempt - 1) * PARTS_OF_AN_ATTEMPT + 1
    number = max(first, parts[-1][0] + 1 if parts else 0)
    if number > MOST_PARTS:
        raise JobFailed("The statement is too large for one file: ask for a shorter period.")
    return number


def _summed(sums: Json, rides: Sequence[DrivenRide]) -> dict[str, Any]:
    found = {currency: (count, Decimal(amount)) for currency, (count, amount) in sums.items()}
    for ride in rides:
        count, amount = found.get(ride.price.currency, (0, Decimal(0)))
        found[ride.price.currency] = count + 1, amount + ride.price.amount
    return {currency: [count, str(amount)] for currency, (count, amount) in found.items()}


def _count(sums: Json) -> int:
    return sum(count for count, _ in sums.values())


def _share(after: Mapping[str, str] | None, start: datetime, end: datetime) -> float | None:
    """Tell by the time of the last ride how much of the period is read."""
    if after is None:
        return 1.0
    read = timedelta(milliseconds=int(after["at"])) - (start - _EPOCH)
    return max(0.0, min(1.0, read / (end - start)))


def _line(line: RideLine | TotalsLine) -> bytes:
    return line.model_dump_json(by_alias=True).encode() + b"\n"


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00Z")
