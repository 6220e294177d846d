"""The archive: each original with what was decided on it, and a report for each batch. It is kept as long as the books are.

| key | holds |
|---|---|
| `documents/<payee>/<batch>/<document>/<name>` | the original; without a payee, under `documents/unknown/` |
| `documents/<payee>/<batch>/<document>.json` | what became of it, with the audit trail |
| `reports/<payee>/<batch>.json` | the report |
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from settlement.domain.document import Document

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_MISSING: Final = frozenset({"NoSuchKey", "404"})
_CHANGED: Final = frozenset({"PreconditionFailed", "412", "ConditionalRequestConflict", "409"})


class Changed(Exception):
    """Somebody else has written meanwhile."""

    transient = True


@dataclass(frozen=True)
class Archive:
    """Writes to the archive. The client is made for the first write. Methods raise botocore's errors."""

    make_client: "Callable[[], S3Client]"
    bucket: str
    staging_bucket: str

    @cached_property
    def _s3(self) -> "S3Client":
        return self.make_client()

    def keep(self, document: Document) -> bool:
        """Copy an original. False if it is not there any more, or is another one. Twice is as once."""
        try:
            self._s3.copy_object(
                Bucket=self.bucket,
                Key=f"{place_of(document)}/{document.name or 'document'}",
                CopySource={"Bucket": self.staging_bucket, "Key": document.key},
                CopySourceIfMatch=document.etag,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING | _CHANGED:
                return False
            raise
        return True

    def note(self, document: Document, told: Mapping[str, Any]) -> None:
        """Write what became of a document beside it."""
        self._put(f"{place_of(document)}.json", told)

    def report(self, payee: str, batch: str) -> tuple[list[dict[str, Any]], str | None]:
        """Read the rows of a batch's report, and which version of it that is; none if there is none."""
        try:
            answer = self._s3.get_object(Bucket=self.bucket, Key=_report(payee, batch))
        except ClientError as error:
            if error.response["Error"]["Code"] in _MISSING:
                return [], None
            raise
        rows: list[dict[str, Any]] = json.loads(answer["Body"].read())["documents"]
        return rows, answer["ETag"]

    def rewrite(self, payee: str, batch: str, report: Mapping[str, Any], version: str | None) -> None:
        """Write a report in the place of this version of it. Raises Changed."""
        condition: dict[str, Any] = {"IfMatch": version} if version else {"IfNoneMatch": "*"}
        try:
            self._put(_report(payee, batch), report, **condition)
        except ClientError as error:
            if error.response["Error"]["Code"] in _CHANGED | _MISSING:
                raise Changed(f"{payee}/{batch}") from None
            raise

    def keep_message(self, id_: str, told: Mapping[str, Any]) -> str:
        """Keep a message that is about no document, and return its key. Twice is as once."""
        key = f"messages/{id_}.json"
        self._put(key, told)
        return key

    def _put(self, key: str, content: Mapping[str, Any], **condition: Any) -> None:  # noqa: ANN401 - of PutObject
        self._s3.put_object(
            Bucket=self.bucket,
            Key=key,
            Body=json.dumps(content, indent=1).encode(),
            ContentType="application/json",
            **condition,
        )


def place_of(document: Document) -> str:
    """Where what is kept of a document is: the original below it, and what became of it beside it."""
    if document.payee and document.batch:
        return f"documents/{document.payee}/{document.batch}/{document.id}"
    return f"documents/unknown/{document.id}"


def _report(payee: str, batch: str) -> str:
    return f"reports/{payee}/{batch}.json"
