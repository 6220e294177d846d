"""The import of a fleet, from its upload to its report: how large its parts are, and how long each stage may take."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

KIND: Final = "fleet-import"

UPLOADED_WITHIN: Final = timedelta(hours=1)
"""From the job's beginning to the end of its upload. The URLs of its parts work for no longer."""

IMPORTED_WITHIN: Final = timedelta(hours=2)
"""From the end of the upload: longer than the state machine may take. What is not done then has failed."""

MOST_LISTED: Final = 10_000
"""Faults that a report has. Bad rows beyond them are counted."""

NOT_UPLOADED: Final = (
    "The file was not uploaded, or its upload was not completed, within an hour. Nothing is imported."
)
NOT_DONE: Final = (
    "The import did not end within two hours. Rows that it has written stand; import the file again."
)
TROUBLE: Final = (
    "The import met trouble that did not pass, or a mistake of ours; it is logged. Rows that it has written stand; import"
    " the file again."
)

_MOST_PARTS: Final = 16
_LEAST_PART: Final = 8 * 1024 * 1024
"""S3 wants 5 MiB at least. https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""
_MIB: Final = 1024 * 1024
_KEY: Final = re.compile(r"uploads/(?P<partner>[a-z0-9-]{1,32})/(?P<job>[0-9a-f-]{36})")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of an upload, numbered from 1."""

    number: int
    size: int


def part_bytes(size: int) -> int:
    """Return the size of all parts but the last: few enough parts that one answer has the URLs of all."""
    least = -(-size // _MOST_PARTS)
    return max(_LEAST_PART, -(-least // _MIB) * _MIB)


def parts_of(size: int) -> Iterator[Part]:
    """Cut a file of so many bytes into parts."""
    each = part_bytes(size)
    for i, start in enumerate(range(0, size, each), 1):
        yield Part(i, min(each, size - start))


def upload_key(partner_id: str, job_id: str) -> str:
    """Return where a file is uploaded to. The rule that hears of it knows the prefix."""
    return f"uploads/{partner_id}/{job_id}"


def job_of(key: str) -> tuple[str, str]:
    """Return the partner and the job of an upload. Raises ValueError for another key."""
    found = _KEY.fullmatch(key)
    if found is None:
        raise ValueError("the key is none of an upload")
    return found["partner"], found["job"]
