"""Make the OpenAPI document of a HttpApi from its routes and their models. Not used at run time."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from inspect import getdoc
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from wild_rydes_http.api import HttpApi
from wild_rydes_http.body import MAX_BYTES
from wild_rydes_http.problem import MEDIA_TYPE

_REF = "#/components/schemas/{model}"
_PROBLEM = "Problem"
_JSON = "application/json"
_RETRY_AFTER = "Retry-After"
_PROBLEM_SCHEMA: dict[str, Any] = {
    "title": _PROBLEM,
    "description": "Problem details (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "additionalProperties": False,
    "properties": {
        "type": {"const": "about:blank"},
        "title": {"type": "string", "description": "A short name for the problem."},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "What went wrong, or what to do about it."},
        "code": {
            "type": "string",
            "description": "Tells apart problems of one status, for programs. More may be added.",
        },
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "detail"],
                "additionalProperties": False,
                "properties": {
                    "field": {"type": "string", "description": "For instance `rate-card.per-km`."},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
# What API Gateway answers by itself is no problem+json, and nothing can change that.
_GATEWAY = "GatewayMessage"
_GATEWAY_SCHEMA: dict[str, Any] = {
    "title": _GATEWAY,
    "description": "What API Gateway says by itself, before the service or instead of it.",
    "type": "object",
    "required": ["message"],
    "additionalProperties": False,
    "properties": {"message": {"type": "string"}},
}
# Our own words: Python's phrases change from version to version, and the document must not.
_ANY_REQUEST = {
    HTTPStatus.BAD_REQUEST: "The request is not valid. `errors` names each wrong field.",
    HTTPStatus.UNAUTHORIZED: "The token is missing, expired or not valid.",
    HTTPStatus.FORBIDDEN: "The caller may not do this.",
    HTTPStatus.METHOD_NOT_ALLOWED: "The path has no such method. `Allow` names those that it has.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: f"The body is larger than {MAX_BYTES // 1024} KB.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests. Try again after `Retry-After` seconds, or if the gateway says no such"
    " thing in a moment, and more slowly: wait twice as long each time.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong on our side, or the service did not answer in time. Whether"
    " it has acted is not known: repeat the request, with the same Idempotency-Key if it takes one.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Temporarily unavailable. Try again after `Retry-After` seconds.",
}
_BY_GATEWAY_TOO = {
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
}
_ANY_BODY = {
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The Content-Type is not application/json, or there is a Content-Encoding.",
}
_PROBLEM_HEADERS = {
    HTTPStatus.UNAUTHORIZED: ("WWW-Authenticate", "How to authenticate: `Bearer` (RFC 6750)."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("Allow", "The methods of the path."),
    HTTPStatus.TOO_MANY_REQUESTS: (_RETRY_AFTER, "Seconds to wait. The gateway of an HTTP API sends none."),
    HTTPStatus.SERVICE_UNAVAILABLE: (_RETRY_AFTER, "Seconds to wait."),
}
_SIGN_IN = (
    "A Cognito ID token, with or without the word Bearer. It is valid for an hour.\n\n"
    "On AWS, sign in to the user pool by SRP, as Amplify and `pycognito` do, and send the `IdToken`. The SSM parameters"
    " `/dev/wild-rydes/platform/user-pool-id` and `/dev/wild-rydes/platform/user-pool-client-id` name the pool and its"
    " client; instead of `dev` stands the environment that you call."
    " Staff add users to the pool, and to the group `{group}`.\n\n"
    "On the local cloud: `uv run rydes token --user ann --group {group}`."
)

_KEY = {
    "type": "apiKey",
    "in": "header",
    "name": "x-api-key",
    "description": "The caller's own API key, which counts for the rate and the quota of the caller's tier. Operators make"
    " it: `uv run rydes clients add NAME --tier silver`.",
}


@dataclass(frozen=True)
class Parameter:
    """A query parameter or a request header. `place` is `query` or `header`."""

    name: str
    place: str
    description: str
    schema: Mapping[str, Any] = field(default_factory=lambda: {"type": "string"})


@dataclass(frozen=True)
class Response:
    """A successful response: its description, the model of its body, and its headers with descriptions.

    `followed` is the model of the body that clients get instead if they follow another response's redirect.
    """

    description: str
    body: type[BaseModel] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    followed: type[BaseModel] | None = None


@dataclass(frozen=True)
class Operation:
    """What a route does not say of itself: the models of its body and its responses, and its problems.

    The problems that any request or any body can meet are added.
    """

    responses: Mapping[HTTPStatus, Response]
    body: type[BaseModel] | None = None
    problems: Mapping[HTTPStatus, str] = field(default_factory=dict)
    parameters: Iterable[Parameter] = ()


def document(
    api: HttpApi,
    operations: Mapping[str, Operation],
    *,
    title: str,
    version: str,
    description: str,
    group: str,
    deployed_as: str,
    with_key: bool = False,
) -> dict[str, Any]:
    """Make the OpenAPI 3.1 document. `operations` are keyed by the names of the routes' functions.

    Callers belong to the user pool's `group`. The stacks deploy the API as `deployed_as`: it has this id on the
    local cloud, and its URL is in an SSM parameter of this name. `with_key` says that they also send an API key of theirs.
    Raises KeyError for a route without an operation, and ValueError for an operation without a route.
    """
    routes = [*api._static_routes, *api._dynamic_routes]  # Powertools has no public list of them
    unrouted = operations.keys() - {route.func.__name__ for route in routes}
    if unrouted:
        raise ValueError(f"no route for {', '.join(sorted(unrouted))}")
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        name = route.func.__name__
        path = re.sub(r"<(\w+?)_?>", r"{\1}", route.path)
        paths.setdefault(path, {})[route.method.lower()] = _operation(
            name, path, getdoc(route.func) or "", operations[name]
        )
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "description": description},
        "servers": _servers(deployed_as),
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(
                sorted(
                    {
                        **_schemas(operations.values()),
                        _PROBLEM: _PROBLEM_SCHEMA,
                        _GATEWAY: _GATEWAY_SCHEMA,
                    }.items()
                )
            ),
            "responses": {
                str(status.value): _problem(status, text)
                for status, text in sorted((_ANY_REQUEST | _ANY_BODY).items())
            },
            "securitySchemes": {
                "cognito": {
                    "type": "http",
                    "scheme": "bearer",
                    "bearerFormat": "JWT",
                    "description": _SIGN_IN.format(group=group),
                },
                **({"key": _KEY} if with_key else {}),
            },
        },
        "security": [{"cognito": [], "key": []} if with_key else {"cognito": []}],
    }


def _servers(deployed_as: str) -> list[dict[str, Any]]:
    return [
        {
            "url": "https://{api-id}.execute-api.{region}.amazonaws.com/v1",
            "description": f"AWS. The SSM parameter that ends in `/{deployed_as}-url` has the URL.",
            "variables": {
                "api-id": {"default": "0123456789", "description": "Chosen by AWS when the API is deployed."},
                "region": {"default": "us-east-1"},
            },
        },
        {
            "url": f"http://localhost:{{port}}/_aws/execute-api/{deployed_as}/v1",
            "description": "The local cloud. `uv run rydes status` shows the URL.",
            "variables": {"port": {"default": "4566"}},
        },
    ]


def _operation(name: str, path: str, doc: str, operation: Operation) -> dict[str, Any]:
    in_path = re.findall(r"{(\w+)}", path)
    responses: dict[HTTPStatus, dict[str, Any]] = {
        status: {"$ref": f"#/components/responses/{status.value}"}
        for status in (*_ANY_REQUEST, *(_ANY_BODY if operation.body else ()))
    }
    responses |= {status: _response(success) for status, success in operation.responses.items()}
    responses |= {status: _problem(status, text) for status, text in operation.problems.items()}
    made: dict[str, Any] = {
        "operationId": name,
        "summary": doc,
        "parameters": [
            *({"name": p, "in": "path", "required": True, "schema": {"type": "string"}} for p in in_path),
            *(
                {"name": p.name, "in": p.place, "description": p.description, "schema": dict(p.schema)}
                for p in operation.parameters
            ),
        ],
        "responses": {str(status.value): responses[status] for status in sorted(responses)},
    }
    if operation.body:
        made["requestBody"] = {
            "required": True,
            "content": _content(_JSON, operation.body.__name__),
        }
    return made


def _response(response: Response) -> dict[str, Any]:
    made: dict[str, Any] = {"description": response.description}
    if response.headers:
        made["headers"] = {name: _header(name, text) for name, text in response.headers.items()}
    if response.body and response.followed:
        made["content"] = {_JSON: _either(response.body.__name__, response.followed.__name__)}
    elif response.body:
        made["content"] = _content(_JSON, response.body.__name__)
    return made


def _problem(status: HTTPStatus, description: str) -> dict[str, Any]:
    made: dict[str, Any] = {"description": description}
    if status in _PROBLEM_HEADERS:
        name, text = _PROBLEM_HEADERS[status]
        made["headers"] = {name: _header(name, text)}
    if status in _BY_GATEWAY_TOO:
        # Both types have both forms: generated clients look at the first type, whatever comes.
        return {**made, "content": {type_: _either(_PROBLEM, _GATEWAY) for type_ in (MEDIA_TYPE, _JSON)}}
    return {**made, "content": _content(MEDIA_TYPE, _PROBLEM)}


def _header(name: str, description: str) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": 0} if name == _RETRY_AFTER else {"type": "string"}
    return {"description": description, "schema": schema}


def _either(*models: str) -> dict[str, Any]:
    return {"schema": {"oneOf": [{"$ref": _REF.format(model=model)} for model in models]}}


def _content(media_type: str, model: str) -> dict[str, Any]:
    return {media_type: {"schema": {"$ref": _REF.format(model=model)}}}


def _schemas(operations: Iterable[Operation]) -> dict[str, Any]:
    models = {
        model
        for operation in operations
        for model in (
            operation.body,
            *(m for r in operation.responses.values() for m in (r.body, r.followed)),
        )
        if model
    }
    ordered = sorted(models, key=lambda model: model.__name__)
    _, schema = models_json_schema([(model, "validation") for model in ordered], ref_template=_REF)
    definitions: dict[str, Any] = schema["$defs"]
    return definitions
