"""What each service registers in EventBridge's schema registry: every version of its messages, in both formats."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from infra.naming import EVENT_SOURCE_PREFIX
from infra.registry.documents.draft4 import draft4
from infra.registry.documents.openapi import openapi
from infra.registry.published import Publication, publications, revisions, worded
from wild_rydes_contracts import EVENTS, MESSAGES, Event, Message

Format: TypeAlias = Literal["OpenApi3", "JSONSchemaDraft4"]

DRAFT_4: Final = "-JSONSchemaDraft4"
"""How the name of a schema in Draft 4 ends."""
_MOST_WORDS: Final = 256
"""Characters of a description: https://docs.aws.amazon.com/eventbridge/latest/schema-reference/"""


@dataclass(frozen=True)
class Registered:
    """A schema as the registry has it."""

    name: str
    format: Format
    description: str
    content: str


def registered_by(
    service: str, published: Mapping[str, list[Publication]] | None = None
) -> Iterator[Registered]:
    """Go through the schemas that a service registers: of its events, and of the answers that it wants.

    They are what is published last of each version. A name is as the registry names what it discovers, and has the
    version: `wildrydes.feedback@FeedbackReceived-v1` is the OpenAPI document of the whole event, for code bindings;
    the schema in Draft 4 is of the detail alone, for validation, and has the revision as its `$id`.
    """
    source = f"{EVENT_SOURCE_PREFIX}{service}"
    known = worded(publications() if published is None else published, (*EVENTS, *MESSAGES))
    for contract in (*EVENTS, *MESSAGES):
        found = revisions(contract, known)
        if owner_of(contract) == source and found:
            newest = found[-1]
            name = f"{source}@{newest.name}-v{newest.version}"
            words = str(newest.schema.get("description", "")).partition("\n")[0][:_MOST_WORDS]
            yield Registered(
                name, "OpenApi3", words, _text(openapi(newest.schema, newest.number, newest.source))
            )
            in_draft4 = replace(newest, schema=draft4(newest.schema))
            yield Registered(f"{name}{DRAFT_4}", "JSONSchemaDraft4", words, _text(in_draft4.document))


def owner_of(contract: type[Message]) -> str:
    """Find the source that owns a message. An answer is its who wants it: they say what they can read."""
    if issubclass(contract, Event):
        return contract.source
    return next(
        event.source
        for event in EVENTS
        if event.answered_with and event.answered_with.name == contract.name  # in whatever version
    )


def _text(document: object) -> str:
    return json.dumps(document, separators=(",", ":"))
