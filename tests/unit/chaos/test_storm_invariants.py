"""What is checked after a storm finds each thing that may go wrong, planted into a small world in which nothing did."""

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import pytest

from infra.rydes.simulators.phones.model import Sms
from tests.chaos.storm.heard import Heard
from tests.chaos.storm.invariants import verdicts
from tests.chaos.storm.plan import plan
from tests.chaos.storm.storm import Outcome
from tests.chaos.storm.story import Answer, Booking, Story
from tests.chaos.storm.weather import Fault
from tests.support.riders import ASKED, OPTED_OUT

T = 1_800_000_000.0
"""When it began."""
NUMBER = "+14255550143"
POISON = "poison-1"


def event(name: str, event_id: str, at: float, **data: Any) -> dict[str, Any]:
    instant = datetime.fromtimestamp(at, UTC).isoformat()
    metadata = {"event_id": event_id, "occurred_at": instant}
    return {"detail-type": name, "time": instant, "detail": {"metadata": metadata, "data": data}}


def sms(index: int, text: str = ASKED) -> Sms:
    return Sms(f"s{index}", NUMBER, text, True, T, "+1", {"ride": "rfq.1", "sms": str(index)})


class World(SimpleNamespace):
    """An outcome whose parts a test may change."""

    events: list[dict[str, Any]]

    @property
    def outcome(self) -> Outcome:
        self.heard = Heard(lambda: self.events)
        return cast("Outcome", self)

    def violated(self) -> list[str]:
        return [verdict.claim for verdict in verdicts(self.outcome) if verdict.violations]


def good() -> World:
    """One RFQ with a quote by rate card and one by hand, a ride, and a score."""
    ids = {"ride_id": "rfq.1", "rfq_id": "rfq", "responder_id": "u-1"}
    counts = {"asked": 2, "quoted": 2, "declined": 0, "silent": 0, "late": 0}
    price = {"amount": "20.00", "currency": "USD"}
    quotes = [{"responder-id": "u-1", "price": price}, {"responder-id": "u-2", "price": price}]
    some = plan(1, 1)
    story = Story(
        some.journeys[0].__class__(0, 0, 0, 0, 60, 1, True, "books"),
        cast("Any", SimpleNamespace(name="amy")),
        NUMBER,
        rfq_id="rfq",
        deadline=T + 60,
        result={"completed-by": "all-answered", "responders": counts, "quotes": quotes},
        watched={"quotes": quotes},
        bookings=[Booking("rfq.1", "u-1", NUMBER, {"status": "completed"})],
    )
    parked = SimpleNamespace(
        id="m",
        queue="q-parking",
        body=f"[{POISON}-0",
        cause=SimpleNamespace(error="Invalid", reason="no JSON"),
    )
    return World(
        plan=SimpleNamespace(poison=[(0, "q")]),
        stories=[story],
        notes=SimpleNamespace(
            answers=[Answer("u-2", "rfq", "20.00", T)], endings={("u-1", "rfq.1"): "completion"}, wrong=[]
        ),
        events=[
            event("RfqRequested", "1", T, rfq_id="rfq"),
            event("RfqCompleted", "2", T + 1, rfq_id="rfq", responders=counts),
            event("RideConfirmed", "3", T + 2, **ids),
            event("RideCompleted", "4", T + 3, **ids),
            event("FeedbackReceived", "5", T + 4, **ids, score=8),
        ],
        herd=SimpleNamespace(
            sites=[{"u-1": None, "u-2": None}], by_hand={"u-2"}, prices={"u-1": Decimal("20.00")}
        ),
        weather=SimpleNamespace(faults=[Fault(T, "killed", "ride-booking-api")]),
        calm=SimpleNamespace(waited=set(), conversations={"rfq.1": {"status": "ended"}}),
        left=[],
        books={"p-comet": {}},
        texts={NUMBER: [sms(0), sms(1, "Thank you!")]},
        replies={NUMBER: ("8",)},
        listed={"amy": {"rfq"}},
        rated={"u-1": {"count": 1, "score": 8.0}, "u-2": {}},
        busy=[],
        parked=[parked],
        poison=POISON,
    )


def change(event_name: str, **data: Any) -> Callable[[World], None]:
    def plant(world: World) -> None:
        for each in world.events:
            if each["detail-type"] == event_name:
                each["detail"]["data"] |= data

    return plant


def without(event_name: str) -> Callable[[World], None]:
    def plant(world: World) -> None:
        world.events[:] = [each for each in world.events if each["detail-type"] != event_name]

    return plant


def doubled(event_name: str) -> Callable[[World], None]:
    """Not repeated: under an id of its own."""

    def plant(world: World) -> None:
        twin = copy.deepcopy(next(each for each in world.events if each["detail-type"] == event_name))
        twin["detail"]["metadata"]["event_id"] = "another"
        world.events.append(twin)

    return plant


def put(path: str, value: Any) -> Callable[[World], None]:
    """Set an attribute of the story, as `result.quotes`, or of the world."""

    def plant(world: World) -> None:
        *parents, last = path.split(".")
        found: Any = world
        for name in parents:
            found = (
                found[int(name)]
                if name.isdigit()
                else found[name]
                if isinstance(found, dict)
                else getattr(found, name)
            )
        if isinstance(found, dict):
            found[last] = value
        else:
            setattr(found, last, value)

    return plant


def other_ride_meanwhile(world: World) -> None:
    ids = {"ride_id": "rfq2.1", "rfq_id": "rfq2", "responder_id": "u-1"}
    world.events += [event("RideConfirmed", "7", T + 2.5, **ids), event("RideCompleted", "8", T + 9, **ids)]


PLANTED: dict[str, tuple[Callable[[World], None], str]] = {
    "a strange answer": (put("stories.0.wrong", ["409"]), "every journey ends"),
    "no end": (put("stories.0.result", {}), "every journey ends"),
    "a second RFQ": (put("listed.amy", {"rfq", "rfq2"}), "a key is one RFQ"),
    "announced twice": (doubled("RfqRequested"), "a key is one RFQ"),
    "lost completion": (without("RfqCompleted"), "an RFQ completes once"),
    "completed twice": (doubled("RfqCompleted"), "an RFQ completes once"),
    "an end after the deadline": (put("stories.0.deadline", T - 5), "… by its deadline"),
    "a price of nobody's": (put("herd.prices", {"u-1": Decimal(1)}), "… with the quotes"),
    "a quote that nobody gave": (put("notes.answers", []), "… with the quotes"),
    "a lost quote": (put("stories.0.result.quotes", []), "… with the quotes"),
    "a socket that shows less": (put("stories.0.watched.quotes", []), "… with the quotes"),
    "a sum": (put("stories.0.result.responders.asked", 3), "… asked ="),
    "other counts on the bus": (change("RfqCompleted", responders={"asked": 9, "quoted": 2, "declined": 0, "silent": 7}), "… asked ="),
    "a booking without an end": (put("stories.0.bookings.0.end", {"status": "pending"}), "a booking ends"),
    "an end that nobody told": (without("RideCompleted"), "a booking ends"),
    "an end told twice": (doubled("RideCompleted"), "a booking ends"),
    "two rides at once": (other_ride_meanwhile, "a unicorn has one ride"),
    "a ride for ever": (put("busy", ["u-1"]), "a unicorn has one ride"),
    "a ride that no unicorn made": (put("notes.endings", {}), "customer, unicorn or partner"),
    "a ride of somebody else's": (change("RideCompleted", responder_id="u-2"), "customer, unicorn or partner"),
    "nobody asked": (put("texts", {NUMBER: []}), "whoever had a ride"),
    "asked twice": (put("texts", {NUMBER: [sms(0), sms(0)]}), "an SMS comes once"),
    "an SMS after STOP": (put("texts", {NUMBER: [sms(0), sms(1, OPTED_OUT), sms(2)]}), "none comes after STOP"),
    "a lost score": (without("FeedbackReceived"), "a score counts once"),
    "a score told twice": (doubled("FeedbackReceived"), "a score counts once"),
    "another score": (change("FeedbackReceived", score=1), "a score counts once"),
    "a score counted twice": (put("rated", {"u-1": {"count": 2, "score": 8.0}}), "a score counts once"),
    "something stuck": (put("left", ["1 messages in q"]), "a message is consumed"),
    "poison that has vanished": (put("parked", []), "a message is consumed"),
}  # fmt: skip


def test_a_good_world_holds() -> None:
    assert good().violated() == []
    assert all(verdict.looked_at for verdict in verdicts(good().outcome))


@pytest.mark.parametrize("what", PLANTED)
def test_what_is_planted_is_found(what: str) -> None:
    plant, claim = PLANTED[what]
    world = good()
    plant(world)
    assert any(violated.startswith(claim) for violated in world.violated())


def test_repetitions_and_what_was_late_because_of_a_fault_are_fine() -> None:
    world = good()
    world.events += copy.deepcopy(world.events)
    for each in world.events:
        each["time"] = datetime.fromtimestamp(T + 200, UTC).isoformat()
    world.weather.faults.append(Fault(T + 150, "killed", "ride-booking-closer"))
    assert world.violated() == []


@pytest.mark.parametrize(("reason", "fine"), [("timeout", True), ("unicorn-busy", False)])
def test_a_ride_may_be_driven_whose_booking_has_failed_if_it_ran_out_of_time(reason: str, fine: bool) -> None:
    world = good()
    world.stories[0].bookings[0].end = {"status": "rejected", "reason": reason}
    world.events.append(
        event(
            "RideBookingFailed", "9", T + 3, ride_id="rfq.1", rfq_id="rfq", responder_id="u-1", reason=reason
        )
    )
    assert (world.violated() == []) is fine


def test_an_rfq_that_is_told_long_after_the_last_fault_is_late() -> None:
    world = good()
    for each in world.events:
        each["time"] = datetime.fromtimestamp(T + 200, UTC).isoformat()
    assert [claim for claim in world.violated() if "by its deadline" in claim]
