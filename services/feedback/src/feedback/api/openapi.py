"""Write the OpenAPI document of the feedback API: `python -m feedback.api.openapi > openapi.json`."""

import json
import sys
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger

from feedback.api.callback_bodies import CallbackBody, Callbacks, Closing
from feedback.api.callbacks import CallbackRoutes
from feedback.api.correction_bodies import CorrectionRequest
from feedback.api.opt_out_bodies import NewOptOut, OptOutBody, OptOuts
from feedback.api.opt_outs import OptOutRoutes
from feedback.api.representations import FeedbackBody
from feedback.api.routes import GROUP, Routes
from wild_rydes_http.api import HttpApi
from wild_rydes_http.openapi import Operation, Parameter, Response, document

_NO_CALL = "No customer wants a call about this ride."

_OPERATIONS = {
    "callbacks": Operation(
        parameters=[Parameter("cursor", "query", "Where the page starts. It is part of the `next` link.")],
        responses={HTTPStatus.OK: Response("Up to 20 open callbacks, the longest waiting first.", Callbacks)},
        problems={HTTPStatus.BAD_REQUEST: "The cursor does not belong to this list."},
    ),
    "callback": Operation(
        responses={HTTPStatus.OK: Response("The call.", CallbackBody)},
        problems={HTTPStatus.NOT_FOUND: _NO_CALL},
    ),
    "claim": Operation(
        responses={HTTPStatus.OK: Response("The call is yours. `contact` says whom to call.", CallbackBody)},
        problems={
            HTTPStatus.NOT_FOUND: _NO_CALL,
            HTTPStatus.CONFLICT: "Another agent has the call, or it is closed.",
        },
    ),
    "release": Operation(
        responses={
            HTTPStatus.NO_CONTENT: Response(
                "The call is not yours (any more). Repeating the request changes nothing."
            )
        },
        problems={
            HTTPStatus.NOT_FOUND: _NO_CALL,
            HTTPStatus.CONFLICT: "Another agent has the call.",
        },
    ),
    "close": Operation(
        body=Closing,
        responses={
            HTTPStatus.OK: Response(
                "The call is closed. Repeating the request changes nothing.", CallbackBody
            )
        },
        problems={
            HTTPStatus.NOT_FOUND: _NO_CALL,
            HTTPStatus.CONFLICT: "You have not claimed the call, or the claim has lapsed, or the call is closed"
            " with another outcome or by another agent.",
        },
    ),
    "opt_out": Operation(
        body=NewOptOut,
        responses={
            HTTPStatus.OK: Response(
                "The number wants no messages. Repeating the request changes nothing.", OptOutBody
            )
        },
        problems={
            HTTPStatus.BAD_REQUEST: "The body is not valid, the number is none, or the customer has none."
        },
    ),
    "opt_outs": Operation(
        parameters=[Parameter("cursor", "query", "Where the page starts. It is part of the `next` link.")],
        responses={HTTPStatus.OK: Response("Up to 20 opt-outs, the oldest first.", OptOuts)},
        problems={HTTPStatus.BAD_REQUEST: "The cursor does not belong to this list."},
    ),
    "feedback": Operation(
        responses={HTTPStatus.OK: Response("The conversation about the ride.", FeedbackBody)},
        problems={HTTPStatus.NOT_FOUND: "No customer was asked about this ride."},
    ),
    "correct": Operation(
        body=CorrectionRequest,
        responses={
            HTTPStatus.OK: Response(
                "The conversation, with the score that is in force now. Repeating the request changes nothing.",
                FeedbackBody,
            )
        },
        problems={
            HTTPStatus.NOT_FOUND: "No customer was asked about this ride.",
            HTTPStatus.CONFLICT: "The customer has given no score, or it has been corrected too often.",
        },
    ),
}


def openapi() -> dict[str, Any]:
    """Make the OpenAPI document of the feedback API."""
    api = HttpApi(Logger(service="feedback"))
    never_called: Any = None
    Routes(api, never_called, never_called, never_called)
    CallbackRoutes(
        api,
        table=never_called,
        directory=never_called,
        pseudonyms=never_called,
        claimed_for=never_called,
        logger=never_called,
        now=never_called,
    )
    OptOutRoutes(
        api,
        table=never_called,
        machine=never_called,
        directory=never_called,
        pseudonyms=never_called,
        logger=never_called,
        now=never_called,
    )
    return document(
        api,
        _OPERATIONS,
        title="Wild Rydes feedback API",
        version="1.0.0",
        description="Customers' feedback on their rides, corrections of scores, and the customers who want a call."
        " Callers belong to the user pool group `support`.",
        group=GROUP,
        deployed_as="support-api",
    )


if __name__ == "__main__":
    json.dump(openapi(), sys.stdout, indent=2)
    sys.stdout.write("\n")
