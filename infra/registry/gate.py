"""What `make contracts` refuses: a change of what is published, or one that somebody cannot read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from infra.proof.finding import Finding
from infra.registry.evolution import breaks, unread, widened
from infra.registry.fields import Json
from infra.registry.published import Publication, revisions, wordless
from infra.registry.readers import Readers
from wild_rydes_contracts import Message
from wild_rydes_contracts.needs import NotOffered, needs
from wild_rydes_contracts.schemas import json_schema

NEEDED: Final = "a consumer loses what it needs"


@dataclass(frozen=True)
class Evolution:
    """A class, and what is published of its version."""

    contract: type[Message]
    schema: Json
    published: Sequence[Publication]
    """The oldest first."""

    @property
    def drafted(self) -> bool:
        """Whether the class says what no revision says yet."""
        return not self.published or wordless(self.published[-1].schema) != wordless(self.schema)

    @property
    def before(self) -> Sequence[Publication]:
        """The revisions that the class's follows."""
        return self.published if self.drafted else self.published[:-1]

    @property
    def title(self) -> str:
        """Name the revision that the class is, or would be."""
        return f"{self.contract.name} {self.contract.version}.{len(self.before)}"


def evolution(contract: type[Message], published: Mapping[str, list[Publication]]) -> Evolution:
    """Look at a class beside what is published of its version."""
    return Evolution(contract, json_schema(contract), revisions(contract, published))


def check(evolving: Evolution, readers: Readers) -> Iterator[Finding]:
    """Check that all who read a message can read what its class writes, and the class what they wrote."""
    contract = evolving.contract
    found = breaks(evolving.schema, evolving.before, contract.compatibility)
    for each in found:
        yield Finding(
            f"{evolving.title} breaks those who read {contract.name} ({contract.compatibility})",
            f"{each.field}  {each.rule}",
            f"{each.why}\n{readers.hurt(contract, evolving.published, each.field)}",
            f"{each.to_do}; or make the next version: `uv run rydes contracts bump {contract.name}`.",
        )
    yield from _needed(evolving, readers)


def news(evolving: Evolution, readers: Readers) -> Iterator[str]:
    """Say of a class that is not published yet what to do, and who should be deployed before its publisher."""
    if evolving.drafted:
        yield f"{evolving.title} is not published yet: `uv run rydes contracts publish {evolving.contract.name}`"
        yield from wider(evolving, readers)


def wider(evolving: Evolution, readers: Readers) -> Iterator[str]:
    """Say what readers of the newest revision may refuse, so that they should be deployed before the publisher."""
    for each in widened(evolving.before[-1], evolving.schema) if evolving.before else ():
        first = readers.hurt(evolving.contract).replace("Hurt", "Deploy first")
        yield f"    {each.field}  {each.rule}: readers of {evolving.before[-1].number} may refuse it. {first}"


def unknown(contracts: Sequence[type[Message]], readers: Readers) -> Iterator[Finding]:
    """Find what consumers state that they read, and no class is."""
    known = {contract.versioned_name() for contract in contracts}
    for statement in readers.statements:
        for message in statement.needs.keys() - known:
            why = f"{statement.consumer} reads it, and no class has this name and version."
            yield Finding(NEEDED, message, why, f"Keep the class until {statement.consumer} has moved on.")


def _needed(evolving: Evolution, readers: Readers) -> Iterator[Finding]:
    """Hold a class to what consumers state that they read of it."""
    here = evolving.contract.versioned_name()
    for statement in readers.statements:
        for field, schema in statement.needs.get(here, {}).items():
            for why in _lost(evolving.contract, f"{here}.{field}", schema):
                to_do = (
                    f"Leave it as {statement.consumer} reads it, or ask those who keep {statement.consumer}."
                )
                yield Finding(NEEDED, f"{here}, {field}", f"{statement.consumer} reads it. {why}", to_do)


def _lost(contract: type[Message], path: str, schema: Json) -> Iterator[str]:
    try:
        [need] = needs(path, contracts=(contract,)).fields
    except NotOffered as gone:
        yield f"{gone}."
    else:
        yield from (f"{each.rule}: {each.why}" for each in unread(need.schema, schema))
