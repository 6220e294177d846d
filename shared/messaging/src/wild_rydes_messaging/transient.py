"""Tell trouble that passes by itself from trouble that stays."""

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's name
    HTTPClientError,
    IncompleteReadError,
)

# AWS refuses a call with one of these for what happens around it: load, its own trouble, another call under way.
_PASSING = frozenset(
    {
        "BandwidthLimitExceeded",
        "InternalError",
        "InternalException",
        "InternalFailure",
        "InternalServerError",
        "InternalServiceError",
        "KMSThrottlingException",
        "KmsThrottled",
        "LimitExceededException",
        "OverLimit",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceUnavailable",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingError",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_TOO_MANY_REQUESTS, _SERVER_ERROR = 429, 500


def is_transient_code(code: str) -> bool:
    """Say whether the same call may succeed later, by AWS's error code, with or without its service's name.

    SQS says `KMS.ThrottlingException` for what its own model calls `KmsThrottled`.
    """
    return code.rpartition(".")[2] in _PASSING


def is_transient(error: BaseException) -> bool:
    """Say whether the same work may succeed later though nobody changes anything.

    It may after AWS has throttled a call, failed by itself (HTTP 5xx) or not answered: the connection was refused,
    lost or too slow. It may after any other exception that says so by a true attribute `transient`, such as that of
    a busy table.
    """
    if isinstance(error, ClientError):
        response = error.response
        # A transaction is refused for the reasons of its writes, each with a code of its own.
        codes = [reason.get("Code", "") for reason in response.get("CancellationReasons", ())]
        status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return (
            status == _TOO_MANY_REQUESTS
            or status >= _SERVER_ERROR
            or any(is_transient_code(code) for code in [response["Error"]["Code"], *codes])
        )
    if isinstance(error, BotoCoreError):
        return isinstance(error, (ConnectionError, HTTPClientError, IncompleteReadError))
    return bool(getattr(error, "transient", False))
