"""Make the AsyncAPI document of a WebSocket API from the models of its messages. Not used at run time."""

from collections.abc import Mapping, Sequence
from inspect import getdoc
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from wild_rydes_contracts.schemas import WireSchema

Model = type[BaseModel]

_REF = "#/components/schemas/{model}"
_CHANNEL = "#/channels/socket"
_SECURITY = {
    "header": {
        "type": "httpApiKey",
        "name": "Authorization",
        "in": "header",
        "description": "A Cognito ID token, with or without the word Bearer.",
    },
    "query": {
        "type": "httpApiKey",
        "name": "token",
        "in": "query",
        "description": "The same token, for clients that cannot set headers.",
    },
}


def document(
    *,
    title: str,
    version: str,
    description: str,
    sends: Sequence[Model],
    takes: Mapping[Model, Sequence[Model]] | None = None,
) -> dict[str, Any]:
    """Make the AsyncAPI 3.0 document of a socket.

    `sends` are the messages that the socket sends. `takes` are the messages that clients send, each with its
    possible replies. A message is named after its model, and described by the model's docstring.
    """
    takes = takes or {}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": title, "version": version, "description": description},
        "defaultContentType": "application/json",
        "channels": {
            "socket": {
                "address": "/",
                "title": "A connection for a client with a token. Each message is a text frame.",
                "messages": {
                    model.__name__: {"$ref": f"#/components/messages/{model.__name__}"}
                    for model in (*takes, *sends)
                },
                "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
            }
        },
        "operations": {
            **{f"take-{m.__name__}": _operation("receive", m, answers) for m, answers in takes.items()},
            **{f"send-{m.__name__}": _operation("send", m) for m in sends},
        },
        "components": {
            "messages": {model.__name__: _message(model) for model in (*takes, *sends)},
            "schemas": dict(
                sorted({**_schemas(takes, "validation"), **_schemas(sends, "serialization")}.items())
            ),
            "securitySchemes": _SECURITY,
        },
    }


def _operation(action: str, model: Model, answers: Sequence[Model] = ()) -> dict[str, Any]:
    made: dict[str, Any] = {
        "action": action,
        "summary": _first_line(model),
        "channel": {"$ref": _CHANNEL},
        "messages": [_in_channel(model)],
        "security": [{"$ref": f"#/components/securitySchemes/{name}"} for name in _SECURITY],
    }
    if answers:
        made["reply"] = {
            "channel": {"$ref": _CHANNEL},
            "messages": [_in_channel(answer) for answer in answers],
        }
    return made


def _in_channel(model: Model) -> dict[str, str]:
    return {"$ref": f"{_CHANNEL}/messages/{model.__name__}"}


def _message(model: Model) -> dict[str, Any]:
    return {
        "name": model.__name__,
        "summary": _first_line(model),
        "payload": {"$ref": _REF.format(model=model.__name__)},
    }


def _first_line(model: Model) -> str:
    return (getdoc(model) or model.__name__).partition("\n")[0]


def _schemas(models: Sequence[Model] | Mapping[Model, Any], mode: JsonSchemaMode) -> dict[str, Any]:
    _, found = models_json_schema(
        [(model, mode) for model in models], ref_template=_REF, schema_generator=WireSchema
    )
    definitions: dict[str, Any] = found.get("$defs", {})
    return definitions
