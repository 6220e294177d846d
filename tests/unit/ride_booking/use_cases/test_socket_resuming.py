"""A customer who subscribes has the present state, whatever was lost before, came twice, or comes too early."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ride_booking.adapters.watchers import Watchers
from ride_booking.domain.rfq import Quote, Response, Rfq
from ride_booking.use_cases.notifier import Notifier
from tests.support.ride_booking.connections import Connections, subscribe
from tests.support.ride_booking.world import NOW, TABLE, World, record
from wild_rydes_http.sockets import Sockets

RESPONDERS = [f"u-{number}" for number in range(5)]


class Screen:
    """What a customer's app shows. It does what the socket's document says, and nothing else."""

    def __init__(self) -> None:
        self.shown: dict[str, Any] | None = None
        self._updates: list[dict[str, Any]] = []

    def hear(self, message: dict[str, Any]) -> None:
        if message["type"] == "snapshot":
            self.shown = message
        else:
            self._updates.append(message)
        for update in sorted(self._updates, key=lambda each: each["revision"]):
            if self.shown and update["revision"] > self.shown["revision"]:
                self.shown = {
                    **self.shown,
                    **update,
                    "quotes": [*self.shown["quotes"], *update["quotes"]],
                    "rides": [*self.shown["rides"], *update["rides"]],
                }

    def says(self) -> tuple[Any, ...]:
        assert self.shown
        return (
            self.shown["status"],
            {quote["quote-id"] for quote in self.shown["quotes"]},
            {ride["id"]: ride["status"] for ride in self.shown["rides"]},
        )


def changes() -> list[Callable[[Rfq], Rfq]]:
    """All responders quote, one after the other, and the first is booked."""

    def quoted(responder: str) -> Callable[[Rfq], Rfq]:
        response = Response(asked=frozenset(RESPONDERS), answers=((responder, Quote(100, 1)),))
        return lambda rfq: rfq.gather([response], NOW)

    return [*map(quoted, RESPONDERS), lambda rfq: rfq.book(RESPONDERS[0], NOW)]


@pytest.mark.slow
@settings(
    max_examples=settings().max_examples * 3 // 20,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    before=st.lists(st.sampled_from(["arrives", "lost", "twice"]), max_size=len(changes())), data=st.data()
)
def test_a_snapshot_and_what_follows_are_the_present_state(
    world: World, connections: Connections, before: list[str], data: st.DataObject
) -> None:
    kept, steps, old = world.put(), changes(), Screen()
    notifier = Notifier(
        sockets=Sockets(lambda: connections),  # type: ignore[arg-type, return-value]
        watchers=Watchers(world.dynamodb, TABLE),
        logger=world.logger,
        metrics=world.metrics,
        now=lambda: world.now,
    )

    def step(rule: Callable[[Rfq], Rfq], connection: str) -> list[dict[str, Any]]:
        """Change the RFQ; the updates that a connection is sent."""
        connections.sent.clear()
        change = world.rfqs.change(kept.id, rule, consistent=True)
        assert change
        assert change.before
        made = record(change.after, change.before)
        made["dynamodb"]["NewImage"]["watchers"] = {"SS": [connection]}
        notifier.handle({"Records": [made]})
        return [message for to, message in connections.sent if to == connection]

    old.hear(subscribe(world, connections, kept.id, connection="c-old"))
    for fate, rule in zip(before, steps, strict=False):
        for update in step(rule, "c-old") * {"arrives": 1, "lost": 0, "twice": 2}[fate]:
            old.hear(update)

    new = Screen()
    snapshot = subscribe(world, connections, kept.id, connection="c-new")
    messages = [update for rule in steps[len(before) :] for update in step(rule, "c-new")]
    messages.insert(data.draw(st.integers(0, len(messages))), snapshot)
    for message in messages:
        new.hear(message)

    present = Screen()
    present.hear(subscribe(world, connections, kept.id, connection="c-present"))
    assert new.says() == present.says()
    if "lost" not in before:
        assert old.says()[1] == {quote["quote-id"] for quote in snapshot["quotes"]}
