import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sse_starlette import ServerSentEvent

from infra.rydes.control_room.stream import Stream, changed, merged


def tick(at: float, **more: Any) -> dict[str, Any]:
    told = {"at": at, "picture": "p", "hops": [], "alerts": [], "rfqs": [], "depths": {}}
    return {**told, "circuits": {}, "faults": {}, "figures": {}, **more}


def rfq(id_: str, began: float, **more: Any) -> dict[str, Any]:
    return {"id": id_, "began": began, **more}


def told(event: ServerSentEvent) -> tuple[str, dict[str, Any]]:
    return str(event.event), json.loads(str(event.data))


async def first(events: AsyncIterator[ServerSentEvent], count: int) -> list[ServerSentEvent]:
    return [await anext(events) for _ in range(count)]


async def begun(*ticks: dict[str, Any]) -> Stream:
    stream = Stream()
    stream.begin()
    for each in ticks:
        await stream._add(each)
    return stream


def test_who_comes_gets_all_that_is_known_and_then_what_is_new() -> None:
    async def play() -> list[tuple[str, dict[str, Any]]]:
        stream = await begun(
            tick(1, depths={"a": [1, 0, 0], "b": [2, 0, 0]}), tick(2, depths={"a": [3, 0, 0]})
        )
        events = stream.events("")
        seen = await first(events, 1)
        stream.tell(tick(3, depths={"a": [3, 0, 0], "b": [0, 0, 0]}, hops=[{"what": "RfqRequested"}]))
        return [told(event) for event in [*seen, *await first(events, 1)]]

    (snapshot, state), (kind, news) = asyncio.run(play())
    assert (snapshot, state["depths"], state["hops"]) == ("snapshot", {"a": [3, 0, 0]}, [])
    assert (kind, news["depths"], len(news["hops"])) == ("tick", {"b": [0, 0, 0]}, 1)


def test_who_comes_back_gets_what_was_missed_and_no_snapshot() -> None:
    async def play() -> list[tuple[str, dict[str, Any]]]:
        stream = await begun(tick(1))
        [last] = await first(stream.events(""), 1)
        for at in (2, 3):
            await stream._add(tick(at))
        return [told(event) for event in await first(stream.events(str(last.id)), 2)]

    assert [(kind, data["at"]) for kind, data in asyncio.run(play())] == [("tick", 2), ("tick", 3)]


@pytest.mark.parametrize("last_id", ["", "another-1", "nonsense", "{run}-99", "{run}-x"])
def test_who_names_what_nobody_knows_begins_anew(last_id: str) -> None:
    async def play() -> str:
        stream = await begun(tick(1))
        [event] = await first(stream.events(last_id.format(run=stream._run)), 1)
        return told(event)[0]

    assert asyncio.run(play()) == "snapshot"


def test_who_was_away_for_too_long_begins_anew() -> None:
    async def play() -> str:
        stream = await begun(tick(1))
        [last] = await first(stream.events(""), 1)
        for at in range(200):
            await stream._add(tick(at))
        [event] = await first(stream.events(str(last.id)), 1)
        return told(event)[0]

    assert asyncio.run(play()) == "snapshot"


def test_readers_are_counted_while_they_read() -> None:
    async def play() -> list[int]:
        stream = await begun(tick(1))
        events = stream.events("")
        await first(events, 1)
        during = stream.readers
        await events.aclose()  # type: ignore[attr-defined]
        return [during, stream.readers]

    assert asyncio.run(play()) == [1, 0]


def test_what_is_known_has_each_rfq_once_the_newest_first() -> None:
    state = merged(
        merged({}, tick(1, rfqs=[rfq("a", 1, ride=""), rfq("b", 2)])), tick(2, rfqs=[rfq("a", 1, ride="x")])
    )
    assert [(each["id"], each.get("ride")) for each in state["rfqs"]] == [("b", None), ("a", "x")]


def test_a_cloud_that_does_not_answer_keeps_what_was_known() -> None:
    state = merged(tick(1, depths={"a": [1, 0, 0]}), {"at": 2, "unreachable": "gone"})
    assert (state["depths"], state["unreachable"], state["at"]) == ({"a": [1, 0, 0]}, "gone", 1)
    assert merged({}, {"at": 2, "unreachable": "gone"})["at"] == 2
    assert changed(state, {"at": 2, "unreachable": "gone"}) == {"at": 2, "unreachable": "gone"}
    assert "unreachable" not in merged(state, tick(3))
