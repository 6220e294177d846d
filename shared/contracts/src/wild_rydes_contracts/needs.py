"""What a consumer reads, stated by the consumer: its own test fails when it is not there, and so does the producer's.

Consumer-driven contracts without a broker: the statement is a file in the producers' repository, which holds it against
its classes before anything is published.
"""

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wild_rydes_contracts import EVENTS, MESSAGES, Message
from wild_rydes_contracts.schemas import json_schema

Json = dict[str, Any]

_PATH = re.compile(r"(?P<name>[A-Za-z]+)(\.v(?P<version>[1-9][0-9]*))?\.(?P<field>[^?\s]+)(?P<optional>\??)")


class NotOffered(AssertionError):
    """The contracts do not have what a consumer needs. The text says what they have instead."""


@dataclass(frozen=True)
class Need:
    """One field that a consumer reads, and its schema as it reads it. What is `optional` may be absent."""

    message: str
    """Its name and version, such as `RideCompleted.v1`."""
    field: str
    """Its path in the data, or in the metadata if it begins with `metadata.`. Elements of arrays need no step."""
    optional: bool
    schema: Json


@dataclass(frozen=True)
class Needs:
    """All that a consumer reads."""

    fields: tuple[Need, ...]

    def statement(self, consumer: str) -> Json:
        """Make the document that the producers keep: `{"consumer": …, "needs": {message: {field: schema}}}`."""
        stated: dict[str, Json] = {}
        for need in self.fields:
            stated.setdefault(need.message, {})[need.field + "?" * need.optional] = need.schema
        return {"consumer": consumer, "needs": {name: stated[name] for name in sorted(stated)}}

    def write(self, consumer: str, directory: Path | str) -> Path:
        """Write the statement to `<consumer>.json`, which the consumer hands in as `shared/contracts/consumers/…`.

        Raises ValueError for a name that is none of small letters, digits and `-`.
        """
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", consumer):
            raise ValueError(f"{consumer!r} is no name of a consumer: write small letters, digits and -")
        file = Path(directory) / f"{consumer}.json"
        file.write_text(json.dumps(self.statement(consumer), indent=2) + "\n")
        return file


def needs(*paths: str, contracts: Sequence[type[Message]] = (*EVENTS, *MESSAGES)) -> Needs:
    """State what a consumer reads: `RideCompleted.ride_id`, `RfqCompleted.responders.quoted`, `RideCompleted.time_zone?`.

    A question mark says that the consumer does without a field that is absent. Without a version, such as in
    `RideCompleted.v2.ride_id`, it is the oldest one that is published. Raises NotOffered, with all that is wrong.
    """
    found: list[Need] = []
    wrong: list[str] = []
    for path in paths:
        try:
            found.append(_need(path, contracts))
        except NotOffered as error:
            wrong.append(str(error))
    if wrong:
        raise NotOffered("\n".join(wrong))
    return Needs(tuple(found))


def unmet(
    statement: Mapping[str, Any], contracts: Sequence[type[Message]] = (*EVENTS, *MESSAGES)
) -> tuple[str, ...]:
    """Hold a consumer's statement against the classes: which of its fields are gone, or may be absent, one by one."""
    found = []
    for message, fields in statement["needs"].items():
        for field in fields:
            try:
                _need(f"{message}.{field}", contracts)
            except NotOffered as error:
                found.append(f"{statement['consumer']}: {error}")
    return tuple(found)


def _need(path: str, contracts: Sequence[type[Message]]) -> Need:
    said = _PATH.fullmatch(path)
    if said is None:
        raise NotOffered(f"{path} is no field of a message, such as RideCompleted.ride_id")
    contract = _contract(said["name"], said["version"], contracts)
    optional = bool(said["optional"])
    field = said["field"].replace("[]", "")  # as the pages of the messages write elements
    document = json_schema(contract)
    steps = field.split(".") if field.startswith("metadata.") else ["data", *field.split(".")]
    forms = _at(document, steps, document, f"{contract.versioned_name()}.{field}")
    if None in forms and not optional:
        raise NotOffered(f"{contract.versioned_name()}.{field} may be absent: say {path}? and do without it")
    schemas = [form for form in forms if form is not None]
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    return Need(contract.versioned_name(), field, optional, {**schema, **_definitions(schema, document)})


def _contract(name: str, version: str | None, contracts: Sequence[type[Message]]) -> type[Message]:
    versions = {contract.version: contract for contract in contracts if contract.name == name}
    if not versions:
        raise NotOffered(f"There is no message {name}.{_meant(name, [each.name for each in contracts])}")
    if version and int(version) not in versions:
        known = " and ".join(map(str, sorted(versions)))
        raise NotOffered(f"{name} has no version {version}: published are {known}")
    return versions[int(version) if version else min(versions)]


def _at(schema: Json, steps: Sequence[str], document: Json, path: str) -> list[Json | None]:
    """List the schemas that a field has in all alternatives. None among them says that it may be absent."""
    if not steps:
        return [schema]
    step, *rest = steps
    objects = list(_objects(schema, document))
    having = [each for each in objects if step in each.get("properties", {})]
    if not having:
        names = sorted({name for each in objects for name in each.get("properties", {})})
        raise NotOffered(f"There is no {path}.{_meant(step, names)}")
    found: list[Json | None] = [] if len(having) == len(objects) else [None]
    for each in having:
        found += [] if step in each.get("required", ()) else [None]
        found += _at(each["properties"][step], rest, document, path)
    unique: list[Json | None] = []
    return [form for form in found if form not in unique and not unique.append(form)]  # type: ignore[func-returns-value]


def _objects(schema: Json, document: Json) -> Iterator[Json]:
    """Go through the objects that a value may be: its own, those of alternatives, and the elements of an array."""
    if "$ref" in schema:
        yield from _objects(document["$defs"][schema["$ref"].rpartition("/")[2]], document)
    elif alternatives := schema.get("anyOf") or schema.get("oneOf"):
        for alternative in alternatives:
            yield from _objects(alternative, document)
    elif parts := schema.get("allOf"):
        merged: Json = {"properties": {}, "required": []}
        for part in (each for one in reversed(parts) for each in _objects(one, document)):
            merged["properties"] |= part.get("properties", {})
            merged["required"] += part.get("required", [])
        yield merged
    elif schema.get("type") == "array":
        yield from _objects(schema.get("items", {}), document)
    else:
        yield schema


def _definitions(schema: Json, document: Json) -> Json:
    """Take along the definitions that a schema refers to."""
    names: set[str] = set()
    waiting = [schema]
    while waiting:
        for name in re.findall(r'"#/\$defs/([^"]+)"', json.dumps(waiting.pop())):
            if name not in names:
                names.add(name)
                waiting.append(document["$defs"][name])
    return {"$defs": {name: document["$defs"][name] for name in sorted(names)}} if names else {}


def _meant(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, sorted(set(known)), n=1, cutoff=0.5)
    if close:
        return f" Did you mean {close[0]}?"
    return f" There are {', '.join(sorted(set(known)))}." if known else " It has no fields of its own."
