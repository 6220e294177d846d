"""The rules of a request for quotation (RFQ): who was asked, who answered, and when it is over. No I/O.

An RFQ is a fold over what is told to it. Answers, the fact of who was asked, and the deadline may come in any order,
twice, or never: `gather`, `close` and `cancel` never raise, and repeating any of them changes nothing.
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
"""What an RFQ is quoted in, unless a responder says otherwise."""

MAX_UNASKED = 50
"""Answers kept of responders that nobody has said were asked: the word may still come. More are not kept, so that a
forger cannot make the RFQ grow."""

MAX_RIDES = 50
"""Attempts to book that an RFQ remembers; the customer who needs more of them asks anew."""

MAX_RESPONDERS = 1000
"""Responders an RFQ has at most, whoever claims to have asked more: its item stays writable, so that it always closes."""


@dataclass(frozen=True, slots=True)
class Place:
    """A point on WGS 84, in degrees, and what the customer calls it."""

    lat: float
    lon: float
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Rating:
    """The scores that customers have given a responder: how many, and their sum."""

    count: int
    total: int

    @property
    def score(self) -> float:
        """Their mean, to one decimal."""
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
    """A no, with its reason as a short code."""

    reason: str


Answer: TypeAlias = Quote | Decline


@dataclass(frozen=True, slots=True)
class Responder:
    """What is known of one responder. One that was asked and has no answer is silent; `late` if it came after the close."""

    asked: bool
    answer: Answer | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Response:
    """What one message tells: whom its sender asked (None: it does not say), and answers by responder id."""

    asked: frozenset[str] | None = None
    answers: tuple[tuple[str, Answer], ...] = ()


@dataclass(frozen=True, slots=True)
class Completion:
    """How and when an RFQ was closed."""

    by: CompletedBy
    at: datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """How the responders behaved: asked = quoted + declined + silent. `late` ones are silent, too."""

    asked: int
    quoted: int
    declined: int
    silent: int
    late: int


@dataclass(frozen=True, slots=True)
class Rfq:
    """A customer's request for quotes, and the rides booked on it, of which at most the last one is live.

    `document` says that a status document is kept of it. `revision` counts the writes of it and belongs to the store.
    """

    id: str
    customer: str
    start: Place
    destination: Place
    created_at: datetime
    deadline: datetime
    responders: Mapping[str, Responder] = field(default_factory=dict)
    completion: Completion | None = None
    rides: tuple[Ride, ...] = ()
    document: bool = False
    revision: int = 0

    @property
    def status(self) -> Status:
        """Whether answers still count."""
        return "completed" if self.completion else "running"

    @property
    def phase(self) -> Phase:
        """How far it has come, from the question to the end of its last ride."""
        if not self.rides:
            return self.status
        status: RideStatus = self.rides[-1].status
        return "driven" if status == "completed" else status

    def completed_since(self, before: "Rfq") -> CompletedBy | None:
        """How the RFQ was completed since it was `before`; None when it was not, or had been before."""
        return self.completion.by if self.completion and not before.completion else None

    def gather(self, responses: Iterable[Response], now: datetime) -> "Rfq":
        """Take in responses, in their order.

        The first answer of a responder stands. Completes as soon as it is known who was asked and all of them have
        answered. What comes at or after the deadline, or after the close, is late: noted once per responder that was
        asked and silent, and never shown.
        """
        rfq = self.close(now)
        for response in responses:
            rfq = rfq._late(response) if rfq.completion else rfq._take(response, now)
        return rfq

    def close(self, now: datetime) -> "Rfq":
        """Complete at the deadline; before it, change nothing.

        It is over at the deadline, whenever that was noticed: `completion.at` is the deadline itself.
        """
        if self.completion or now < self.deadline:
            return self
        return replace(self, completion=Completion("deadline", self.deadline))

    def cancel(self, now: datetime) -> "Rfq":
        """Complete because the customer no longer wants it, unless it is over already."""
        rfq = self.close(now)
        return rfq if rfq.completion else replace(rfq, completion=Completion("cancelled", truncated(now)))

    def book(self, responder: str, now: datetime, key: str | None = None) -> "Rfq":
        """Begin a ride with the quote of this responder; change nothing when `key` has done so before.

        Raises NotBookable: still running, cancelled, no such quote, expired, a live ride, or a key used for another.
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
        # One that is past its deadline stands until its timer ends it: its failure has to be announced first.
        if any(ride.live for ride in self.rides) or len(self.rides) >= MAX_RIDES:
            raise NotBookable("taken")
        if now >= (quote.valid_until or self.completion.at + QUOTES_VALID_FOR):
            raise NotBookable("expired")
        at = truncated(now)
        return replace(self, rides=(*self.rides, Ride(responder, booked_at=at, changed_at=at, key=key)))

    def ride(self, number: int) -> Ride | None:
        """The ride of this number, counted from 1."""
        return self.rides[number - 1] if 1 <= number <= len(self.rides) else None

    def change_ride(self, number: int, transition: Transition) -> "Rfq":
        """Let something happen to a ride; nothing, if there is none of this number."""
        ride = self.ride(number)
        if ride is None:
            return self
        return replace(self, rides=(*self.rides[: number - 1], transition(ride), *self.rides[number:]))

    def quotes(self) -> list[tuple[str, Quote]]:
        """The quotes of those who were asked, by responder id, cheapest first, then the one who is there sooner.

        Amounts of different currencies do not compare: the default currency comes first, the others by their code.
        """
        found = [
            (key, r.answer) for key, r in self.responders.items() if r.asked and isinstance(r.answer, Quote)
        ]
        return sorted(found, key=lambda item: _rank(*item))

    def counts(self) -> Counts:
        """How those who were asked have behaved so far."""
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
        # An empty list of asked responders is word enough: nobody is there to wait for.
        told = response.asked is not None or any(r.asked for r in responders.values())
        complete = told and all(r.answer for r in responders.values() if r.asked)
        completion = Completion("all-answered", truncated(now)) if complete else None
        return replace(self, responders=responders, completion=completion)

    def _late(self, response: Response) -> "Rfq":
        late = {key for key, _ in response.answers if _is_silent(self.responders.get(key))}
        if not late:
            return self
        responders = {k: replace(r, late=True) if k in late else r for k, r in self.responders.items()}
        return replace(self, responders=responders)


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
