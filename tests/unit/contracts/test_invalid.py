"""What is said of a message that is not valid: every wrong field by its path, what was expected, and no value."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.support.boundary import boundary
from tests.support.messaging.samples import NOW, constructed, requested, response
from wild_rydes_contracts import (
    Coordinates,
    Envelope,
    Message,
    Metadata,
    Money,
    Quote,
    RfqRequested,
    RfqResponse,
)
from wild_rydes_contracts.invalid import InvalidMessage, Problem, listed, problems_of
from wild_rydes_contracts.schemas import json_schema
from wild_rydes_contracts.strategies import CONTRACTS, messages

PERSONAL = "Jane Doe, 206 555 0100"


SCHEMAS = {contract: jsonschema.Draft202012Validator(json_schema(contract)) for contract in CONTRACTS}


def paths(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to every part of a JSON value."""
    if above:
        yield above
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        yield from paths(child, (*above, key))


@boundary
@given(
    messages(), st.sampled_from([PERSONAL, [PERSONAL], {PERSONAL: PERSONAL}, {}, True, -1, 1e300]), st.data()
)
def test_a_wrong_value_is_named_by_its_path_and_never_quoted(
    envelope: Envelope[Message], wrong: object, data: st.DataObject
) -> None:
    message = json.loads(envelope.to_json())
    *way, last = data.draw(st.sampled_from(list(paths(message))))
    parent = message
    for step in way:
        parent = parent[step]
    parent[last] = copy.deepcopy(wrong)
    try:
        Envelope[type(envelope.data)].model_validate(message)  # type: ignore[misc]
    except ValidationError as error:
        problems = problems_of(error, message)
    else:
        return  # such as true for a flag
    path = ".".join(map(str, [*way, last]))
    # A wrong value may be seen where it is, in a field that it lacks, or where its neighbours no longer fit it.
    assert all(path.startswith(problem.path) or problem.path.startswith(f"{path}.") for problem in problems)
    assert "Jane" not in listed(problems)
    assert listed(problems).isprintable()


@given(messages(), st.data())
def test_a_missing_field_is_named_by_its_path(envelope: Envelope[Message], data: st.DataObject) -> None:
    message = json.loads(envelope.to_json())
    *way, last = data.draw(st.sampled_from([path for path in paths(message) if isinstance(path[-1], str)]))
    parent = message
    for step in way:
        parent = parent[step]
    del parent[last]
    try:
        Envelope[type(envelope.data)].model_validate(message)  # type: ignore[misc]
    except ValidationError as error:
        problems = problems_of(error, message)
    else:
        return  # an optional one
    path = ".".join(map(str, [*way, last]))
    told = {problem.path: problem.expected for problem in problems}
    if path in told:
        assert told[path] == "is missing"
    else:  # the tag of a union, the currency that says which amounts there are, or where an answer goes
        assert all(path.startswith(each) for each in told)


def test_alternatives_of_a_union_are_no_part_of_a_path() -> None:
    envelope = response("rfq-1", "u-1")
    message = json.loads(envelope.to_json())
    message["data"]["answers"] = [
        {
            "kind": "quote",
            "responder_id": "u-1",
            "display_name": "Jane",
            "price": {"amount": "cheap", "currency": "USD"},
        },
        {"kind": "maybe"},
    ]
    with pytest.raises(ValidationError) as caught:
        Envelope[RfqResponse].model_validate(message)
    assert problems_of(caught.value, message) == (
        Problem("data.answers.0.price.amount", 'should be a decimal string such as "12.50"'),
        Problem("data.answers.0.pickup_in_seconds", "is missing"),
        Problem("data.answers.1", "kind should be one of 'quote', 'decline'"),
    )


def test_what_has_too_many_problems_names_whole_ones_and_counts_the_others() -> None:
    problems = [Problem(f"data.answers.{i}.price", "is missing") for i in range(100)]
    named, _, left = listed(problems).rpartition("; and ")
    assert left == f"{100 - len(named.split('; '))} more"
    assert named.split("; ") == [str(problem) for problem in problems[: named.count(";") + 1]]
    assert len(named.split("; ")) > 20


SENT = requested("rfq-1")


def unchecked(**changes: object) -> Envelope[RfqRequested]:
    """An envelope whose data pydantic has not checked."""
    return SENT.model_copy(update={"data": SENT.data.model_copy(update=changes)})


@pytest.mark.parametrize(
    ("envelope", "problems"),
    [
        (unchecked(rfq_id=7), ["data.rfq_id: should be a valid string"]),
        (
            unchecked(rfq_id="Jane Doe", start=None),
            ["data.rfq_id: String should match pattern", "data.start: is missing"],
        ),
        (
            unchecked(start=constructed(Coordinates, lat=91, lon=float("nan"))),
            [
                "data.start.lat: should be less than or equal to 90",
                "data.start.lon: should be a valid number",
            ],
        ),
        (
            SENT.model_copy(update={"data": constructed(RfqRequested)}),
            ["data.rfq_id: is missing", "data.start"],
        ),
        (
            SENT.model_copy(update={"metadata": SENT.metadata.model_copy(update={"deadline": None})}),
            ["RfqRequested wants an answer: its metadata need reply_to and deadline"],
        ),
        (
            SENT.model_copy(update={"metadata": SENT.metadata.model_copy(update={"event_version": 2})}),
            ["metadata.event_version should be 1"],
        ),
        (SENT.model_copy(update={"metadata": constructed(Metadata)}), ["metadata.event_id: is missing"]),
        (constructed(Envelope, data=SENT.data), ["metadata: is missing"]),
        (
            constructed(Envelope, metadata=SENT.metadata, data={"rfq_id": "rfq-1"}),
            ["the data are no message"],
        ),
        (unchecked(rfq_id="\ud800"), ["JSON has no such values"]),
        (unchecked(rfq_id=object()), ["JSON has no such values"]),
    ],
    ids=[
        "a number for an id",
        "two fields",
        "bounds and NaN",
        "nothing",
        "no deadline",
        "version",
        "empty metadata",
        "no metadata",
        "a dictionary",
        "a lone surrogate",
        "an object",
    ],
)
def test_what_no_reader_takes_has_no_wire_form(envelope: Envelope[Message], problems: list[str]) -> None:
    with pytest.raises(InvalidMessage) as caught:
        envelope.to_json()
    assert [problem for problem in problems if problem not in str(caught.value)] == []
    assert "Jane" not in str(caught.value)
    error = caught.value
    assert error.__context__ is None or error.__suppress_context__, "a traceback would show the values"
    assert isinstance(json.loads(envelope.unchecked_json()), dict), "it can be looked at all the same"


@boundary
@given(
    messages(),
    st.sampled_from(
        ["1", None, "", PERSONAL, "\ud800", -1, 10**30, float("inf"), {}, [PERSONAL], (), object(), NOW]
    ),
    st.data(),
)
def test_what_has_a_wire_form_is_read_and_nothing_else_has_one(
    envelope: Envelope[Message], value: object, data: st.DataObject
) -> None:
    part = data.draw(st.sampled_from(["metadata", "data"]))
    whole = getattr(envelope, part)
    field = data.draw(st.sampled_from([*type(whole).model_fields, ""]))
    changed = whole.model_copy(update={field: value}) if field else value
    unchecked_ = envelope.model_copy(update={part: changed})
    try:
        text = unchecked_.to_json()
    except InvalidMessage as error:
        said = str(error)
    else:
        SCHEMAS[type(envelope.data)].validate(json.loads(text))
        assert Envelope[type(envelope.data)].model_validate_json(text).to_json() == text  # type: ignore[misc]
        return
    assert "Jane" not in said
    json.loads(unchecked_.unchecked_json())


def test_an_unchecked_message_that_readers_take_is_sent() -> None:
    assert unchecked(rfq_id="rfq-2").to_json() == requested("rfq-1").to_json().replace(
        '"rfq_id":"rfq-1"', '"rfq_id":"rfq-2"'
    )


def test_more_decimals_than_the_schema_allows_are_not_sent() -> None:
    quote = constructed(
        Quote,
        kind="quote",
        responder_id="u-1",
        display_name="Nova",
        price=constructed(Money, amount="12.505", currency="USD"),
        pickup_in_seconds=60,
    )
    envelope = response("rfq-1", "u-1")
    envelope = envelope.model_copy(update={"data": envelope.data.model_copy(update={"answers": (quote,)})})
    with pytest.raises(InvalidMessage, match=r"data\.answers\.0\.price\.amount"):
        envelope.to_json()
