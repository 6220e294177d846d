"""What each service registers in EventBridge's schema registry: every version of its messages, in both formats."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from infra.naming import EVENT_SOURCE_PREFIX
from infra.registry.documents.draft4 import draft4
from infra.registry.documents.naming import summary
from infra.registry.documents.openapi import openapi
from infra.registry.published import publications, revisions
from wild_rydes_contracts import EVENTS, MESSAGES, Event, Message
from wild_rydes_contracts.schemas import json_schema

Format: TypeAlias = Literal["OpenApi3", "JSONSchemaDraft4"]

_MOST_WORDS: Final = 256
"""Characters of a description: https://docs.aws.amazon.com/eventbridge/latest/schema-reference/"""


@dataclass(frozen=True)
class Registered:
    """A schema as the registry has it."""

    contract: type[Message]
    format: Format
    source: str
    """The event source of the service that registers it."""
    content: str

    @property
    def name(self) -> str:
        """Its name, as the registry names what it discovers: `wildrydes.feedback@FeedbackReceived-v1`.

        The one in Draft 4 says so. It is of the detail alone, and nothing is generated from it.
        """
        name = f"{self.source}@{self.contract.name}-v{self.contract.version}"
        return name if self.format == "OpenApi3" else f"{name}-{self.format}"

    @property
    def description(self) -> str:
        """What it is of, in a line."""
        return summary(self.contract)[:_MOST_WORDS]


def registered_by(service: str) -> Iterator[Registered]:
    """Go through the schemas that a service registers: those of its events, and of the answers that it wants."""
    source = f"{EVENT_SOURCE_PREFIX}{service}"
    published = publications()
    for contract in (*EVENTS, *MESSAGES):
        if source_of(contract) == source:
            known = revisions(contract, published)
            number = known[-1].number if known else f"{contract.version}.0"
            documents: dict[Format, object] = {
                "OpenApi3": openapi(contract, number),
                "JSONSchemaDraft4": draft4(json_schema(contract)),
            }
            for format_, document in documents.items():
                content = json.dumps(document, separators=(",", ":"))
                yield Registered(contract, format_, source, content)


def source_of(contract: type[Message]) -> str:
    """Find the source that owns a message. An answer is its who wants it: they say what they can read."""
    if issubclass(contract, Event):
        return contract.source
    return next(
        event.source
        for event in EVENTS
        if event.answered_with and event.answered_with.name == contract.name  # in whatever version
    )
