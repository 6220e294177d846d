"""The bucket of imports: files as partners upload them, and reports of their bad rows."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from unicorn_mgmt.domain.fleet_import import Part, upload_key

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

RANGE_BYTES: Final = 8 * 1024 * 1024
"""Of a request. A long download is made of many, as each of them is tried again alone."""

BLOCK_BYTES: Final = 256 * 1024
"""What is in memory of a file at a time."""

_GONE: Final = ("NoSuchUpload", "NoSuchKey")


@dataclass(frozen=True, slots=True)
class PartUrl:
    """Where a part is to be sent by PUT."""

    part: Part
    url: str


class ImportFiles:
    """The bucket. The client is made for the first call: most workers never need one."""

    def __init__(
        self,
        make_client: "Callable[[], S3Client]",
        bucket: str,
        *,
        range_bytes: int = RANGE_BYTES,
        block_bytes: int = BLOCK_BYTES,
    ) -> None:
        self._make_client = make_client
        self._bucket = bucket
        self._range_bytes = range_bytes
        self._block_bytes = block_bytes

    @cached_property
    def _s3(self) -> "S3Client":
        return self._make_client()

    def begin(self, partner_id: str, job_id: str) -> str:
        """Begin an upload, and return its id. One that is never completed is gone in a day."""
        answer = self._s3.create_multipart_upload(
            Bucket=self._bucket, Key=upload_key(partner_id, job_id), ContentType="application/octet-stream"
        )
        return answer["UploadId"]

    def part_url(self, partner_id: str, job_id: str, upload: str, part: Part, seconds: int) -> PartUrl:
        """Make the URL that takes one part, of just its size, for so many seconds."""
        url = self._s3.generate_presigned_url(
            "upload_part",
            Params={
                "Bucket": self._bucket,
                "Key": upload_key(partner_id, job_id),
                "UploadId": upload,
                "PartNumber": part.number,
                "ContentLength": part.size,
            },
            ExpiresIn=seconds,
        )
        return PartUrl(part, url)

    def complete_url(self, partner_id: str, job_id: str, upload: str, seconds: int) -> str:
        """Make the URL that makes the file of its parts, by POST."""
        return self._s3.generate_presigned_url(
            "complete_multipart_upload",
            Params={"Bucket": self._bucket, "Key": upload_key(partner_id, job_id), "UploadId": upload},
            ExpiresIn=seconds,
        )

    def abandon(self, partner_id: str, job_id: str, upload: str) -> None:
        """Throw away what was uploaded in parts and never completed. Twice is as once."""
        try:
            self._s3.abort_multipart_upload(
                Bucket=self._bucket, Key=upload_key(partner_id, job_id), UploadId=upload
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in _GONE:
                raise

    def read(self, partner_id: str, job_id: str, start: int, end: int) -> Iterator[bytes]:
        """Read the bytes of a file from `start` up to `end`, or to its own end, block by block."""
        while start < end:
            last = min(end, start + self._range_bytes) - 1
            answer = self._s3.get_object(
                Bucket=self._bucket, Key=upload_key(partner_id, job_id), Range=f"bytes={start}-{last}"
            )
            for block in answer["Body"].iter_chunks(self._block_bytes):
                start += len(block)
                yield block
            if start <= last:
                return

    def keep_faults(self, job_id: str, chunk: int, faults: Sequence[Mapping[str, Any]]) -> None:
        """Keep what is wrong in a chunk. Twice is as once."""
        self._put(_faults_key(job_id, chunk), json.dumps(faults).encode(), "application/json")

    def faults(self, job_id: str, chunks: Iterable[int]) -> Iterator[Mapping[str, Any]]:
        """Read what is wrong in chunks, in their order."""
        for chunk in chunks:
            answer = self._s3.get_object(Bucket=self._bucket, Key=_faults_key(job_id, chunk))
            yield from json.loads(answer["Body"].read())

    def keep_report(self, job_id: str, lines: Iterable[Mapping[str, Any]]) -> None:
        """Keep the report of an import. Twice is as once."""
        content = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        self._put(_report_key(job_id), content, "application/x-ndjson")

    def report_url(self, job_id: str, seconds: int) -> str:
        """Make a URL by which anybody may read a report for so many seconds."""
        return self._s3.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": _report_key(job_id),
                "ResponseContentDisposition": f'attachment; filename="fleet-import-{job_id}.ndjson"',
            },
            ExpiresIn=seconds,
        )

    def _put(self, key: str, content: bytes, type_: str) -> None:
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=content, ContentType=type_)


def _faults_key(job_id: str, chunk: int) -> str:
    return f"reports/{job_id}/{chunk}.json"


def _report_key(job_id: str) -> str:
    return f"reports/{job_id}/report.ndjson"
