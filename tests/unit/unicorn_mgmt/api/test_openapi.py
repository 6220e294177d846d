import json
from pathlib import Path

from openapi_spec_validator import validate

import unicorn_mgmt
from unicorn_mgmt.api.openapi import openapi

CHECKED_IN = Path(unicorn_mgmt.__file__).parents[2] / "openapi.json"


def test_the_document_is_valid_openapi() -> None:
    validate(openapi())


def test_the_document_checked_in_is_the_codes() -> None:
    assert json.loads(CHECKED_IN.read_text()) == openapi(), "run: make generate"
