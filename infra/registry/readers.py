"""Who reads a message: services and examples by their rules, and consumers by what they state that they need."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from infra.artifacts import ROOT
from infra.assembly import Assembly
from infra.registry.audience import emitters, listeners
from infra.registry.fields import Json, within
from infra.registry.files import Problem, Unreadable, listed, read, usable
from infra.registry.published import Publication
from wild_rydes_contracts import EVENTS, Event, Message

STATEMENTS: Final = ROOT / "shared/contracts/consumers"
_MESSAGE: Final = re.compile(r"\w+\.v[1-9][0-9]*")
OURS: Final = frozenset(folder.name for folder in (ROOT / "services").iterdir())


@dataclass(frozen=True)
class Statement:
    """What a consumer says that it reads: by the message's versioned name, the schemas of fields as it takes them."""

    consumer: str
    needs: Mapping[str, Mapping[str, Json]]


def statements(directory: Path = STATEMENTS) -> tuple[Statement, ...]:
    """Read what consumers state. Raises Unreadable for files that are no statements."""
    found: list[Statement] = []
    problems: list[Problem] = []
    for file in listed(directory, "*.json"):
        try:
            found.append(_statement(file))
        except ValueError as error:
            problems.append(Problem(file, str(error)))
    if problems:
        raise Unreadable(problems)
    return tuple(found)


def _statement(file: Path) -> Statement:
    document = read(file)
    consumer, stated = document.get("consumer"), document.get("needs")
    if consumer != file.stem:
        raise ValueError(f"`consumer` is {consumer!r}, and the name of the file {file.stem!r}")
    if not isinstance(stated, dict):
        raise ValueError("`needs` is no object: it has the fields of each message, such as RideCompleted.v1")
    for message, needed in stated.items():
        if not _MESSAGE.fullmatch(message):
            raise ValueError(f"`needs` has {message!r}, which is no message: one is like RideCompleted.v1")
        if not isinstance(needed, dict):
            raise ValueError(f"`needs` has no object of fields for {message}")
        for field, schema in needed.items():
            usable(schema, f"{message}.{field}")
    return Statement(file.stem, stated)


def stating(contract: type[Message], stated: Sequence[Statement]) -> tuple[str, ...]:
    """List the consumers who state that they need something of a message."""
    return tuple(each.consumer for each in stated if contract.versioned_name() in each.needs)


@dataclass(frozen=True)
class Readers:
    """All that are known. Without templates, as CDK refuses the stacks, nobody knows who has rules."""

    assembly: Assembly | None
    statements: Sequence[Statement] = ()

    def hurt(
        self, contract: type[Message] | None, published: Sequence[Publication] = (), field: str = ""
    ) -> str:
        """Say who reads a message, for those who are about to break it, or one field of it.

        Its readers are those of its class, if it has one, and those of what is `published` of its version.
        """
        if self.assembly is None:
            return "Hurt: whoever has a rule for it. The stacks cannot be synthesized, so nobody knows."
        reading: defaultdict[str, list[str]] = defaultdict(list)
        for service, how in self._listening(contract, published, self.assembly):
            reading[service].append(how)
        here = contract.versioned_name() if contract else published[-1].versioned_name
        for each in self.statements:
            if here in each.needs:
                reads = not field or any(_touches(field, need) for need in each.needs[here])
                reading[each.consumer].append(
                    "states that it needs it" if reads else "states needs of other fields"
                )
        told = {who: f"{who} ({'; '.join(how)})" for who, how in reading.items()}
        ours = ", ".join(words for who, words in told.items() if who in OURS)
        others = ", ".join(words for who, words in told.items() if who not in OURS)
        return f"Hurt: {ours or 'no service of ours'}{f'; outside: {others}' if others else ''}."

    @staticmethod
    def _listening(
        contract: type[Message] | None, published: Sequence[Publication], assembly: Assembly
    ) -> Iterator[tuple[str, str]]:
        event = contract if contract and issubclass(contract, Event) else None
        for each in listeners(event, assembly, published):
            yield each.service, f"rule {each.rule}"
        name = contract.name if contract else published[-1].name
        for asking in EVENTS:
            # In whatever version: who asks for a newer one may still get what an older responder sends.
            if asking.answered_with and asking.answered_with.name == name:
                for service in emitters(asking):
                    yield service, f"gets it as the answer to {asking.name}"


def _touches(field: str, need: str) -> bool:
    """Say whether a field of a message, such as `data.answers[quote].price`, is one that is needed, or a part of it."""
    path = need if need.startswith("metadata.") else f"data.{need}"
    plain = re.sub(r"\[[^]]*\]", "", field)
    return within(plain, path) or within(path, plain)
