"""Write machine_openapi.json, the description of the API of machine clients: `make generate`."""

import json
import sys
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from aws_lambda_powertools import Logger

from ride_booking.adapters.batch_table import BatchTable
from ride_booking.adapters.open_rfqs import OpenRfqs
from ride_booking.adapters.rfq_table import RfqTable
from ride_booking.adapters.status_documents import StatusDocuments
from ride_booking.adapters.usage import UsageReader
from ride_booking.api.access import MACHINES
from ride_booking.api.batch_representations import Batch, Processed, Stored, UsageBody
from ride_booking.api.batch_routes import BatchRoutes
from ride_booking.api.openapi import OPERATIONS
from ride_booking.api.rfq_routes import RfqRoutes
from ride_booking.api.ride_routes import RideRoutes
from wild_rydes_http.api import HttpApi
from wild_rydes_http.idempotency_key import KEY
from wild_rydes_http.openapi import Operation, Parameter, Response, document
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.documents import Documents
from wild_rydes_runtime.ids import new_uuid7

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

_WAITS = Response(
    "The batch is stored, and waits to be looked at.", Stored, {"Retry-After": "Seconds to wait."}
)
_OPERATIONS = {
    **OPERATIONS,
    "store_batch": Operation(
        body=Batch,
        parameters=[
            Parameter(
                "Idempotency-Key",
                "header",
                "Chosen by the caller. A repetition with the same key and body is the same batch, and asks for nothing"
                " twice. Of another body under the same key the batch says that it was ignored.",
                KEY,
            )
        ],
        responses={
            HTTPStatus.ACCEPTED: replace(
                _WAITS, headers={**_WAITS.headers, "Location": "Where to see what becomes of the batch."}
            )
        },
    ),
    "batch": Operation(
        responses={
            HTTPStatus.OK: Response("What became of the batch, and of each of its RFQs.", Processed),
            HTTPStatus.ACCEPTED: _WAITS,
        },
        problems={HTTPStatus.NOT_FOUND: "The caller has no such batch."},
    ),
    "usage": Operation(responses={HTTPStatus.OK: Response("The usage of today.", UsageBody)}),
}


def openapi() -> dict[str, Any]:
    """Make the OpenAPI document of the machine API."""
    logger = Logger(service="ride-booking")
    api = HttpApi(logger)
    dynamodb = cast("DynamoDBClient", None)  # never called, nor are the others
    rfqs = RfqTable(dynamodb, "")
    RfqRoutes(
        api,
        rfqs,
        logger,
        now=now,
        new_id=new_uuid7,
        documents=StatusDocuments(Documents(lambda: cast("S3Client", None), "")),
        open_rfqs=OpenRfqs(dynamodb, "", rfqs),
        limit=lambda _: 0,
    )
    RideRoutes(api, rfqs, logger, now=now)
    usage = UsageReader(lambda: cast("APIGatewayClient", None))
    BatchRoutes(api, BatchTable(dynamodb, ""), usage, logger, now=now, open_rfqs={})
    return document(
        api,
        _OPERATIONS,
        title="Wild Rydes machine API",
        version="1.0.0",
        description="The RFQ API for programs, with API keys. Callers belong to the user pool group `machines`, and see"
        " only their own RFQs. Each has a key of its own, and a tier: a rate, a daily quota, and how many RFQs may be"
        " open. They may send many RFQs at once, as a batch.",
        group=MACHINES,
        deployed_as="machine-api",
        with_key=True,
    )


if __name__ == "__main__":
    json.dump(openapi(), sys.stdout, indent=2)
    sys.stdout.write("\n")
