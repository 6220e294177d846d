"""Delivery events, in any order."""

import pytest

from tests.support.feedback.world import World


@pytest.mark.parametrize(
    ("type_", "state"),
    [
        ("TEXT_QUEUED", "sent"),
        ("TEXT_SUCCESSFUL", "sent"),
        ("TEXT_UNKNOWN", "sent"),
        ("TEXT_DELIVERED", "delivered"),
        ("TEXT_UNREACHABLE", "failed"),
        ("TEXT_INVALID", "failed"),
        ("TEXT_CARRIER_BLOCKED", "blocked"),
        ("TEXT_SPAM", "blocked"),
    ],
)
def test_receipts_are_noted_and_a_failure_is_not_sent_again(world: World, type_: str, state: str) -> None:
    world.ride("r", world.customer())
    world.pump()
    world.track(type_, world.last_sms())
    world.track(type_, world.last_sms())
    sms = world.conversation("r").last
    assert (sms.state, sms.reason) == (state, type_ if state in ("failed", "blocked") else None)
    world.pass_time(days=1)
    world.pump()
    assert len(world.phones.sent) == (2 if state in ("sent", "delivered") else 1)


def test_receipts_in_any_order_end_the_same(world: World) -> None:
    world.ride("r", world.customer())
    world.pump()
    for type_ in ("TEXT_DELIVERED", "TEXT_QUEUED", "TEXT_SENT", "TEXT_UNKNOWN", "TEXT_UNREACHABLE"):
        world.track(type_, world.last_sms())
    assert world.states("r") == ["delivered"]


@pytest.mark.parametrize(
    "changes",
    [
        {"context": None},
        {"context": {"ride": "unknown", "sms": "0"}},
        {"context": {"ride": "r", "sms": "7"}},
        {"eventType": "VOICE_RINGING"},
    ],
)
def test_events_of_others_are_ignored(world: World, changes: dict[str, object]) -> None:
    world.ride("r", world.customer())
    world.pump()
    before = world.conversation("r")
    world.track("TEXT_UNREACHABLE", world.last_sms(), **changes)
    assert world.conversation("r") == before
    assert world.table.ride_of(world.last_sms().id) == "r"
    assert world.aws.parked() == []


@pytest.mark.parametrize("body", ["", "null", "{}", '{"Message": "{}"}', '{"detail-type": "RideCompleted"}'])
def test_what_is_no_notification_is_parked(world: World, body: str) -> None:
    assert world.handle(world.replies, body) == []
    assert world.handle(world.receipts, body) == []
    assert len(world.aws.parked()) == 2


def test_parts_and_price_are_kept_once_however_often_they_are_told(world: World) -> None:
    world.ride("r", world.customer())
    world.pump()
    for type_ in ("TEXT_QUEUED", "TEXT_DELIVERED", "TEXT_DELIVERED"):
        world.track(type_, world.last_sms(), totalMessageParts=2)
    sms = world.conversation("r").last
    assert (sms.parts, sms.price) == (2, 8_810)  # 0.00581 and the carrier's 0.003 dollars


def test_a_bill_that_is_garbage_is_unknown_and_its_receipt_counts(world: World) -> None:
    world.ride("r", world.customer())
    world.pump()
    garbage: tuple[object, ...] = ("1 dollar", None, -1, 1e400, float("nan"), 10**400, [], {})
    for value in garbage:
        bill = dict.fromkeys(("totalMessageParts", "totalMessagePrice", "totalCarrierFee"), value)
        world.track("TEXT_DELIVERED", world.last_sms(), **bill)
        sms = world.conversation("r").last
        assert (sms.state, sms.parts, sms.price) == ("delivered", None, None), value
    world.track("TEXT_DELIVERED", world.last_sms(), totalCarrierFee="?")
    assert world.conversation("r").last.price == 5_810
    assert world.aws.parked() == []
