"""A client that is generated from the RFQ API's document makes the whole journey, and understands a refusal."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest

from infra.rydes.cloud.cloud import Cloud
from tests.support.clients import Customer, Fleet, Place
from tests.support.patience import PATIENCE, eventually

ROOT = Path(__file__).parents[2]
PACKAGE = "generated_rfq_client"


class Generated:
    """The package `generated_rfq_client`."""

    def __getattr__(self, name: str) -> ModuleType:
        """A module: `models`, `types`, `client`, or that of an operation."""
        path = name if name in {"models", "types", "client"} else f"api.default.{name}"
        return importlib.import_module(f"{PACKAGE}.{path}")


def generate(service: str, into: Path, directory: Path) -> None:
    """Generate a client from a service's document, without a word of complaint."""
    config = directory / "config.yml"
    config.write_text("post_hooks: []\n")  # they would only format it
    document = ROOT / "services" / service / "openapi.json"
    command = [
        sys.executable,
        "-m",
        "openapi_python_client",
        "generate",
        "--meta",
        "none",
        "--fail-on-warning",
    ]
    command += ["--path", str(document), "--output-path", str(into), "--config", str(config)]
    done = subprocess.run(  # noqa: S603 - of this environment
        command, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Generated]:
    directory = tmp_path_factory.mktemp("client")
    generate("ride-booking", directory / PACKAGE, directory)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(directory)
        yield Generated()
    for module in [module for module in sys.modules if module.partition(".")[0] == PACKAGE]:
        del sys.modules[module]


@pytest.mark.parametrize("service", ["unicorn-mgmt", "feedback"])
def test_the_other_documents_make_a_client_too(service: str, tmp_path: Path) -> None:
    generate(service, tmp_path / "client", tmp_path)


def ride(generated: Generated, place: Place) -> Any:
    return generated.models.Submission.from_dict(place.ride())


def test_it_understands_that_a_token_is_needed(cloud: Cloud, generated: Generated, place: Place) -> None:
    nobody = generated.client.Client(base_url=cloud.urls["rfq-api"], raise_on_unexpected_status=True)
    refused = generated.submit.sync_detailed(client=nobody, body=ride(generated, place))
    assert refused.status_code == HTTPStatus.UNAUTHORIZED
    assert isinstance(refused.parsed, generated.models.Problem)
    assert (refused.parsed.status, refused.parsed.title) == (401, "Unauthorized")
    assert refused.parsed.detail
    assert refused.headers["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.parametrize("status", [413, 429, 500, 503])
def test_it_understands_what_the_gateway_says_by_itself(
    generated: Generated, place: Place, status: int
) -> None:
    """The emulator never says most of it; these are AWS's answers."""
    said = httpx.MockTransport(lambda _: httpx.Response(status, json={"message": "Service Unavailable"}))
    client = generated.client.Client(base_url="https://rydes.example", httpx_args={"transport": said})
    answer = generated.submit.sync_detailed(client=client, body=ride(generated, place))
    assert isinstance(answer.parsed, generated.models.GatewayMessage)
    assert answer.parsed.message == "Service Unavailable"


def test_it_goes_from_a_request_to_a_ride(
    cloud: Cloud, generated: Generated, customer: Customer, fleet: Fleet, place: Place
) -> None:
    unicorn = fleet.unicorn(place)
    client = generated.client.AuthenticatedClient(
        base_url=cloud.urls["rfq-api"],
        token=customer.token,
        raise_on_unexpected_status=True,
        follow_redirects=True,
    )
    models = generated.models

    accepted = generated.submit.sync(
        client=client, body=ride(generated, place), idempotency_key=f"key-{customer.name}"
    )
    assert isinstance(accepted, models.Accepted)

    def follow() -> Any:
        seen = generated.follow.sync(accepted.id, client=client)
        assert isinstance(seen, (models.Running, models.Result)), seen
        return seen

    result = eventually(follow, "a result", lambda seen: isinstance(seen, models.Result))
    quotes = generated.quotes.sync(accepted.id, client=client)
    assert [quote.quote_id for quote in quotes.quotes] == [quote.quote_id for quote in result.quotes]
    assert generated.result.sync(accepted.id, client=client) == result

    booking = models.Booking(quote_id=unicorn)
    booked = generated.book.sync(accepted.id, client=client, body=booking)
    assert isinstance(booked, models.RideBody)
    confirmed = eventually(
        lambda: generated.ride.sync(booked.id, client=client),
        "the ride confirmed",
        lambda seen: seen.status == "confirmed",
    )
    assert (confirmed.id, confirmed.responder_id) == (booked.id, unicorn)

    again = generated.book.sync_detailed(accepted.id, client=client, body=booking)
    assert isinstance(again.parsed, models.Problem)
    assert (again.status_code, again.parsed.status) == (HTTPStatus.CONFLICT, 409)
    [listed] = generated.list_.sync(client=client).rfqs
    assert listed.id == accepted.id
