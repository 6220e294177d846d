"""Requests as an HTTP API hands them to its function, and callers that are believed."""

import base64
import json
import uuid
from collections.abc import Collection, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest

from wild_rydes_http.tokens import Claims, IdTokens

BASE = "https://abc.execute-api.us-east-1.amazonaws.com/v1"
"""Where the API is."""


def claims(sub: str, *groups: str) -> dict[str, Any]:
    """What a token says of a user."""
    member_of = {"cognito:groups": list(groups)} if groups else {}
    return {"sub": sub, "cognito:username": f"name-of-{sub}", **member_of}


def request(
    method: str,
    path: str,
    body: str | bytes | None = None,
    *,
    who: Mapping[str, Any] | None = None,
    headers: Mapping[str, str | Collection[str]] | None = None,
) -> dict[str, Any]:
    """An event of payload format 2.0, for a caller whose token has the claims `who`, or who has none.

    A collection is a header's lines. Bytes go in base64.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    path, _, query = path.partition("?")
    sent = {"content-type": "application/json", **(headers or {})}
    if who is not None:
        sent["authorization"] = f"Bearer {json.dumps(who, separators=(',', ':'))}"
    event: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": f"/v1{unquote(path)}",
        "rawQueryString": query,
        "headers": {
            name.lower(): lines if isinstance(lines, str) else ",".join(lines) for name, lines in sent.items()
        },
        "requestContext": {
            "domainName": BASE.split("/")[2],
            "http": {"method": method, "path": f"/v1{path}"},
            "requestId": str(uuid.uuid4()),
            "stage": "v1",
        },
        "isBase64Encoded": isinstance(body, bytes),
    }
    if query:
        event["queryStringParameters"] = dict(parse_qsl(query, keep_blank_values=True))
    if body is not None:
        event["body"] = base64.b64encode(body).decode() if isinstance(body, bytes) else body
    return event


def believed(token: str) -> Claims:
    """Take a token of `request` for a genuine one."""
    found: Claims = json.loads(token)
    return found


def believe_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have functions take tokens of `request` for genuine ones."""
    monkeypatch.setattr(IdTokens, "prepare", lambda tokens: tokens)
    monkeypatch.setattr(IdTokens, "claims", lambda _, token: believed(token))
