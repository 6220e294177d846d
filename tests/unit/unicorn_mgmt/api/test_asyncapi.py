import json
from pathlib import Path

import unicorn_mgmt
from tests.support.asyncapi import check_references
from unicorn_mgmt.api.asyncapi import asyncapi

CHECKED_IN = Path(unicorn_mgmt.__file__).parents[2] / "asyncapi.json"


def test_the_document_checked_in_is_the_codes() -> None:
    assert json.loads(CHECKED_IN.read_text()) == asyncapi(), "run: make generate"


def test_its_references_lead_somewhere() -> None:
    check_references(asyncapi())
