"""Statements hold every ride of their partner and period once, whatever their workers meet."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.support.unicorn_mgmt.jobs_desk import LEASE, Desk, Killed
from tests.support.unicorn_mgmt.world import World
from unicorn_mgmt.adapters.statement_files import MOST_PARTS
from unicorn_mgmt.use_cases import jobs
from unicorn_mgmt.use_cases.jobs import JobFailed
from unicorn_mgmt.use_cases.ride_statement import PARTS_OF_AN_ATTEMPT, RideStatement

pytestmark = pytest.mark.moto


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


@pytest.fixture
def small_parts(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each page of rides is a part. S3 as moto plays it wants parts of 5 MiB, too."""
    desk.part_bytes = 1
    monkeypatch.setattr("moto.s3.models.S3_UPLOAD_PART_MIN_SIZE", 1)


def test_a_statement_has_every_ride_and_then_the_totals(desk: Desk, small_parts: None) -> None:
    desk.drive(["10.50", "2.00", "7.25", "1.00", "0.25"])
    desk.drive(["99.00"], partner="p-pegasus")
    job_id = desk.submit()
    job = desk.run(job_id)
    *rides, last = desk.lines(job_id)
    assert rides[0] == {
        "type": "ride",
        "ride-id": "USD-0",
        "rfq-id": "rfq-0",
        "completed-at": "2026-11-02T00:00:00Z",
        "price": {"amount": "10.50", "currency": "USD"},
    }
    assert [ride["ride-id"] for ride in rides] == [f"USD-{i}" for i in range(5)]
    totals = [{"rides": 5, "total": {"amount": "21.00", "currency": "USD"}}]
    assert last == {"type": "totals", "rides": 5, "totals": totals}
    assert job.result == {"rides": 5, "totals": {"USD": [5, "21.00"]}}
    assert "customer-7" not in str(desk.lines(job_id))


def test_a_period_is_of_whole_days_and_ends_when_the_job_is_made(desk: Desk, small_parts: None) -> None:
    desk.drive(["1.00"] * 60)  # from the second of November until noon of the fourth
    body = {"kind": "ride-statement", "parameters": {"from": "2026-11-03", "to": "2026-11-03"}}
    day: Any = desk.call("POST", body=body).body["id"]
    desk.run(day)
    times = [datetime.fromisoformat(line["completed-at"]) for line in desk.lines(day)[:-1]]
    assert (len(times), times[0].day, times[-1].hour) == (24, 3, 23)
    desk.world.now = datetime.fromisoformat("2026-11-04T02:30:00Z")
    body["parameters"] = {"from": "2026-11-04", "to": "2026-11-04"}
    today: Any = desk.call("POST", body=body).body["id"]
    desk.world.now += timedelta(hours=8)
    desk.run(today)
    assert len(desk.lines(today)) == 3 + 1


def test_a_period_without_rides_has_a_statement_too(desk: Desk) -> None:
    job_id = desk.submit()
    assert desk.run(job_id).result == {"rides": 0, "totals": {}}
    assert desk.lines(job_id) == [{"type": "totals", "rides": 0, "totals": []}]


@pytest.mark.parametrize("call", ["CreateMultipartUpload", "UploadPart", "CompleteMultipartUpload"])
@pytest.mark.parametrize("when", ["before-call", "after-call"])
def test_a_worker_that_is_killed_around_any_call_of_s3_loses_and_doubles_nothing(
    desk: Desk, small_parts: None, call: str, when: str
) -> None:
    desk.drive(["1.00"] * 6)
    job_id = desk.submit()
    desk.tell(job_id)
    [message] = desk.messages()
    event = f"{when}.s3.{call}"

    def kill(**_: Any) -> None:
        desk.s3.meta.events.unregister(event, kill)
        raise Killed

    desk.s3.meta.events.register(event, kill)
    with pytest.raises(Killed):
        desk.work(message)
    desk.world.now += LEASE
    assert desk.work(message, attempt=2) == []
    job = desk.job(job_id)
    assert (job.state, job.attempt) == ("succeeded", 2)
    assert [line.get("ride-id") for line in desk.lines(job_id)] == [*(f"USD-{i}" for i in range(6)), None]


def test_each_attempt_writes_parts_of_its_own(desk: Desk, small_parts: None, monkeypatch: Any) -> None:
    monkeypatch.setattr(jobs, "TURN", timedelta(0))
    desk.drive(["1.00"] * 4)
    job_id = desk.submit()
    desk.tell(job_id)
    numbers = []
    for _ in range(2):
        [message] = desk.messages()
        desk.work(message)
        checkpoint = desk.job(job_id).checkpoint
        assert checkpoint
        numbers.append(checkpoint["parts"][-1][0])
        desk.tell(job_id)
    assert numbers == [1, PARTS_OF_AN_ATTEMPT + 1]
    assert desk.run(job_id).state == "succeeded"
    assert len(desk.lines(job_id)) == 4 + 1


def test_amounts_add_up_without_rounding(desk: Desk, small_parts: None) -> None:
    desk.drive(["0.10"] * 7)
    job_id = desk.submit()
    desk.run(job_id)
    [total] = desk.lines(job_id)[-1]["totals"]
    assert Decimal(total["total"]["amount"]) == Decimal("0.70")


def test_a_statement_that_is_too_long_says_so(desk: Desk) -> None:
    job = replace(desk.job(desk.submit()), attempt=MOST_PARTS)
    with pytest.raises(JobFailed, match="shorter period"):
        RideStatement(desk.rides, desk.files).step(job)
