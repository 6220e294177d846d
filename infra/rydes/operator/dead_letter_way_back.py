"""The way back of a dead letter: to its queue, to the bus, or to the function that reads the stream."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from infra.naming import BUS_NAME
from infra.rydes.cloud.system import System
from infra.rydes.operator.dead_letter_contents import content, event_in
from infra.rydes.operator.dead_letters import CUT, DEAD_LETTERS, PARKING, Parked
from wild_rydes_messaging.publish import BUS

_FORBIDDEN: Final = "ForbiddenReturnAddress"


class NoWayBack(Exception):
    """The message cannot be handled again from here. The text says why, and what else can be done."""


@dataclass(frozen=True)
class WayBack:
    """Where the message goes, in words, and how to `send` it there. To a queue, messages are sent together."""

    to: str
    send: Callable[[], None] = lambda: None
    queue_url: str = ""


def way_back(system: System, message: Parked) -> WayBack:
    """Find out how the message can be handled again. Its consumers bear messages that come twice.

    Raises:
        NoWayBack: it cannot.
    """
    source, own = (
        system.names.plain(message.attributes.get("queue", "")),
        message.source,
    )
    if message.attributes.get("error") == _FORBIDDEN and source != own:
        raise NoWayBack("Its return address is forbidden. Whoever asked has to ask again, with their own.")
    if size := message.attributes.get(CUT):
        raise NoWayBack(f"It has {size} bytes, and only its beginning was parked.")
    if source == BUS:
        return _to_the_bus(system, message)
    found = content(message.body)
    if isinstance(found, dict) and "DDBStreamBatchInfo" in found:
        raise NoWayBack(
            "Lambda gave up a batch of the table's stream, and this only says where it was. The records are there for"
            " 24 hours: read them by `StartSequenceNumber`, and see the runbook, -dlq-lag."
        )
    if isinstance(found, dict) and "dynamodb" in found:
        return _to_the_function(system, message, found)
    queues = system.all_queues()
    for name in (source, own):
        if name in queues and not name.endswith((DEAD_LETTERS, PARKING)):
            return WayBack(f"the queue {name}", queue_url=queues[name])
    raise NoWayBack(
        "Nobody has said which queue it is for. Its service makes it again, if what it tells is still true."
    )


def _to_the_bus(system: System, message: Parked) -> WayBack:
    event = event_in(message)
    if event is None:
        raise NoWayBack(f"There is no event {message.attributes.get('message_type', 'without a name')}.")
    entry = {
        "EventBusName": system.names.of(BUS_NAME),
        "Source": event["source"],
        "DetailType": event["detail-type"],
        "Detail": message.body,
    }

    def send() -> None:
        [answer] = system.client("events").put_events(Entries=[entry])["Entries"]
        if "ErrorCode" in answer:
            raise NoWayBack(f"The bus refuses it: {answer['ErrorCode']}.")

    return WayBack("the bus", send)


def _to_the_function(system: System, message: Parked, record: Any) -> WayBack:  # noqa: ANN401 - any JSON object
    """The function that parked a change has the name of its dead-letter queue. It derives the same messages again."""
    function = message.source

    def send() -> None:
        answer = system.client("lambda").invoke(
            FunctionName=system.names.of(function), Payload=json.dumps({"Records": [record]}).encode()
        )
        if "FunctionError" in answer:
            raise NoWayBack(f"{function} fails on it still; its log says why.")

    return WayBack(f"the function {function}", send)
