"""The attributes of a queue message: what we tell of it, beside what others have.

SQS takes ten. Ours come first. Theirs keep their names and places as far as there is room; the rest is packed into one,
and unpacked as soon as there is room again.
"""

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

if TYPE_CHECKING:
    from mypy_boto3_sqs.type_defs import MessageAttributeValueTypeDef

Attributes = Mapping[str, "MessageAttributeValueTypeDef"]
"""As the SDK has them."""

REPLAYS: Final = "replays"
"""How often the message was sent back by the replay. A message that has this one has been a dead letter."""
FIRST_REASON: Final = "first_reason"
"""Why it was given up for the first time."""
MESSAGE_ID: Final = "message_id"
"""Its id in the queue when it was given up for the first time."""
REASON: Final = "reason"
ERROR: Final = "error"
KIND: Final = "kind"
ATTEMPTS: Final = "attempts"
QUEUE: Final = "queue"
MORE: Final = "more_attributes"
"""Those of others for which there is no room, as JSON."""

OURS: Final = frozenset(
    {REPLAYS, FIRST_REASON, MESSAGE_ID, REASON, ERROR, KIND, ATTEMPTS, QUEUE}
    | {"size", "event_id", "message_type", "correlation_id"}
)
MOST: Final = 10
"""https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html"""

_LONGEST_COUNT = 10
_TRAVELLING: Final = (REPLAYS, FIRST_REASON, MESSAGE_ID)


def of_record(record: Mapping[str, Any]) -> Attributes:
    """Read the attributes of a message as Lambda hands it over."""
    return {
        name: {"DataType": value["dataType"], "BinaryValue": base64.b64decode(value["binaryValue"])}
        if value["dataType"].startswith("Binary")
        else {"DataType": value["dataType"], "StringValue": value["stringValue"]}
        for name, value in (record.get("messageAttributes") or {}).items()
    }


def text(attributes: Attributes, name: str) -> str:
    """Return an attribute's text, empty if it has none."""
    return attributes[name].get("StringValue", "") if name in attributes else ""


def counted(attributes: Attributes, name: str) -> int:
    """Return an attribute's number; 0 for whatever is none, as a stranger may have written it."""
    told = text(attributes, name)
    return int(told) if told.isascii() and told.isdecimal() and len(told) < _LONGEST_COUNT else 0


def replays(attributes: Attributes) -> int:
    """Tell how often the message was sent back."""
    return counted(attributes, REPLAYS)


def history(attributes: Attributes) -> dict[str, str]:
    """What travels with a message from one hop to the next; nothing for one that has never been a dead letter."""
    if REPLAYS not in attributes:
        return {}
    return {name: told for name in _TRAVELLING if (told := text(attributes, name))}


def theirs(attributes: Attributes, *, dead: bool) -> Attributes:
    """Leave out ours. Those of a message that was not parked by us, and was never sent back, are all theirs."""
    packed = _unpacked(text(attributes, MORE))
    if packed is None:
        packed, attributes = {}, dict(attributes)
    else:
        attributes = {name: value for name, value in attributes.items() if name != MORE}
    ours = OURS if dead or REPLAYS in attributes else frozenset()
    return {name: value for name, value in attributes.items() if name not in ours} | packed


def fitted(ours: Mapping[str, str], others: Attributes) -> Attributes:
    """Put ours and theirs into ten attributes, and none is lost."""
    told: dict[str, MessageAttributeValueTypeDef] = {
        name: {"DataType": "String", "StringValue": value} for name, value in ours.items() if value
    }
    taken = {*told, MORE}
    room = MOST - len(told)
    if len(others) <= room and not taken & others.keys():
        return told | dict(others)
    kept = [name for name in sorted(others) if name not in taken][: room - 1]
    rest = {name: value for name, value in others.items() if name not in kept}
    more: MessageAttributeValueTypeDef = {"DataType": "String", "StringValue": packed(rest)}
    return told | {name: others[name] for name in kept} | {MORE: more}


def size(attributes: Attributes) -> int:
    """Count their bytes as SQS does, towards the largest message."""
    return sum(
        len(name.encode()) + len(value["DataType"].encode()) + len(_content(value))
        for name, value in attributes.items()
    )


def _content(value: "MessageAttributeValueTypeDef") -> bytes:
    return cast("bytes", value["BinaryValue"]) if "BinaryValue" in value else value["StringValue"].encode()


def packed(attributes: Attributes) -> str:
    """Write attributes as JSON: `{name: [type, text or base64]}`."""
    written = {
        name: [
            value["DataType"],
            base64.b64encode(_content(value)).decode() if "BinaryValue" in value else value["StringValue"],
        ]
        for name, value in attributes.items()
    }
    return json.dumps(written)


def _unpacked(told: str) -> "dict[str, MessageAttributeValueTypeDef] | None":
    """Read what `packed` has written; None for anything else, which is somebody's own."""
    if not told:
        return {}
    try:
        return {
            name: {"DataType": kind, "BinaryValue": base64.b64decode(value, validate=True)}
            if kind.startswith("Binary")
            else {"DataType": kind, "StringValue": value}
            for name, (kind, value) in json.loads(told).items()
        }
    except (AttributeError, TypeError, ValueError):
        return None
