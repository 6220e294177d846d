"""What Macie tells of an object in the staging bucket, through EventBridge, and the sweep that comes after it."""

import json
from datetime import datetime
from typing import ClassVar

from pydantic import BaseModel, Field, ValidationError

from settlement.domain.document import StagedObject
from settlement.domain.sensitive import Finding
from wild_rydes_contracts import Envelope, Message, Metadata
from wild_rydes_contracts.ids import derived_uuid7
from wild_rydes_contracts.invalid import listed, problems_of
from wild_rydes_contracts.metadata import first_of
from wild_rydes_contracts.scalars import Instant
from wild_rydes_messaging.consume import Consumer, Unprocessable


class SensitiveDataFound(Message):
    """Macie has found sensitive data in an object, or it is time to look after such an object again: a sweep.

    https://docs.aws.amazon.com/macie/latest/user/findings-publish-event-schemas.html
    """

    name: ClassVar[str] = "SensitiveDataFound"
    version: ClassVar[int] = 1

    finding_id: str = Field(min_length=1, max_length=128)
    job_id: str = Field(max_length=128)
    bucket: str = Field(min_length=1, max_length=63)
    key: str = Field(min_length=1, max_length=1024, repr=False)
    etag: str = Field(min_length=1, max_length=128)
    size: int = Field(ge=0)
    kinds: dict[str, int]
    sweep: bool = False

    @property
    def finding(self) -> Finding:
        """The finding in the words of the domain."""
        staged = StagedObject(self.bucket, self.key, self.etag, self.size)
        return Finding(self.finding_id, self.job_id, staged, self.kinds)


class FindingConsumer(Consumer[SensitiveDataFound]):
    """Consumes a queue that a rule for Macie's events fills, and sweeps. The envelope of an event is made from it."""

    def parse(self, body: str) -> Envelope[SensitiveDataFound]:
        """Read an event or a sweep. Raises Unprocessable, naming each wrong field but none of its values."""
        try:
            content = json.loads(body)
        except (ValueError, RecursionError):
            raise Unprocessable("not JSON") from None
        if isinstance(content, dict) and "metadata" in content:
            return super().parse(body)
        try:
            event = _MacieEvent.model_validate(content)
        except ValidationError as error:
            raise Unprocessable(f"no finding of Macie: {listed(problems_of(error))}") from None
        data = event.found
        metadata = Metadata(
            event_id=derived_uuid7(event.time, data.finding_id),
            event_version=SensitiveDataFound.version,
            occurred_at=event.time,
            correlation_id=data.finding.staged.document_id,
        )
        return Envelope(metadata=metadata, data=data)


def sweep_after(found: SensitiveDataFound, occurred_at: datetime) -> Envelope[SensitiveDataFound]:
    """Make the message that has the object looked after again."""
    return Envelope(
        metadata=first_of(
            SensitiveDataFound,
            correlation_id=found.finding.staged.document_id,
            occurred_at=occurred_at,
            distinct=f"sweep {found.finding_id}",
        ),
        data=found.model_copy(update={"sweep": True}),
    )


class _Detection(BaseModel):
    type: str = Field(min_length=1, max_length=128)
    count: int = Field(ge=0)


class _Category(BaseModel):
    detections: list[_Detection] = []


class _Custom(BaseModel):
    name: str = Field(min_length=1, max_length=128)
    count: int = Field(ge=0)


class _Customs(BaseModel):
    detections: list[_Custom] = []


class _Result(BaseModel):
    sensitive_data: list[_Category] = Field(default=[], alias="sensitiveData")
    custom: _Customs | None = Field(default=None, alias="customDataIdentifiers")

    @property
    def kinds(self) -> dict[str, int]:
        """How often each kind was found. One that somebody has added to Macie is told by its name."""
        found: dict[str, int] = {}
        for detection in (each for category in self.sensitive_data for each in category.detections):
            found[detection.type] = found.get(detection.type, 0) + detection.count
        for custom in self.custom.detections if self.custom else ():
            found[f"custom:{custom.name}"] = custom.count
        return found


class _Details(BaseModel):
    job_id: str | None = Field(default=None, alias="jobId", max_length=128)
    result: _Result = _Result()


class _Bucket(BaseModel):
    name: str = Field(min_length=3, max_length=63)


class _Object(BaseModel):
    key: str = Field(min_length=1, max_length=1024)
    etag: str = Field(alias="eTag", min_length=1, max_length=130)
    size: int = Field(default=0, ge=0)


class _Affected(BaseModel):
    bucket: _Bucket = Field(alias="s3Bucket")
    object: _Object = Field(alias="s3Object")


class _Detail(BaseModel):
    id: str = Field(min_length=1, max_length=128)
    affected: _Affected = Field(alias="resourcesAffected")
    details: _Details = Field(default=_Details(), alias="classificationDetails")


class _MacieEvent(BaseModel):
    source: str = Field(pattern=r"^aws\.macie$")
    detail_type: str = Field(alias="detail-type", pattern=r"^Macie Finding$")
    time: Instant
    detail: _Detail

    @property
    def found(self) -> SensitiveDataFound:
        """What matters of it here."""
        object_, details = self.detail.affected.object, self.detail.details
        return SensitiveDataFound(
            finding_id=self.detail.id,
            job_id=details.job_id or "",
            bucket=self.detail.affected.bucket.name,
            key=object_.key,
            etag=object_.etag.strip('"'),
            size=object_.size,
            kinds=details.result.kinds,
        )
