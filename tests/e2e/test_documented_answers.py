"""The deployed APIs answer as their OpenAPI documents say, whatever is sent: Schemathesis sends it.

It derives requests from a document, good ones and bad ones, and checks each answer: no 5xx, no status, type of content,
header or body that the document does not have, nothing good refused and nothing bad accepted, no way around the token.
"""

import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from infra.rydes.cloud.cloud import Cloud
from tests.support.clients import Customer, Fleet, Place
from tests.support.jobs import today
from tests.support.machines import Machine
from tests.support.patience import PATIENCE, eventually, step
from tests.support.riders import Bus, Rider, Support

ROOT = Path(__file__).parents[2]
HOW = Path(__file__).with_name("schemathesis.toml")
DOCUMENTS = {
    "rfq-api": "ride-booking/openapi.json",
    "unicorn-api": "unicorn-mgmt/openapi.json",
    "jobs-api": "unicorn-mgmt/jobs_openapi.json",
    "support-api": "feedback/openapi.json",
}
"""Each API, and the document that it follows."""
GROUPS = {"rfq-api": "customers", "unicorn-api": "unicorns", "support-api": "support"}
"""Whose token alone lets anybody in."""


def try_everything(
    cloud: Cloud,
    api: str,
    directory: Path,
    token: str = "",
    ids: Mapping[str, str] | None = None,
    *,
    key: str = "",
) -> None:
    """Have Schemathesis call an API. `ids` are given to the operations whose paths begin like this."""
    given = "".join(
        f'[[operations]]\ninclude-path-regex = "^{path}/"\nparameters = {{ "path.{name}" = "{value}" }}\n'
        for path, value in (ids or {}).items()
        for name in ["ride_id" if api == "support-api" else "id"]
    )
    config = directory / "schemathesis.toml"
    config.write_text(f"{HOW.read_text()}\n{given}")
    document = ROOT / "services" / DOCUMENTS[api]
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run", str(document)]
    command += ["--url", cloud.urls[api], "--no-color"]
    command += ["--header", f"Authorization: Bearer {token}"] if token else []
    command += ["--header", f"x-api-key: {key}"] if key else []
    with step(f"Schemathesis tries the {api}"):
        done = subprocess.run(  # noqa: S603 - of this environment
            command, cwd=directory, capture_output=True, text=True, timeout=2 * PATIENCE, check=False
        )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("api", DOCUMENTS)
def test_to_whoever_has_no_token(cloud: Cloud, api: str, tmp_path: Path) -> None:
    try_everything(cloud, api, tmp_path)


@pytest.mark.parametrize("api", GROUPS)
def test_to_whoever_has_a_token_and_nothing_else(cloud: Cloud, api: str, tmp_path: Path) -> None:
    try_everything(cloud, api, tmp_path, cloud.token(f"newcomer-to-{api}", GROUPS[api]))


def test_about_a_completed_rfq_and_its_ride(
    cloud: Cloud, customer: Customer, fleet: Fleet, place: Place, tmp_path: Path
) -> None:
    quote_id = fleet.unicorn(place)
    result = customer.result(customer.submit(place))
    booked = customer.http.post(result["links"]["bookings"], json={"quote-id": quote_id})
    ids = {"/instant-ride-rfqs": result["id"], "/rides": booked.json()["id"]}
    try_everything(cloud, "rfq-api", tmp_path, customer.token, ids)


def test_to_a_unicorn_about_itself_and_an_rfq_that_it_is_invited_to(
    cloud: Cloud, customer: Customer, fleet: Fleet, place: Place, tmp_path: Path
) -> None:
    unicorn = fleet.register(place, auto_quote=False)
    app = fleet.connect(unicorn)
    rfq = customer.submit(place, **{"respond-within": 900})
    app.expect(rfq)
    ids = {"/unicorns": unicorn.id, "/rfqs": rfq.rpartition("/")[2]}
    try_everything(cloud, "unicorn-api", tmp_path, unicorn.token, ids)


def test_to_support_about_a_ride_whose_customer_was_asked(cloud: Cloud, tmp_path: Path) -> None:
    with closing(Bus(cloud)) as bus:
        rider = Rider(cloud, bus)
        rider.rides()
        support = Support(cloud)
        eventually(lambda: support.feedback(rider.ride_id), "the customer is asked")
        ids = {"/callbacks": rider.ride_id, "/rides": rider.ride_id}
        try_everything(cloud, "support-api", tmp_path, cloud.token("agent", "support"), ids)


def test_to_a_partners_program_about_its_job(cloud: Cloud, tmp_path: Path) -> None:
    # A partner for whom no other test imports: an upload that never comes holds up all others.
    machine = Machine(cloud, "gold", "p-nimbus")
    try:
        done = machine.jobs.post(
            "/jobs",
            json={"kind": "ride-statement", "parameters": today()},
            headers={"Prefer": "wait=20, status-document"},
        ).json()
        try_everything(cloud, "jobs-api", tmp_path, machine.token, {"/jobs": done["id"]}, key=machine.key)
    finally:
        machine.remove()
