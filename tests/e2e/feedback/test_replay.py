"""What a day of journeys has settled stays settled when the archive tells it again, and what a consumer missed comes back."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from infra.naming import BUS_NAME
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.simulators.phones.client import Phone, give_phone
from tests.support.clients import REPLY_QUEUE, Customer, Fleet, Json, Place, Queues, Unicorn, key
from tests.support.patience import eventually
from tests.support.riders import ASKED, NUMBERS, THANKED, Rider, Support
from tests.support.rydes_command import rydes

TABLES = ("ride-booking", "unicorn-mgmt", "feedback")
LAST_RESORTS = ("-dlq", "-parking")
"""How the names of queues end in which nobody works."""
FILLED = (
    *(
        "ride-booking-rides",
        "unicorn-mgmt-inbox",
        "unicorn-mgmt-bookings-inbox",
        "unicorn-mgmt-closings-inbox",
    ),
    *("unicorn-mgmt-ratings-inbox", "feedback-rides", REPLY_QUEUE),
)
"""The queues that rules fill, and the one that answers come to."""


def booked(customer: Customer, place: Place, unicorn: Unicorn) -> Json:
    """The ride with this unicorn, once it is confirmed."""
    bookings = customer.result(customer.submit(place))["links"]["bookings"]
    answer = customer.http.post(bookings, json={"quote-id": unicorn.id}, headers=key())
    return follow(customer, answer.headers["Location"], "confirmed")


def follow(customer: Customer, ride: str, status: str) -> Json:
    def look() -> Json:
        found: Json = customer.http.get(ride).raise_for_status().json()
        return found

    return eventually(look, f"a ride {status}", lambda found: found["status"] == status)


class Day:
    """Journeys of customers of whom nobody else knows."""

    def __init__(self, cloud: Cloud, fleet: Fleet, support: Support) -> None:
        self.cloud, self.fleet, self.support = cloud, fleet, support
        self.customer = Customer(cloud)
        self.phone = Phone(cloud, next(NUMBERS))
        self.ids = [give_phone(cloud, self.customer.name, self.phone.number)]

    def play(self) -> None:
        rated = self.driven(Place.new())
        eventually(self.phone.messages, "the question")
        self.phone.say("9")
        eventually(self.phone.messages, "the thanks", lambda messages: THANKED in messages[-1].text)
        wrong = {"score": 4, "reason": "misread"}
        self.support.http.post(f"/rides/{rated}/corrections", json=wrong).raise_for_status()
        self.driven(Place.new())  # and not asked about: it is the second of the day
        self.given_up(Place.new())
        self.nobody_answers(Place.new())

    def driven(self, place: Place) -> str:
        unicorn = self.unicorn(place)
        ride = booked(self.customer, place, unicorn)
        unicorn.http.post(f"/rides/{ride['id']}/completion").raise_for_status()
        follow(self.customer, ride["links"]["self"], "completed")
        self.ids += [ride["id"].partition(".")[0]]
        return str(ride["id"])

    def given_up(self, place: Place) -> None:
        unicorn = self.unicorn(place)
        ride = booked(self.customer, place, unicorn)
        unicorn.http.post(f"/rides/{ride['id']}/cancellation").raise_for_status()
        follow(self.customer, ride["links"]["self"], "rejected")
        self.ids += [ride["id"].partition(".")[0]]

    def nobody_answers(self, place: Place) -> None:
        self.ids += [self.fleet.silent(place)]
        rfq = self.customer.submit(place, **{"respond-within": 5})
        assert self.customer.result(rfq)["completed-by"] == "deadline"
        self.ids += [rfq.rpartition("/")[2]]

    def unicorn(self, place: Place) -> Unicorn:
        unicorn = self.fleet.register(place)
        self.ids += [unicorn.id]
        return unicorn

    def stored(self) -> dict[str, Any]:
        """All items of the tables that are about them."""
        dynamodb = self.cloud.client("dynamodb")
        return {
            f"{table} {item['id']['S']}": item
            for table in TABLES
            for page in dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
            for item in page["Items"]
            if any(id_ in json.dumps(item, default=str) for id_ in self.ids)
        }

    def settled(self, queues: Queues) -> dict[str, Any]:
        """Wait until nothing is on its way any more; all items then."""
        last: list[dict[str, Any]] = []

        def look() -> dict[str, Any]:
            waiting = any(map(queues.depth, FILLED))
            last.append({} if waiting else self.stored())
            return last[-1]

        return eventually(look, "all of the day settled", lambda now: now and last[-3:] == [now] * 3)


def parked(cloud: Cloud, queues: Queues) -> dict[str, int]:
    return {name: queues.depth(name) for name in cloud.queues() if name.endswith(LAST_RESORTS)}


def replay(cloud: Cloud, *arguments: str) -> Json:
    done = rydes(cloud, "replay", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    told: Json = json.loads(done.stdout)
    return told


def test_a_replay_of_a_day_changes_nothing_that_is_settled(
    cloud: Cloud, fleet: Fleet, support: Support, queues: Queues
) -> None:
    began = datetime.now(UTC).isoformat(timespec="seconds")
    day = Day(cloud, fleet, support)
    day.play()
    before, dead = day.settled(queues), parked(cloud, queues)
    sms = [message.text for message in day.phone.messages()]
    assert sum(ASKED in text for text in sms) == 1

    for _ in range(2):
        done = replay(cloud, "--since", began)
        assert done["state"] == "COMPLETED"
        assert set(FILLED) - {REPLY_QUEUE} <= set(done["rules"])

    assert day.settled(queues) == before
    assert parked(cloud, queues) == dead
    assert [message.text for message in day.phone.messages()] == sms


@contextmanager
def deaf(cloud: Cloud, rule: str) -> Iterator[None]:
    """Let a rule hear nothing meanwhile."""
    events, which = (
        cloud.client("events"),
        {"Name": cloud.names.of(rule), "EventBusName": cloud.names.of(BUS_NAME)},
    )
    events.disable_rule(**which)
    try:
        yield
    finally:
        events.enable_rule(**which)


def test_what_a_consumer_missed_is_told_to_it_alone(cloud: Cloud, rider: Rider) -> None:
    began = datetime.now(UTC).isoformat(timespec="seconds")
    with deaf(cloud, "feedback-rides"):
        rider.rides()
    planned = replay(
        cloud, "--since", began, "--event", "RideCompleted", "--to-rule", "feedback-rides", "--dry-run"
    )
    [rule] = planned["rules"]
    assert (rule["name"], rule["queues"], rule["hears"]) == (
        "feedback-rides",
        ["feedback-rides"],
        ["RideCompleted"],
    )
    assert rule["replayed"].startswith("nobody is asked about a ride of more than three days ago")
    assert rider.got() == []

    done = replay(cloud, "--since", began, "--event", "RideCompleted", "--to-rule", "feedback-rides")
    assert (done["state"], done["rules"]) == ("COMPLETED", ["feedback-rides"])
    rider.read(ASKED)
    told = [
        event for event in rider.bus.everything() if event["detail"]["data"].get("ride_id") == rider.ride_id
    ]
    assert [event["detail-type"] for event in told].count("RideCompleted") == 1, "nobody else was told again"
