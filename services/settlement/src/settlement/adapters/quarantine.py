"""The quarantine bucket: documents that must not be where they were. Nobody here can read what is in it.

| key | holds |
|---|---|
| `undecided/<document>` | one on which nobody has decided, and nobody will. It expires |
| `decided/<document>` | one that was decided before anybody knew what is in it: it belongs to the books |
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from settlement.adapters.document_files import PAGES
from settlement.domain.document import Document

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_GONE: Final = {"NoSuchKey", "404", "PreconditionFailed", "412"}
"""How S3 says that the object is not there, or is another one under the same key."""


@dataclass(frozen=True)
class Quarantine:
    """Moves documents away, and removes their pages. Twice is as once. Methods raise botocore's errors."""

    make_client: "Callable[[], S3Client]"
    bucket: str
    pages_bucket: str

    @cached_property
    def _s3(self) -> "S3Client":
        return self.make_client()

    def take(self, document: Document) -> bool:
        """Move a document's object here. False if it is where it was no longer: it was moved before, or removed, or replaced."""
        prefix = "decided" if document.state == "decided" else "undecided"
        try:
            self._s3.copy_object(
                Bucket=self.bucket,
                Key=f"{prefix}/{document.id}",
                CopySource={"Bucket": document.bucket, "Key": document.key},
                CopySourceIfMatch=document.etag,
                TaggingDirective="REPLACE",  # tags would take one more permission to read
            )
            # Not what somebody has put there in its place.
            self._s3.delete_object(Bucket=document.bucket, Key=document.key, IfMatch=document.etag)
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return False
            raise
        return True

    def remove_pages(self, document_id: str) -> int:
        """Remove all pages of a document, and count the files."""
        removed = 0
        listed = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.pages_bucket, Prefix=f"{PAGES}/{document_id}/"
        )
        for page in listed:
            keys = [found["Key"] for found in page.get("Contents", ())]
            self._remove(keys)
            removed += len(keys)
        return removed

    def _remove(self, keys: Iterable[str]) -> None:
        if objects := [{"Key": key} for key in keys]:
            answer = self._s3.delete_objects(
                Bucket=self.pages_bucket,
                Delete={"Objects": objects, "Quiet": True},  # type: ignore[typeddict-item]
            )
            if failed := answer.get("Errors"):
                raise NotRemoved(f"{len(failed)} pages were not removed: {failed[0].get('Code')}")


class NotRemoved(Exception):
    """S3 has kept some pages, which may be gone at the next attempt."""

    transient = True
