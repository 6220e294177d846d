"""Which trouble passes by itself."""

from typing import Any

import pytest
from botocore import exceptions
from botocore.exceptions import ClientError
from botocore.retries import standard

from wild_rydes_dynamodb.change import Conflict, TableBusy
from wild_rydes_messaging.deliver import DeliveryError, Receipt
from wild_rydes_messaging.errors import Unprocessable
from wild_rydes_messaging.transient import is_transient, is_transient_code


def refused(code: str, status: int = 400, **more: Any) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": "no"},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **more,
    }
    return ClientError(response, "Operation")


def cancelled(*codes: str) -> ClientError:
    """A transaction that is refused, by the reasons of its writes."""
    reasons = [{"Code": code} for code in codes]
    return refused("TransactionCanceledException", CancellationReasons=reasons)


PASSES = (
    refused("ThrottlingException"),
    refused("ProvisionedThroughputExceededException"),
    refused("RequestThrottled"),
    refused("KmsThrottled"),
    refused("KMS.ThrottlingException"),
    refused("TooManyRequestsException", 429),
    refused("whatever", 429),
    refused("InternalServerError", 500),
    refused("whatever", 503),
    cancelled("None", "ThrottlingError"),
    cancelled("ConditionalCheckFailed", "TransactionConflict"),
    exceptions.EndpointConnectionError(endpoint_url="https://sqs"),
    exceptions.ConnectTimeoutError(endpoint_url="https://sqs"),
    exceptions.ReadTimeoutError(endpoint_url="https://sqs"),
    exceptions.ConnectionClosedError(endpoint_url="https://sqs"),
    exceptions.ResponseStreamingError(error="cut"),
    exceptions.IncompleteReadError(actual_bytes=1, expected_bytes=2),
    TableBusy("others were faster"),
    Conflict(None),
    DeliveryError([Receipt("a", "AccessDenied"), Receipt("b", "Throttling", transient=True)]),
)
STAYS = (
    refused("AccessDeniedException", 403),
    refused("ResourceNotFoundException"),
    refused("ValidationException"),
    refused("ConditionalCheckFailedException"),
    cancelled("None", "ValidationError"),
    exceptions.NoCredentialsError(),
    exceptions.ParamValidationError(report="wrong"),
    DeliveryError([Receipt("a", "AccessDenied"), Receipt("b")]),
    Unprocessable("wrong"),
    KeyError("deadline"),
    OSError("disk full"),
)


@pytest.mark.parametrize("error", PASSES, ids=str)
def test_trouble_that_passes(error: Exception) -> None:
    assert is_transient(error)


@pytest.mark.parametrize("error", STAYS, ids=str)
def test_trouble_that_stays(error: Exception) -> None:
    assert not is_transient(error)


def test_what_the_sdk_tries_again_is_tried_again_by_queue_and_stream_too() -> None:
    throttled: Any = vars(standard.ThrottledRetryableChecker)["_THROTTLED_ERROR_CODES"]
    transient: Any = vars(standard.TransientRetryableChecker)["_TRANSIENT_ERROR_CODES"]
    others = {"EC2ThrottledException"}  # of services that we do not call
    assert [code for code in {*throttled, *transient} - others if not is_transient_code(code)] == []
