"""Vehicles that a partner's fleet has imported, on the deployed stacks: quoted, booked, driven, and imported again meanwhile."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.operator.fleet_import import FleetFile, FleetImport, Json, first_faults
from infra.rydes.simulators.vehicles import COLUMNS
from tests.support.clients import Customer, Place
from tests.support.machines import Machine
from tests.support.patience import eventually
from unicorn_mgmt.domain.vehicle import responder_id

PARTNER = "p-pegasus"


@pytest.fixture(scope="module")
def machine(cloud: Cloud) -> Iterator[Machine]:
    machine = Machine(cloud, partner=PARTNER)
    yield machine
    machine.remove()


@pytest.fixture(scope="module")
def stranger(cloud: Cloud) -> Iterator[Machine]:
    machine = Machine(cloud, partner="p-comet")
    yield machine
    machine.remove()


def imported(machine: Machine, path: Path, place: Place, *rows: dict[str, str]) -> Json:
    """Import vehicles that are at a place and cheap unless their rows say otherwise; the job as it ended."""
    usual = {"name": "Steed", "lat": f"{place.lat}", "lon": f"{place.lon}", "base": "1", "per_km": "0.10"}
    usual |= {"minimum": "1.00", "currency": "USD", "max_km": "", "status": "active"}
    lines = [",".join((usual | row)[name] for name in COLUMNS) for row in rows]
    path.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n")
    work = FleetImport(machine.jobs, FleetFile.at(path))
    sent: list[int] = []
    work.upload(work.begin(), sent.append)
    *_, job = work.follow()
    assert job["status"] == "succeeded", job
    assert sum(sent) == path.stat().st_size
    return job


def quotes(customer: Customer, place: Place) -> dict[str, Any]:
    """The quotes for a ride from here, by who gives them."""
    result = customer.result(customer.submit(place))
    return {quote["responder-id"]: quote for quote in result["quotes"]}


def booked(customer: Customer, place: Place, responder: str) -> str:
    """Book a ride with a responder; its URL, once it is confirmed."""
    rfq = customer.submit(place)
    [quote] = [each for each in customer.result(rfq)["quotes"] if each["responder-id"] == responder]
    answer = customer.http.post(f"{rfq}/bookings", json={"quote-id": quote["quote-id"]})
    assert answer.status_code == 202, answer.text
    ride = str(answer.headers["Location"])
    eventually(lambda: customer.http.get(ride).json()["status"], "the ride confirmed", "confirmed".__eq__)
    return ride


def rides(machine: Machine) -> dict[str, Any]:
    found: list[Any] = machine.jobs.get("/rides").json()["rides"]
    return {ride["vehicle-id"]: ride for ride in found}


def test_an_imported_vehicle_quotes_in_the_next_rfq_and_drives(
    machine: Machine, stranger: Machine, customer: Customer, place: Place, tmp_path: Path
) -> None:
    file = tmp_path / "fleet.csv"
    job = imported(
        machine, file, place, {"id": "car.1"}, {"id": "car.2", "status": "retired"}, {"id": "3", "lat": "x"}
    )
    assert [job["result"][count] for count in ("created", "bad-rows")] == [2, 1]
    assert [(fault["line"], fault["field"]) for fault in first_faults(job, 5)] == [(4, "lat")]
    ours = responder_id(PARTNER, "car.1")
    assert quotes(customer, place).keys() == {ours}
    ride = booked(customer, place, ours)

    # Engaged: nobody asks it, and no import touches its ride.
    assert not quotes(customer, place)
    job = imported(
        machine, file, place, {"id": "car.1", "name": "Renamed"}, {"id": "car.2", "status": "retired"}
    )
    assert [job["result"][count] for count in ("changed", "same")] == [1, 1]
    assert not quotes(customer, place)
    assert customer.http.get(ride).json()["status"] == "confirmed"

    # The partner's program says when it is over, and nobody else's does.
    shown = eventually(lambda: rides(machine), "the ride listed")["car.1"]
    assert shown["id"] == ride.rpartition("/")[2]
    assert not rides(stranger)
    assert stranger.jobs.post(shown["links"]["completion"]).status_code == 404
    assert machine.jobs.post(shown["links"]["completion"]).status_code == 204
    assert machine.jobs.post(shown["links"]["cancellation"]).status_code == 409
    eventually(lambda: customer.http.get(ride).json()["status"], "the ride completed", "completed".__eq__)
    assert not rides(machine)
    assert quotes(customer, place)[ours]["name"] == "Renamed"

    # Retired: nobody asks it again.
    imported(machine, file, place, {"id": "car.1", "status": "retired"})
    assert not quotes(customer, place)
