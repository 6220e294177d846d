"""AsyncAPI 3.0: all that goes over the bus and to return addresses, and who sends and receives it."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter

from infra.assembly import Assembly
from infra.naming import BUS_NAME
from infra.registry.audience import emitters, listeners
from infra.registry.documents.examples import example
from infra.registry.documents.naming import identifier, summary
from infra.registry.documents.rewriting import Json, apart, referring, rewritten
from wild_rydes_contracts import EVENTS, MESSAGES, Event, Message
from wild_rydes_contracts.schemas import json_schema


def asyncapi(assembly: Assembly) -> Json:
    """Make the document. Who receives an event is known from the rules in templates."""
    contracts = (*EVENTS, *MESSAGES)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Wild Rydes messages",
            "version": "1.0.0",
            "description": "Events on the bus, and answers to return addresses. An operation begins with the service"
            " whose operation it is.",
        },
        "defaultContentType": "application/json",
        "channels": {
            "bus": {
                "address": BUS_NAME,
                "title": "EventBridge bus",
                "description": "An event has the `source` and the `detail-type` of its message. The payload is its `detail`.",
                "messages": {identifier(event): _component(event) for event in EVENTS},
            },
            "return-address": {
                "address": None,
                "title": "SQS queue that `metadata.reply_to` names by its ARN",
                "description": "The payload is the body of a queue message.",
                "messages": {identifier(message): _component(message) for message in MESSAGES},
            },
        },
        "operations": dict(
            sorted(operation for event in EVENTS for operation in _operations(event, assembly))
        ),
        "components": {
            "messages": {identifier(contract): _message(contract) for contract in contracts},
            "schemas": _schemas(),
        },
    }


def _operations(event: type[Event], assembly: Assembly) -> Iterator[tuple[str, Json]]:
    for service in emitters(event):
        yield f"{service}-sends-{identifier(event)}", _operation("send", service, event)
    by_service: dict[str, list[str]] = {}
    for listener in listeners(event, assembly):
        by_service.setdefault(listener.service, []).append(
            f"Its rule `{listener.rule}` puts the event into the queue `{listener.queue}`, which"
            f" `{listener.function}` reads."
        )
    for service, ways in by_service.items():
        received = {**_operation("receive", service, event), "description": "\n".join(ways)}
        yield f"{service}-receives-{identifier(event)}", received


def _operation(action: str, service: str, event: type[Event]) -> Json:
    operation: Json = {
        "action": action,
        "title": f"{service} {action}s {event.name}",
        "summary": summary(event),
        "channel": {"$ref": "#/channels/bus"},
        "messages": [{"$ref": f"#/channels/bus/messages/{identifier(event)}"}],
        "tags": [{"name": service}],
    }
    answer = event.answered_with
    if answer and (action == "send" or service in emitters(answer)):  # others only listen
        operation["reply"] = {
            "address": {"location": "$message.payload#/metadata/reply_to"},
            "channel": {"$ref": "#/channels/return-address"},
            "messages": [{"$ref": f"#/channels/return-address/messages/{identifier(answer)}"}],
        }
    return operation


def _message(contract: type[Message]) -> Json:
    payload = _in_components(json_schema(contract))
    return {
        "name": contract.name,
        "title": f"{contract.name}, version {contract.version}",
        "summary": summary(contract),
        "correlationId": {"location": "$message.payload#/metadata/correlation_id"},
        "payload": {key: value for key, value in payload.items() if key not in ("$schema", "$defs", "title")},
        "examples": [{"name": contract.name, "payload": json.loads(example(contract).to_json())}],
        **_of_event(contract),
    }


def _of_event(contract: type[Message]) -> Json:
    if not issubclass(contract, Event):
        return {}
    return {
        "tags": [{"name": contract.source, "description": "EventBridge source"}],
        "x-useful-life": TypeAdapter(timedelta).dump_python(contract.useful_life, mode="json"),
    }


def _schemas() -> Json:
    """The parts of all messages. Those of one name are the same in each."""
    found: dict[str, Any] = {}
    for contract in (*EVENTS, *MESSAGES):
        found |= _in_components(json_schema(contract))["$defs"]
    return dict(sorted(found.items()))


def _in_components(schema: Json) -> Json:
    return rewritten(referring(schema, lambda name: f"#/components/schemas/{name}"), apart)


def _component(contract: type[Message]) -> Json:
    return {"$ref": f"#/components/messages/{identifier(contract)}"}
