"""What the tests of messaging send and receive."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from tests.support.epoch import milliseconds
from wild_rydes_contracts import Coordinates, Envelope, RfqRequested, RfqResponse
from wild_rydes_contracts.envelope import Contract
from wild_rydes_contracts.metadata import caused_by, first_of
from wild_rydes_messaging.deliver import Retries

REGION = "us-east-1"
ACCOUNT = "123456789012"
NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
RETURN_ADDRESS = f"arn:aws:sqs:{REGION}:{ACCOUNT}:wild-rydes-reply-ride-booking"

T = TypeVar("T")
P = TypeVar("P", bound=Contract)


def no_waiting(**options: Any) -> Retries:
    """Retries whose clock stands still and whose sleep takes no time."""
    return Retries(**{"sleep": lambda _: None, "clock": lambda: 0.0, **options})


def requested(
    rfq_id: str = "rfq-1",
    deadline: datetime = NOW + timedelta(seconds=60),
    reply_to: str = RETURN_ADDRESS,
    occurred_at: datetime = NOW,
) -> Envelope[RfqRequested]:
    """An RFQ on the bus."""
    return Envelope(
        metadata=first_of(
            RfqRequested, correlation_id=rfq_id, occurred_at=occurred_at, reply_to=reply_to, deadline=deadline
        ),
        data=RfqRequested(
            rfq_id=rfq_id,
            start=Coordinates(lat=47.6205, lon=-122.3493),
            destination=Coordinates(lat=47.4502, lon=-122.3088),
        ),
    )


def response(rfq_id: str = "rfq-1", *asked: str) -> Envelope[RfqResponse]:
    """A response to that RFQ."""
    cause = requested(rfq_id).metadata
    return Envelope(
        metadata=caused_by(cause, RfqResponse, occurred_at=NOW, distinct="test"),
        data=RfqResponse(asked=asked),
    )


def constructed(model: type[P], **fields: Any) -> P:
    """An instance that pydantic has not checked."""
    anyhow: Any = model
    return anyhow.model_construct(**fields)  # type: ignore[no-any-return]


def bus_event(envelope: Envelope[RfqRequested], **changes: Any) -> dict[str, Any]:
    """The body of a queue message that came over the bus."""
    return {
        "detail-type": envelope.data.name,
        "source": envelope.data.source,
        "detail": envelope.model_dump(mode="json", exclude_none=True),
        **changes,
    }


def record(
    body: str,
    message_id: str = "m-1",
    attempt: int = 1,
    queue: str = "inbox",
    waited: timedelta = timedelta(),
) -> dict[str, Any]:
    """A queue message as Lambda hands it over, so long after it was first received."""
    first = str(milliseconds(NOW - waited))
    return {
        "messageId": message_id,
        "receiptHandle": f"receipt of {message_id}",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": str(attempt),
            "SentTimestamp": "1795176000000",
            "ApproximateFirstReceiveTimestamp": first,
        },
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
        "awsRegion": REGION,
    }


def records(*all_of_them: dict[str, Any]) -> dict[str, Any]:
    """A Lambda event of these queue messages."""
    return {"Records": list(all_of_them)}


def failed_ids(answer: dict[str, list[dict[str, str]]]) -> list[str]:
    """The message ids of a partial batch response."""
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def chunks_of(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The items, at most `size` at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
