"""Versions of a message stand side by side: each published one has its class, and each class reads the one before."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Final

from hypothesis import HealthCheck, Phase, given, settings
from pydantic import ValidationError

from infra.proof.finding import Finding
from infra.registry.fields import Json
from infra.registry.published import Publication, answer_to, revisions, source_of
from infra.registry.readers import Readers
from infra.registry.samples import instances
from wild_rydes_contracts import Message

UNCLAIMED: Final = "a published version without a class"
RENAMED: Final = "a published version that is sent elsewhere"
FOLLOWS: Final = "a version that does not follow the one before"
UPCAST: Final = "a version that does not read the one before"

Published = Mapping[str, list[Publication]]


def check(
    contracts: Sequence[type[Message]],
    published: Published,
    retired: frozenset[str],
    readers: Readers | None = None,
) -> Iterator[Finding]:
    """Check that versions follow one another, and that each class reads what is published of the version before.

    With `readers`, what hurts somebody says whom.
    """
    classes = {contract.versioned_name(): contract for contract in contracts}
    yield from _twice(contracts)
    yield from _claimed(contracts, classes, published, retired, readers)
    for contract in contracts:
        found = list(_follows(contract, retired))
        yield from found
        if contract.follows and not found:
            yield from _upcast(contract, contract.follows, published)


def _twice(contracts: Sequence[type[Message]]) -> Iterator[Finding]:
    known: dict[str, type[Message]] = {}
    for contract in contracts:
        if other := known.get(contract.versioned_name()):
            why = f"{contract.__name__} and {other.__name__} are both {contract.versioned_name()}."
            yield Finding(FOLLOWS, contract.versioned_name(), why, "Give the newer one the next version.")
        known[contract.versioned_name()] = contract


def _claimed(
    contracts: Sequence[type[Message]],
    classes: Mapping[str, type[Message]],
    published: Published,
    retired: frozenset[str],
    readers: Readers | None,
) -> Iterator[Finding]:
    for name in sorted(retired - {each.versioned_name for all_ in published.values() for each in all_}):
        why = "RETIRED has it, and nothing of this name and version is published."
        yield Finding(UNCLAIMED, name, why, "Take it out of RETIRED, or write it as it is published.")
    for all_ in published.values():
        for here, group in groupby(all_, key=lambda each: each.versioned_name):
            publications = list(group)
            if contract := classes.get(here):
                for found in _as_published(contract, publications[-1]):
                    yield _hurting(found, contract, publications, readers)
                if here in retired:
                    why = f"RETIRED has it, and the class {contract.__name__} is there."
                    yield Finding(UNCLAIMED, here, why, "Take it out of EVENTS, or out of RETIRED.")
            elif here not in retired:
                found = _unclaimed(here, publications[-1], contracts)
                yield _hurting(found, None, publications, readers)


def _hurting(
    found: Finding,
    contract: type[Message] | None,
    published: Sequence[Publication],
    readers: Readers | None,
) -> Finding:
    """Say whom it hurts, where readers are known."""
    return replace(found, why=f"{found.why}\n{readers.hurt(contract, published)}") if readers else found


def _unclaimed(here: str, newest: Publication, contracts: Sequence[type[Message]]) -> Finding:
    data = newest.schema["properties"].get("data", {})
    model = str(data.get("$ref", "")).rpartition("/")[2]
    namesake = next((each for each in contracts if each.__name__ == model), None)
    now = (
        f"{model} now says that it is {namesake.versioned_name()}"
        if namesake
        else "no class has this name and version"
    )
    return Finding(
        UNCLAIMED,
        here,
        f"{newest.number} is published, and {now}. Rules of others match the published name and version.",
        f"Give the class its name and version back; for a change that readers cannot bear, `uv run rydes contracts bump "
        f'{newest.name}` makes the next version beside it. If nobody reads it any more, list "{here}" in RETIRED.',
    )


def _as_published(contract: type[Message], newest: Publication) -> Iterator[Finding]:
    for what, was, is_ in (
        ("source", newest.source, source_of(contract)),
        ("answered_with", newest.answered_with, answer_to(contract)),
    ):
        if was != is_:
            yield Finding(
                RENAMED,
                f"{contract.versioned_name()}, {what}",
                f"{newest.number} was published with {was}; the class says {is_}. "
                + (
                    "Rules of others match it." if what == "source" else "Whoever answers sends that message."
                ),
                f"Give {what} back its value. A fact that another service owns, or another answer, is a new message.",
            )


def _follows(contract: type[Message], retired: frozenset[str]) -> Iterator[Finding]:
    here, before, version = contract.versioned_name(), contract.follows, contract.version
    expected = f"{contract.name}.v{version - 1}"
    if version == 1:
        if before:
            yield Finding(
                FOLLOWS, here, f"It follows {before.versioned_name()}.", "The first version follows none."
            )
    elif before is None:
        if expected not in retired:
            to_do = f"Write `follows = …`, the class of {expected}, and an `upcast`; or begin with version 1."
            yield Finding(FOLLOWS, here, "It does not say which class it follows.", to_do)
    elif before.versioned_name() != expected:
        why = f"It follows {before.versioned_name()}, and not {expected}."
        yield Finding(FOLLOWS, here, why, "Versions count up by one, under one name.")
    elif source_of(before) != source_of(contract):
        why = f"Its source is {source_of(contract)}, and that of {expected} is {source_of(before)}."
        yield Finding(FOLLOWS, here, why, "A fact that another service owns is a new event.")


def _upcast(contract: type[Message], before: type[Message], published: Published) -> Iterator[Finding]:
    """Read instances of what is published of the version before, as a replay of an archive does."""
    for revision in revisions(before, published):
        problems = _problems(contract, before, revision)
        if problems:
            why = f"{before.versioned_name()} as {revision.number} publishes it: {min(problems, key=len)}"
            to_do = f"Make {contract.__name__}.upcast give a valid {contract.__name__} for each of them."
            yield Finding(UPCAST, contract.versioned_name(), why, to_do)
            return


def _problems(contract: type[Message], before: type[Message], revision: Publication) -> list[str]:
    problems: list[str] = []

    @settings(
        max_examples=40, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(instances(revision.schema))
    def read(document: Json) -> None:
        try:
            old = before.model_validate(document["data"])
        except ValidationError:
            return  # the schema cannot say all that the class asks for, such as whole coins
        try:
            new = contract.upcast(old)
            if isinstance(new, contract):
                contract.model_validate(new.model_dump())
            else:
                problems.append(f"upcast gives a {type(new).__name__}.")
        except ValidationError as error:
            problems.extend(
                f"{'.'.join(map(str, each['loc']))}: {each['msg'].rstrip('.')}."
                for each in error.errors(include_url=False)
            )
        except Exception as error:  # noqa: BLE001 - whatever an upcast of somebody's may raise
            problems.append(f"{type(error).__name__}: {str(error).rstrip('.')}.")

    read()
    return problems
