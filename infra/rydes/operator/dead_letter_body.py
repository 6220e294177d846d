"""How much of a parked body a person sees who has not asked for all of it.

Nobody knows what a stranger's message holds. So what is shown is named, not what is hidden: fields of our contracts and of
AWS's own forms, and of these no text that could be a sentence, a name of two words or an address.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from pydantic import BaseModel

from infra.rydes.operator.dead_letter_contents import without_personal_data
from wild_rydes_contracts import EVENTS, MESSAGES, Metadata

_WORD: Final = re.compile(r"[A-Za-z0-9_.:/+#=?&-]{1,300}")
"""An id, an ARN, an instant, a time zone, a value of a list."""
_OF_AWS: Final = frozenset(
    {
        *("version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"),
        *("metadata", "data", "replay-name"),
        *("Type", "MessageId", "TopicArn", "Timestamp", "Message"),  # what SNS puts around a message
        *("inboundMessageId", "previousPublishedMessageId", "messageId", "eventType", "eventTimestamp"),
        *("originationNumber", "destinationNumber", "originationPhoneNumber", "destinationPhoneNumber"),
        *("eventID", "eventName", "eventVersion", "eventSource", "awsRegion", "dynamodb", "Keys", "S"),
        *(
            "DDBStreamBatchInfo",
            "shardId",
            "startSequenceNumber",
            "endSequenceNumber",
            "batchSize",
            "streamArn",
        ),
        *("approximateArrivalOfFirstRecord", "approximateArrivalOfLastRecord", "timestamp"),
        *("requestContext", "requestId", "functionArn", "condition", "approximateInvokeCount"),
        *("responseContext", "statusCode", "executedVersion", "functionError"),
    }
)


def shown(body: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Show of a body what may be seen. What is hidden leaves a `…`."""
    return without_personal_data(_shown(body))


def _shown(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    match value:
        case dict():
            return {
                key if (known := key in _named()) or _WORD.fullmatch(key) else "…": _shown(inner)
                if known
                else _hidden(inner)
                for key, inner in value.items()
            }
        case list():
            return [_shown(inner) for inner in value]
        case str():
            return _text(value)
    return value


def _text(value: str) -> str:
    if not value or _WORD.fullmatch(value):
        return value
    try:
        inner = json.loads(value)
    except (ValueError, RecursionError):
        return "…"
    return json.dumps(shown(inner)) if isinstance(inner, dict | list) else "…"


def _hidden(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    return value if value is None or isinstance(value, bool) else "…"


@cache
def _named() -> frozenset[str]:
    """The names of all fields of our contracts."""
    models: tuple[type[BaseModel], ...] = (Metadata, *EVENTS, *MESSAGES)
    return _OF_AWS | {name for model in models for name in _properties(model.model_json_schema())}


def _properties(schema: Any) -> Iterator[str]:  # noqa: ANN401 - JSON Schema
    match schema:
        case dict():
            properties = schema.get("properties")
            if isinstance(properties, dict):
                yield from properties
            for inner in schema.values():
                yield from _properties(inner)
        case list():
            for inner in schema:
                yield from _properties(inner)
