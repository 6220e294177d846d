"""Writes openapi.json, the description of the RFQ API: `python -m ride_booking.api.openapi > openapi.json`."""

import json
import sys
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from aws_lambda_powertools import Logger

from ride_booking.adapters.rfq_table import RfqTable
from ride_booking.adapters.status_documents import PREFERENCE, StatusDocuments
from ride_booking.api.rfq_representations import Accepted, Quotes, Result, RfqList, Running, Submission
from ride_booking.api.rfq_routes import RfqRoutes
from ride_booking.api.ride_representations import Booking, RideBody
from ride_booking.api.ride_routes import RideRoutes
from wild_rydes_http.api import RestApi
from wild_rydes_http.openapi import Operation, Parameter, Response, document
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.ids import new_uuid7

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

_NOT_FOUND = {HTTPStatus.NOT_FOUND: "The caller has no such RFQ."}
_RETRY_AFTER = {"Retry-After": "Seconds until the deadline, when there is a result for certain."}
_ETAG = {"ETag": "Changes with the quotes."}
_OPERATIONS = {
    "submit": Operation(
        body=Submission,
        parameters=[
            Parameter(
                "Idempotency-Key",
                "header",
                "Of the caller's making. A repetition with the same key and body gives the same answer and makes no"
                " second RFQ. Remembered for 30 days after the deadline.",
                {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[ -~]+$"},
            ),
            Parameter(
                "Prefer",
                "header",
                f"`{PREFERENCE}`: keep a JSON document of the status that can be polled without a token. It appears at"
                " `links.status-document` within a second, and is written at the start and at the end.",
            ),
        ],
        responses={
            HTTPStatus.ACCEPTED: Response(
                "Responders are being asked.",
                Accepted,
                {
                    "Location": "URL to follow the RFQ.",
                    "Preference-Applied": f"`{PREFERENCE}`, when there will be one.",
                    **_RETRY_AFTER,
                },
            )
        },
        problems={HTTPStatus.UNPROCESSABLE_ENTITY: "The Idempotency-Key stands for another request."},
    ),
    "list": Operation(
        parameters=[Parameter("cursor", "query", "Where a page begins: part of the `next` link.")],
        responses={HTTPStatus.OK: Response("Up to 20 RFQs, newest first.", RfqList)},
        problems={HTTPStatus.BAD_REQUEST: "The cursor is not one of the caller's list."},
    ),
    "follow": Operation(
        responses={
            HTTPStatus.OK: Response("It runs.", Running, _RETRY_AFTER),
            HTTPStatus.SEE_OTHER: Response("It is completed.", headers={"Location": "URL of the result."}),
        },
        problems=_NOT_FOUND,
    ),
    "cancel": Operation(
        responses={HTTPStatus.NO_CONTENT: Response("Cancelled, now or before.")},
        problems={**_NOT_FOUND, HTTPStatus.CONFLICT: "It was completed otherwise before."},
    ),
    "quotes": Operation(
        parameters=[Parameter("If-None-Match", "header", "The ETag of the quotes that the caller has.")],
        responses={
            HTTPStatus.OK: Response("The quotes so far, cheapest first.", Quotes, _ETAG),
            HTTPStatus.NOT_MODIFIED: Response("The caller has these quotes.", headers=_ETAG),
        },
        problems=_NOT_FOUND,
    ),
    "result": Operation(
        responses={HTTPStatus.OK: Response("What came of it.", Result)},
        problems={**_NOT_FOUND, HTTPStatus.CONFLICT: "It is still running."},
    ),
    "book": Operation(
        body=Booking,
        parameters=[
            Parameter(
                "Idempotency-Key",
                "header",
                "Of the caller's making. A repetition with the same key and quote gives the same ride.",
                {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[ -~]+$"},
            )
        ],
        responses={
            HTTPStatus.ACCEPTED: Response(
                "The responder is being asked to confirm.",
                RideBody,
                {"Location": "URL to follow the ride.", "Retry-After": "Seconds to wait before a look."},
            )
        },
        problems={
            HTTPStatus.NOT_FOUND: "The caller has no such RFQ, or the RFQ no such quote.",
            HTTPStatus.CONFLICT: "The RFQ is running or was cancelled, or a quote of it is booked.",
            HTTPStatus.GONE: "The quote is no longer valid.",
            HTTPStatus.UNPROCESSABLE_ENTITY: "The Idempotency-Key stands for the booking of another quote.",
        },
    ),
    "ride": Operation(
        responses={HTTPStatus.OK: Response("How the ride stands.", RideBody)},
        problems={HTTPStatus.NOT_FOUND: "The caller has no such ride."},
    ),
}


def openapi() -> dict[str, Any]:
    """The OpenAPI document of the RFQ API."""
    logger = Logger(service="ride-booking")
    api = RestApi(logger)
    rfqs = RfqTable(cast("DynamoDBClient", None), "")  # never called
    documents = StatusDocuments(lambda: cast("S3Client", None), "")  # never called either
    RfqRoutes(api, rfqs, logger, now=now, new_id=new_uuid7, documents=documents)
    RideRoutes(api, rfqs, logger, now=now)
    return document(
        api,
        _OPERATIONS,
        title="Wild Rydes RFQ API",
        version="1.0.0",
        description="Ask every unicorn nearby for a quote (request for quotation, RFQ), watch the quotes arrive, read"
        " the result, book, and follow the ride. Callers are in the user pool group `customers` and see their own RFQs alone.",
    )


if __name__ == "__main__":
    json.dump(openapi(), sys.stdout, indent=2)
    sys.stdout.write("\n")
