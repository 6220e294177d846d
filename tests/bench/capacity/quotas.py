"""AWS's quotas that an RFQ meets, in us-east-1, as they are for an account that has asked for nothing.

None of them is a setting of ours: those of the account can be raised on request, `FIXED` ones cannot.
"""

from dataclasses import dataclass
from typing import Final

_LAMBDA: Final = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
_DYNAMODB: Final = "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html"
_EVENTBRIDGE: Final = "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html"
_GATEWAY: Final = "https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html"
_SOCKETS: Final = "https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html"


@dataclass(frozen=True)
class Quota:
    """What an account may use at most, in `unit`. `note` says what else there is to know."""

    name: str
    limit: float
    unit: str
    source: str
    note: str = ""


CONCURRENCY: Final = Quota(
    "Lambda: concurrent executions",
    1000,
    "executions",
    _LAMBDA,
    "10 in a new account; 100 of them cannot be reserved",
)
PUT_EVENTS: Final = Quota("EventBridge: PutEvents", 10_000, "calls/s", _EVENTBRIDGE, "600 in some regions")
BUS_INVOCATIONS: Final = Quota(
    "EventBridge: invocations of targets", 18_750, "events/s", _EVENTBRIDGE, "750 in some regions"
)
GATEWAY: Final = Quota(
    "API Gateway: requests of all APIs and posts to connections",
    10_000,
    "requests/s",
    _GATEWAY,
    "2,500 in some regions",
)
CONNECTS: Final = Quota("API Gateway: new WebSocket connections", 500, "connects/s", _SOCKETS)
TABLE_WRITES: Final = Quota("DynamoDB: write units of a table on demand", 40_000, "units/s", _DYNAMODB)
TABLE_READS: Final = Quota("DynamoDB: read units of a table on demand", 40_000, "units/s", _DYNAMODB)
SIGN_INS: Final = Quota(
    "Cognito: UserAuthentication",
    120,
    "calls/s",
    "https://docs.aws.amazon.com/cognito/latest/developerguide/quotas.html",
    "a sign-in by SRP takes two, and its token lasts for an hour",
)
PUT_LOGS: Final = Quota(
    "CloudWatch Logs: PutLogEvents",
    5000,
    "calls/s",
    "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html",
    "each worker sends its lines about once a second",
)
KEY_USES: Final = Quota(
    "KMS: uses of symmetric keys",
    50_000,
    "calls/s",
    "https://docs.aws.amazon.com/kms/latest/developerguide/requests-per-second.html",
    "no queue of an RFQ has a key of ours; those of feedback have",
)

# What no request raises.
PARTITION_WRITES: Final = Quota(
    "DynamoDB: write units of one key",
    1000,
    "units/s",
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html",
)
PARTITION_READS: Final = Quota("DynamoDB: read units of one key", 3000, "units/s", PARTITION_WRITES.source)
QUEUE_CONCURRENCY: Final = Quota(
    "Lambda: maximum concurrency of a queue",
    1000,
    "batches",
    "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html",
)
IN_FLIGHT: Final = Quota(
    "SQS: messages in flight of a queue",
    120_000,
    "messages",
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html",
    "delayed ones are not in flight",
)
STREAM_READS: Final = Quota(
    "DynamoDB Streams: answer of GetRecords",
    1_048_576,
    "bytes",
    "https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_streams_GetRecords.html",
    "or 1,000 records",
)
NEW_ENVIRONMENTS: Final = Quota(
    "Lambda: new environments of a function",
    1000,
    "in 10 s",
    "https://docs.aws.amazon.com/lambda/latest/dg/scaling-behavior.html",
)
QUEUE_GROWTH: Final = Quota(
    "Lambda: batches at once that a queue may add",
    300,
    "a minute",
    "https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html",
    "the first five are there at once",
)
