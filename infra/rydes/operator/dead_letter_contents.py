"""What a parked message is: its kind, its conversation, which of its fields are wrong, and how much of it may be seen."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from infra.naming import REPLY_QUEUE_PREFIX
from infra.rydes.operator.dead_letters import Parked
from wild_rydes_contracts import EVENTS, MESSAGES, Message
from wild_rydes_contracts.invalid import InvalidMessage, Problem
from wild_rydes_contracts.reading import read
from wild_rydes_messaging.publish import BUS

# Whatever else stands in these places, a stranger has written it.
_NAMES: Final = frozenset(contract.name for contract in (*EVENTS, *MESSAGES))
_WORD: Final = re.compile(r"[A-Za-z]{1,64}")
_ID: Final = re.compile(r"[A-Za-z0-9_.:#-]{1,200}")
_OF_A_REASON: Final = re.compile(r"\bno valid (?P<name>[A-Za-z]+)\b")
_NAMED: Final = r"phone|mobile|msisdn|(?<!sequence)(?<!sequence_)number|\btel\b|\bsms\b"
_KEY: Final = re.compile(_NAMED, re.IGNORECASE)
# What is called one; E.164, also as people write it, which no instant is; or eight digits or more with what people
# put between them, unless these are a date, or a part of an id.
_PHONE: Final = re.compile(
    rf"(?P<key>(?i:(?:{_NAMED})\w*[\\\"']*\s?[:=]\s?[\\\"']*))\+?\(?\d(?:[ ()./-]{{0,2}}\d){{6,14}}(?!\d)"
    r"|(?<!\w)\+\(?[1-9](?:[ ()./-]{0,2}\d){6,14}(?!\d)"
    r"|(?<![\w:./-])(?!\d{4}[-/]\d\d[-/]\d\d\b)\(?\d(?:[ ()./-]{0,2}\d){7,14}(?![\w:-])"
)
_OF_A_PLACE: Final = frozenset({"lat", "lon", "latitude", "longitude", "label", "name"})
_PLACE: Final = re.compile(
    rf"(?P<key>(?<!\w)(?:{'|'.join(sorted(_OF_A_PLACE))})[\\\"']*\s?[:=]\s?)"
    r"(?:[\\\"']+[^\"'\\]*[\\\"']*|-?\d+(?:\.\d+)?)",
    re.IGNORECASE,
)
"""The same in a text that is no JSON, or is JSON in a JSON text."""
_LEAST, _BEYOND = 10**7, 10**15
"""Numbers of 8 to 15 digits, which under a key that says so are phone numbers."""


def content(body: str) -> Any:  # noqa: ANN401 - any JSON value
    """Read a body. One that is no JSON is a text."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body


def message_type(message: Parked) -> str:
    """Tell which message it is, as far as that can be seen."""
    found = content(message.body)
    if isinstance(found, dict):
        if "detail-type" in found:
            name = str(found["detail-type"])
            return name if name in _NAMES else ""
        if "dynamodb" in found:
            return "change of a table"
        if "DDBStreamBatchInfo" in found:
            return "batch of a stream"
    if (said := message.attributes.get("message_type")) and _WORD.fullmatch(said):
        return said
    if contract := _contract_of_reply(message):
        return contract.name
    named = _OF_A_REASON.search(message.attributes.get("reason", ""))
    return named["name"] if named else ""


def correlation_id(message: Parked) -> str:
    """Tell its conversation, by which `rydes trace` finds it; empty if that cannot be seen."""
    said = message.attributes.get("correlation_id")
    found = content(message.body)
    try:
        id_ = said or str(found.get("detail", found)["metadata"]["correlation_id"])
    except (AttributeError, LookupError, TypeError):
        return ""
    return id_ if _ID.fullmatch(id_) and without_personal_data(id_) == id_ else ""


def event_in(message: Parked) -> Mapping[str, Any] | None:
    """Make the event of it, as a consumer gets it. What a publisher has parked is only its detail."""
    found = content(message.body)
    if message.attributes.get("queue") == BUS:
        name = message.attributes.get("message_type")
        contract = next((event for event in EVENTS if event.name == name), None)
        return {"detail-type": name, "source": contract.source, "detail": found} if contract else None
    return found if isinstance(found, dict) and "detail-type" in found else None


def problems(message: Parked) -> tuple[Problem, ...] | None:
    """Hold it against the contracts that are known here. None for a message whose contract is its service's own."""
    event, contract = event_in(message), _contract_of_reply(message)
    expected: tuple[type[Message], ...]
    if event is not None:
        expected = tuple(known for known in EVENTS if known.name == event["detail-type"])
    else:
        expected = (contract,) if contract else ()
    if not expected:
        return None
    # Who may ask is the consumer's to say: its rule has let this requester in.
    source = event.get("source") if event is not None else None
    try:
        read(event if event is not None else message.body, *expected, sources=[source] if source else ())
    except InvalidMessage as invalid:
        return invalid.problems or (Problem("", str(invalid)),)
    return ()


def _contract_of_reply(message: Parked) -> type[Message] | None:
    """Find the contract of an answer: there is one kind of these at return addresses."""
    queue = message.attributes.get("queue") or message.source
    return MESSAGES[0] if queue.partition(REPLY_QUEUE_PREFIX)[1] else None


def without_personal_data(value: Any, *, called_one: bool = False) -> Any:  # noqa: ANN401 - any JSON value
    """Hide where people are and what they and their places are called, and phone numbers but for their last two digits.

    Phone numbers are found in all texts, and among JSON numbers that are `called_one`.
    """
    match value:
        case str():
            hidden = _PLACE.sub(lambda found: f"{found['key']}…", value)
            return _PHONE.sub(lambda found: f"{found['key'] or ''}…{found[0][-2:]}", hidden)
        case dict():
            return {
                without_personal_data(key): _blank(inner)
                if str(key).casefold() in _OF_A_PLACE
                else without_personal_data(inner, called_one=bool(_KEY.search(key)))
                for key, inner in value.items()
            }
        case list():
            return [without_personal_data(inner, called_one=called_one) for inner in value]
        case int() if called_one and _LEAST <= value < _BEYOND:
            return f"…{value % 100:02}"
    return value


def _blank(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    match value:
        case dict():
            return {key: _blank(inner) for key, inner in value.items()}
        case list():
            return [_blank(inner) for inner in value]
        case None | "":
            return value
    return "…"
