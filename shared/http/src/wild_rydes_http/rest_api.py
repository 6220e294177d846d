"""A REST API in front of a HttpApi: for clients with API keys, which HTTP APIs do not know."""

from collections.abc import Mapping
from typing import Any

from wild_rydes_http.api import HttpApi


def handle(api: HttpApi, event: Mapping[str, Any]) -> dict[str, Any]:
    """Respond to an API Gateway proxy event of payload format 1.0, the only one that REST APIs send."""
    response = api.handle(_of_format_2(event))
    response.pop("cookies", None)  # a REST API fails on what it does not know
    return response


def _of_format_2(event: Mapping[str, Any]) -> dict[str, Any]:
    context = event["requestContext"]
    headers = event.get("multiValueHeaders") or {}
    query = event.get("multiValueQueryStringParameters") or {}
    return {
        "version": "2.0",
        "rawPath": f"/{context['stage']}{event['path'].removeprefix('/' + context['stage'])}",
        "headers": {name.lower(): ",".join(lines) for name, lines in headers.items()},
        "queryStringParameters": {name: ",".join(values) for name, values in query.items()},
        "requestContext": {"stage": context["stage"], "http": {"method": event["httpMethod"]}},
        "body": event.get("body"),
        "isBase64Encoded": bool(event.get("isBase64Encoded")),
    }
