"""A document: what a payee has put into the staging bucket, on its way to a decision.

    received → classified → split → rendered → reading → decided (settled, disputed or review)

and at any point `unreadable` or `quarantined`, with the reason. No transition raises, and none undoes an end: what comes
twice, late or out of order changes nothing. Pages are numbered from 1, and parts, which are ranges of pages, from 0.
"""

import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Literal, TypeAlias, get_args
from uuid import UUID

State: TypeAlias = Literal[
    "received",
    "classified",
    "split",
    "rendered",
    "reading",
    "decided",
    "unreadable",
    "quarantined",
]
STATES: Final[tuple[State, ...]] = get_args(State)
"""In the order in which a document goes through them; the last two are reached from any that is no end."""

ENDS: Final = frozenset[State]({"decided", "unreadable", "quarantined"})

SizeClass: TypeAlias = Literal["single", "small", "large"]
SIZE_CLASSES: Final[tuple[SizeClass, ...]] = get_args(SizeClass)

Decision: TypeAlias = Literal["settled", "disputed", "review"]

Unreadable: TypeAlias = Literal[
    "empty",
    "not-a-pdf",
    "damaged",
    "encrypted",
    "no-pages",
    "too-many-pages",
    "page-too-large",
    "page-too-heavy",
    "kills-workers",
]
"""Why a document cannot be looked at: nothing is in it; it is something else, whatever its name says; it is broken; it wants a
password; it has no page, or too many; a page is too wide or too high, or takes too many bytes; whoever opens it dies or
has to be stopped."""

Quarantined: TypeAlias = Literal["wrong-key", "unknown-payee", "too-big", "gone", "sensitive-data"]
"""Why a document was put aside: its key is not `<payee>/<batch>/<name>`; nobody is paid under that id; it has too
many bytes; it was removed or replaced before anybody could open it; something is in it that must not be in an invoice."""

SENSITIVE: Final[Quarantined] = "sensitive-data"

_KEY: Final = re.compile(r"(?P<payee>p-[a-z0-9-]{1,60})/(?P<batch>[A-Za-z0-9._-]{1,64})/[^/\x00-\x1f]{1,200}")


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the size classes end, and what is refused.

    A `large` document is one that is not small. Its parts have `part_pages` pages; any other has one part.
    """

    single_bytes: int
    small_bytes: int
    small_pages: int
    part_pages: int
    most_bytes: int
    most_pages: int

    def size_class(self, size: int, pages: int) -> SizeClass:
        """Tell the class of a document of so many bytes and pages."""
        if pages == 1 and size <= self.single_bytes:
            return "single"
        return "small" if pages <= self.small_pages and size <= self.small_bytes else "large"


@dataclass(frozen=True, slots=True)
class StagedObject:
    """An object in the staging bucket, as its event tells of it. `etag` says which of those that had its key."""

    bucket: str
    key: str
    etag: str
    size: int

    @property
    def document_id(self) -> str:
        """The id of the document: the same each time that the object is told of, and another one for another content.

        It is a UUID of a name (RFC 9562, section 5.5), by SHA-256.
        """
        name = "\n".join((self.bucket, self.key, self.etag))
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()
        return str(UUID(bytes=digest[:16], version=5))


@dataclass(frozen=True, slots=True)
class Document:
    """One document. `payee` and `batch` are None if its key does not name them.

    `pages`, `size_class` and `part_pages` are known once it is classified. `split_parts` and `rendered_parts` are those that
    are done. `reasons` are codes that say why it ended as it did. `revision` counts the writes and belongs to the table.
    """

    id: str
    bucket: str
    key: str
    etag: str
    size: int
    received_at: datetime
    payee: str | None = None
    batch: str | None = None
    state: State = "received"
    pages: int = 0
    size_class: SizeClass | None = None
    part_pages: int = 0
    split_parts: frozenset[int] = frozenset()
    rendered_parts: frozenset[int] = frozenset()
    decision: Decision | None = None
    reasons: tuple[str, ...] = ()
    ended_at: datetime | None = None
    revision: int = field(default=0, compare=False)

    @property
    def name(self) -> str:
        """The last part of its key."""
        return self.key.rpartition("/")[2]

    @property
    def ended(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in ENDS

    @property
    def is_sensitive(self) -> bool:
        """Whether it ended because something is in it that must not be in an invoice."""
        return SENSITIVE in self.reasons

    @property
    def parts(self) -> range:
        """The numbers of its parts: none before it is classified."""
        return range(-(-self.pages // self.part_pages) if self.part_pages else 0)

    def pages_of(self, part: int) -> range:
        """The numbers of the pages of a part: none if there is no such part."""
        if part not in self.parts:
            return range(0)
        first = part * self.part_pages + 1
        return range(first, min(first + self.part_pages, self.pages + 1))

    def classify(self, pages: int, limits: Limits, now: datetime) -> "Document":
        """Note how many pages there are, and which class that makes it."""
        if self.state != "received":
            return self
        if pages < 1:
            return self.refuse("no-pages", now)
        if pages > limits.most_pages:
            return self.refuse("too-many-pages", now)
        size_class = limits.size_class(self.size, pages)
        part_pages = limits.part_pages if size_class == "large" else pages
        return replace(self, state="classified", pages=pages, size_class=size_class, part_pages=part_pages)

    def split(self, part: int) -> "Document":
        """Note that each page of a part is a file of its own."""
        if self.state != "classified" or part not in self.parts:
            return self
        done = self.split_parts | {part}
        return replace(self, split_parts=done, state="split" if done == {*self.parts} else self.state)

    def render(self, part: int) -> "Document":
        """Note that there is a picture of each page of a part."""
        if self.state != "split" or part not in self.parts:
            return self
        done = self.rendered_parts | {part}
        return replace(self, rendered_parts=done, state="rendered" if done == {*self.parts} else self.state)

    def read(self) -> "Document":
        """Note that somebody has begun to read it."""
        return replace(self, state="reading") if self.state == "rendered" else self

    def decide(self, decision: Decision, reasons: tuple[str, ...], now: datetime) -> "Document":
        """End it with a decision: `review` at any time, another one only when it can have been read."""
        if self.ended or (decision != "review" and self.state not in ("rendered", "reading")):
            return self
        return replace(self, state="decided", decision=decision, reasons=reasons, ended_at=now)

    def refuse(self, reason: Unreadable, now: datetime) -> "Document":
        """End it because nobody can look at it."""
        return self if self.ended else replace(self, state="unreadable", reasons=(reason,), ended_at=now)

    def quarantine(self, reason: Quarantined, now: datetime) -> "Document":
        """End it without a decision."""
        return self if self.ended else replace(self, state="quarantined", reasons=(reason,), ended_at=now)


def received(staged: StagedObject, payees: frozenset[str], limits: Limits, now: datetime) -> Document:
    """Make a document of an object: it is quarantined at once if its key, its payee or its size is none of ours."""
    document = Document(staged.document_id, staged.bucket, staged.key, staged.etag, staged.size, now)
    match = _KEY.fullmatch(staged.key)
    if match is None:
        return document.quarantine("wrong-key", now)
    if match["payee"] not in payees:
        return document.quarantine("unknown-payee", now)
    document = replace(document, payee=match["payee"], batch=match["batch"])
    if staged.size > limits.most_bytes:
        return document.quarantine("too-big", now)
    return document if staged.size else document.refuse("empty", now)
