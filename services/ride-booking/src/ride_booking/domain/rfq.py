"""The rules of a request for quotation (RFQ): who was asked, who answered, and when it is over.

An RFQ is a fold over what it is told. Answers, the list of those asked, and the deadline may come in any
order, twice, or never: `gather`, `close` and `cancel` never raise, and repeating any of them changes nothing.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal, TypeAlias

from ride_booking.domain.ride import QUOTES_VALID_FOR, NotBookable, Ride, RideStatus, Transition
from wild_rydes_contracts.instants import truncated

CompletedBy: TypeAlias = Literal["all-answered", "deadline", "cancelled"]
Status: TypeAlias = Literal["running", "completed"]
Phase: TypeAlias = Literal["running", "completed", "pending", "confirmed", "rejected", "driven"]

DEFAULT_CURRENCY = "USD"
"""The currency of quotes, unless a responder names another."""

MAX_UNASKED = 50
"""Answers kept from responders not known to have been asked: that may still become known.

Without a limit, a forger could make the RFQ grow.
"""

MAX_RIDES = 50
"""Attempts to book that an RFQ allows; a customer who needs more requests new quotes."""

MAX_RESPONDERS = 1000
"""Responders an RFQ keeps at most, so that its item stays writable and the RFQ always closes."""


@dataclass(frozen=True, slots=True)
class Place:
    """A point on WGS 84, in degrees, and what the customer calls it."""

    lat: float
    lon: float
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Rating:
    """The scores that customers have given a responder: how many there are, and their sum."""

    count: int
    total: int

    @property
    def score(self) -> float:
        """The mean of the scores, to one decimal."""
        return round(self.total / self.count, 1)


@dataclass(frozen=True, slots=True)
class Quote:
    """An offer for the whole ride. `cents` are hundredths of the currency's unit."""

    cents: int
    pickup_seconds: int
    currency: str = DEFAULT_CURRENCY
    name: str | None = None
    valid_until: datetime | None = None
    rating: Rating | None = None


@dataclass(frozen=True, slots=True)
class Decline:
    """A refusal to quote, with its reason as a short code."""

    reason: str


Answer: TypeAlias = Quote | Decline


@dataclass(frozen=True, slots=True)
class Responder:
    """One responder.

    If it was asked and has no answer, it is silent; `late` means that it answered after the close.
    """

    asked: bool
    answer: Answer | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """The content of one message: whom its sender asked (None if unsaid), and answers by responder id."""

    asked: frozenset[str] | None = None
    answers: tuple[tuple[str, Answer], ...] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """How and when an RFQ was closed."""

    by: CompletedBy
    at: datetime


@dataclass(frozen=True, slots=True)
class Quoted:
    """When the first quote that the customer sees came, and when the last one."""

    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """How many responders did what: asked = quoted + declined + silent. Late ones count as silent, too."""

    asked: int
    quoted: int
    declined: int
    silent: int
    late: int


@dataclass(frozen=True, slots=True)
class Rfq:
    """A customer's request for quotes, and the rides booked on it, of which at most the last one is live.

    `document` says that the RFQ has a status document. `revision` counts the writes; only the table changes
    it.
    """

    id: str
    customer: str
    start: Place
    destination: Place
    created_at: datetime
    deadline: datetime
    responders: Mapping[str, Responder] = field(default_factory=dict)
    completion: Completion | None = None
    quoted: Quoted | None = None
    rides: tuple[Ride, ...] = ()
    document: bool = False
    revision: int = 0

    @property
    def status(self) -> Status:
        """Whether answers still count."""
        return "completed" if self.completion else "running"

    @property
    def phase(self) -> Phase:
        """How far the RFQ has come, from the request to the end of its last ride."""
        if not self.rides:
            return self.status
        status: RideStatus = self.rides[-1].status
        return "driven" if status == "completed" else status

    def completed_since(self, before: "Rfq") -> CompletedBy | None:
        """Tell how the RFQ was completed after it was `before`; None if it was not, or had been already."""
        return self.completion.by if self.completion and not before.completion else None

    def gather(self, responses: Iterable[Response], now: datetime) -> "Rfq":
        """Take in responses, in order.

        The first answer of a responder stands. The RFQ completes once it is known who was asked and all of
        them have answered. An answer at or after the deadline, or after the close, is late: it is noted once
        for each responder that was asked and silent, and never shown.
        """
        rfq = self.close(now)
        for response in responses:
            rfq = rfq._late(response) if rfq.completion else rfq._take(response, now)
        return rfq

    def close(self, now: datetime) -> "Rfq":
        """Complete the RFQ at its deadline; before it, change nothing.

        `completion.at` is the deadline itself, however late that is noticed.
        """
        if self.completion or now < self.deadline:
            return self
        return replace(self, completion=Completion("deadline", self.deadline))

    def elapse(self, now: datetime) -> "Rfq":
        """Apply what time alone brings: the close at the deadline, and the end of bookings without an answer.

        Timers do it in time. Where one was lost, whoever looks does it.
        """
        rfq = self.close(now)
        rides = tuple(ride.time_out(now) for ride in rfq.rides)
        return rfq if rides == rfq.rides else replace(rfq, rides=rides)

    def cancel(self, now: datetime) -> "Rfq":
        """Complete the RFQ because its customer no longer wants it, unless it is over already."""
        rfq = self.close(now)
        return rfq if rfq.completion else replace(rfq, completion=Completion("cancelled", truncated(now)))

    def book(self, responder: str, now: datetime, key: str | None = None) -> "Rfq":
        """Begin a ride with the quote of this responder; change nothing if `key` has booked it before.

        Raises NotBookable if the RFQ is running or cancelled, if there is no such quote or it has expired, if
        another ride is live, if there were too many attempts, or if `key` has booked another quote.
        """
        for ride in self.rides:
            if key is not None and ride.key == key:
                if ride.responder != responder:
                    raise NotBookable("key-reused")
                return self
        if self.completion is None:
            raise NotBookable("running")
        if self.completion.by == "cancelled":
            raise NotBookable("cancelled")
        quote = dict(self.quotes()).get(responder)
        if quote is None:
            raise NotBookable("unknown-quote")
        # A pending ride past its deadline stays live until its timer ends it: its failure is announced first.
        if any(ride.live for ride in self.rides):
            raise NotBookable("taken")
        if len(self.rides) >= MAX_RIDES:
            raise NotBookable("too-many-attempts")
        if self._expired(quote, now):
            raise NotBookable("expired")
        at = truncated(now)
        return replace(self, rides=(*self.rides, Ride(responder, booked_at=at, changed_at=at, key=key)))

    def ride(self, number: int) -> Ride | None:
        """Return the ride of this number, counted from 1; None if there is none."""
        return self.rides[number - 1] if 1 <= number <= len(self.rides) else None

    def change_ride(self, number: int, transition: Transition) -> "Rfq":
        """Apply a transition to the ride of this number; change nothing if there is none."""
        ride = self.ride(number)
        if ride is None:
            return self
        return replace(self, rides=(*self.rides[: number - 1], transition(ride), *self.rides[number:]))

    def quotes(self, now: datetime | None = None) -> list[tuple[str, Quote]]:
        """List the quotes of those who were asked, by responder id: the cheapest first, then the soonest.

        Amounts in different currencies are not comparable: the default currency comes first, the others by
        their code. Those that have expired by `now` can no longer be booked, and come last.
        """
        found = [
            (key, r.answer) for key, r in self.responders.items() if r.asked and isinstance(r.answer, Quote)
        ]
        return sorted(found, key=lambda item: (self._expired(item[1], now), *_rank(*item)))

    def _expired(self, quote: Quote, now: datetime | None) -> bool:
        """Tell whether a quote's own time is over or, if it names none, that of all quotes after the end."""
        until = quote.valid_until
        if until is None and self.completion:
            until = self.completion.at + QUOTES_VALID_FOR
        return now is not None and until is not None and until <= now

    def counts(self) -> Counts:
        """Count what those who were asked have done so far."""
        asked = [r for r in self.responders.values() if r.asked]
        return Counts(
            asked=len(asked),
            quoted=sum(isinstance(r.answer, Quote) for r in asked),
            declined=sum(isinstance(r.answer, Decline) for r in asked),
            silent=sum(r.answer is None for r in asked),
            late=sum(r.late for r in asked),
        )

    def _take(self, response: Response, now: datetime) -> "Rfq":
        responders = dict(self.responders)
        for key in sorted(response.asked or ()):
            if known := responders.get(key):
                responders[key] = replace(known, asked=True)
            elif len(responders) < MAX_RESPONDERS:
                responders[key] = Responder(asked=True)
        unasked = sum(not r.asked for r in responders.values())
        for key, answer in response.answers:
            known = responders.get(key)
            if known is None and unasked < MAX_UNASKED:
                responders[key] = Responder(asked=False, answer=answer)
                unasked += 1
            elif known and known.answer is None:
                responders[key] = replace(known, answer=answer)
        # An empty list of those asked is an answer, too: there is nobody to wait for.
        known_who = response.asked is not None or any(r.asked for r in responders.values())
        complete = known_who and all(r.answer for r in responders.values() if r.asked)
        at = truncated(now)
        return replace(
            self,
            responders=responders,
            completion=Completion("all-answered", at) if complete else None,
            quoted=self._quoted_at(at) if _quotes(responders) > _quotes(self.responders) else self.quoted,
        )

    def _quoted_at(self, at: datetime) -> Quoted:
        return Quoted(self.quoted.first if self.quoted else at, at)

    def _late(self, response: Response) -> "Rfq":
        late = {key for key, _ in response.answers if _is_silent(self.responders.get(key))}
        if not late:
            return self
        responders = {k: replace(r, late=True) if k in late else r for k, r in self.responders.items()}
        return replace(self, responders=responders)


def _quotes(responders: Mapping[str, Responder]) -> int:
    return sum(r.asked and isinstance(r.answer, Quote) for r in responders.values())


def _is_silent(responder: Responder | None) -> bool:
    return responder is not None and responder.asked and responder.answer is None


def _rank(key: str, quote: Quote) -> tuple[bool, str, int, int, str]:
    return (
        quote.currency != DEFAULT_CURRENCY,
        quote.currency,
        quote.cents,
        quote.pickup_seconds,
        key,
    )
