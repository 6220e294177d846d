"""Write the OpenAPI document of the feedback API: `python -m feedback.api.openapi > openapi.json`."""

import json
import sys
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from aws_lambda_powertools import Logger

from feedback.adapters.feedback_table import FeedbackTable
from feedback.api.representations import Callbacks, FeedbackBody
from feedback.api.routes import GROUP, Routes
from feedback.domain.conversation import SurveyMachine, flow
from wild_rydes_http.api import RestApi
from wild_rydes_http.openapi import Operation, Parameter, Response, document
from wild_rydes_runtime import clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_OPERATIONS = {
    "callbacks": Operation(
        parameters=[Parameter("cursor", "query", "Where the page starts. It is part of the `next` link.")],
        responses={HTTPStatus.OK: Response("Up to 20 open callbacks, the longest waiting first.", Callbacks)},
        problems={HTTPStatus.BAD_REQUEST: "The cursor does not belong to this list."},
    ),
    "called": Operation(
        responses={
            HTTPStatus.NO_CONTENT: Response(
                "The customer is marked as called. Repeating the request changes nothing."
            )
        },
        problems={HTTPStatus.NOT_FOUND: "No customer wants a call about this ride."},
    ),
    "feedback": Operation(
        responses={HTTPStatus.OK: Response("The conversation about the ride.", FeedbackBody)},
        problems={HTTPStatus.NOT_FOUND: "No customer was asked about this ride."},
    ),
}


def openapi() -> dict[str, Any]:
    """Make the OpenAPI document of the feedback API."""
    api = RestApi(Logger(service="feedback"))
    machine = SurveyMachine(flow())
    store = FeedbackTable(cast("DynamoDBClient", None), "", machine)  # never called
    Routes(api, store, machine, now=clock.now)
    return document(
        api,
        _OPERATIONS,
        title="Wild Rydes feedback API",
        version="1.0.0",
        description="Customers' feedback on their rides, and the customers who want a call."
        " Callers belong to the user pool group `support`.",
        group=GROUP,
        deployed_as="support-api",
    )


if __name__ == "__main__":
    json.dump(openapi(), sys.stdout, indent=2)
    sys.stdout.write("\n")
