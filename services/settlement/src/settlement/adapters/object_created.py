"""What S3 tells, through EventBridge, of an object in the staging bucket."""

import json
from typing import ClassVar

from pydantic import BaseModel, Field, ValidationError

from settlement.domain.document import StagedObject
from wild_rydes_contracts import Envelope, Message, Metadata
from wild_rydes_contracts.ids import derived_uuid7
from wild_rydes_contracts.invalid import listed, problems_of
from wild_rydes_contracts.scalars import Instant
from wild_rydes_messaging.consume import Consumer, Unprocessable


class ObjectCreated(Message):
    """An object was put into a bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """

    name: ClassVar[str] = "ObjectCreated"
    version: ClassVar[int] = 1

    bucket: str = Field(min_length=1, max_length=63)
    key: str = Field(min_length=1, max_length=1024, repr=False)
    etag: str = Field(min_length=1, max_length=128)
    size: int = Field(ge=0)

    @property
    def staged(self) -> StagedObject:
        """The object in the words of the domain."""
        return StagedObject(self.bucket, self.key, self.etag, self.size)


class ObjectConsumer(Consumer[ObjectCreated]):
    """Consumes a queue that a rule for S3's events fills. The envelope is made from the event."""

    def parse(self, body: str) -> Envelope[ObjectCreated]:
        """Read an event. Raises Unprocessable, naming each wrong field but none of its values."""
        try:
            event = _S3Event.model_validate(json.loads(body))
        except ValidationError as error:
            raise Unprocessable(f"no event of S3: {listed(problems_of(error))}") from None
        except (ValueError, RecursionError):
            raise Unprocessable("not JSON") from None
        found = event.detail.object
        data = ObjectCreated(
            bucket=event.detail.bucket.name, key=found.key, etag=found.etag.strip('"'), size=found.size
        )
        document_id = data.staged.document_id
        metadata = Metadata(
            event_id=derived_uuid7(event.time, document_id),
            event_version=ObjectCreated.version,
            occurred_at=event.time,
            correlation_id=document_id,
        )
        return Envelope(metadata=metadata, data=data)


class _Bucket(BaseModel):
    name: str = Field(min_length=3, max_length=63)


class _Object(BaseModel):
    key: str = Field(min_length=1, max_length=1024)
    etag: str = Field(min_length=1, max_length=128)
    size: int = Field(default=0, ge=0)


class _Detail(BaseModel):
    bucket: _Bucket
    object: _Object


class _S3Event(BaseModel):
    source: str = Field(pattern=r"^aws\.s3$")
    detail_type: str = Field(alias="detail-type", pattern=r"^Object Created$")
    time: Instant
    detail: _Detail
