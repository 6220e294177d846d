"""Write jobs_openapi.json, the description of the Jobs API: `make generate`."""

import json
import sys
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from aws_lambda_powertools import Logger

from unicorn_mgmt.adapters.engaged_vehicles import EngagedVehicles
from unicorn_mgmt.adapters.job_measures import JobMeasures
from unicorn_mgmt.adapters.job_queue import JobQueue
from unicorn_mgmt.adapters.job_table import KEPT_FOR, JobTable
from unicorn_mgmt.adapters.status_documents import StatusDocuments
from unicorn_mgmt.adapters.unicorn_table import UnicornTable
from unicorn_mgmt.api.fleet_ride_representations import FleetRideList
from unicorn_mgmt.api.fleet_ride_routes import FleetRideRoutes
from unicorn_mgmt.api.job_representations import JobBody, JobList, JobRequest
from unicorn_mgmt.api.job_routes import LONGEST_WAIT, JobRoutes
from unicorn_mgmt.api.partner_caller import GROUP
from wild_rydes_http.api import HttpApi
from wild_rydes_http.idempotency_key import KEY
from wild_rydes_http.openapi import Operation, Parameter, Response, document
from wild_rydes_http.preferences import RESPOND_ASYNC, STATUS_DOCUMENT, WAIT
from wild_rydes_runtime.clock import now
from wild_rydes_runtime.documents import Documents
from wild_rydes_runtime.ids import new_uuid7

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient

_NOT_FOUND = {HTTPStatus.NOT_FOUND: "The caller's partner has no such job."}
_RETRY_AFTER = {"Retry-After": "Seconds to wait before looking again, while the job has not ended."}
_APPLIED = {"Preference-Applied": "The preferences that are met, with the time that was waited for at most."}
_OPERATIONS = {
    "submit": Operation(
        body=JobRequest,
        parameters=[
            Parameter(
                "Idempotency-Key",
                "header",
                "Chosen by the caller. A repetition with the same key and body is about the same job, and begins no second"
                f" one. The key is remembered for {KEPT_FOR.days} days.",
                KEY,
            ),
            Parameter(
                "Prefer",
                "header",
                f"`{RESPOND_ASYNC}`: answer at once, as without the header. `{WAIT}=10`: answer when the job has ended, but"
                f" after ten seconds at the latest; {LONGEST_WAIT} are the most. `{STATUS_DOCUMENT}`: keep a JSON document of"
                " the status, to be polled without a token. It is there a moment later. Several are separated by commas.",
            ),
        ],
        responses={
            HTTPStatus.ACCEPTED: Response(
                "The job will be done.",
                JobBody,
                {"Location": "Where to follow the job.", **_RETRY_AFTER, **_APPLIED},
            ),
            HTTPStatus.OK: Response("The job has ended while the caller waited for it.", JobBody, _APPLIED),
        },
        problems={
            HTTPStatus.CONFLICT: "Another import of the partner is open (`import-open`; `Location` is that one), or one that was"
            " cancelled or has failed comes to rest (`import-ending`; wait for `Retry-After`).",
            HTTPStatus.UNPROCESSABLE_ENTITY: "The Idempotency-Key was used for another request.",
        },
    ),
    "follow": Operation(
        responses={HTTPStatus.OK: Response("The job.", JobBody, _RETRY_AFTER)}, problems=_NOT_FOUND
    ),
    "cancel": Operation(
        responses={HTTPStatus.NO_CONTENT: Response("The job is cancelled.")},
        problems={**_NOT_FOUND, HTTPStatus.CONFLICT: "The job has succeeded or failed before."},
    ),
    "list": Operation(
        parameters=[Parameter("cursor", "query", "Where to begin: follow `links.next`.")],
        responses={HTTPStatus.OK: Response("A page of jobs, newest first.", JobList)},
    ),
    "rides": Operation(
        parameters=[Parameter("cursor", "query", "Where to begin: follow `links.next`.")],
        responses={HTTPStatus.OK: Response("A page of open rides, the oldest first.", FleetRideList)},
    ),
    "complete": Operation(
        responses={HTTPStatus.NO_CONTENT: Response("The ride is completed.")},
        problems={
            HTTPStatus.NOT_FOUND: "No vehicle of the caller's partner has, or had a moment ago, such a ride.",
            HTTPStatus.CONFLICT: "The ride is over, and was not completed.",
        },
    ),
    "cancel_ride": Operation(
        responses={HTTPStatus.NO_CONTENT: Response("The ride is cancelled.")},
        problems={
            HTTPStatus.NOT_FOUND: "No vehicle of the caller's partner has, or had a moment ago, such a ride.",
            HTTPStatus.CONFLICT: "The ride is over, and was not cancelled.",
        },
    ),
}


def openapi() -> dict[str, Any]:
    """Make the OpenAPI document of the Jobs API."""
    logger = Logger(service="unicorn-mgmt")
    api = HttpApi(logger)
    dynamodb = cast("DynamoDBClient", None)  # never called, nor are the others
    JobRoutes(
        api,
        JobTable(dynamodb, ""),
        {},
        logger,
        queue=JobQueue(cast("SQSClient", None), "", 1),
        measures=JobMeasures(dynamodb, ""),
        documents=StatusDocuments(Documents(lambda: cast("S3Client", None), "")),
        now=now,
        new_id=new_uuid7,
    )
    FleetRideRoutes(api, UnicornTable(dynamodb, ""), EngagedVehicles(dynamodb, ""), logger, now)
    return document(
        api,
        _OPERATIONS,
        title="Wild Rydes jobs API",
        version="1.0.0",
        description="Long work for partner fleets' programs: begin a job, follow it, fetch its result. And the rides of the"
        " vehicles that a fleet has imported. Callers belong to the user pool group `machines`, have an API key of their own,"
        " and act for one partner, whose jobs and rides they see.",
        group=GROUP,
        deployed_as="jobs-api",
        with_key=True,
    )


if __name__ == "__main__":
    json.dump(openapi(), sys.stdout, indent=2)
    sys.stdout.write("\n")
