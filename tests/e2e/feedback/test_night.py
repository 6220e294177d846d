"""Customers who sleep are asked in the morning. The local cloud never sleeps, so it is told to, for a while."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from infra.rydes.cloud.cloud import Cloud
from tests.support.riders import ASKED, Bus, Rider, Support, let_time_pass

TOWNS = {
    "+1206555####": "America/Los_Angeles",
    "+1617555####": "America/New_York",
    "+4420794#####": "Europe/London",
    "+97145#####": "Asia/Dubai",
    "+8135551####": "Asia/Tokyo",
    "+649355####": "Pacific/Auckland",
}
"""What numbers look like -> where they are, all of them asked in English. There is always one where it is deep in the night."""

OUTREACH = "feedback-outreach"


@pytest.fixture
def set_hours(cloud: Cloud) -> Iterator[Callable[[str], None]]:
    """Sets the hours in which SMS are sent."""
    functions = cloud.client("lambda")
    before = functions.get_function_configuration(FunctionName=OUTREACH)["Environment"]["Variables"]

    def write(hours: str) -> None:
        functions.update_function_configuration(
            FunctionName=OUTREACH, Environment={"Variables": {**before, "WAKING_HOURS": hours}}
        )

    yield write
    write(before["WAKING_HOURS"])


def asleep() -> tuple[str, ZoneInfo]:
    """A number where it is now as near to half past two in the night as anywhere, and its time zone."""

    def from_the_depth(town: str) -> float:
        local = datetime.now(ZoneInfo(TOWNS[town]))
        hours = local.hour + local.minute / 60
        return abs((hours - 2.5 + 12) % 24 - 12)

    town = min(TOWNS, key=from_the_depth)
    digits = f"{uuid.uuid4().int % 10 ** town.count('#'):0{town.count('#')}d}"
    return town.rstrip("#") + digits, ZoneInfo(TOWNS[town])


def test_who_sleeps_is_asked_in_the_hour_from_eight_in_the_morning_on(
    cloud: Cloud, bus: Bus, support: Support, set_hours: Callable[[str], None]
) -> None:
    set_hours("8-21")
    number, zone = asleep()
    sleeper = Rider(cloud, bus, number)
    sleeper.rides()
    support.sees(sleeper.ride_id, lambda found: found["messages"][0].get("reason") == "night", "the night")
    key = {"id": {"S": f"ride#{sleeper.ride_id}"}}
    item = cloud.client("dynamodb").get_item(TableName="feedback", Key=key, ConsistentRead=True)["Item"]
    now, morning = datetime.now(UTC), datetime.fromtimestamp(int(item["due_at"]["N"]) / 1000, zone)
    assert morning.hour == 8
    assert now < morning < now + timedelta(hours=12)
    assert support.feedback(sleeper.ride_id)["messages"][0]["state"] == "waiting"
    assert sleeper.got() == []

    set_hours("0-24")
    let_time_pass(cloud, sleeper.ride_id, morning - now)
    sleeper.read(ASKED)
    support.sees_sms(sleeper.ride_id, "delivered")
    assert len(sleeper.got()) == 1
