"""The items of the feedback table, to and from what the rules speak of.

Instants are milliseconds since 1970, `expires_at` (the table's TTL) is in seconds. What is None stands nowhere.
"""

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from typing import Any

from feedback.domain.conversation import Answer, Conversation
from feedback.domain.number import Heard, Held, Number
from feedback.domain.send_ledger import Sms

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)

Item = Mapping[str, Any]


def number(at: datetime) -> dict[str, str]:
    """An instant as a number attribute."""
    return {"N": str((at - _EPOCH) // _MILLISECOND)}


def instant(value: Item) -> datetime:
    """The instant in a number attribute."""
    return _EPOCH + int(value["N"]) * _MILLISECOND


def mark(id_: str, expires_at: datetime) -> dict[str, Any]:
    """An item that says by its presence all it says."""
    return {"id": {"S": id_}, "expires_at": {"N": str(int(expires_at.timestamp()))}}


def ride_id(item: Item) -> str:
    """The ride whose conversation an item or its key is."""
    return str(item["id"]["S"]).removeprefix("ride#")


def from_conversation(
    conversation: Conversation, wake_at: datetime | None, expires_at: datetime
) -> dict[str, Any]:
    """The item of a conversation about to be written. `sms_state` is there for stream filters."""
    item = mark(f"ride#{conversation.ride_id}", expires_at)
    item |= _attributes(conversation, skip={"ride_id", "sms", "answers", "version"})
    item["answers"] = {"M": {stage: _attribute(answer) for stage, answer in conversation.answers.items()}}
    item["sms"] = {"L": [{"M": _attributes(sms)} for sms in conversation.sms]}
    item["sms_state"] = {"S": conversation.last.state}
    item["version"] = {"N": str(conversation.version + 1)}
    if wake_at:
        item |= {"due": {"S": "yes"}, "due_at": number(wake_at)}
    if conversation.call_wanted and not conversation.called_at:
        item |= {
            "callback": {"S": "open"},
            "callback_at": number(conversation.ended_at or conversation.since),
        }
    return item


def to_conversation(item: Item) -> Conversation:
    """The conversation in an item or a stream image. Raises KeyError, TypeError or ValueError when it is none."""
    answers: dict[str, Answer] = {stage: _value(a) for stage, a in item["answers"]["M"].items()}
    return Conversation(
        ride_id=ride_id(item),
        answers=answers,
        sms=tuple(Sms(**_values(Sms, entry["M"])) for entry in item["sms"]["L"]),
        **{"stage": None, **_values(Conversation, item, skip={"answers", "sms"})},
    )


def from_number(standing: Number, expires_at: datetime) -> dict[str, Any]:
    """The item of a number about to be written. That somebody wants no messages is never forgotten."""
    item = mark(f"number#{standing.key}", expires_at)
    if standing.opted_out:
        del item["expires_at"]
    item |= _attributes(standing, skip={"key", "conversations", "heard", "version"})
    item["conversations"] = {"L": [{"M": _attributes(held)} for held in standing.conversations]}
    item["heard"] = {"L": [{"M": _attributes(heard)} for heard in standing.heard]}
    item["version"] = {"N": str(standing.version + 1)}
    return item


def to_number(item: Item) -> Number:
    """The standing of a number in its item."""
    return Number(
        key=item["id"]["S"].removeprefix("number#"),
        conversations=tuple(Held(**_values(Held, entry["M"])) for entry in item["conversations"]["L"]),
        heard=tuple(Heard(**{"ride_id": None, **_values(Heard, entry["M"])}) for entry in item["heard"]["L"]),
        **_values(Number, item, skip={"conversations", "heard"}),
    )


def from_latest(conversation: Conversation) -> dict[str, Any]:
    """What the event about a responder's latest score needs to know."""
    latest = {"ride_id", "customer_id", "correlation_id", "answered_at"}
    skip = {field.name for field in fields(conversation)} - latest
    return {"M": {**_attributes(conversation, skip=skip), "score": {"N": str(conversation.score)}}}


def _attributes(of: object, skip: frozenset[str] | set[str] = frozenset()) -> dict[str, Any]:
    named = ((field.name, getattr(of, field.name)) for field in fields(of) if field.name not in skip)  # type: ignore[arg-type]
    return {name: _attribute(value) for name, value in named if value is not None}


def _attribute(value: object) -> dict[str, Any]:
    match value:
        case bool():
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case datetime():
            return number(value)
    return {"S": str(value)}


def _values(of: type, item: Item, skip: frozenset[str] | set[str] = frozenset()) -> dict[str, Any]:
    names = {field.name: field.type for field in fields(of) if field.name in item and field.name not in skip}
    return {
        name: instant(item[name]) if "datetime" in str(kind) else _value(item[name])
        for name, kind in names.items()
    }


def _value(attribute: Item) -> Any:  # noqa: ANN401 - what an attribute holds
    ((kind, value),) = attribute.items()
    return int(value) if kind == "N" else value
