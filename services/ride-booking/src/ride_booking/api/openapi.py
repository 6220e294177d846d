"""Write openapi.json, the description of the RFQ API: `make generate`."""

import json
import sys
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from aws_lambda_powertools import Logger

from ride_booking.adapters.open_rfqs import OpenRfqs
from ride_booking.adapters.rfq_table import RfqTable
from ride_booking.adapters.status_documents import StatusDocuments
from ride_booking.api.access import CUSTOMERS
from ride_booking.api.rfq_representations import Accepted, Quotes, Result, RfqList, Running, Submission
from ride_booking.api.rfq_routes import RfqRoutes
from ride_booking.api.ride_representations import Booking, RideBody
from ride_booking.api.ride_routes import RideRoutes
from wild_rydes_http.api import HttpApi
from wild_rydes_http.idempotency_key import KEY
from wild_rydes_http.openapi import Operation, Parameter, Response, document
from wild_rydes_http.preferences import STATUS_DOCUMENT
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.documents import Documents
from wild_rydes_runtime.ids import new_uuid7

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

_NOT_FOUND = {HTTPStatus.NOT_FOUND: "The caller has no such RFQ."}
_RETRY_AFTER = {
    "Retry-After": "Seconds to wait before looking again: one at first, then half of the time so far, and never"
    " longer than until the deadline."
}
_ETAG = {"ETag": "Changes whenever the quotes change."}
OPERATIONS = {
    "submit": Operation(
        body=Submission,
        parameters=[
            Parameter(
                "Idempotency-Key",
                "header",
                "Chosen by the caller. A repetition with the same key and body gets the same answer and"
                " creates no second RFQ. The key is remembered until 30 days after the deadline.",
                KEY,
            ),
            Parameter(
                "Prefer",
                "header",
                f"`{STATUS_DOCUMENT}`: keep a JSON document of the status, to be polled without a token. It"
                " appears at `links.status-document` about a second later, and is updated when the RFQ is"
                " completed.",
            ),
        ],
        responses={
            HTTPStatus.ACCEPTED: Response(
                "Responders are being asked.",
                Accepted,
                {
                    "Location": "URL of the RFQ, to follow it.",
                    "Preference-Applied": f"`{STATUS_DOCUMENT}`, if there will be one.",
                    **_RETRY_AFTER,
                },
            )
        },
        problems={
            HTTPStatus.UNPROCESSABLE_ENTITY: "The Idempotency-Key was used for another request.",
            HTTPStatus.TOO_MANY_REQUESTS: "Too many requests, or the caller has as many open RFQs as are allowed:"
            " `Retry-After` says when the first of them ends.",
        },
    ),
    "list": Operation(
        parameters=[Parameter("cursor", "query", "Where the page starts: part of the `next` link.")],
        responses={HTTPStatus.OK: Response("Up to 20 RFQs, newest first.", RfqList)},
        problems={HTTPStatus.BAD_REQUEST: "The cursor does not belong to the caller's list."},
    ),
    "follow": Operation(
        responses={
            HTTPStatus.OK: Response(
                "The RFQ is running, and this is its progress. A client that follows redirects gets the result here"
                " as soon as the RFQ is completed: `status` tells which of the two it is.",
                Running,
                followed=Result,
                headers=_RETRY_AFTER,
            ),
            HTTPStatus.SEE_OTHER: Response(
                "The RFQ is completed. GET its result, with the same token.",
                headers={"Location": "URL of the result."},
            ),
        },
        problems=_NOT_FOUND,
    ),
    "cancel": Operation(
        responses={HTTPStatus.NO_CONTENT: Response("The RFQ is cancelled, now or already before.")},
        problems={**_NOT_FOUND, HTTPStatus.CONFLICT: "The RFQ was completed before it could be cancelled."},
    ),
    "quotes": Operation(
        parameters=[
            Parameter("If-None-Match", "header", "The ETag of the quotes that the caller already has.")
        ],
        responses={
            HTTPStatus.OK: Response("The quotes so far, cheapest first.", Quotes, _ETAG),
            HTTPStatus.NOT_MODIFIED: Response("The caller already has these quotes.", headers=_ETAG),
        },
        problems=_NOT_FOUND,
    ),
    "result": Operation(
        responses={HTTPStatus.OK: Response("The result.", Result)},
        problems={**_NOT_FOUND, HTTPStatus.CONFLICT: "The RFQ is still running."},
    ),
    "book": Operation(
        body=Booking,
        parameters=[
            Parameter(
                "Idempotency-Key",
                "header",
                "Chosen by the caller. A repetition with the same key and quote gets the same ride.",
                KEY,
            )
        ],
        responses={
            HTTPStatus.ACCEPTED: Response(
                "The responder is being asked to confirm.",
                RideBody,
                {
                    "Location": "URL of the ride, to follow it.",
                    "Retry-After": "Seconds to wait before following the ride.",
                },
            )
        },
        problems={
            HTTPStatus.NOT_FOUND: "The caller has no such RFQ, or the RFQ has no such quote.",
            HTTPStatus.CONFLICT: "The RFQ is running or cancelled, one of its quotes is already booked, or it has"
            " had too many attempts to book.",
            HTTPStatus.GONE: "The quote is no longer valid.",
            HTTPStatus.UNPROCESSABLE_ENTITY: "The Idempotency-Key was used to book another quote.",
        },
    ),
    "ride": Operation(
        responses={HTTPStatus.OK: Response("The ride.", RideBody)},
        problems={HTTPStatus.NOT_FOUND: "The caller has no such ride."},
    ),
}


def openapi() -> dict[str, Any]:
    """Make the OpenAPI document of the RFQ API."""
    logger = Logger(service="ride-booking")
    api = HttpApi(logger)
    rfqs = RfqTable(cast("DynamoDBClient", None), "")  # never called
    documents = StatusDocuments(Documents(lambda: cast("S3Client", None), ""))  # never called either
    RfqRoutes(
        api,
        rfqs,
        logger,
        now=now,
        new_id=new_uuid7,
        documents=documents,
        open_rfqs=OpenRfqs(cast("DynamoDBClient", None), "", rfqs),
        limit=lambda _: 0,
    )
    RideRoutes(api, rfqs, logger, now=now)
    return document(
        api,
        OPERATIONS,
        title="Wild Rydes RFQ API",
        version="1.0.0",
        description="Ask every unicorn nearby for a quote (request for quotation, RFQ), watch the quotes"
        " arrive, read the result, book a quote, and follow the ride. Callers belong to the user pool group"
        " `customers` and see only their own RFQs.",
        group=CUSTOMERS,
        deployed_as="rfq-api",
    )


if __name__ == "__main__":
    json.dump(openapi(), sys.stdout, indent=2)
    sys.stdout.write("\n")
