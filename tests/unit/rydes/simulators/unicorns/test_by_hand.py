import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from websockets.asyncio.server import ServerConnection, serve

from infra.rydes.simulators.unicorns import by_hand as module
from infra.rydes.simulators.unicorns.by_hand import Decision, HandPricingUnicorn, answer, decide
from infra.rydes.simulators.unicorns.registry import by_hand, by_rate_card, hermit
from tests.support.patience import PATIENCE

INVITATION = {"from": {"lat": 47.6205, "lon": -122.3493}, "to": {"lat": 47.4502, "lon": -122.3088}}


def test_a_dozen_price_by_hand_and_none_quotes_by_its_rate_card() -> None:
    unicorns = by_hand()
    assert len({unicorn.user for unicorn in unicorns}) == 12
    assert not {unicorn.user for unicorn in unicorns} & {unicorn.user for unicorn in by_rate_card()}
    assert not any(unicorn.auto_quote for unicorn in [*unicorns, hermit()])
    assert len({(unicorn.lat, unicorn.lon) for unicorn in unicorns}) == 12


def test_with_one_seed_all_decide_alike_and_with_another_not() -> None:
    decisions = [[decide(seed, "Daphne", number) for number in range(50)] for seed in (1, 1, 2)]
    assert decisions[0] == decisions[1] != decisions[2]


def test_most_quote_some_decline_and_some_lose_their_line() -> None:
    decisions = [decide(1, unicorn.name, number) for unicorn in by_hand() for number in range(50)]
    declined = sum(decision.declines for decision in decisions)
    dropped = sum(decision.disconnects for decision in decisions)
    assert 0 < declined < len(decisions) / 3
    assert 0 < dropped < len(decisions) / 4
    assert all(0 < decision.delay <= 2 for decision in decisions)


def test_an_answer_is_a_quote_by_the_rate_card_and_the_temper_or_a_decline() -> None:
    unicorn = by_hand()[0]
    fare = float(unicorn.base) + float(unicorn.per_km) * 19.2
    quoted = answer(unicorn, INVITATION, Decision(1, declines=False, disconnects=False, factor=1))
    assert abs(float(quoted["price"]["amount"]) - fare) < 0.5  # type: ignore[index]
    assert 0 < quoted["pickup-in-seconds"] < 600  # type: ignore[operator]
    no = answer(unicorn, INVITATION, Decision(1, declines=True, disconnects=False, factor=1))
    assert no == {"decline": "not-in-the-mood"}


class Gateway:
    """The unicorn socket and API of one unicorn.

    Its messages are answered with `snapshots`, the last one again and again; where there is None, with nothing.
    """

    def __init__(self, *snapshots: dict[str, Any] | None) -> None:
        self._snapshots = [*snapshots]
        self.answered: asyncio.Queue[str] = asyncio.Queue()
        self.connections: asyncio.Queue[ServerConnection] = asyncio.Queue()
        self.url = ""

    async def talk(self, connection: ServerConnection) -> None:
        self.connections.put_nowait(connection)
        async for message in connection:
            assert json.loads(message) == {"action": "resume"}
            if snapshot := self._snapshots.pop(0) if self._snapshots[1:] else self._snapshots[0]:
                await connection.send(json.dumps({"type": "snapshot", **snapshot}))

    def call(self, request: httpx.Request) -> httpx.Response:
        self.answered.put_nowait(request.url.path)
        return httpx.Response(202, json={"id": "u-1"})

    @asynccontextmanager
    async def living(self) -> AsyncIterator[HandPricingUnicorn]:
        """A unicorn lives on it."""
        async with serve(self.talk, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            cloud: Any = SimpleNamespace(
                url=lambda api: f"ws://127.0.0.1:{port}" if api == "unicorn-socket" else "http://api",
                token=lambda *_: "token",
            )
            unicorn = HandPricingUnicorn(cloud, by_hand()[0], seed=1, silent=False)
            unicorn._api = httpx.AsyncClient(base_url="http://api", transport=httpx.MockTransport(self.call))
            life = asyncio.create_task(unicorn.live(asyncio.Semaphore()))
            try:
                for path in ("/unicorns", "/unicorns/u-1/position"):
                    assert await self.answered.get() == path
                yield unicorn
            finally:
                life.cancel()


def run(
    life: Callable[[], Awaitable[None]], monkeypatch: pytest.MonkeyPatch, *slow: int, **changed: Any
) -> None:
    """Run to the end of `life`. The unicorn takes long over the `slow` ones of its invitations, by number."""
    for name, value in {"SECONDS_BETWEEN_QUESTIONS": PATIENCE, **changed}.items():
        monkeypatch.setattr(module, name, value)

    def decide(_: int, __: str, number: int) -> Decision:
        return Decision(PATIENCE if number in slow else 0, declines=True, disconnects=False, factor=1)

    monkeypatch.setattr(module, "decide", decide)
    asyncio.run(asyncio.wait_for(life(), PATIENCE))


def invited(rfq: str) -> dict[str, Any]:
    return {**INVITATION, "rfq-id": rfq, "links": {"answers": f"http://api/rfqs/{rfq}/answers"}}


def ride(number: int) -> dict[str, Any]:
    return {
        "ride-id": f"rfq-9.{number}",
        "links": {"completion": f"http://api/rides/rfq-9.{number}/completion"},
    }


def test_what_was_lost_comes_with_the_snapshot_and_is_done_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def life() -> None:
        gateway = Gateway({"invitations": [invited("rfq-1")], "ride": ride(1)})
        async with gateway.living():
            assert {await gateway.answered.get(), await gateway.answered.get()} == {
                "/rfqs/rfq-1/answers",
                "/rides/rfq-9.1/completion",
            }
            app = await gateway.connections.get()
            for message in (
                {"type": "invitation", **invited("rfq-1")},
                {"type": "ride", **ride(1)},
                {"type": "invitation", **invited("rfq-2")},
            ):
                await app.send(json.dumps(message))
            assert await gateway.answered.get() == "/rfqs/rfq-2/answers"

    run(life, monkeypatch, SECONDS_OF_A_RIDE=(0, 0))


def test_a_line_over_which_nothing_comes_is_left_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    async def life() -> None:
        gateway = Gateway(None, {"invitations": [invited("rfq-1")]})
        async with gateway.living():
            assert await gateway.answered.get() == "/rfqs/rfq-1/answers"
            first, second = await gateway.connections.get(), await gateway.connections.get()
            await first.wait_closed()
            assert first is not second

    run(life, monkeypatch, SECONDS_OF_SILENCE=0.05, SECONDS_AWAY=0)


def test_an_rfq_that_is_over_is_thought_about_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    async def life() -> None:
        gateway = Gateway({"invitations": []})
        async with gateway.living() as unicorn:
            app = await gateway.connections.get()
            for message in (
                {"type": "invitation", **invited("rfq-1")},
                {"type": "invitation-closed", "rfq-id": "rfq-1"},
                {"type": "invitation", **invited("rfq-2")},
            ):
                await app.send(json.dumps(message))
            assert await gateway.answered.get() == "/rfqs/rfq-2/answers"
            assert unicorn._pricing == {}

    run(life, monkeypatch, 0)
