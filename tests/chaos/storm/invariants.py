"""What must be true after a storm, as it is seen from outside."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import Final

from infra.rydes.scenarios.customers import MERCER_ISLAND
from infra.rydes.scenarios.rfq import SEA_TAC
from infra.rydes.simulators.partners.fleets import FLEETS
from infra.rydes.simulators.phones.model import Sms
from tests.chaos.storm.heard import data_of, occurred_at, told_at
from tests.chaos.storm.storm import Outcome
from tests.chaos.storm.story import Booking, Story
from tests.support.clients import Json
from tests.support.riders import OPTED_OUT

SLACK: Final = 60.0
"""Seconds by which an RFQ may end after its deadline, or after the last fault on its way if that came later. A message is hidden
for nine or ten seconds from a killed worker's successor, and one that AWS was too busy for is tried again after 30 at most."""
_ON_ITS_WAY: Final = (
    "ride-booking-",
    "unicorn-mgmt-responder",
    "unicorn-mgmt-inbox",
    "unicorn-mgmt-outbox",
    "unicorn-mgmt-p-",
)
_COUNTS: Final = ("asked", "quoted", "declined", "silent")


@dataclass(frozen=True)
class Verdict:
    """Whether something is true of everything that it was looked at for."""

    claim: str
    looked_at: int
    violations: list[str]


def verdicts(outcome: Outcome) -> list[Verdict]:
    """Look at everything."""
    return [Verdict(claim, *_counted(check(outcome))) for claim, check in _CHECKS.items()]


def _counted(found: Iterator[tuple[str, ...]]) -> tuple[int, list[str]]:
    each = list(found)
    return len(each), [violation for some in each for violation in some]


Looked = Iterator[tuple[str, ...]]
"""For each thing that is looked at, what is wrong with it."""


def _wrong(*problems: str | None) -> tuple[str, ...]:
    return tuple(filter(None, problems))


def _asked(outcome: Outcome) -> list[Story]:
    return [story for story in outcome.stories if story.rfq_id]


def _rides(outcome: Outcome) -> list[Booking]:
    return [booking for story in outcome.stories for booking in story.bookings]


def overtaken(outcome: Outcome) -> set[str]:
    """Rides that were confirmed and driven, while news of that came after the booking's minute: to the customer they failed.

    A responder cannot know that. Nothing undoes a rejection (services/ride-booking/README.md), and nothing a ride.
    """
    driven = outcome.heard.once("RideCompleted", "ride_id").keys()
    return {each.ride_id for each in _rides(outcome) if each.end.get("reason") == "timeout"} & driven


def nothing_unexpected(outcome: Outcome) -> Looked:
    """Customers, unicorns and partners get no answer that they should not get, and all journeys end."""
    for story in outcome.stories:
        yield _wrong(*story.wrong, None if story.result else f"journey {story.journey.number} has no end")
    yield tuple(outcome.notes.wrong)


def completes_once(outcome: Outcome) -> Looked:
    """An RFQ completes with one event, whose repetitions say the same."""
    completed = outcome.heard.once("RfqCompleted", "rfq_id")
    for story in _asked(outcome):
        events = completed.get(story.rfq_id, [])
        yield _wrong(f"{story.rfq_id}: {len(events)} RfqCompleted" if len(events) != 1 else None)


def one_key_one_rfq(outcome: Outcome) -> Looked:
    """A customer has the RFQs that were accepted, and no other, and each was announced once."""
    requested = outcome.heard.once("RfqRequested", "rfq_id")
    for customer, listed in outcome.listed.items():
        own = {story.rfq_id for story in _asked(outcome) if story.customer.name == customer}
        yield _wrong(f"{customer} has {listed}, not {own}" if listed != own else None)
    for story in _asked(outcome):
        count = len(requested.get(story.rfq_id, []))
        yield _wrong(f"{story.rfq_id}: {count} RfqRequested" if count != 1 else None)


def ends_in_time(outcome: Outcome) -> Looked:
    """An RFQ ends at its deadline at the latest, and is told so not much later than that, or than the last fault."""
    completed = outcome.heard.once("RfqCompleted", "rfq_id")
    faults = sorted(fault.at for fault in outcome.weather.faults if fault.function.startswith(_ON_ITS_WAY))
    for story in _asked(outcome):
        for event in completed.get(story.rfq_id, []):
            told = told_at(event)
            held = max((at for at in faults if at <= told), default=0.0)
            late = told - max(story.deadline, held)
            yield _wrong(
                f"{story.rfq_id} was told {late:.0f} s late" if late > SLACK else None,
                f"{story.rfq_id} ended after its deadline"
                if occurred_at(event) > story.deadline + 1  # the answer has it to the second
                else None,
            )


def quotes_are_those_given(outcome: Outcome) -> Looked:
    """A result has the quotes that responders gave in time, at their prices, and a socket showed the same."""
    by_hand = {(a.unicorn, a.rfq_id): a for a in outcome.notes.answers}
    for story in _asked(outcome):
        site = story.journey.site
        quoted = {q["responder-id"]: Decimal(q["price"]["amount"]) for q in story.result.get("quotes", ())}
        problems: list[str | None] = []
        for responder, amount in quoted.items():
            if site is None:
                ends = [(place.lat, place.lon) for place in (MERCER_ISLAND, SEA_TAC)]
                right = FLEETS[responder].tariff.price(*ends) if responder in FLEETS else None
            elif responder in outcome.herd.by_hand:
                given = by_hand.get((responder, story.rfq_id))
                right = Decimal(given.amount) if given and given.amount else None
            else:
                here = outcome.herd.sites[site]
                right = outcome.herd.prices.get(responder) if responder in here else None
            problems.append(
                f"{story.rfq_id}: {responder} quoted {right}, not {amount}" if amount != right else None
            )
        for (unicorn, rfq), given in by_hand.items():
            lost = rfq == story.rfq_id and given.amount and unicorn not in quoted
            in_time = story.result.get("completed-by") == "all-answered" or (
                story.result.get("completed-by") == "deadline" and given.at + SLACK < story.deadline
            )
            problems.append(f"{rfq} has lost the quote of {unicorn}" if lost and in_time else None)
        if story.watched is not None:
            shown = {q["responder-id"] for q in story.watched["quotes"]}
            problems.append(f"{story.rfq_id}: a socket showed {shown}" if shown != quoted.keys() else None)
        yield _wrong(*problems)


def counts_add_up(outcome: Outcome) -> Looked:
    """Asked are those that quoted, declined or were silent; event and result say the same."""
    completed = outcome.heard.once("RfqCompleted", "rfq_id")
    for story in _asked(outcome):
        counts, by = story.result.get("responders"), story.result.get("completed-by")
        if counts is None:
            continue
        told = [data_of(event)["responders"] for event in completed.get(story.rfq_id, [])]
        sums = counts["asked"] == sum(counts[name] for name in _COUNTS[1:])
        same = all(each[name] == counts[name] for each in told for name in _COUNTS)
        silent = {
            "all-answered": counts["silent"] == 0,
            "deadline": counts["silent"] > 0 or not counts["asked"],
        }
        yield _wrong(
            None if sums and counts["quoted"] == len(story.result["quotes"]) else f"{story.rfq_id}: {counts}",
            None if same else f"{story.rfq_id}: {counts}, but told {told}",
            None if silent.get(str(by), True) else f"{story.rfq_id} ended by {by}: {counts}",
        )


def bookings_end(outcome: Outcome) -> Looked:
    """A booking ends completed or rejected, and that is told once."""
    ends = {"completed": "RideCompleted", "rejected": "RideBookingFailed"}
    events = {name: outcome.heard.once(name, "ride_id") for name in ends.values()}
    late = overtaken(outcome)
    for booking in _rides(outcome):
        status = booking.end.get("status", "without an end")
        told = {name: len(found.get(booking.ride_id, [])) for name, found in events.items()}
        right = {name: int(name == ends.get(status)) for name in events}
        if booking.ride_id in late:
            right["RideCompleted"] = 1
        reasons = {data_of(e)["reason"] for e in events["RideBookingFailed"].get(booking.ride_id, [])}
        known = {booking.end["reason"]} if "reason" in booking.end else set()
        yield _wrong(
            f"{booking.ride_id} is {status}, but told: {told}" if told != right else None,
            f"{booking.ride_id} was rejected: {known}, but told: {reasons}" if reasons - known else None,
        )


def one_ride_at_a_time(outcome: Outcome) -> Looked:
    """A unicorn confirms no ride before the end of the one that it has, and has none in the end."""
    begun = outcome.heard.once("RideConfirmed", "ride_id")
    ended: dict[str, float] = {}
    for name in ("RideCompleted", "RideRejected", "RideBookingFailed"):
        for ride, events in outcome.heard.once(name, "ride_id").items():
            ended[ride] = min(ended.get(ride, float("inf")), *(occurred_at(event) for event in events))
    by_unicorn: dict[str, list[tuple[float, float, str]]] = {}
    for ride, events in begun.items():
        unicorn = data_of(events[0])["responder_id"]
        times = (occurred_at(events[0]), ended.get(ride, float("inf")), ride)
        by_unicorn.setdefault(unicorn, []).append(times)
    for here in outcome.herd.sites:
        for unicorn in here:
            rides = sorted(by_unicorn.get(unicorn, []))
            both = [f"{unicorn} had {a[2]} and {b[2]} at once" for a, b in pairwise(rides) if b[0] < a[1]]
            yield _wrong(*both, f"{unicorn} still has a ride" if unicorn in outcome.busy else None)


def all_agree(outcome: Outcome) -> Looked:
    """Customer, unicorn or partner, and events say the same of a ride."""
    completed, late = outcome.heard.once("RideCompleted", "ride_id"), overtaken(outcome)
    for booking in _rides(outcome):
        ride, responder = booking.ride_id, booking.responder
        for_customer = booking.end.get("status") == "completed" or ride in late
        if responder in outcome.books:
            state = outcome.books[responder].get(ride, "unknown")
            # What we give up is cancelled there, unless it was driven before the partner heard of that.
            given_up = booking.end.get("status") == "rejected"
            driven, fine = state == "completed" and not given_up, state != "confirmed"
        else:
            state = outcome.notes.endings.get((responder, ride), "unknown")
            driven, fine = state == "completion", True
        events = completed.get(ride, [])
        told = {(data_of(event)["responder_id"], data_of(event)["rfq_id"]) for event in events}
        right = {(responder, ride.rpartition(".")[0])} if for_customer else set()
        yield _wrong(
            f"{ride}: {booking.end.get('status')} {booking.end.get('reason', '')} for the customer, {state} at {responder}"
            if driven != for_customer or not fine
            else None,
            f"{ride}: told of {told}" if told != right else None,
        )


def one_sms_a_step(outcome: Outcome) -> Looked:
    """An SMS comes once, but for one of which nothing was heard for a quarter of an hour. One ride a customer is asked about."""
    for number, texts in outcome.texts.items():
        steps = Counter((sms.context["ride"], sms.context["sms"]) for sms in texts)
        rides = {ride for ride, _ in steps}
        yield _wrong(
            *(
                f"SMS {index} about {ride} came {count} times"
                for (ride, index), count in steps.items()
                if count > 1 + (ride in outcome.calm.waited)
            ),
            f"{number[-4:]} was asked about {len(rides)} rides" if len(rides) > 1 else None,
        )


def all_are_asked(outcome: Outcome) -> Looked:
    """Whoever has had a ride is asked how it was, and nobody else."""
    late = overtaken(outcome)
    riders = {
        each.number
        for each in _rides(outcome)
        if each.end.get("status") == "completed" or each.ride_id in late
    }
    for number, texts in outcome.texts.items():
        asked, owed = bool(texts), number in riders
        yield _wrong(f"{number[-4:]}: asked {asked}, has had a ride {owed}" if asked != owed else None)


def nothing_after_stop(outcome: Outcome) -> Looked:
    """The confirmation of a STOP comes once, and is the last SMS."""
    for number, texts in outcome.texts.items():
        confirmed = [n for n, sms in enumerate(texts) if OPTED_OUT in sms.text]
        wrong = confirmed not in ([], [len(texts) - 1])
        yield _wrong(f"{number[-4:]} got SMS after STOP, or two confirmations" if wrong else None)


def scores_count_once(outcome: Outcome) -> Looked:
    """A score is told once, as the customer gave it, and counts once in its unicorn's next quotes."""
    received = outcome.heard.once("FeedbackReceived", "ride_id")
    total: dict[str, list[int]] = {}
    rides = {booking.ride_id for booking in _rides(outcome)}
    for ride in sorted(received.keys() & rides):
        events = [data_of(event) for event in received[ride]]
        said = _said(outcome, ride)
        total.setdefault(events[0]["responder_id"], []).append(events[0]["score"])
        yield _wrong(
            f"{ride}: {len(events)} FeedbackReceived" if len(events) != 1 else None,
            f"{ride}: {events[0]['score']} was told, {said} was said" if events[0]["score"] != said else None,
        )
    for ride, conversation in outcome.calm.conversations.items():
        said = _said(outcome, ride)
        lost = conversation and said is not None and ride not in received
        yield _wrong(f"{ride}: the score {said} was lost" if lost else None)
    for unicorn, rating in outcome.rated.items():
        scores = total.get(unicorn, [])
        right = {"count": len(scores), "score": round(sum(scores) / len(scores), 1)} if scores else {}
        yield _wrong(f"{unicorn} tells {rating}, not {right}" if rating != right else None)


def _said(outcome: Outcome, ride: str) -> int | None:
    """The score that the customer of a ride gave, if there was one."""
    conversation: Json = outcome.calm.conversations.get(ride) or {}
    number = next(booking.number for booking in _rides(outcome) if booking.ride_id == ride)
    texts: list[Sms] = outcome.texts[number]
    replies = outcome.replies[number]
    scores = [int(reply.partition("&")[0]) for reply in replies if reply.partition("&")[0].isdecimal()]
    asked = conversation and any(sms.context["ride"] == ride for sms in texts)
    return scores[0] if asked and scores else None


def consumed_or_parked(outcome: Outcome) -> Looked:
    """Queues are empty, and only what nobody can read is parked, with the reason."""
    for left in outcome.left:
        yield _wrong(f"did not come to its end: {left}")
    for each in outcome.parked:
        poison, why = outcome.poison in each.body, each.cause.error
        yield _wrong(
            None if poison else f"{each.queue} has {each.id}: {each.cause.error} {each.cause.reason}",
            None if why else f"{each.queue} has {each.id} without a reason",
        )
    for number in range(len(outcome.plan.poison)):
        marker = f"[{outcome.poison}-{number}"
        parked = any(each.body == marker for each in outcome.parked)
        yield _wrong(None if parked else f"{marker} is neither handled nor parked")


_CHECKS: Final[dict[str, Callable[[Outcome], Looked]]] = {
    "every journey ends, and nobody gets an answer that should not be": nothing_unexpected,
    "a key is one RFQ, which is announced once": one_key_one_rfq,
    "an RFQ completes once": completes_once,
    f"… by its deadline, told within {SLACK:.0f} s of it or of the last fault on its way": ends_in_time,
    "… with the quotes that were given in time, at their prices": quotes_are_those_given,
    "… asked = quoted + declined + silent": counts_add_up,
    "a booking ends, which is told once": bookings_end,
    "a unicorn has one ride at a time, and none in the end": one_ride_at_a_time,
    "customer, unicorn or partner, and events agree on a ride": all_agree,
    "whoever had a ride is asked how it was": all_are_asked,
    "an SMS comes once, about one ride": one_sms_a_step,
    "none comes after STOP": nothing_after_stop,
    "a score counts once": scores_count_once,
    "a message is consumed, or parked with its reason": consumed_or_parked,
}
