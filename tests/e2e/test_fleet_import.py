"""Imports of fleets on the deployed stacks, with IAM enforced."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from infra.rydes.cloud.cloud import Cloud
from tests.support.clients import key
from tests.support.fleet_files import csv_file
from tests.support.jobs import ended
from tests.support.machines import Machine
from tests.support.patience import PATIENCE
from tests.support.uploads import send


@pytest.fixture(scope="module")
def comet(cloud: Cloud) -> Iterator[Machine]:
    machine = Machine(cloud, partner="p-comet")
    yield machine
    machine.remove()


def asked(content: bytes, format_: str = "csv", **more: Any) -> dict[str, Any]:
    return {"kind": "fleet-import", "parameters": {"format": format_, "size": len(content), **more}}


def imported(machine: Machine, content: bytes, format_: str = "csv") -> Any:
    accepted = machine.jobs.post("/jobs", json=asked(content, format_), headers=key())
    assert accepted.status_code == 202, accepted.text
    send(accepted.json()["upload"], content)
    return ended(machine.jobs, accepted.headers["Location"])


def test_a_small_file(comet: Machine) -> None:
    content = csv_file(30, bad={7})
    done = imported(comet, content)
    assert done["status"] == "succeeded", done
    assert done["result"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert (done["result"]["rows"], done["result"]["bad-rows"], done["result"]["created"]) == (30, 1, 29)
    fault, totals = [
        json.loads(line) for line in httpx.get(done["result"]["report"], timeout=PATIENCE).text.splitlines()
    ]
    assert fault == {"line": 9, "field": "lat", "detail": "must be a plain number from -90 to 90"}
    assert totals["rows"] == 30
    again = imported(comet, content)
    assert again["result"]["unchanged"] is True
