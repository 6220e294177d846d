"""The rides of a fleet's vehicles: a partner sees its own, ends them once, and learns nothing of others'."""

from datetime import timedelta

import pytest

from tests.support.aws import reads
from tests.support.requests import BASE
from tests.support.unicorn_mgmt.api_client import Answer
from tests.support.unicorn_mgmt.jobs_desk import Desk
from tests.support.unicorn_mgmt.messages import accepted
from tests.support.unicorn_mgmt.world import NOW, World
from unicorn_mgmt.api.fleet_ride_routes import PAGE_SIZE

pytestmark = pytest.mark.moto  # the desk has files, which the model does not take in parts
RIDE = "rfq-1.1"


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def end(desk: Desk, vehicle: str = "7", ride: str = RIDE, how: str = "completion", **who: str) -> Answer:
    return desk.call("POST", f"/vehicles/{vehicle}/rides/{ride}/{how}", **who)


def listed(desk: Desk, **who: str) -> list[tuple[str, str]]:
    reads.catch_up()
    return [(ride["vehicle-id"], ride["id"]) for ride in desk.call("GET", "/rides", **who).body["rides"]]


def test_a_partner_sees_the_rides_that_its_vehicles_have_and_where_to_end_them(desk: Desk) -> None:
    ours, _ = desk.world.import_("car.7", "8")
    assert listed(desk) == []
    desk.world.decide(accepted(ours))
    reads.catch_up()
    answer = desk.call("GET", "/rides")
    here = f"{BASE}/vehicles/car.7/rides/{RIDE}"
    assert answer.body == {
        "as-of": "2026-11-21T09:00:00Z",
        "rides": [
            {
                "id": RIDE,
                "vehicle-id": "car.7",
                "rfq-id": "rfq-1",
                "since": "2026-11-21T09:00:00Z",
                "links": {"completion": f"{here}/completion", "cancellation": f"{here}/cancellation"},
            }
        ],
        "links": {"self": f"{BASE}/rides"},
    }
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(("how", "outcome"), [("completion", "completed"), ("cancellation", "cancelled")])
def test_a_ride_is_ended_once_however_often_it_is_said(desk: Desk, how: str, outcome: str) -> None:
    [ours] = desk.world.import_("7")
    desk.world.decide(accepted(ours))
    assert end(desk, how=how).status == 204
    before = desk.world.item(ours)
    assert before["recent"]["M"][RIDE]["M"]["o"]["S"] == outcome
    assert not {"ride", "listed", "listed_at", "ride_id", "rfq_id"} & before.keys()
    assert end(desk, how=how).status == 204
    assert desk.world.item(ours) == before
    other = {"completion": "cancellation", "cancellation": "completion"}[how]
    conflict = end(desk, how=other)
    assert (conflict.status, conflict.body["code"]) == (409, outcome)
    assert listed(desk) == []


def test_another_partner_neither_sees_nor_ends_it(desk: Desk) -> None:
    [ours] = desk.world.import_("7")
    desk.world.import_("7", fleet="p-pegasus")
    desk.world.decide(accepted(ours))
    assert listed(desk, partner="p-pegasus") == []
    assert end(desk, partner="p-pegasus").status == 404
    assert end(desk, partner="p-nimbus").status == 404
    assert desk.world.ride_of(ours) == RIDE
    assert listed(desk) == [("7", RIDE)]


@pytest.mark.parametrize(
    ("vehicle", "ride"), [("7", "rfq-2.1"), ("8", RIDE), ("nobody", RIDE), ("u-v-7", RIDE), ("%00", RIDE)]
)
def test_what_is_no_ride_of_that_vehicle_is_not_found(desk: Desk, vehicle: str, ride: str) -> None:
    ours, _ = desk.world.import_("7", "8")
    desk.world.decide(accepted(ours))
    assert end(desk, vehicle, ride).status == 404
    assert desk.world.ride_of(ours) == RIDE


def test_a_vehicle_that_was_retired_since_still_ends_its_ride(desk: Desk) -> None:
    [ours] = desk.world.import_("7")
    desk.world.decide(accepted(ours))
    desk.world.import_("7", retired=True)
    assert listed(desk) == [("7", RIDE)]
    assert end(desk).status == 204


def test_many_rides_come_by_pages_the_oldest_first(desk: Desk) -> None:
    ids = [f"{n}" for n in range(PAGE_SIZE + 1)]
    for number, responder in enumerate(desk.world.import_(*ids)):
        desk.world.now = NOW + timedelta(seconds=number)
        desk.world.decide(accepted(responder, f"rfq-{number}.1", at=desk.world.now))
    reads.catch_up()
    first = desk.call("GET", "/rides").body
    query = first["links"]["next"].removeprefix(BASE)
    second = desk.call("GET", query).body
    assert [ride["vehicle-id"] for ride in (*first["rides"], *second["rides"])] == ids
    assert len(first["rides"]) == PAGE_SIZE
    assert "next" not in second["links"]
    assert second["links"]["self"] == f"{BASE}{query}"


@pytest.mark.parametrize("cursor", ["x", "", "Zm9v", "é", "OTk5OTk5OTk5OTk5OTk5LnUtdi0"])
def test_what_is_no_cursor_is_refused(desk: Desk, cursor: str) -> None:
    answer = desk.call("GET", f"/rides?cursor={cursor}")
    assert (answer.status, answer.body["errors"][0]["field"]) == (400, "cursor")


@pytest.mark.parametrize(
    "who", [{"group": "unicorns"}, {"partner": None}, {"key": "another-key-of-somebody"}, {"key": None}]
)
def test_only_machine_clients_of_partners_with_their_own_key_are_let_in(
    desk: Desk, who: dict[str, str]
) -> None:
    desk.world.import_("7")
    assert desk.call("GET", "/rides", **who).status == 403
    assert end(desk, **who).status == 403
