"""Who reads a message: services and examples by their rules, and consumers by what they state that they need."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.artifacts import ROOT
from infra.assembly import Assembly
from infra.registry.audience import emitters, listeners
from infra.registry.fields import Json
from wild_rydes_contracts import EVENTS, Event, Message

STATEMENTS: Final = ROOT / "shared/contracts/consumers"
OURS: Final = frozenset(folder.name for folder in (ROOT / "services").iterdir())


@dataclass(frozen=True)
class Statement:
    """What a consumer says that it reads: by the message's versioned name, the schemas of fields as it takes them."""

    consumer: str
    needs: Mapping[str, Mapping[str, Json]]


def statements(directory: Path = STATEMENTS) -> tuple[Statement, ...]:
    """Read what consumers state."""
    found = (json.loads(file.read_text()) for file in sorted(directory.glob("*.json")))
    return tuple(Statement(each["consumer"], each["needs"]) for each in found)


def stating(contract: type[Message], stated: Sequence[Statement]) -> tuple[str, ...]:
    """List the consumers who state that they need something of a message."""
    return tuple(each.consumer for each in stated if contract.versioned_name() in each.needs)


@dataclass(frozen=True)
class Readers:
    """All that are known. Without templates, as CDK refuses the stacks, nobody knows who has rules."""

    assembly: Assembly | None
    statements: Sequence[Statement] = ()

    def hurt(self, contract: type[Message]) -> str:
        """Say who reads a message, for those who are about to break it."""
        if self.assembly is None:
            return "Hurt: whoever has a rule for it. The stacks cannot be synthesized, so nobody knows."
        reading: defaultdict[str, list[str]] = defaultdict(list)
        for service, how in self._listening(contract, self.assembly):
            reading[service].append(how)
        for consumer in stating(contract, self.statements):
            reading[consumer].append("states that it needs it")
        told = {who: f"{who} ({'; '.join(how)})" for who, how in reading.items()}
        ours = ", ".join(words for who, words in told.items() if who in OURS)
        others = ", ".join(words for who, words in told.items() if who not in OURS)
        return f"Hurt: {ours or 'no service of ours'}{f'; outside: {others}' if others else ''}."

    @staticmethod
    def _listening(contract: type[Message], assembly: Assembly) -> Iterator[tuple[str, str]]:
        if issubclass(contract, Event):
            for each in listeners(contract, assembly):
                yield each.service, f"rule {each.rule}"
        for event in EVENTS:
            if event.answered_with is contract:
                yield from (
                    (service, f"gets it as the answer to {event.name}") for service in emitters(event)
                )
