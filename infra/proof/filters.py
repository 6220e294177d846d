"""Event patterns of rules, archives and stream filters: AWS knows their operators, and events exist that they match.

A pattern with a typing error is accepted by AWS, and then never matches. Here it is held against the schemas of the
contracts, and against the shape of a change of a table.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from jsonschema import Draft202012Validator

from infra.assembly import Assembly
from infra.naming import EVENT_SOURCE_PREFIX
from infra.proof import dynamodb_stream
from infra.proof.finding import Finding
from infra.proof.json_schema import Schema, values_at
from infra.proof.matchers import InvalidPattern, Matcher, is_number
from infra.proof.resolver import Resolver
from infra.proof.ruler import EventPattern, Fields
from wild_rydes_contracts import EVENTS, Event
from wild_rydes_contracts.schemas import json_schema

RULE: Final = "a filter that never matches"


def check(assembly: Assembly) -> Iterator[Finding]:
    """Check the patterns of rules and archives against the contracts, and stream filters against their tables."""
    resolver = Resolver(assembly)
    events = [event_schema(contract) for contract in EVENTS]
    events += [event_schema(old, archived=True) for contract in EVENTS for old in contract.followed()]
    for type_ in ("AWS::Events::Rule", "AWS::Events::Archive"):
        for resource in assembly.all(type_):
            if "EventPattern" in resource.properties:
                pattern = resolver.resolve(resource.stack, resource.properties["EventPattern"])
                # On the default bus are AWS's events: their form is in no contract.
                foreign = type_ == "AWS::Events::Rule" and "EventBusName" not in resource.properties
                yield from never(resource.where, pattern, () if foreign else events)
    for mapping in assembly.all("AWS::Lambda::EventSourceMapping"):
        records = dynamodb_stream.records(assembly, mapping)
        for number, each in enumerate(mapping.properties.get("FilterCriteria", {}).get("Filters", ())):
            yield from never(f"{mapping.where}, filter {number + 1}", json.loads(each["Pattern"]), records)


_REQUESTER: Final = {"type": "string", "pattern": rf"^{re.escape(EVENT_SOURCE_PREFIX)}[a-z][a-z0-9-]*$"}


def event_schema(contract: type[Event], *, archived: bool = False) -> dict[str, Any]:
    """Make the schema of a contract's event as EventBridge hands it to rules. What is `archived` is replayed alone."""
    asks = contract.answered_with is not None
    return on_the_bus(json_schema(contract), contract.name, contract.source, asks=asks, archived=archived)


def on_the_bus(
    detail: Schema, name: str, source: str, *, asks: bool = False, archived: bool = False
) -> dict[str, Any]:
    """Make the schema of an event of that source and name. Of one that `asks` for an answer, others may be the source.

    Replayed events, and no others, have a `replay-name`. What is `archived` comes from an archive alone.

    https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
    """
    texts = ("version", "id", "account", "time", "region")
    return {
        "type": "object",
        "properties": {
            **{each: {"type": "string"} for each in (*texts, "replay-name")},
            # Who wants an answer may ask: see `sources` of rule_pattern.
            "source": _REQUESTER if asks else {"const": source},
            "detail-type": {"const": name},
            "resources": {"type": "array", "items": {"type": "string"}},
            "detail": {key: value for key, value in detail.items() if not key.startswith("$")},
        },
        "required": [*texts, "source", "detail-type", "resources", "detail", *(["replay-name"] * archived)],
        "$defs": detail.get("$defs", {}),
    }


def never(where: str, pattern: object, schemas: Sequence[Schema]) -> Iterator[Finding]:
    """Find out whether nothing of these schemas matches the pattern, or a part of it.

    Without schemas, as for the bodies of a queue's messages, only the pattern itself is checked.
    """
    try:
        alternatives = EventPattern.of(pattern).alternatives
    except InvalidPattern as error:
        yield Finding(
            "an invalid filter",
            where,
            f"AWS refuses it: {error}",
            "Use an operator of https://docs.aws.amazon.com/eventbridge/latest/userguide/"
            "eb-create-pattern-operators.html.",
        )
        return
    for fields in alternatives if schemas else ():
        best = min((_impossible(fields, schema) for schema in schemas), key=_distance)
        matching = [schema for schema in schemas if not _impossible(fields, schema)]
        for name, why in best:
            yield Finding(RULE, where, f"{name}: {why}", _TO_DO)
        if best:
            continue
        for name, matchers in fields.items():
            for matcher in matchers:
                if not any(_possible(matcher, schema, name) for schema in matching):
                    yield Finding(RULE, where, f"{name} is never {json.dumps(matcher.text)}", _TO_DO)


def may_match(pattern: object, schema: Schema) -> bool:
    """Say whether something of a schema can match a pattern. Raises InvalidPattern if it is none."""
    return any(not _impossible(fields, schema) for fields in EventPattern.of(pattern).alternatives)


_TO_DO: Final = "Write the field and its values as the contract or the table has them, or leave them out."


def _distance(impossible: Sequence[tuple[str, str]]) -> tuple[int, bool]:
    """Say how far a pattern is from a schema. Of two that are as near, it means the event that it names."""
    return len(impossible), any(name == "detail-type" for name, _ in impossible)


def _impossible(fields: Fields, schema: Schema) -> list[tuple[str, str]]:
    """List the fields of which no matcher accepts any value that the schema admits, each with the reason."""
    return [
        (name, f"{json.dumps([matcher.text for matcher in matchers])}, but {_described(schema, name)}")
        for name, matchers in fields.items()
        if not any(_possible(matcher, schema, name) for matcher in matchers)
    ]


def _possible(matcher: Matcher, schema: Schema, name: str) -> bool:
    values = values_at(schema, name.split("."), schema)
    if matcher.absent:
        return not all(value is not None and _is_leaf(value) for value in values)
    return any(_admits(value, matcher) for value in values if value is not None and _is_leaf(value))


def _is_leaf(form: Schema) -> bool:
    return form.get("type") != "object"


def _admits(form: Schema, matcher: Matcher) -> bool:
    """Say whether the matcher accepts a value of this form. For texts of any form, each operator on texts does."""
    if "const" in form or "enum" in form:
        return any(matcher.accepts(value) for value in form.get("enum", [form.get("const")]))
    valid = Draft202012Validator(form).is_valid
    candidates: Iterable[Any]
    match form.get("type"):
        case "string":
            return "numeric" not in matcher.text if isinstance(matcher.text, dict) else valid(matcher.text)
        case "integer" | "number":
            numbers = [form.get("minimum", 0), form.get("maximum", 0), *_numbers(matcher.text)]
            candidates = (number + step for number in numbers for step in (-1, 0, 1))
        case "boolean":
            candidates = (True, False)
        case "null":
            candidates = (None,)
        case _:
            return True
    return any(valid(candidate) and matcher.accepts(candidate) for candidate in candidates)


def _numbers(text: object) -> Iterator[Any]:
    if is_number(text):
        yield text
    elif isinstance(text, list | dict):
        for part in text.values() if isinstance(text, dict) else text:
            yield from _numbers(part)


def _described(schema: Schema, name: str) -> str:
    """Say what the field really is."""
    values = values_at(schema, name.split("."), schema)
    forms = [value for value in values if value is not None]
    if not forms:
        return "there is no such field"
    if not any(map(_is_leaf, forms)):
        return "it is an object, and only its fields can match"
    for form in forms:
        if "const" in form or "enum" in form:
            return f"it is {json.dumps(form.get('enum', form.get('const')))}"
    missing = "" if None in values else ", and always there"
    return f"it is a value of type {forms[0].get('type')}{missing}"
