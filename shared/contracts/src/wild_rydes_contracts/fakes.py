"""Valid messages for a consumer's tests, made from the fields of their classes: the same ones each time."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import chain
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, cast, get_args, get_origin
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from wild_rydes_contracts.envelope import Envelope, Event, Message, Metadata
from wild_rydes_contracts.ids import derived_uuid7

M = TypeVar("M", bound=Message)

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
"""When everything happens, unless a test says otherwise."""

RETURN_ADDRESS = "arn:aws:sqs:us-east-1:123456789012:wild-rydes-reply-fake"
_ACCOUNT, _REGION = "123456789012", "us-east-1"

_CANDIDATES: Mapping[Any, tuple[Any, ...]] = {
    str: ("a", "A1", "ab-1", "2026-11-26", "+12065550100", "https://example.com/1"),
    int: (1, 0, 10, 100, -1),
    float: (1.0, 0.5, 0.0, 10.0, 100.0, -1.0),
    bool: (True, False),
    Decimal: (Decimal("12.50"), Decimal(1), Decimal(0)),
    date: (NOON.date(),),
    datetime: (NOON,),
    AwareDatetime: (NOON,),
    UUID: (derived_uuid7(NOON, "fake"),),
}
"""Values of a type, of which the first that a field takes is its own. Its examples come before them."""


def fake(contract: type[M], *, metadata: Mapping[str, Any] | None = None, **fields: Any) -> Envelope[M]:  # noqa: ANN401
    """Make a valid message. The `fields` of its data, and of its `metadata`, are as given.

    All others have an example of what they may be; optional ones are absent. Raises pydantic's ValidationError for
    a given value that the contract forbids, and LookupError for a field that needs to be given.
    """
    data = _example(contract, fields)
    _known(fields, data.model_dump(), contract.__name__)
    conversation = next((str(value) for name, value in data if name.endswith("_id")), "conversation-1")
    answered = issubclass(contract, Event) and contract.answered_with
    said: dict[str, Any] = {
        "event_id": derived_uuid7(NOON, f"{contract.name} {data.model_dump_json()}"),
        "event_version": contract.version,
        "occurred_at": NOON,
        "correlation_id": getattr(data, "rfq_id", conversation),
        **({"reply_to": RETURN_ADDRESS, "deadline": NOON + timedelta(minutes=5)} if answered else {}),
        **(metadata or {}),
    }
    made = Metadata.model_validate(said)
    _known(said, made.model_dump(), "metadata")
    return Envelope[contract](metadata=made, data=data)  # type: ignore[valid-type]


def on_the_bus(envelope: Envelope[Event], *, replay: str = "") -> dict[str, Any]:
    """Make the event as EventBridge delivers it, live or in a `replay` of an archive.

    https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html
    """
    return {
        "version": "0",
        "id": str(envelope.metadata.event_id),
        "detail-type": envelope.data.name,
        "source": envelope.data.source,
        "account": _ACCOUNT,
        "time": envelope.metadata.occurred_at.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "region": _REGION,
        "resources": [],
        **({"replay-name": replay} if replay else {}),
        "detail": json.loads(envelope.to_json()),
    }


def in_a_queue(
    *messages: Envelope[Message] | Mapping[str, Any] | str, queue: str = "inbox"
) -> dict[str, Any]:
    """Make the event of a Lambda function behind an SQS queue that has these messages, or bodies of any kind.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    """
    received = str(int(NOON.timestamp() * 1000))
    return {
        "Records": [
            {
                "messageId": f"message-{number}",
                "receiptHandle": f"receipt-{number}",
                "body": _body(message),
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": received,
                    "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                    "ApproximateFirstReceiveTimestamp": received,
                },
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:{_REGION}:{_ACCOUNT}:{queue}",
                "awsRegion": _REGION,
            }
            for number, message in enumerate(messages, 1)
        ]
    }


def _body(message: Envelope[Message] | Mapping[str, Any] | str) -> str:
    if isinstance(message, str):
        return message
    if not isinstance(message, Envelope):
        return json.dumps(message)
    if isinstance(message.data, Event):
        return json.dumps(on_the_bus(cast("Envelope[Event]", message)))
    return message.to_json()


def _example(model: type[BaseModel], given: Mapping[str, Any]) -> Any:  # noqa: ANN401 - an instance of the model
    needed = {field.alias or name: field for name, field in model.model_fields.items() if field.is_required()}
    missing = {name: _value(name, field) for name, field in needed.items() if name not in given}
    return model.model_validate({**missing, **given})


def _known(given: object, made: object, where: str) -> None:
    """Raise LookupError for what was given, at any depth, and is no field: readers would pass over it."""
    if isinstance(given, Mapping) and isinstance(made, Mapping):
        if unknown := given.keys() - made.keys():
            raise LookupError(f"{where} has no field {', '.join(sorted(map(str, unknown)))}")
        for name, value in given.items():
            _known(value, made[name], name)
    elif isinstance(given, list | tuple) and isinstance(made, list | tuple):
        for value, element in zip(given, made, strict=False):
            _known(value, element, where)


def _value(name: str, field: FieldInfo) -> Any:  # noqa: ANN401 - of the field's type
    annotated: Any = Annotated[(field.annotation, *field.metadata)] if field.metadata else field.annotation
    takes = TypeAdapter(annotated)
    # An id is told from others by the name of its field.
    named = f"{name.removesuffix('_id').replace('_', '-')}-1"
    for candidate in chain(field.examples or (), [named], _candidates(annotated)):
        try:
            return takes.validate_python(candidate)
        except ValidationError:
            continue
    raise LookupError(f"{name} needs a value, or its class an example: Field(examples=[…])")


def _candidates(annotation: Any) -> Iterator[Any]:  # noqa: ANN401 - what types are written with
    """Go through values that a type may take, from inside to outside."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        for constraint in arguments[1:]:
            yield from getattr(constraint, "examples", None) or ()
        yield from _candidates(arguments[0])
        for constraint in arguments[1:]:  # just inside its bounds, if nothing else is
            yield from (getattr(constraint, bound) for bound in ("ge", "le") if hasattr(constraint, bound))
    elif origin in (Union, UnionType):
        for argument in arguments:
            yield from _candidates(argument)
    elif origin is Literal:
        yield from arguments
    elif origin in (tuple, list):
        yield ()
        yield from ((element,) for element in _candidates(arguments[0]))
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield _example(annotation, {})
    else:
        yield from _CANDIDATES.get(annotation, ())
