"""The status document of an RFQ: a JSON file in S3, for clients that poll often.

An RFQ has one only if its customer prefers that. It holds ids, counts and times: anybody with its URL may
read it.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING, Literal

from botocore.config import Config
from pydantic import AwareDatetime, Field

from ride_booking.domain.rfq import CompletedBy, Rfq
from wild_rydes_http.body import Representation
from wild_rydes_runtime.aws import CLIENT_CONFIG

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFERENCE = "status-document"
"""The preference, in the header `Prefer` (RFC 7240), that asks for a status document."""

READABLE_FOR = timedelta(minutes=5)
"""How long after the deadline the URL works."""

S3_CONFIG = CLIENT_CONFIG.merge(Config(s3={"addressing_style": "path"}, signature_version="s3v4"))
"""The bucket in the URL's path, since its host name resolves only on AWS. Every region accepts the signature."""

WRITE_CONFIG = S3_CONFIG.merge(
    Config(connect_timeout=0.5, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 1})
)
"""Of a client that writes documents: a write is tried once, for a second or so, as announcements wait behind it."""

WRITING_FOR = timedelta(seconds=2)
"""How long `StatusDocuments.write_all` begins writes. With the time that the last one may take, this leaves more than half
of the ten seconds of the function."""

AT_ONCE = 10
"""Writes under way: botocore's default for the connections that a client keeps open."""

_CONTENT_TYPE = "application/json"


class Late(Exception):
    """A document was not written: those before it have used up the time."""


class StatusDocument(Representation):
    """How far an RFQ has come. `completed-by` appears when it is over."""

    id: str
    status: Literal["running", "completed"]
    responses_received: int = Field(ge=0)
    responders_asked: int = Field(ge=0)
    eta: AwareDatetime
    completed_by: CompletedBy | None = None
    completed_at: AwareDatetime | None = None

    @classmethod
    def from_domain(cls, rfq: Rfq) -> "StatusDocument":
        """Make the document of an RFQ."""
        counts = rfq.counts()
        return cls(
            id=rfq.id,
            status=rfq.status,
            responses_received=counts.quoted + counts.declined,
            responders_asked=counts.asked,
            eta=rfq.deadline,
            completed_by=rfq.completion.by if rfq.completion else None,
            completed_at=rfq.completion.at if rfq.completion else None,
        )


class StatusDocuments:
    """The bucket of the documents. The client is made for the first document: most workers never need one."""

    def __init__(self, make_client: "Callable[[], S3Client]", bucket: str) -> None:
        self._make_client = make_client
        self._bucket = bucket

    @cached_property
    def _s3(self) -> "S3Client":
        return self._make_client()

    def url(self, rfq: Rfq, now: datetime) -> str:
        """Make the URL of an RFQ's document. It works until `READABLE_FOR` after the deadline."""
        seconds = ceil((rfq.deadline + READABLE_FOR - now).total_seconds())
        return self._s3.generate_presigned_url(
            "get_object", Params={"Bucket": self._bucket, "Key": _key(rfq)}, ExpiresIn=max(1, seconds)
        )

    def write_all(self, rfqs: Sequence[Rfq], now: Callable[[], datetime]) -> dict[str, Exception]:
        """Write the current documents of RFQs, many at once, for as long as `WRITING_FOR`.

        Returns what kept documents from being written, by the RFQs' ids: Late if there was no time. It raises
        nothing.
        """
        if not rfqs:
            return {}
        until = now() + WRITING_FOR
        try:
            _ = self._s3  # made here, as the threads would each make one
        except Exception as error:  # noqa: BLE001 - whatever it is, it is of all documents
            return {rfq.id: error for rfq in rfqs}

        def write(rfq: Rfq) -> Exception | None:
            try:
                if now() >= until:
                    raise Late("the time is over")
                self.write(rfq)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is of this document
                return error
            return None

        with ThreadPoolExecutor(min(AT_ONCE, len(rfqs))) as pool:
            results = zip(rfqs, pool.map(write, rfqs), strict=True)
            return {rfq.id: error for rfq, error in results if error}

    def write(self, rfq: Rfq) -> None:
        """Write the current document of an RFQ. Raises botocore's errors."""
        text = StatusDocument.from_domain(rfq).model_dump_json(by_alias=True, exclude_none=True)
        self._s3.put_object(
            Bucket=self._bucket,
            Key=_key(rfq),
            Body=text.encode(),
            ContentType=_CONTENT_TYPE,
            CacheControl="no-cache",
        )


def preferred(prefer: str) -> bool:
    """Tell whether the header `Prefer` of a request asks for a status document."""
    return PREFERENCE in {name.partition(";")[0].strip() for name in prefer.lower().split(",")}


def _key(rfq: Rfq) -> str:
    return f"rfqs/{rfq.id}.json"
