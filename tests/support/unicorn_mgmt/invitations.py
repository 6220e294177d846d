"""Unicorns that price by hand, and their answers."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from tests.support.unicorn_mgmt.api_client import Client
from tests.support.unicorn_mgmt.world import NOW, World
from unicorn_mgmt.domain.invitation import Answer, Invitation
from wild_rydes_contracts.ids import derived_uuid7

DEADLINE = NOW + timedelta(minutes=5)
QUOTE = {"price": {"amount": "12.5", "currency": "USD"}, "pickup-in-seconds": 240}
NO = {"decline": "lunch-break"}


def by_hand(world: World, name: str, connection: str | None = None) -> str:
    """Add a unicorn that prices by hand."""
    return world.add(name, auto_quote=False, connection=connection)


def respond(world: World, request: str | None = None) -> dict[str, Any]:
    """Have an RFQ answered; the data of the response."""
    world.responder().handle(world.deliver(request or world.request()))
    [response] = world.answers()
    data: dict[str, Any] = response["data"]
    return data


def answer(call: Client, body: Any, name: str = "gandalf", rfq: str = "rfq-1") -> int:
    """Answer by hand; the status."""
    return call("POST", f"/rfqs/{rfq}/answers", body, sub=name).status


def invitation(
    invited: Mapping[str, str], *, reply_to: str = "arn", answers: Mapping[str, Answer] | None = None
) -> Invitation:
    return Invitation(
        rfq_id="rfq-1",
        invited=invited,
        deadline=DEADLINE,
        reply_to=reply_to,
        correlation_id="rfq-1",
        cause=derived_uuid7(NOW, "cause"),
        caused_at=NOW,
        answers=answers or {},
    )
