"""What classes say is published before anybody builds on it."""

from datetime import date

import pytest

from infra.registry.published import draft, publications, worded
from wild_rydes_contracts import EVENTS, MESSAGES, Message
from wild_rydes_contracts.schemas import json_schema

PUBLISHED = publications()


@pytest.mark.parametrize("contract", [*EVENTS, *MESSAGES], ids=lambda contract: contract.versioned_name())
def test_what_a_class_says_is_published(contract: type[Message]) -> None:
    unpublished = draft(contract, PUBLISHED, date(2026, 11, 26), "")
    assert unpublished is None, f'run: uv run rydes contracts publish {contract.name} --note "…"'


@pytest.mark.parametrize("contract", [*EVENTS, *MESSAGES], ids=lambda contract: contract.versioned_name())
def test_what_is_shown_and_registered_has_the_words_of_today(contract: type[Message]) -> None:
    shown = [
        each for each in worded(PUBLISHED, [contract])[contract.name] if each.version == contract.version
    ]
    assert shown[-1].schema == json_schema(contract)
