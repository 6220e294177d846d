"""Amazon Textract's asynchronous operations: a job for each document, found again by the document's id.

https://docs.aws.amazon.com/textract/latest/dg/async.html
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from botocore.exceptions import ClientError

from settlement.domain.blocks import Block, parse
from settlement.domain.document import Document

_REFUSALS: Final = frozenset(
    {
        "BadDocumentException",
        "DocumentTooLargeException",
        "InvalidS3ObjectException",
        "UnsupportedDocumentException",
    }
)
"""What says that this document is not for Textract, whoever asks and however often."""


class Refused(Exception):
    """Textract does not take this document, for good."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is now. `failed` says why it found nothing; `missing` are the pages that it could not read."""

    runs: bool = False
    failed: str = ""
    missing: Sequence[int] = ()
    pages: int = 0
    blocks: Sequence[Block] = field(default=(), repr=False)


@dataclass(frozen=True)
class Textract:
    """Starts jobs and reads what they found.

    Documents are in `bucket`. With `forms` it looks for keys and values, too. The end of each job is published to `topic_arn`, under `role_arn`.
    Methods raise botocore's errors; a throttled call is one that passes by itself.
    """

    make_client: Callable[[], Any]
    bucket: str
    topic_arn: str
    role_arn: str
    forms: bool = False

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - a client of botocore
        return self.make_client()

    def start(self, document: Document, attempt: int = 1) -> str:
        """Start a document's job and return its id; again and again the same one, for each attempt. Raises Refused."""
        request: dict[str, Any] = {
            "DocumentLocation": {"S3Object": {"Bucket": self.bucket, "Name": document.key}},
            "ClientRequestToken": document.id if attempt == 1 else f"{document.id}-{attempt}",
            "JobTag": document.id,
            "NotificationChannel": {"SNSTopicArn": self.topic_arn, "RoleArn": self.role_arn},
        }
        try:
            if self.forms:
                return str(self._client.start_document_analysis(**request, FeatureTypes=["FORMS"])["JobId"])
            return str(self._client.start_document_text_detection(**request)["JobId"])
        except ClientError as error:
            if error.response["Error"]["Code"] in _REFUSALS:
                raise Refused(error.response["Error"]["Code"]) from None
            raise

    def look(self, job_id: str) -> Job:
        """Read a job, with all that it found if it is over: a thousand blocks a call."""
        blocks: list[Block] = []
        missing: set[int] = set()
        answer: Mapping[str, Any] = {}
        for answer in self._answers(job_id):
            if answer["JobStatus"] == "IN_PROGRESS":
                return Job(runs=True)
            if answer["JobStatus"] == "FAILED":
                return Job(failed=answer.get("StatusMessage", "no reason given"))
            missing.update(
                page for warning in answer.get("Warnings", ()) for page in warning.get("Pages", ())
            )
            # Each answer for itself, so that hundreds of pages are never there twice.
            blocks += parse(answer["Blocks"])
        pages = answer["DocumentMetadata"]["Pages"]
        return Job(missing=tuple(sorted(missing)), pages=pages, blocks=blocks)

    def _answers(self, job_id: str) -> Iterator[Mapping[str, Any]]:
        token: dict[str, str] = {}
        while True:
            if self.forms:
                answer: Any = self._client.get_document_analysis(JobId=job_id, **token)
            else:
                answer = self._client.get_document_text_detection(JobId=job_id, **token)
            yield answer
            if not answer.get("NextToken"):
                return
            token = {"NextToken": answer["NextToken"]}
