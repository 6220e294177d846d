"""An example of every message: valid, like a real one, and the same each time."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from wild_rydes_contracts import Envelope, Event, Message
from wild_rydes_contracts.ids import derived_uuid7
from wild_rydes_contracts.metadata import first_of

_NOW: Final = datetime(2026, 11, 26, 17, 4, 12, 345_000, tzinfo=UTC)
_RFQ: Final = str(derived_uuid7(_NOW, "an RFQ"))

_BY_NAME: Final[dict[str, Any]] = {
    "rfq_id": _RFQ,
    "ride_id": f"{_RFQ}.1",
    "customer_id": str(derived_uuid7(_NOW, "a customer")),
    "responder_id": "u-stardust",
    "partner_id": "p-comet",
    "asked": ["u-stardust", "p-comet"],
    "display_name": "Stardust",
    "start": {"lat": 47.6205, "lon": -122.3493},
    "destination": {"lat": 47.4502, "lon": -122.3088},
    "time_zone": "America/Los_Angeles",
    "amount": "12.50",
    "currency": "USD",
    "count": 12,
    "total": 107,
    "rating_revision": 13,
    "score": 9,
    "pickup_in_seconds": 240,
    "valid_until": _NOW + timedelta(minutes=10),
    "retry_at": _NOW + timedelta(seconds=30),
    "responders": {"asked": 5, "quoted": 3, "declined": 1, "silent": 1, "late": 0},
    "Decline.reason": "too-far",
    "Decline.responder_id": "p-comet",
    "RideRejected.reason": "unicorn-busy",
    "RideBookingFailed.reason": "timeout",
    "PartnerCircuitOpened.reason": "12 of 20 calls failed within a minute",
    "PartnerCircuitClosed.reason": "2 probes in a row succeeded",
}
"""Values of fields, by their own name or with that of their class. Other fields have one by their type."""

_ANY: Final = (_NOW, "one-of-a-kind", "A few words", "12.50", "USD", 1, True, _RFQ)
"""What else a value may be. The first that its field takes is taken."""


def example(contract: type[Message]) -> Envelope[Any]:
    """Make the example of a message. Raises ValueError for a field that nothing here fits."""
    answered = issubclass(contract, Event) and contract.answered_with is not None
    return Envelope[contract](  # type: ignore[valid-type]
        metadata=first_of(
            contract,
            correlation_id=_RFQ,
            occurred_at=_NOW,
            reply_to="arn:aws:sqs:us-east-1:123456789012:wild-rydes-reply-ride-booking" if answered else None,
            deadline=_NOW + timedelta(minutes=5) if answered else None,
        ),
        data=contract.model_validate(_fields(contract)),
    )


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    return {name: _field(model, name, field) for name, field in model.model_fields.items()}


def _field(model: type[BaseModel], name: str, field: FieldInfo) -> object:
    for key in (f"{model.__name__}.{name}", name):
        if key in _BY_NAME:
            return _BY_NAME[key]
    found = _of_type(field.annotation)
    if found is not None:
        return found
    takes: TypeAdapter[Any] = TypeAdapter(Annotated[field.annotation, *field.metadata])  # type: ignore[arg-type]
    for value in _ANY:
        with suppress(ValidationError):
            takes.validate_python(value)
            return value
    raise ValueError(f"{model.__name__}.{name} has no example: name one in {__name__}")


def _of_type(annotation: Any) -> object:  # noqa: ANN401 - any annotation
    """Make a value of a type. None if the field's bounds decide."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _of_type(arguments[0])
    if origin in (Union, UnionType):
        return _of_type(next(each for each in arguments if each is not NoneType))
    if origin is Literal:
        return arguments[0]
    if origin is tuple:
        return [_of_type(each) for each in _alternatives(arguments[0])]
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return _fields(annotation) if is_model else None


def _alternatives(annotation: Any) -> tuple[Any, ...]:  # noqa: ANN401 - any annotation
    """List the types of which a value may be one."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _alternatives(arguments[0])
    return arguments if origin in (Union, UnionType) else (annotation,)
