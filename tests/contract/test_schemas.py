"""The JSON Schemas: true to what is written, and no looser than what is read."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from wild_rydes_contracts import Envelope, Message, RfqRequested
from wild_rydes_contracts.schemas import json_schema
from wild_rydes_contracts.strategies import CONTRACTS, messages

VALIDATORS = {
    contract: jsonschema.Draft202012Validator(
        json_schema(contract), format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )
    for contract in CONTRACTS
}


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.name)
def test_schema_is_a_schema(contract: type[Message]) -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema(contract))


@given(messages())
def test_what_is_written_fits_its_schema(envelope: Envelope[Message]) -> None:
    VALIDATORS[type(envelope.data)].validate(json.loads(envelope.to_json()))


def paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to every part of a JSON value."""
    if above:
        yield above
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        yield from paths(child, (*above, key))


replacements: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        -1,
        0,
        1,
        91,
        10**9,
        0.5,
        "",
        "x",
        "X" * 300,
        "1.5",
        "1.00",
        "quote",
        "decline",
        [],
        ["u-1"],
        {},
    ]
)


@given(messages(), st.data())
def test_what_fits_the_schema_can_be_read(envelope: Envelope[Message], data: st.DataObject) -> None:
    contract, message = type(envelope.data), json.loads(envelope.to_json())
    *way, last = data.draw(st.sampled_from(list(paths(message))))
    parent = message
    for step in way:
        parent = parent[step]
    if data.draw(st.booleans()):
        parent[last] = copy.deepcopy(data.draw(replacements))
    else:
        del parent[last]
    if VALIDATORS[contract].is_valid(message):
        Envelope[contract].model_validate(message)  # type: ignore[valid-type]


def test_the_schema_refuses_what_is_not_read() -> None:
    """The other direction, for one message and every single key of it."""
    here = {"lat": 47.6, "lon": -122.3}
    message = {
        "metadata": {
            "event_id": "01a1fdfa-4600-7fdb-82e7-2d9f86cfbe4e",
            "event_version": 1,
            "occurred_at": "2026-11-21T12:00:00Z",
            "correlation_id": "rfq-1",
            "reply_to": "arn:aws:sqs:us-east-1:123456789012:wild-rydes-reply-x",
            "deadline": "2026-11-21T12:05:00Z",
        },
        "data": {"rfq_id": "rfq-1", "start": here, "destination": here},
    }
    schema = VALIDATORS[RfqRequested]
    schema.validate(message)
    for way in paths(message):
        damaged = copy.deepcopy(message)
        parent: Any = damaged
        for step in way[:-1]:
            parent = parent[step]
        del parent[way[-1]]
        assert not schema.is_valid(damaged), way
        with pytest.raises(ValidationError):
            Envelope[RfqRequested].model_validate(damaged)
