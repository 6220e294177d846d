"""The quarantine bucket: documents that must not be where they were. Nobody here can read what is in it.

| key | holds |
|---|---|
| `undecided/<document>` | one on which nobody has decided, and nobody will. It expires |
| `decided/<document>` | one that was decided before anybody knew what is in it: it belongs to the books |
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from settlement.adapters.archive import place_of
from settlement.adapters.document_files import PAGES
from settlement.domain.document import Document

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_GONE: Final = {"NoSuchKey", "404", "PreconditionFailed", "412"}
"""How S3 says that the object is not there, or is another one under the same key."""
_AT_ONCE: Final = 1_000
"""Objects that S3 removes in one call."""


@dataclass(frozen=True)
class Quarantine:
    """Moves documents away, and removes their pages. Twice is as once. Methods raise botocore's errors."""

    make_client: "Callable[[], S3Client]"
    bucket: str
    staging_bucket: str
    pages_bucket: str
    archive_bucket: str

    @cached_property
    def _s3(self) -> "S3Client":
        return self.make_client()

    def take(self, document: Document) -> int:
        """Move a document here from wherever it is: where it was put, and the archive. Return in how many places it was.

        What somebody has put in its place stays there.
        """
        condition = {"CopySourceIfMatch": document.etag}
        found = self._copy(document, self.staging_bucket, document.key, condition)
        if found:
            self._delete_if(document)
        originals = self._listed(self.archive_bucket, f"{place_of(document)}/")
        for key in originals:
            self._copy(document, self.archive_bucket, key, {})
        self._remove(self.archive_bucket, originals)
        return found + len(originals)

    def remove_pages(self, document_id: str) -> int:
        """Remove all pages of a document, and count the files."""
        keys = self._listed(self.pages_bucket, f"{PAGES}/{document_id}/")
        self._remove(self.pages_bucket, keys)
        return len(keys)

    def _copy(self, document: Document, bucket: str, key: str, condition: Mapping[str, Any]) -> bool:
        prefix = "decided" if document.state == "decided" else "undecided"
        try:
            self._s3.copy_object(
                Bucket=self.bucket,
                Key=f"{prefix}/{document.id}",
                CopySource={"Bucket": bucket, "Key": key},
                TaggingDirective="REPLACE",  # tags would take one more permission to read
                **condition,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return False
            raise
        return True

    def _delete_if(self, document: Document) -> None:
        try:
            self._s3.delete_object(Bucket=self.staging_bucket, Key=document.key, IfMatch=document.etag)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _GONE:
                raise

    def _listed(self, bucket: str, prefix: str) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [found["Key"] for page in pages for found in page.get("Contents", ())]

    def _remove(self, bucket: str, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), _AT_ONCE):
            objects: Any = [{"Key": key} for key in keys[start : start + _AT_ONCE]]
            answer = self._s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
            if failed := answer.get("Errors"):
                raise NotRemoved(f"{len(failed)} objects were not removed: {failed[0].get('Code')}")


class NotRemoved(Exception):
    """S3 has kept some objects, which may be gone at the next attempt."""

    transient = True
