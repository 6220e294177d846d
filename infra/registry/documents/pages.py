"""The pages of docs/events: one for each message, and their index."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from infra.assembly import Assembly
from infra.registry.audience import emitters, listeners
from infra.registry.compatibility.modes import Mode, compare
from infra.registry.documents.examples import example
from infra.registry.documents.markdown import folded, json_block, page, table
from infra.registry.documents.naming import details, identifier, summary
from infra.registry.documents.rewriting import Json
from infra.registry.documents.words import Row, in_words, rows
from infra.registry.published import Publication, revisions
from infra.registry.readers import statements, stating
from wild_rydes_contracts import EVENTS, MESSAGES, Event, Message, rule_pattern
from wild_rydes_contracts.schemas import json_schema

_MOST_DIFFERENCES: Final = 6

_INTRODUCTION: Final = (
    "What the services of Wild Rydes tell each other, and whoever else listens. To subscribe, put the rule pattern of an"
    " event's page into a rule on the bus `wild-rydes`."
)
_FOR_PROGRAMS: Final = (
    "For programs there is a JSON Schema of each message, also [in Draft 4](draft4/) and as [OpenAPI 3.0](openapi/) for"
    " code bindings; [events.d.ts](events.d.ts) for TypeScript; and [asyncapi.json](asyncapi.json), with who sends and"
    " who receives. `uv run rydes contracts export DIR` writes it all as an EventCatalog."
)

Published = Mapping[str, list[Publication]]


def shown() -> dict[str, list[type[Message]]]:
    """List the messages that somebody sends, by their names, each with its newest version first."""
    found: dict[str, list[type[Message]]] = {}
    for contract in sorted((*EVENTS, *MESSAGES), key=lambda each: each.version, reverse=True):
        if emitters(contract):
            found.setdefault(contract.name, []).append(contract)
    order = [contract.name for contract in (*EVENTS, *MESSAGES)]
    return dict(sorted(found.items(), key=lambda item: order.index(item[0])))


def message_page(versions: Sequence[type[Message]], published: Published, assembly: Assembly) -> str:
    """Make the page of a message, whose newest version comes first."""
    newest, *older = versions
    return page(
        f"# {newest.name}",
        f"**{summary(newest)}**",
        details(newest),
        _facts(versions, published, assembly),
        _version(newest),
        *(folded(f"Version {each.version}", _version(each)) for each in older),
        "## Changelog",
        _changelog(published.get(newest.name, ())),
        "All messages: [README](README.md). This page is made by `make generate`.",
    )


def index(published: Published, assembly: Assembly) -> str:
    """Make the page of all messages."""
    events = [versions for versions in shown().values() if issubclass(versions[0], Event)]
    sources = dict.fromkeys(versions[0].source for versions in events if issubclass(versions[0], Event))
    replies = [versions for versions in shown().values() if not issubclass(versions[0], Event)]
    parts = [
        "# Messages",
        _INTRODUCTION,
        _FOR_PROGRAMS,
    ]
    for source in sources:
        of_source = [each for each in events if issubclass(each[0], Event) and each[0].source == source]
        parts += [f"## `{source}`", _index_table(of_source, published, assembly)]
    if replies:
        parts += ["## To return addresses", _index_table(replies, published, assembly)]
    return page(*parts, "All of this is made from `shared/contracts` by `make generate`. Do not edit.")


def _index_table(
    messages: Sequence[Sequence[type[Message]]], published: Published, assembly: Assembly
) -> str:
    return table(
        ("message", "", "version", "heard by"),
        (
            (
                f"[{newest.name}]({newest.name}.md)",
                summary(newest),
                ", ".join(_number(each, published) for each in (newest, *older)),
                _hearers(newest, assembly),
            )
            for newest, *older in messages
        ),
    )


def _facts(versions: Sequence[type[Message]], published: Published, assembly: Assembly) -> str:
    newest = versions[0]
    facts = [
        ("version", ", ".join(_number(each, published) for each in versions)),
        ("compatibility", f"{newest.compatibility} within a version"),
    ]
    if issubclass(newest, Event):
        facts += [
            ("source", f"`{newest.source}`"),
            ("useful life", f"{in_words(newest.useful_life)}: so long rules try to deliver it"),
        ]
    facts += [("emitted by", ", ".join(emitters(newest)))]
    facts += [
        ("heard by", _hearers(each, assembly) + _of_version(each, versions) + _unheard(each))
        for each in versions
    ]
    if issubclass(newest, Event) and newest.answered_with:
        answer = newest.answered_with.name
        facts += [("answered with", f"[{answer}]({answer}.md), sent to `metadata.reply_to`")]
    facts += [("schemas", _links(each) + _of_version(each, versions)) for each in versions]
    return table(("", ""), ((f"**{name}**", value) for name, value in facts))


def _of_version(contract: type[Message], versions: Sequence[type[Message]]) -> str:
    return f" (version {contract.version})" if len(versions) > 1 else ""


def _number(contract: type[Message], published: Published) -> str:
    known = revisions(contract, published)
    return known[-1].number if known else f"{contract.version} (not published)"


def _hearers(contract: type[Message], assembly: Assembly) -> str:
    if not issubclass(contract, Event):
        return ", ".join(
            sorted(
                {
                    who
                    for event in EVENTS
                    if event.answered_with and event.answered_with.name == contract.name
                    for who in emitters(event)
                }
            )
        )
    by_rules = listeners(contract, assembly)
    heard = [f"{listener.service} (`{listener.function}`)" for listener in by_rules]
    others = set(stating(contract, statements())) - {listener.service for listener in by_rules}
    heard += [f"{consumer} (states what it needs)" for consumer in sorted(others)]
    return ", ".join(dict.fromkeys(heard)) or "nobody here"


def _unheard(contract: type[Message]) -> str:
    return f". {contract.unheard}" if issubclass(contract, Event) and contract.unheard else ""


def _links(contract: type[Message]) -> str:
    file = contract.versioned_name()
    return (
        f"[JSON Schema 2020-12]({file}.json) · [Draft 4](draft4/{file}.json) · [OpenAPI 3.0](openapi/{file}.json)"
        f" · `{identifier(contract)}` in [TypeScript](events.d.ts)"
    )


def _version(contract: type[Message]) -> str:
    schema = json_schema(contract)
    definitions = schema["$defs"]
    parts = [
        "## Fields",
        "Of `data`:",
        _fields(rows(definitions[contract.__name__], definitions)),
        folded(
            "Of <code>metadata</code>, which every message has", _fields(_metadata(contract, definitions))
        ),
    ]
    if issubclass(contract, Event):
        parts += ["## Subscribe", json_block(rule_pattern(contract))]
    title = "## Example" if not issubclass(contract, Event) else "## Example of the detail"
    return "\n\n".join([*parts, title, json_block(json.loads(example(contract).to_json()))])


def _metadata(contract: type[Message], definitions: Json) -> list[Row]:
    always = {"reply_to", "deadline"} if issubclass(contract, Event) and contract.answered_with else set()
    return [
        Row(
            row.name,
            row.type,
            row.required or row.name in always,
            f"`{contract.version}`" if row.name == "event_version" else row.bounds,
            row.meaning,
        )
        for row in rows(definitions["Metadata"], definitions)
    ]


def _fields(found: Iterable[Row]) -> str:
    return table(
        ("field", "type", "required", "bounds", "meaning"),
        (
            (f"`{row.name}`", row.type, "yes" if row.required else "no", row.bounds, row.meaning)
            for row in found
        ),
    )


def _changelog(published: Sequence[Publication]) -> str:
    changes = {later.number: _changed(earlier, later) for earlier, later in pairwise(published)}
    return table(
        ("revision", "since", "", "what readers or writers notice"),
        (
            (f"**{each.number}**", str(each.published), each.note, changes.get(each.number, ""))
            for each in reversed(published)
        ),
    )


def _changed(earlier: Publication, later: Publication) -> str:
    """What the comparer says is different, in either direction."""
    found = [
        f"{each.rule} `{each.path}`" for each in compare(earlier.schema, later.schema, Mode.FULL).differences
    ]
    more = f", and {len(found) - _MOST_DIFFERENCES} more" if len(found) > _MOST_DIFFERENCES else ""
    return ", ".join(found[:_MOST_DIFFERENCES]) + more or "nothing"
