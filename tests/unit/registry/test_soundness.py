"""What is called compatible is: every value that the old schema takes, the new one takes.

Except where the registry means something else, which is why the new schema is read as `as_the_registry_reads` has it:

- a required property with a default may be missing, as readers take the default;
- a required property that `properties` does not describe, while it describes others, is not looked at;
- branches of `oneOf` that may overlap are alternatives, unless what was written is certain to be in two of them.

Formats, Kafka Connect's bytes, and `additionalItems` without `items` are exceptions, too, and not among these schemas.
"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft4Validator, Draft7Validator, Draft202012Validator
from jsonschema.protocols import Validator

from infra.registry.compatibility.documents import Document
from infra.registry.compatibility.instances import accepts
from infra.registry.compatibility.modes import Mode, compare
from infra.registry.compatibility.result import Undecided, Unusable
from tests.unit.registry.small_schemas import (
    CIRCULAR,
    SCHEMAS,
    VALUES,
    Json,
    as_draft_4,
    as_draft_7,
    as_the_registry_reads,
    pairs,
)

Write = Callable[[Json], Json]

DRAFTS: list[tuple[type[Validator], Write]] = [
    (Draft202012Validator, lambda schema: schema),
    (Draft7Validator, as_draft_7),
    (Draft4Validator, lambda schema: as_draft_4(as_draft_7(schema))),
]


def _named(schema: Json, validator: type[Validator]) -> Json:
    return {"$schema": validator.META_SCHEMA.get("$id", validator.META_SCHEMA.get("id")), **schema}


def _whole(schema: Json) -> Json:
    return schema if isinstance(schema, dict) else {"allOf": [schema]}


def _hold_to_validation(old: Json, new: Json, validator: type[Validator], write: Write) -> None:
    before, after = (_named(write(_whole(schema)), validator) for schema in (old, new))
    relaxed = validator(_named(write(as_the_registry_reads(_whole(new))), validator))
    try:
        verdict = compare(before, after, Mode.BACKWARD)
    except Unusable:
        assume(condition=False)
    if verdict.compatible:
        writer = validator(before)
        assert not [value for value in VALUES if writer.is_valid(value) and not relaxed.is_valid(value)]


@pytest.mark.slow
@pytest.mark.parametrize(("validator", "write"), DRAFTS)
@given(pair=pairs())
def test_what_is_compatible_reads_what_was_written(
    validator: type[Validator], write: Write, pair: tuple[Json, Json]
) -> None:
    _hold_to_validation(*pair, validator, write)


@pytest.mark.slow
@pytest.mark.parametrize(("validator", "write"), DRAFTS)
@given(pair=pairs(CIRCULAR))
def test_what_is_compatible_and_refers_to_itself_reads_what_was_written(
    validator: type[Validator], write: Write, pair: tuple[Json, Json]
) -> None:
    _hold_to_validation(*pair, validator, write)


@pytest.mark.slow
@given(SCHEMAS, st.sampled_from(list(Mode)))
def test_every_schema_may_follow_itself(schema: Json, mode: Mode) -> None:
    assert compare(schema, schema, mode).compatible


@pytest.mark.slow
@given(pairs())
def test_full_is_both_and_forward_is_the_reverse(pair: tuple[Json, Json]) -> None:
    old, new = pair
    backward, forward = compare(old, new, Mode.BACKWARD), compare(old, new, Mode.FORWARD)
    assert forward.compatible == compare(new, old, Mode.BACKWARD).compatible
    assert compare(old, new, Mode.FULL).compatible == (backward.compatible and forward.compatible)


@pytest.mark.slow
@given(SCHEMAS)
def test_single_values_are_taken_as_validators_take_them(schema: Json) -> None:
    validator: Any = Draft202012Validator(_whole(schema))
    root = Document(_named(_whole(schema), Draft202012Validator), "the schema").root
    for value in VALUES[::7]:
        try:
            assert accepts(root, value) == validator.is_valid(value)
        except Undecided as undecided:
            assert "depends on what else looks" in str(undecided)  # noqa: PT017 - may be either
