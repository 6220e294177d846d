"""What Textract tells through SNS of a job that has ended."""

import json
from datetime import UTC, datetime
from typing import ClassVar

from pydantic import Field, ValidationError

from wild_rydes_contracts import Envelope, Message, Metadata
from wild_rydes_contracts.ids import derived_uuid7
from wild_rydes_contracts.invalid import listed, problems_of
from wild_rydes_messaging.consume import Consumer, Unprocessable


class JobEnded(Message):
    """A job has ended, well or not.

    https://docs.aws.amazon.com/textract/latest/dg/async-notification-payload.html
    """

    name: ClassVar[str] = "JobEnded"
    version: ClassVar[int] = 1

    job_id: str = Field(alias="JobId", min_length=1, max_length=64)
    status: str = Field(alias="Status", pattern=r"^[A-Z_]{1,32}$")
    document_id: str = Field(alias="JobTag", pattern=r"^[0-9a-f-]{36}$")
    ended: int = Field(alias="Timestamp", ge=1_577_836_800_000, le=4_102_358_400_000)

    @property
    def ended_at(self) -> datetime:
        """When it ended."""
        return datetime.fromtimestamp(self.ended / 1000, UTC)


class CompletionConsumer(Consumer[JobEnded]):
    """Consumes a queue that an SNS topic fills with raw delivery. The envelope is made from the message."""

    def parse(self, body: str) -> Envelope[JobEnded]:
        """Read a message of Textract. Raises Unprocessable, naming each wrong field but none of its values."""
        try:
            data = JobEnded.model_validate(json.loads(body))
        except ValidationError as error:
            raise Unprocessable(f"no end of a job: {listed(problems_of(error))}") from None
        except (ValueError, RecursionError):
            raise Unprocessable("not JSON") from None
        metadata = Metadata(
            event_id=derived_uuid7(data.ended_at, data.job_id),
            event_version=JobEnded.version,
            occurred_at=data.ended_at,
            correlation_id=data.document_id,
        )
        return Envelope(metadata=metadata, data=data)
