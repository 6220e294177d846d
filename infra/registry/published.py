"""The schemas that are published, one file for each revision of each version of a message. Nothing edits them.

`shared/contracts/published/RideCompleted/1.2.json` is the third thing that was said of version 1 of RideCompleted.
"""

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, get_args

from infra.artifacts import ROOT
from infra.registry.files import Problem, Unreadable, listed, read, usable
from wild_rydes_contracts import Compatibility, Event, Message
from wild_rydes_contracts.schemas import json_schema

Json = dict[str, Any]

DIRECTORY: Final = ROOT / "shared/contracts/published"
_NUMBER: Final = re.compile(r"(?P<version>[1-9][0-9]*)\.(?P<revision>0|[1-9][0-9]*)")
_SOURCE, _DETAIL_TYPE, _ANSWER = "x-amazon-events-source", "x-amazon-events-detail-type", "x-answered-with"
"""What a rule matches, as EventBridge's own schemas name it, and the message that an event wants as its answer."""
_ALWAYS: Final = ("$schema", "$id", "$comment", "properties")
_COMPATIBILITY: Final = "x-compatibility"
"""Who had to read what when it was published, if that is not what it is for most messages."""
_UNORDERED: Final = ("required", "enum")
_OWN: Final = ("$id", "$comment", _SOURCE, _DETAIL_TYPE, _ANSWER, _COMPATIBILITY)
"""What a published schema has besides the class's."""


@dataclass(frozen=True, order=True)
class Publication:
    """One revision of one version of a message, as it was published."""

    name: str
    version: int
    revision: int
    schema: Json
    """What the class's schema was."""
    published: date
    note: str
    """What is new, in a sentence."""
    source: str | None = None
    """That of an event on the bus. None for a message to a return address."""
    answered_with: str | None = None
    """The message that the event wants as its answer: its name, and its version if that is not the first."""
    compatibility: Compatibility = Message.compatibility
    """The mode of its class, when it was published."""

    @property
    def number(self) -> str:
        """Its version and revision: `1.2`."""
        return f"{self.version}.{self.revision}"

    @property
    def versioned_name(self) -> str:
        """The message and its version, as its class says them: `RideCompleted.v1`."""
        return f"{self.name}.v{self.version}"

    @property
    def document(self) -> Json:
        """Its file's content."""
        head = {
            "$schema": self.schema["$schema"],
            "$id": f"urn:wild-rydes:{self.name}:{self.number}",
            "$comment": f"{self.published} {self.note}",
        }
        if self.source:
            head |= {_SOURCE: self.source, _DETAIL_TYPE: self.name}
        if self.answered_with:
            head[_ANSWER] = self.answered_with
        if self.compatibility != Message.compatibility:
            head[_COMPATIBILITY] = self.compatibility
        return {**head, **self.schema}

    @property
    def file(self) -> Path:
        """Its file, in the directory of all."""
        return Path(self.name) / f"{self.number}.json"


def publications(directory: Path = DIRECTORY, *, checked: bool = False) -> Mapping[str, list[Publication]]:
    """Read all that is published, by the messages' names, the oldest first.

    Folders and hidden files are passed over. Whether each schema is one is `checked` if wanted, which takes a second.
    Raises Unreadable for files that are no publications.
    """
    found: defaultdict[str, list[Publication]] = defaultdict(list)
    problems: list[Problem] = []
    for file in listed(directory, "*/*"):
        try:
            found[file.parent.name].append(_read(file, checked=checked))
        except ValueError as error:
            problems.append(Problem(file, str(error)))
    if problems:
        raise Unreadable(problems)
    return {
        name: sorted(all_, key=lambda each: (each.version, each.revision))
        for name, all_ in sorted(found.items())
    }


def revisions(contract: type[Message], published: Mapping[str, list[Publication]]) -> list[Publication]:
    """List what is published of the version of a message that a class is, the oldest first."""
    return [each for each in published.get(contract.name, ()) if each.version == contract.version]


def newest_by_version(publications: Sequence[Publication]) -> dict[int, Publication]:
    """Give the newest revision of each version, of publications of one message with the oldest first."""
    return {each.version: each for each in publications}


def draft(
    contract: type[Message], published: Mapping[str, list[Publication]], today: date, note: str
) -> Publication | None:
    """Make the next revision of a class. None if the newest says what the class says, in whatever words."""
    before, schema = revisions(contract, published), json_schema(contract)
    if before and wordless(before[-1].schema) == wordless(schema):
        return None
    revision = before[-1].revision + 1 if before else 0
    return Publication(
        *(contract.name, contract.version, revision, schema, today, note),
        source=source_of(contract),
        answered_with=answer_to(contract),
        compatibility=contract.compatibility,
    )


def source_of(contract: type[Message]) -> str | None:
    """Name the source of an event. None for a message to a return address."""
    return contract.source if issubclass(contract, Event) else None


def answer_to(contract: type[Message]) -> str | None:
    """Name the message that an event wants as its answer, with its version if that is not the first."""
    answer = contract.answered_with if issubclass(contract, Event) else None
    if answer is None:
        return None
    return answer.name if answer.version == 1 else answer.versioned_name()


def worded(
    published: Mapping[str, list[Publication]], contracts: Sequence[type[Message]]
) -> Mapping[str, list[Publication]]:
    """Give the newest revision of each class the words that the class has now. Words are not published: they may improve."""
    current = {(contract.name, contract.version): json_schema(contract) for contract in contracts}
    found: dict[str, list[Publication]] = {}
    for name, all_ in published.items():
        last = newest_by_version(all_)
        found[name] = []
        for each in all_:
            schema = current.get((name, each.version), each.schema)
            same = each is last[each.version] and wordless(schema) == wordless(each.schema)
            found[name].append(replace(each, schema=schema) if same else each)
    return found


def wordless(schema: object) -> object:
    """Leave out of a schema what is for people alone: descriptions, examples, and the order of names and values."""
    match schema:
        case dict():
            words = {"description": str, "examples": list}
            return {
                key: _sorted(value) if key in _UNORDERED and isinstance(value, list) else wordless(value)
                for key, value in schema.items()
                if not (key in words and isinstance(value, words[key]))  # a property may have such a name
            }
        case list():
            return [wordless(part) for part in schema]
    return schema


def _sorted(values: list[Any]) -> list[Any]:
    return sorted(values, key=json.dumps)


def write(publication: Publication, directory: Path = DIRECTORY) -> Path:
    """Write a new publication's file. Raises FileExistsError if there is one."""
    file = directory / publication.file
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("x") as new:
        new.write(json.dumps(publication.document, indent=2) + "\n")
    return file


def parse(name: str, number: str, document: Json) -> Publication:
    """Read a publication's document. Raises ValueError if it is none, or if it is another one's."""
    found = _NUMBER.fullmatch(number)
    if found is None:
        raise ValueError(f"{number} is no revision: one is like 1.0")
    if absent := [key for key in _ALWAYS if key not in document]:
        raise ValueError(f"it has no {absent[0]}")
    published, _, note = str(document["$comment"]).partition(" ")
    try:
        day = date.fromisoformat(published)
    except ValueError:
        raise ValueError(f"its $comment begins with {published!r}, which is no day") from None
    mode = document.get(_COMPATIBILITY, Message.compatibility)
    if mode not in get_args(Compatibility):
        raise ValueError(f"its {_COMPATIBILITY} is {mode!r}, which is no mode")
    publication = Publication(
        name=name,
        version=int(found["version"]),
        revision=int(found["revision"]),
        schema={key: value for key, value in document.items() if key not in _OWN},
        published=day,
        note=note,
        source=document.get(_SOURCE),
        answered_with=document.get(_ANSWER),
        compatibility=mode,
    )
    if publication.document != document:
        raise ValueError(f"it does not say what it is: its $id is {document['$id']!r}")
    return publication


def _read(file: Path, *, checked: bool) -> Publication:
    if file.suffix != ".json":
        raise ValueError("a file's name is like 1.0.json")
    publication = parse(file.parent.name, file.stem, read(file))
    if checked:
        usable(publication.schema, "it")
    return publication
