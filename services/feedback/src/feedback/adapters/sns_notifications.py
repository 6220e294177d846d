"""What AWS End User Messaging tells us through SNS: replies of customers, and the delivery of our SMS."""

import json
from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from wild_rydes_contracts import Envelope, Message, Metadata
from wild_rydes_contracts.ids import derived_uuid7
from wild_rydes_contracts.invalid import listed, problems_of
from wild_rydes_contracts.scalars import Instant
from wild_rydes_messaging.consume import Consumer, Unprocessable

MessageId = str
"""An id that AWS has given: up to 128 characters of any kind."""


class InboundSms(Message):
    """An SMS to our number.

    `answers_id` is the id of the SMS of ours that it answers, as far as AWS knows.
    https://docs.aws.amazon.com/sms-voice/latest/userguide/two-way-sms-payload.html
    """

    name: ClassVar[str] = "InboundSms"
    version: ClassVar[int] = 1

    sender: str = Field(alias="originationNumber", pattern=r"^\+[1-9]\d{3,14}$", repr=False)
    ours: str = Field(alias="destinationNumber", min_length=1, max_length=20)
    text: str = Field(default="", alias="messageBody", max_length=4000, repr=False)
    inbound_id: MessageId = Field(alias="inboundMessageId", min_length=1, max_length=128)
    answers_id: MessageId | None = Field(default=None, alias="previousPublishedMessageId", max_length=128)


class Context(BaseModel):
    """What we send along with an SMS, and get back with each of its delivery events."""

    model_config = ConfigDict(frozen=True)

    ride: str = Field(max_length=128)
    sms: int = Field(ge=0)


def _unless_garbage(value: object, read: ValidatorFunctionWrapHandler) -> Any:  # noqa: ANN401 - what it reads
    """Take what is out of bounds for unknown: no receipt is lost for its bill."""
    try:
        return read(value)
    except ValidationError:
        return None


_Parts = Annotated[Annotated[int, Field(ge=1, le=100)] | None, WrapValidator(_unless_garbage)]
_Dollars = Annotated[Annotated[float, Field(ge=0, le=100)] | None, WrapValidator(_unless_garbage)]


class DeliveryEvent(Message):
    """A step in the delivery of one of our SMS. Each event has the whole bill, as far as AWS knows it.

    https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-format.html
    """

    name: ClassVar[str] = "DeliveryEvent"
    version: ClassVar[int] = 1

    type: str = Field(alias="eventType", pattern=r"^[A-Z_]{1,64}$")
    final: bool = Field(default=False, alias="isFinal")
    message_id: MessageId = Field(alias="messageId", min_length=1, max_length=128)
    context: Context | None = None
    parts: _Parts = Field(default=None, alias="totalMessageParts")
    message_price: _Dollars = Field(default=None, alias="totalMessagePrice")
    carrier_fee: _Dollars = Field(default=None, alias="totalCarrierFee")

    @property
    def price(self) -> int | None:
        """What AWS charges, the carrier's fee included, in millionths of a dollar."""
        if self.message_price is None:
            return None
        return round((self.message_price + (self.carrier_fee or 0)) * 1_000_000)


M = TypeVar("M", bound=Message)


class NotificationConsumer(Consumer[M]):
    """Consumes a queue that an SNS topic fills without raw delivery.

    The envelope is made from the time and the id of the notification.
    """

    def parse(self, body: str) -> Envelope[M]:
        """Read a notification. Raises Unprocessable, naming each wrong field but none of its values."""
        [contract] = self.contracts
        try:
            notification = _Notification.model_validate_json(body)
            content: Any = json.loads(notification.message)
            data = contract.model_validate(content)
        except ValidationError as error:
            raise Unprocessable(f"no valid {contract.name}: {listed(problems_of(error))}") from None
        except (ValueError, RecursionError):
            raise Unprocessable("not JSON in the notification") from None
        metadata = Metadata(
            event_id=derived_uuid7(notification.timestamp, notification.id),
            event_version=contract.version,
            occurred_at=notification.timestamp,
            correlation_id=notification.id,
        )
        return Envelope(metadata=metadata, data=data)


class _Notification(BaseModel):
    """https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html"""

    id: str = Field(alias="MessageId", pattern=r"^[A-Za-z0-9-]{1,64}$")
    message: str = Field(alias="Message")
    timestamp: Instant = Field(alias="Timestamp")
