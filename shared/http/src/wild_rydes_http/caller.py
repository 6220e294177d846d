"""The caller: the claims of the Cognito ID token that API Gateway has verified."""

import re
from dataclasses import dataclass
from http import HTTPStatus

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from wild_rydes_http.problem import Problem

BEARER = 'Bearer realm="wild-rydes"'
"""How to authenticate (RFC 6750, 3). The gateway says the same: infra/patterns/rest_api.py."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls an API: `sub` is their Cognito id, `groups` are the user pool groups they belong to."""

    sub: str
    groups: frozenset[str]


def caller(event: APIGatewayProxyEvent, group: str) -> Caller:
    """Identify the caller, who must belong to `group`.

    Raises Problem: 401 without verified claims, which the authorizer should have refused, and 403 for another
    group.
    """
    claims = (event["requestContext"].get("authorizer") or {}).get("claims") or {}
    sub = claims.get("sub")
    if not sub:
        raise Problem(HTTPStatus.UNAUTHORIZED, "Sign in first.", headers={"WWW-Authenticate": BEARER})
    groups = _groups(claims.get("cognito:groups"))
    if group not in groups:
        raise Problem(HTTPStatus.FORBIDDEN, f"This is for members of the group {group}.")
    return Caller(sub, groups)


def _groups(claim: str | list[str] | None) -> frozenset[str]:
    """Split the claim. A REST API joins the groups by commas; other gateways use spaces and brackets."""
    names = claim if isinstance(claim, list) else re.split(r"[\s,\[\]]+", claim or "")
    return frozenset(name for name in names if name)
