"""The messages that have workers split and render documents. They stay inside this service, and so does their contract."""

from collections.abc import Sequence
from typing import ClassVar, Literal, TypeAlias

from pydantic import Field

from settlement.domain.document import Document
from wild_rydes_contracts import Envelope, Message
from wild_rydes_contracts.metadata import first_of

PageStep: TypeAlias = Literal["split", "render"]


class PageWork(Message):
    """Take this step with each page of this part of a document."""

    name: ClassVar[str] = "PageWork"
    version: ClassVar[int] = 1

    document_id: str = Field(min_length=1, max_length=64)
    step: PageStep
    part: int = Field(ge=0)


def work_due(before: Document | None, after: Document) -> Sequence[Envelope[PageWork]]:
    """Return the messages that a change of a document makes due: one for each part, when it comes into another state."""
    if before is not None and before.state == after.state:
        return []
    match after.state:
        case "classified":
            return _all_parts(after, "split")
        case "split":
            return _all_parts(after, "render")
        case _:
            return []


def is_due(document: Document, work: PageWork) -> bool:
    """Say whether a message still has something to do."""
    if work.step == "split":
        return document.state == "classified" and work.part in {*document.parts} - document.split_parts
    return document.state == "split" and work.part in {*document.parts} - document.rendered_parts


def _all_parts(document: Document, step: PageStep) -> Sequence[Envelope[PageWork]]:
    return [
        Envelope(
            metadata=first_of(
                PageWork,
                correlation_id=document.id,
                occurred_at=document.received_at,
                distinct=f"{step} {part}",
            ),
            data=PageWork(document_id=document.id, step=step, part=part),
        )
        for part in document.parts
    ]
