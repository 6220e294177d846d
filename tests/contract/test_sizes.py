"""What services store and push stays below AWS's limits, whatever the messages and requests hold that they take in.

infra/proof/sizes.py does the same for the messages themselves.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from infra.proof import quotas
from ride_booking.adapters.rfq_table import to_item
from ride_booking.api import socket_messages
from ride_booking.domain.rfq import (
    MAX_RESPONDERS,
    MAX_RIDES,
    Completion,
    Place,
    Quote,
    Rating,
    Responder,
    Rfq,
)
from ride_booking.domain.ride import Ride
from unicorn_mgmt.adapters.invitation_table import MOST_OPEN
from unicorn_mgmt.api.socket_messages import AppMessages
from unicorn_mgmt.domain import unicorn
from unicorn_mgmt.domain.invitation import Invitation

NOW = datetime(2026, 11, 26, 12, 34, 56, 789_000, tzinfo=UTC)
QUOTE = Quote(
    cents=123_456_789,
    pickup_seconds=86_399,
    currency="EUR",
    name="\N{UNICORN FACE}" * 40,
    valid_until=NOW,
    rating=Rating(999_999_999, 9_999_999_999),
)


def stored(value: Mapping[str, Any]) -> int:
    """Count the bytes of an attribute's value.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    [(type_, content)] = value.items()
    match type_:
        case "S":
            return len(content.encode())
        case "N":
            return len(content) // 2 + 2
        case "B":
            return len(content)
        case "BOOL" | "NULL":
            return 1
        case "L":
            return 3 + sum(1 + stored(each) for each in content)
        case "M":
            return 3 + sum(1 + len(name.encode()) + stored(each) for name, each in content.items())
    raise AssertionError(type_)


def test_the_largest_rfq_fits_into_an_item() -> None:
    crowd = {
        f"u-{number:030}": Responder(asked=False, answer=QUOTE, late=True) for number in range(MAX_RESPONDERS)
    }
    ride = Ride("u-" + "0" * 30, NOW, NOW, "rejected", "r" * 40, "k" * 255)
    place = Place(-47.123456, -122.123456, "\N{UNICORN FACE}" * 100)
    rfq = Rfq(
        id="r" * 128,
        customer="c" * 128,
        start=place,
        destination=place,
        created_at=NOW,
        deadline=NOW + timedelta(minutes=15),
        responders=crowd,
        completion=Completion("all-answered", NOW),
        rides=(ride,) * MAX_RIDES,
        document=True,
        revision=10**9,
    )
    size = stored({"M": to_item(rfq, fingerprint=bytes(32))})
    assert quotas.ITEM.exceeded(size) is None
    assert size > quotas.ITEM.most / 2, "it is not the largest"


def test_the_largest_snapshot_of_a_unicorn_fits_into_a_message() -> None:
    point = unicorn.Place(-47.123456789012345, -122.12345678901235)
    invitation = Invitation(
        rfq_id="r" * 128,
        invited={},
        deadline=NOW,
        reply_to="",
        correlation_id="",
        cause=UUID(int=0),
        caused_at=NOW,
        start=point,
        destination=point,
    )
    messages = AppMessages("https://abcdefghij.execute-api.ap-southeast-2.amazonaws.com/v1")
    ride = unicorn.Ride("r" * 128, "r" * 128, "", NOW)
    text = messages.snapshot([invitation] * MOST_OPEN, ride).model_dump_json(by_alias=True)
    assert quotas.SOCKET_MESSAGE.exceeded(len(text)) is None
    assert len(text) > 16 * 1024, "it is not the largest"


def test_no_live_update_is_larger_than_a_message_may_be() -> None:
    """tests/unit/ride_booking/use_cases/test_notifier.py holds the largest update to this bound."""
    assert quotas.SOCKET_MESSAGE.exceeded(socket_messages.MAX_BYTES) is None
