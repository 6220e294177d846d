"""What `make contracts` refuses: a change of what is published, or one that somebody cannot read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from infra.proof.finding import Finding
from infra.registry.evolution import breaks, unread, widened
from infra.registry.fields import Json
from infra.registry.published import Publication, revisions, wordless
from infra.registry.readers import Readers
from wild_rydes_contracts import Compatibility, Message
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
    def held(self) -> Sequence[Publication]:
        """The revisions that it is held to: nothing before one that was published under NONE."""
        begins = [index for index, each in enumerate(self.before) if each.compatibility == "NONE"]
        return self.before[begins[-1] :] if begins else self.before

    @property
    def mode(self) -> Compatibility:
        """The class's, or the one under which what it says was published: a later one does not judge that again."""
        return self.contract.compatibility if self.drafted else self.published[-1].compatibility

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
    found = breaks(evolving.schema, evolving.held, evolving.mode)
    for each in found:
        yield Finding(
            f"{evolving.title} breaks those who read {contract.name} ({evolving.mode})",
            f"{each.field}  {each.rule}",
            f"{each.why}\n{readers.hurt(contract, evolving.published, each.field)}",
            f"{each.to_do}; or make the next version: `uv run rydes contracts bump {contract.name}`.",
        )
    yield from _needed(evolving, readers)


def news(evolving: Evolution, readers: Readers) -> Iterator[str]:
    """Say of a class that is not published yet what to do, who should be deployed before its publisher, and its mode."""
    if evolving.drafted:
        yield f"{evolving.title} is not published yet: `uv run rydes contracts publish {evolving.contract.name}`"
    yield from remarks(evolving, readers)


def remarks(evolving: Evolution, readers: Readers) -> Iterator[str]:
    """Say what a reviewer should see: another mode than before, and what readers of the newest revision may refuse."""
    contract, published = evolving.contract, evolving.published
    if published and contract.compatibility != published[-1].compatibility:
        yield (
            f"    {contract.versioned_name()} has the mode {contract.compatibility}; "
            f"{published[-1].number} was published under {published[-1].compatibility}"
        )
    if evolving.drafted and evolving.before:
        yield from _passed(evolving, readers)
        yield from _wider(evolving, readers)


def _passed(evolving: Evolution, readers: Readers) -> Iterator[str]:
    """Say what the class's mode lets pass, and the usual one does not."""
    if evolving.mode == Message.compatibility:
        return
    told = {(each.field, each.rule) for each in breaks(evolving.schema, evolving.held, evolving.mode)}
    for each in breaks(evolving.schema, evolving.held, Message.compatibility):
        if (each.field, each.rule) not in told:
            hurt = readers.hurt(evolving.contract, evolving.published, each.field)
            yield f"    {each.field}  {each.rule}: {each.why} {evolving.mode} lets it pass. {hurt}"


def _wider(evolving: Evolution, readers: Readers) -> Iterator[str]:
    """Say what readers of the newest revision may refuse, so that they should be deployed before the publisher."""
    newest = evolving.before[-1]
    for each in widened(newest, evolving.schema):
        who = readers.hurt(evolving.contract, evolving.published, each.field).replace("Hurt", "Deploy first")
        yield f"    {each.field}  {each.rule}: {each.why} Readers of {newest.number} may refuse it. {who}"


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
        yield f"{str(gone).rstrip('.')}."
    else:
        yield from (f"{each.rule}: {each.why}" for each in unread(need.schema, schema))
