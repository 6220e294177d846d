"""How large messages can get is read from their contracts."""

import json
import math
from datetime import UTC, datetime
from typing import ClassVar

import pytest
from hypothesis import given
from pydantic import Field

from infra.proof.sizes import check_contract, largest, largest_message
from wild_rydes_contracts import EVENTS, MAX_RESPONDERS, Envelope, Event, Quote, RfqResponse
from wild_rydes_contracts.metadata import first_of
from wild_rydes_contracts.strategies import events


class _TooLarge(Event):
    """A message with a text as long as a book."""

    name: ClassVar[str] = "TooLarge"
    source: ClassVar[str] = "wildrydes.library"
    version: ClassVar[int] = 1

    text: str = Field(max_length=300_000)


class _Endless(_TooLarge):
    """A message with a list of any length."""

    names: tuple[str, ...]


@pytest.mark.parametrize("contract", [*EVENTS, RfqResponse])
def test_each_contract_bounds_its_messages(contract: type[Event]) -> None:
    assert largest_message(contract) < 256 * 1024, "it fits wherever the limit was not raised yet, too"
    assert [*check_contract(contract)] == []


@given(envelope=events())
def test_no_event_is_larger_than_its_contract_says(envelope: Envelope[Event]) -> None:
    assert len(envelope.to_json()) <= largest_message(type(envelope.data))


def test_the_largest_answer_is_as_large_as_computed_but_for_what_no_client_sends() -> None:
    ids = [f"u-{number:030}" for number in range(MAX_RESPONDERS)]
    quote = {
        "display_name": "\N{UNICORN FACE}" * 40,
        "price": {"amount": "1234567.89", "currency": "USD"},
        "pickup_in_seconds": 86_400,
        "valid_until": datetime(2026, 11, 26, 12, 34, 56, 789_000, tzinfo=UTC),
        "rating": {"count": 10**9, "total": 10**10},
    }
    answers = tuple(Quote.model_validate({"responder_id": id_, **quote}) for id_ in ids)
    response = RfqResponse(asked=tuple(ids), answers=answers)
    metadata = first_of(RfqResponse, correlation_id="r" * 128, occurred_at=datetime.now(UTC))
    size = len(Envelope(metadata=metadata, data=response).to_json())
    assert 0.8 < size / largest_message(RfqResponse) <= 1


@pytest.mark.parametrize(
    ("contract", "words"),
    [(_TooLarge, "bytes of an event, and AWS allows 1,048,576"), (_Endless, "a message of any size")],
)
def test_a_contract_whose_messages_may_be_too_large_is_refused(contract: type[Event], words: str) -> None:
    [finding] = check_contract(contract)
    assert (finding.where, words in finding.why) == ("TooLarge", True)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "pattern": "^[a-z]{3}$", "maxLength": 2}, "ab"),
        ({"type": "string", "maxLength": 2}, "\N{UNICORN FACE}\N{UNICORN FACE}"),
        ({"enum": ["a", "abc"]}, "abc"),
        ({"anyOf": [{"type": "null"}, {"const": "longest"}]}, "longest"),
        ({"type": "integer", "minimum": -100, "maximum": 9}, -100),
        ({"type": "array", "items": {"type": "boolean"}, "maxItems": 3}, [False] * 3),
        ({"type": "object", "properties": {"n": {"type": "null"}}}, {"n": None}),
    ],
)
def test_a_text_is_never_larger_than_computed(schema: dict[str, object], value: object) -> None:
    text = json.dumps(value, separators=(",", ":"))
    assert len(text) <= largest(schema, schema) <= len(text) + 6


@pytest.mark.parametrize("schema", [{"type": "string"}, {"type": "array", "items": {"type": "null"}}, {}])
def test_what_has_no_bound_has_no_largest(schema: dict[str, object]) -> None:
    assert math.isinf(largest(schema, schema))
