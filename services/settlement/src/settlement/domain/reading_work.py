"""The messages that have a document read and decided. They stay inside this service, and so do their contracts."""

from typing import ClassVar

from pydantic import Field

from wild_rydes_contracts import Message


class ReadingDue(Message):
    """Have Textract look at a document. `token` is whoever waits for the end of that."""

    name: ClassVar[str] = "ReadingDue"
    version: ClassVar[int] = 1

    document_id: str = Field(min_length=1, max_length=64)
    token: str = Field(min_length=1, max_length=2048, repr=False)


class DecisionDue(ReadingDue):
    """Read what Textract has seen, and decide."""

    name: ClassVar[str] = "DecisionDue"
    version: ClassVar[int] = 1


class HandOver(Message):
    """Take a document all the way: whoever should have is not getting on."""

    name: ClassVar[str] = "HandOver"
    version: ClassVar[int] = 1

    document_id: str = Field(min_length=1, max_length=64)


class ArchiveDue(Message):
    """Archive a document that has ended, and rewrite the report of its batch."""

    name: ClassVar[str] = "ArchiveDue"
    version: ClassVar[int] = 1

    document_id: str = Field(min_length=1, max_length=64)
