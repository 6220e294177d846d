import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from pydantic import ValidationError

import unicorn_mgmt
from tests.support.unicorn_mgmt.invitations import NO, QUOTE
from unicorn_mgmt.api.openapi import openapi
from unicorn_mgmt.api.representations import AnswerBody

CHECKED_IN = Path(unicorn_mgmt.__file__).parents[2] / "openapi.json"


def test_the_document_is_valid_openapi() -> None:
    validate(openapi())


def test_the_document_checked_in_is_the_codes() -> None:
    assert json.loads(CHECKED_IN.read_text()) == openapi(), "run: make generate"


@pytest.mark.parametrize(
    ("body", "fits"),
    [
        (QUOTE, True),
        (NO, True),
        ({**QUOTE, "decline": None}, True),
        ({**NO, "price": None, "pickup-in-seconds": None}, True),
        ({}, False),
        ({**QUOTE, **NO}, False),
        ({**NO, "pickup-in-seconds": 1}, False),
        ({"price": QUOTE["price"]}, False),
        ({**QUOTE, "price": None}, False),
        ({"decline": None}, False),
    ],
)
def test_the_document_says_that_an_answer_is_a_quote_or_a_decline(body: dict[str, Any], fits: bool) -> None:
    document = openapi()
    schema = {"$ref": "#/components/schemas/AnswerBody", "components": document["components"]}
    assert Draft202012Validator(schema).is_valid(body) is fits
    try:
        AnswerBody.model_validate_json(json.dumps(body))
    except ValidationError:
        assert not fits
    else:
        assert fits
