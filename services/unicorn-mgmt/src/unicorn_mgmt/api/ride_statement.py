"""The kind of job `ride-statement`: all rides that the partner has driven in a period, as a file, with totals."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AwareDatetime, Field

from unicorn_mgmt.adapters.partner_ride_table import DRIVEN_KEPT_FOR
from unicorn_mgmt.adapters.statement_files import StatementFiles
from unicorn_mgmt.domain.driven_ride import DrivenRide
from unicorn_mgmt.domain.job import Job
from wild_rydes_http.body import Representation
from wild_rydes_http.problem import FieldError

KIND: Final = "ride-statement"

READABLE_FOR: Final = timedelta(minutes=5)
"""How long the link to a statement works. Each look at the job gives a new one."""

_Amount = Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$")]


class Period(Representation):
    """The parameters: the first and the last day, in UTC. Rides of today are those that are known when the job is made."""

    from_: date
    to: date

    def problems(self, now: datetime) -> list[FieldError]:
        """Tell what is wrong with the period."""
        today = now.astimezone(UTC).date()
        found = []
        if self.from_ < today - DRIVEN_KEPT_FOR:
            found.append(FieldError("parameters.from", f"rides are kept for {DRIVEN_KEPT_FOR.days} days"))
        if self.to > today:
            found.append(FieldError("parameters.to", "lies in the future (UTC)"))
        if self.to < self.from_:
            found.append(FieldError("parameters.to", "is before `from`"))
        return found

    def bounds(self, made_at: datetime) -> tuple[datetime, datetime]:
        """Return the first instant, and the one that ends it: nothing that happens after the job was made is in it."""
        start = datetime(self.from_.year, self.from_.month, self.from_.day, tzinfo=UTC)
        end = datetime(self.to.year, self.to.month, self.to.day, tzinfo=UTC) + timedelta(days=1)
        return start, min(end, made_at)


class StatementRequest(Representation):
    """Asks for a statement."""

    kind: Literal["ride-statement"]
    parameters: Period


class PriceBody(Representation):
    """An amount of money."""

    amount: _Amount
    currency: str


class TotalBody(Representation):
    """So many rides, and what they cost together."""

    rides: int = Field(ge=0)
    total: PriceBody


class RideLine(Representation):
    """A line of the file: a ride."""

    type: Literal["ride"] = "ride"
    ride_id: str
    rfq_id: str
    completed_at: AwareDatetime
    price: PriceBody

    @classmethod
    def from_domain(cls, ride: DrivenRide) -> Self:
        """Make the line of a ride."""
        price = PriceBody(amount=str(ride.price.amount), currency=ride.price.currency)
        return cls(ride_id=ride.id, rfq_id=ride.rfq_id, completed_at=ride.completed_at, price=price)


class TotalsLine(Representation):
    """The last line of the file: without it the file is not whole."""

    type: Literal["totals"] = "totals"
    rides: int = Field(ge=0)
    totals: tuple[TotalBody, ...]


class StatementBody(Representation):
    """The result: counts, and the file. The link works for minutes: look at the job again for a new one."""

    rides: int = Field(ge=0)
    totals: tuple[TotalBody, ...]
    url: str
    url_expires_at: AwareDatetime


class StatementKind:
    """What the API knows of the kind."""

    request = StatementRequest
    alone = False

    def __init__(self, files: StatementFiles) -> None:
        self._files = files

    def problems(self, request: StatementRequest, now: datetime) -> list[FieldError]:
        """Tell what is wrong with a request that is well-formed."""
        return request.parameters.problems(now)

    def begin(self, job: Job) -> Job:
        """Prepare a job that is not written yet: nothing is needed."""
        return job

    def upload(self, job: Job, now: datetime) -> None:
        """Show how to upload a file: none is wanted."""

    def present(self, job: Job, now: datetime) -> StatementBody:
        """Show the result of a job that has one."""
        result: Any = job.result
        return StatementBody(
            rides=result["rides"],
            totals=totals_of(result["totals"]),
            url=self._files.url(job.partner_id, job.id, int(READABLE_FOR.total_seconds())),
            url_expires_at=now + READABLE_FOR,
        )


def totals_of(sums: dict[str, Sequence[Any]]) -> tuple[TotalBody, ...]:
    """Show sums by currency: each how many rides, and the amount as text."""
    return tuple(
        TotalBody(rides=rides, total=PriceBody(amount=str(Decimal(amount)), currency=currency))
        for currency, (rides, amount) in sorted(sums.items())
    )
