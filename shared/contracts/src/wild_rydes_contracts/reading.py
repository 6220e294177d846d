"""Read a message: find its contract by name and version, and raise an older version to the one that is wanted."""

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from pydantic import ValidationError

from wild_rydes_contracts.envelope import Envelope, Event, Message, envelope_of
from wild_rydes_contracts.invalid import InvalidMessage, problems_of

M = TypeVar("M", bound=Message)

_HIGHEST_VERSION = 9_999
"""What is higher is a number of something else."""

_Chains = Mapping[int, tuple[type[Message], ...]]
"""A version -> the classes from that version to the one that is wanted."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What may come in one place: events by their names, and at most one kind of message to a return address."""

    events: Mapping[str, _Chains]
    message: _Chains | None
    names: str

    @classmethod
    def of(cls, contracts: Sequence[type[Message]]) -> "Expected":
        """Make it of the wanted classes, of which one name may have several versions.

        Raises ValueError for two kinds of messages to a return address: these do not say what they are.
        """
        wanted: defaultdict[str, list[type[Message]]] = defaultdict(list)
        for contract in contracts:
            wanted[contract.name].append(contract)
        events = {name: _chains(found) for name, found in wanted.items() if issubclass(found[0], Event)}
        messages = [_chains(found) for name, found in wanted.items() if name not in events]
        if len(messages) > 1:
            raise ValueError("a queue can hold only one kind of message that is not an event")
        return cls(events, messages[0] if messages else None, ", ".join(wanted))


expected = cache(Expected.of)


def read(
    message: str | bytes | Mapping[str, Any], *contracts: type[M], sources: Collection[str] = ()
) -> Envelope[M]:
    """Read an event as EventBridge delivers it, or a message to a return address, in one of the wanted classes.

    What has a `detail-type` is an event. A version that none of the classes has is raised to the nearest one that
    follows it. An event that wants an answer is taken from any of the `sources`, if there are some, and every other event from
    its own alone.

    Raises InvalidMessage. ValueError for two kinds of messages to a return address, TypeError for one text as `sources`.
    """
    if isinstance(sources, str):
        raise TypeError("sources is a collection of texts, and not one text")
    known = expected(contracts)
    content = _content(message)
    body: object = content
    chains = known.message
    if "detail-type" in content:
        body, name = content.get("detail"), content["detail-type"]
        chains = known.events.get(name) if isinstance(name, str) else None
    if chains is None:
        raise InvalidMessage(f"none of the messages that are read here: {known.names}")
    version = _version(body)
    newest = chains[max(chains)][-1]
    if version is not None and version not in chains:
        versions = " and ".join(map(str, sorted(chains)))
        raise InvalidMessage(f"{newest.name} has version {version}; known here: {versions}")
    first, *later = chains[version] if version is not None else (newest,)
    if issubclass(first, Event) and not _is_from(content.get("source"), _sources(first, sources)):
        raise InvalidMessage(f"{first.name} from a foreign source")
    try:
        envelope: Envelope[Any] = envelope_of(first).model_validate(body)
    except ValidationError as error:
        raise InvalidMessage(f"no valid {first.versioned_name()}", problems_of(error, body)) from None
    for contract in later:
        envelope = _raised(envelope, contract)
    return envelope


def _is_from(source: object, allowed: Collection[str]) -> bool:
    return isinstance(source, str) and source in allowed


def _sources(event: type[Event], others: Collection[str]) -> Collection[str]:
    return others if others and event.answered_with else (event.source,)


def _chains(wanted: Sequence[type[Message]]) -> _Chains:
    chains: dict[int, tuple[type[Message], ...]] = {}
    for contract in sorted(wanted, key=lambda each: each.version):
        chain: tuple[type[Message], ...] = ()
        for each in (contract, *contract.followed()):
            chain = (each, *chain)
            chains.setdefault(each.version, chain)
    return chains


def _content(message: str | bytes | Mapping[str, Any]) -> Mapping[str, Any]:
    content: Any = message
    if isinstance(message, str | bytes):
        try:
            content = json.loads(message)
        except (ValueError, RecursionError):
            raise InvalidMessage("not JSON") from None
    if not isinstance(content, Mapping):
        raise InvalidMessage("not a JSON object")
    return content


def _version(body: object) -> int | None:
    try:
        version = body["metadata"]["event_version"]  # type: ignore[index]
    except (LookupError, TypeError):
        return None
    if isinstance(version, bool) or not isinstance(version, int | float) or version % 1:
        return None
    return int(version) if 0 < version <= _HIGHEST_VERSION else None  # JSON's 1.0 is 1


def _raised(envelope: Envelope[Any], contract: type[Message]) -> Envelope[Any]:
    """Make the same message in the next version. Its ids stay: it is the same fact."""
    what = f"{envelope.data.versioned_name()} cannot be read as {contract.versioned_name()}"
    metadata = envelope.metadata.model_copy(update={"event_version": contract.version})
    try:
        return Envelope[contract](metadata=metadata, data=contract.upcast(envelope.data))  # type: ignore[valid-type]
    except ValidationError as error:
        raise InvalidMessage(what, problems_of(error)) from None
    except Exception as error:  # noqa: BLE001 - whatever an upcaster raises may quote a value
        raise InvalidMessage(f"{what}: {type(error).__name__} in {contract.__name__}.upcast") from None
