"""Statements in their bucket, uploaded in parts: no worker ever holds a whole one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PART_BYTES: Final = 8 * 1024 * 1024
"""Of each part but the last. S3 wants 5 MiB at least.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""

MOST_PARTS: Final = 10_000

_GONE: Final = "NoSuchUpload"


@dataclass(frozen=True, slots=True)
class Part:
    """A part that is uploaded."""

    number: int
    tag: str


class StatementFiles:
    """The bucket. The client is made for the first call: most workers never need one."""

    def __init__(self, make_client: "Callable[[], S3Client]", bucket: str) -> None:
        self._make_client = make_client
        self._bucket = bucket

    @cached_property
    def _s3(self) -> "S3Client":
        return self._make_client()

    def begin(self, partner_id: str, job_id: str) -> str:
        """Begin an upload, and return its id. One that is never completed is gone in a day."""
        answer = self._s3.create_multipart_upload(
            Bucket=self._bucket, Key=_key(partner_id, job_id), ContentType="application/x-ndjson"
        )
        return answer["UploadId"]

    def upload(self, partner_id: str, job_id: str, upload: str, number: int, content: bytes) -> Part:
        """Upload a part. One under the same number is replaced."""
        answer = self._s3.upload_part(
            Bucket=self._bucket,
            Key=_key(partner_id, job_id),
            UploadId=upload,
            PartNumber=number,
            Body=content,
        )
        return Part(number, answer["ETag"])

    def complete(self, partner_id: str, job_id: str, upload: str, parts: Sequence[Part]) -> None:
        """Make the file of these parts and no others. Twice is as once."""
        key = _key(partner_id, job_id)
        try:
            self._s3.complete_multipart_upload(
                Bucket=self._bucket,
                Key=key,
                UploadId=upload,
                MultipartUpload={"Parts": [{"PartNumber": p.number, "ETag": p.tag} for p in parts]},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != _GONE:
                raise
            self._s3.head_object(Bucket=self._bucket, Key=key)  # it was completed before, or this says so

    def url(self, partner_id: str, job_id: str, seconds: int) -> str:
        """Make a URL by which anybody may read the statement for so many seconds."""
        key = _key(partner_id, job_id)
        return self._s3.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self._bucket,
                "Key": key,
                "ResponseContentDisposition": f'attachment; filename="ride-statement-{job_id}.ndjson"',
            },
            ExpiresIn=seconds,
        )


def _key(partner_id: str, job_id: str) -> str:
    return f"statements/{partner_id}/{job_id}.ndjson"
