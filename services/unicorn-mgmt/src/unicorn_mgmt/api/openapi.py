"""Write the description of the unicorn API: `python -m unicorn_mgmt.api.openapi > openapi.json`."""

import json
import sys
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from aws_lambda_powertools import Logger

from unicorn_mgmt.adapters.invitation_table import InvitationTable
from unicorn_mgmt.adapters.unicorn_table import UnicornTable
from unicorn_mgmt.api.representations import (
    AnswerBody,
    InvitationsBody,
    PositionReport,
    Registration,
    UnicornBody,
)
from unicorn_mgmt.api.routes import GROUP, Routes
from wild_rydes_http.api import HttpApi
from wild_rydes_http.openapi import Operation, Response, document

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_LOCATION = {"Location": "URL of the unicorn."}
_NOT_FOUND = {HTTPStatus.NOT_FOUND: "The caller has no such unicorn."}
_END = Operation(
    responses={HTTPStatus.NO_CONTENT: Response("The ride is over.")},
    problems={
        HTTPStatus.NOT_FOUND: "The caller has no such ride.",
        HTTPStatus.CONFLICT: "The ride is over, but ended the other way.",
    },
)
_OPERATIONS = {
    "register": Operation(
        body=Registration,
        responses={
            HTTPStatus.CREATED: Response("Registered.", UnicornBody, _LOCATION),
            HTTPStatus.OK: Response(
                "The unicorn was already registered and has been updated.", UnicornBody, _LOCATION
            ),
        },
    ),
    "show_own": Operation(
        responses={
            HTTPStatus.OK: Response("The unicorn.", UnicornBody, {"Content-Location": "URL of the unicorn."})
        },
        problems={HTTPStatus.NOT_FOUND: "The caller has no unicorn yet (`not-registered`)."},
    ),
    "show": Operation(responses={HTTPStatus.OK: Response("The unicorn.", UnicornBody)}, problems=_NOT_FOUND),
    "report": Operation(
        body=PositionReport,
        responses={HTTPStatus.NO_CONTENT: Response("The report is noted.")},
        problems=_NOT_FOUND,
    ),
    "invitations": Operation(
        responses={HTTPStatus.OK: Response("The invitations.", InvitationsBody)}, problems=_NOT_FOUND
    ),
    "answer": Operation(
        body=AnswerBody,
        responses={HTTPStatus.ACCEPTED: Response("The answer goes to the customer's RFQ.")},
        problems={
            HTTPStatus.NOT_FOUND: "The caller was not invited to such an RFQ.",
            HTTPStatus.CONFLICT: "The caller has given a different answer before; the first answer counts.",
            HTTPStatus.GONE: "The RFQ is over, or its deadline has passed.",
        },
    ),
    "complete": _END,
    "cancel": _END,
}


def openapi() -> dict[str, Any]:
    """Make the OpenAPI document of the unicorn API."""
    logger = Logger(service="unicorn-mgmt")
    api = HttpApi(logger)
    nothing = cast("DynamoDBClient", None)  # never called
    Routes(
        api, UnicornTable(nothing, ""), InvitationTable(nothing, ""), logger, now=lambda: datetime.now(UTC)
    )
    return document(
        api,
        _OPERATIONS,
        title="Wild Rydes unicorn API",
        version="1.0.0",
        description="For the unicorn app: register with a rate card, report position and availability, price"
        " rides by hand, end rides. Callers are in the user pool group `unicorns`. Each sees only its own"
        " unicorn.",
        group=GROUP,
        deployed_as="unicorn-api",
    )


if __name__ == "__main__":
    json.dump(openapi(), sys.stdout, indent=2)
    sys.stdout.write("\n")
