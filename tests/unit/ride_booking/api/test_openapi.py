import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

import ride_booking
from ride_booking.api.openapi import openapi
from tests.support import aws
from tests.support.ride_booking.world import DEADLINE, Api, World, quote, response

CHECKED_IN = Path(ride_booking.__file__).parents[2] / "openapi.json"
DOCUMENT = openapi()


def test_the_document_that_is_checked_in_is_what_the_code_says() -> None:
    assert json.loads(CHECKED_IN.read_text()) == DOCUMENT, "run: make generate"


def test_the_document_is_valid_openapi() -> None:
    validate(DOCUMENT)


def conforms(operation: dict[str, Any], status: int, body: Any) -> None:
    """Whether the body is as the document says for this status."""
    answer = operation["responses"][str(status)]
    if "$ref" in answer:
        answer = DOCUMENT["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    [content] = answer["content"].values()
    Draft202012Validator({**content["schema"], "components": DOCUMENT["components"]}).validate(body)


@pytest.mark.parametrize("done", [False, True])
def test_the_api_answers_as_documented(api: Api, world: World, done: bool) -> None:
    kept = world.put()
    world.gather(response(kept.id, quote("u-a"), quote("u-b", "0.05"), asked=("u-a", "u-b", "u-c")))
    if done:
        world.rfqs.change(kept.id, lambda found: found.close(DEADLINE).book("u-a", DEADLINE), consistent=True)
    aws.reads.catch_up()
    checked = set()
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            if method == "delete":
                continue
            id_ = f"{kept.id}.1" if path.startswith("/rides/") else kept.id
            answer = api.call(method.upper(), path.replace("{id}", id_), {} if method == "post" else None)
            checked.add(answer.status)
            if answer.raw["body"]:
                conforms(operation, answer.status, answer.body)
            else:
                assert str(answer.status) in operation["responses"]

    accepted = api.post()
    conforms(DOCUMENT["paths"]["/instant-ride-rfqs"]["post"], accepted.status, accepted.body)
    booking = api.call("POST", f"/instant-ride-rfqs/{kept.id}/bookings", {"quote-id": "u-a"})
    assert booking.status == 409
    conforms(DOCUMENT["paths"]["/instant-ride-rfqs/{id}/bookings"]["post"], 409, booking.body)
    assert checked == ({200, 303, 400} if done else {200, 400, 404, 409})
