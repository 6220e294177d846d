"""List prices of us-east-1 in US dollars, on demand, without free tier or volume discounts."""

from typing import Final

AS_OF = "2026-11"
SOURCE = (
    "https://aws.amazon.com/"
    "{api-gateway,lambda,sqs,eventbridge,dynamodb,cloudwatch,s3,secrets-manager,kms}/pricing/"
)

LAMBDA_MB = 256
LAMBDA_MS = 50
"""What the workshop's lab was counted with: every invocation as 50 ms of 256 MB."""

_ARM_GB_SECOND = 0.0000133334

REST: Final = "REST API request"
HTTP: Final = "HTTP API request"
LAMBDA: Final = "Lambda request"
COMPUTE: Final = "Lambda 50 ms"
SQS: Final = "SQS request"
EVENT: Final = "Event"
WRITE: Final = "Write unit"
READ: Final = "Read unit"
SOCKET: Final = "Socket message"
MINUTE: Final = "Socket minute"
_REQUESTS: Final = {
    REST: 3.50,
    HTTP: 1.00,
    LAMBDA: 0.20,
    SQS: 0.40,
    EVENT: 1.00,
    WRITE: 0.625,
    READ: 0.125,
    SOCKET: 1.00,
    MINUTE: 0.25,
}
"""SQS and EventBridge by begun 64 KB, an HTTP API by begun 512 KB; DynamoDB by begun KB written and 4 KB read; WebSocket
API by begun 32 KB in or out, and by minutes connected."""

CONVENTION: Final = {**_REQUESTS, COMPUTE: _ARM_GB_SECOND * LAMBDA_MB / 1024 * LAMBDA_MS / 1000 * 1e6}
"""Per million units, as the lab was counted: requests, and an equal time of every invocation."""

DURATION: Final = "Lambda GB-second"
LOG: Final = "Log KB"
ARCHIVE: Final = "Archived KB"
KEPT: Final = "Stored KB-month"
OUT: Final = "KB to the internet"

_LOG_KEPT = 0.15 * 0.03  # a month, compressed: https://aws.amazon.com/cloudwatch/pricing/
_ARCHIVE_KEPT = 0.023  # a month
_BACKUP = 0.20  # a GB-month of point-in-time recovery: https://aws.amazon.com/dynamodb/pricing/on-demand/

WHOLE: Final = {
    **_REQUESTS,
    DURATION: _ARM_GB_SECOND * 1e6,
    LOG: 0.50 + _LOG_KEPT,  # a million KB are a GB, which is what AWS gives prices for
    ARCHIVE: 0.10 + _ARCHIVE_KEPT,
    KEPT: 0.25 + _BACKUP,
    OUT: 0.09,
}
"""Per million units, as AWS bills. Logs with the month that they are kept, archived events with theirs, items of tables
with their backup."""

# A month is 730 hours. Of one environment, whether or not anybody comes.
ALARM: Final = 0.10
"""For each metric that an alarm goes by."""
COMPOSITE_ALARM: Final = 0.50
METRIC: Final = 0.30
"""A custom metric, in proportion to the hours in which it is written. https://aws.amazon.com/cloudwatch/pricing/"""
DASHBOARD: Final = 3.00
TEXTRACT_FORMS: Final = 50.00
TEXTRACT_TEXT: Final = 1.50
"""A thousand pages, with keys and values or with text alone, of the first million pages in a month.
https://aws.amazon.com/textract/pricing/"""
STATE_TRANSITION: Final = 0.025 / 1000
"""Of a Standard workflow. https://aws.amazon.com/step-functions/pricing/"""
S3_PUT: Final = 0.005 / 1000
S3_GET: Final = 0.0004 / 1000
"""A request. https://aws.amazon.com/s3/pricing/"""
SECRET: Final = 0.40
KEY: Final = 1.00
WEB_ACL_OR_RULE: Final = (
    1.00  # for each rule; an ACL costs as much as five: https://aws.amazon.com/waf/pricing/
)
IDLE_QUEUE: Final = 5 * 3 * 60 * 730 * _REQUESTS[SQS] / 1e6
"""A queue that a function reads: five pollers, each with a long poll of 20 seconds.
https://aws.amazon.com/blogs/aws/aws-lambda-adds-amazon-simple-queue-service-to-supported-event-sources/"""
EVERY_MINUTE: Final = (
    60
    * 730
    * (_REQUESTS[LAMBDA] / 1e6 + _ARM_GB_SECOND * 0.25 * 0.1 + 0.4e-6 * 0.5 + 2 * _REQUESTS[READ] / 1e6)
)
"""A function on a schedule of a minute: 100 ms of 256 MB, two queries, a log line of 400 bytes. The schedule is free."""


def lab(responders: int) -> float:
    """Dollars per million RFQs of the workshop's scatter-gather lab, with its one poll, as published."""
    return 8.91 + 2.56 * responders
