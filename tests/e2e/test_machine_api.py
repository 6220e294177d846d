"""Machine clients: a key that is nobody else's, a quota, batches that are stored first, and a function that is stopped."""

import gzip
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.operator.stops import Stops
from infra.tiers import TIERS
from tests.support.machines import Machine
from tests.support.patience import PATIENCE, eventually

RFQ = {
    "from": {"lat": 47.6205, "lon": -122.3493},
    "to": {"lat": 47.4502, "lon": -122.3088},
    "respond-within": 300,
}
PROBLEM = "application/problem+json"
OPEN = {tier.name: tier.open_rfqs for tier in TIERS}


@pytest.fixture
def machines(cloud: Cloud) -> Iterator[Any]:
    made: list[Machine] = []

    def add(tier: str = "silver") -> Machine:
        made.append(Machine(cloud, tier))
        return made[-1]

    yield add
    for machine in made:
        machine.remove()


def outcome(machine: Machine, stored: httpx.Response) -> Any:
    """What became of a batch, when that is known."""
    assert stored.status_code == 202

    def processed() -> Any:
        answer = machine.http.get(stored.json()["links"]["self"])
        return answer.json() if answer.status_code == 200 else None

    return eventually(processed, "the batch is processed")


def test_a_key_is_its_owners_alone(machines: Any, cloud: Cloud) -> None:
    owner, other = machines(), machines()
    url = f"{cloud.url('machine-api')}/instant-ride-rfqs"
    for headers, status in (
        ({"x-api-key": owner.key}, 401),
        ({"Authorization": owner.token}, 403),
        ({"Authorization": other.token, "x-api-key": owner.key}, 403),
        ({"Authorization": owner.token, "x-api-key": owner.key}, 200),
    ):
        answer = httpx.get(url, headers=headers, timeout=PATIENCE)
        assert answer.status_code == status
        assert (answer.headers["Content-Type"] == PROBLEM) == (status != 200)
    # Nor does a machine client get round its quota by the API of the apps.
    away = httpx.get(
        f"{cloud.url('rfq-api')}/instant-ride-rfqs",
        headers={"Authorization": owner.token},
        timeout=PATIENCE,
    )
    assert away.status_code == 403


def test_a_quota_that_is_used_up_is_said_so_and_usage_can_still_be_read(machines: Any, cloud: Cloud) -> None:
    machine, gateway = machines("bronze"), cloud.client("apigateway")
    plan = next(
        p["id"]
        for p in gateway.get_usage_plans()["items"]
        if p["name"] == cloud.names.of("machine-api-bronze")
    )

    def quota(limit: int) -> None:
        change = {"op": "replace", "path": "/quota/limit", "value": str(limit)}
        gateway.update_usage_plan(usagePlanId=plan, patchOperations=[change])

    quota(1)
    try:
        assert machine.http.get("/instant-ride-rfqs").status_code == 200
        answer = machine.http.get("/instant-ride-rfqs")
        assert (answer.status_code, answer.headers["Content-Type"]) == (429, PROBLEM)
        assert answer.headers["Retry-After"] == "3600"
        assert answer.json()["status"] == 429
        assert machine.http.get("/usage").json()["used"] == 1
    finally:
        quota(TIERS[0].daily)


def test_each_rfq_of_a_batch_has_its_outcome_which_is_its_owners_to_see(machines: Any) -> None:
    machine, other = machines(), machines()
    bad = {**RFQ, "to": RFQ["from"]}
    stored = machine.http.post("/rfq-batches", json={"rfqs": [RFQ, bad]}, headers={"Idempotency-Key": "b/1"})
    again = machine.http.post("/rfq-batches", json={"rfqs": [RFQ, bad]}, headers={"Idempotency-Key": "b/1"})
    assert again.json() == stored.json()
    assert stored.headers["Location"] == stored.json()["links"]["self"]
    refused = machine.http.put("/rfq-batches", json={"rfqs": [RFQ]})
    assert (refused.status_code, refused.headers["Allow"]) == (405, "POST")
    found = outcome(machine, stored)
    assert (found["accepted"], found["rejected"]) == (1, 1)
    [error] = found["rfqs"][1]["problem"]["errors"]
    assert error["field"] == "to"
    assert machine.http.get(found["rfqs"][0]["links"]["self"], follow_redirects=True).status_code == 200
    assert other.http.get(stored.json()["links"]["self"]).status_code == 404


def test_a_machine_may_poll_a_status_document(machines: Any) -> None:
    stored = machines().http.post("/instant-ride-rfqs", json=RFQ, headers={"Prefer": "status-document"})
    assert stored.status_code == 202
    url = stored.json()["links"]["status-document"]
    eventually(
        lambda: httpx.get(url, timeout=PATIENCE), "the document", lambda found: found.status_code == 200
    )


@pytest.mark.parametrize(
    "content",
    [b"no JSON &+%41", gzip.compress(json.dumps({"rfqs": [RFQ]}).encode(), mtime=0), b"\xff\xfe\x00{}", b""],
    ids=["nonsense", "gzip", "no UTF-8", "nothing"],
)
def test_whatever_is_sent_has_its_outcome(machines: Any, content: bytes) -> None:
    machine = machines()
    told = {"Content-Type": "application/json", "Idempotency-Key": "k" * 5_000}
    stored = machine.http.post("/rfq-batches", content=content, headers=told)
    assert outcome(machine, stored)["problem"]["status"] == 400
    for path, type_, status in (
        ("/rfq-batches", "text/plain", 415),
        ("/instant-ride-rfqs", "application/json", 400),
    ):
        answer = machine.http.post(path, content=content, headers={"Content-Type": type_})
        assert (answer.status_code, answer.headers["Content-Type"]) == (status, PROBLEM)


def test_no_more_rfqs_are_open_than_a_tier_allows(machines: Any) -> None:
    machine = machines("bronze")
    found = outcome(machine, machine.http.post("/rfq-batches", json={"rfqs": [RFQ] * (OPEN["bronze"] + 1)}))
    assert found["accepted"] >= OPEN["bronze"]  # one that is completed already makes room
    assert all(rfq["problem"]["status"] == 429 for rfq in found["rfqs"] if rfq["status"] == "rejected")


def test_what_comes_for_a_stopped_function_waits(machines: Any, cloud: Cloud) -> None:
    machine, stops = machines(), Stops(cloud)
    stops.stop("ride-booking-batches", "an exercise")
    try:
        with pytest.raises(LocalCloudError, match="an exercise"):
            stops.stop("ride-booking-batches", "")
        stored = machine.http.post("/rfq-batches", json={"rfqs": [RFQ]})
        assert machine.http.get(stored.json()["links"]["self"]).status_code == 202
        assert [stop.function for stop in stops.all()] == ["ride-booking-batches"]
    finally:
        stops.start("ride-booking-batches", "it is over")
    assert outcome(machine, stored)["accepted"] == 1

    stops.stop("ride-booking-machine-api", "an exercise")
    try:
        url = f"{cloud.url('machine-api')}/instant-ride-rfqs"
        assert httpx.get(url, headers=machine.http.headers, timeout=PATIENCE).status_code >= 500  # once
    finally:
        stops.start("ride-booking-machine-api", "it is over")
    assert machine.http.get("/instant-ride-rfqs").status_code == 200
    events = cloud.client("logs").filter_log_events(logGroupName=cloud.names.of("/wild-rydes/audit"))[
        "events"
    ]
    assert sum('"an exercise"' in event["message"] for event in events) == 2
