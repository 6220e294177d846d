"""Writes openapi.json, the description of the unicorn API: `python -m unicorn_mgmt.api.openapi > openapi.json`."""

import json
import sys
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from aws_lambda_powertools import Logger

from unicorn_mgmt.adapters.invitation_table import Invitations
from unicorn_mgmt.adapters.unicorn_table import Store
from unicorn_mgmt.api.representations import AnswerBody, PositionReport, Registration, UnicornBody
from unicorn_mgmt.api.routes import Routes
from wild_rydes_http.api import RestApi
from wild_rydes_http.openapi import Operation, Response, document

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LOCATION = {"Location": "URL of the unicorn."}
_NOT_FOUND = {HTTPStatus.NOT_FOUND: "The caller has no such unicorn."}
_END = Operation(
    responses={HTTPStatus.NO_CONTENT: Response("It is over.")},
    problems={
        HTTPStatus.NOT_FOUND: "The caller has no such ride.",
        HTTPStatus.CONFLICT: "The ride is over, and ended otherwise.",
    },
)
_OPERATIONS = {
    "register": Operation(
        body=Registration,
        responses={
            HTTPStatus.CREATED: Response("Registered.", UnicornBody, _LOCATION),
            HTTPStatus.OK: Response("Registered before, and changed now.", UnicornBody, _LOCATION),
        },
    ),
    "show": Operation(responses={HTTPStatus.OK: Response("The unicorn.", UnicornBody)}, problems=_NOT_FOUND),
    "report": Operation(
        body=PositionReport, responses={HTTPStatus.NO_CONTENT: Response("Noted.")}, problems=_NOT_FOUND
    ),
    "answer": Operation(
        body=AnswerBody,
        responses={HTTPStatus.ACCEPTED: Response("It goes to who asked.")},
        problems={
            HTTPStatus.FORBIDDEN: "The caller was not invited.",
            HTTPStatus.NOT_FOUND: "No such RFQ, or nobody was invited to it.",
            HTTPStatus.CONFLICT: "The caller has answered otherwise before; the first answer stands.",
            HTTPStatus.GONE: "The deadline has passed.",
        },
    ),
    "complete": _END,
    "cancel": _END,
}


def openapi() -> dict[str, Any]:
    """The OpenAPI document of the unicorn API."""
    api = RestApi(Logger(service="unicorn-mgmt"))
    nothing = cast("DynamoDBClient", None)  # never called
    Routes(api, Store(nothing, ""), Invitations(nothing, ""), now=lambda: datetime.now(UTC))
    return document(
        api,
        _OPERATIONS,
        title="Wild Rydes unicorn API",
        version="1.0.0",
        description="For the unicorn app: register with a rate card, report position and availability, price rides by hand, end rides."
        " Callers are in the user pool group `unicorns` and see their own unicorn alone.",
    )


if __name__ == "__main__":
    json.dump(openapi(), sys.stdout, indent=2)
    sys.stdout.write("\n")
