"""AWS's quotas that something of ours could reach, each with the page that states it.

Quotas that AWS raises on request stand here with the value that a new account has.
"""

from dataclasses import dataclass
from typing import Final

_DOCS: Final = "https://docs.aws.amazon.com"
_LAMBDA: Final = f"{_DOCS}/lambda/latest/dg/gettingstarted-limits.html"
_LAMBDA_SQS: Final = f"{_DOCS}/lambda/latest/dg/services-sqs-configure.html"
_IAM: Final = f"{_DOCS}/IAM/latest/UserGuide/reference_iam-quotas.html"
_EVENTBRIDGE: Final = f"{_DOCS}/eventbridge/latest/userguide/eb-quota.html"
_SCHEMAS: Final = f"{_DOCS}/eventbridge/latest/schema-reference/v1-registries-name-registryname-schemas-name-schemaname.html"
_SQS: Final = f"{_DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html"
_QUEUES: Final = f"{_DOCS}/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-queues.html"
_DYNAMODB: Final = f"{_DOCS}/amazondynamodb/latest/developerguide/ServiceQuotas.html"
_SOCKETS: Final = (
    f"{_DOCS}/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html"
)
_CLOUDFORMATION: Final = f"{_DOCS}/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"
_SSM: Final = f"{_DOCS}/general/latest/gr/ssm.html"
_COGNITO: Final = f"{_DOCS}/cognito/latest/developerguide/user-pool-settings-attributes.html"


@dataclass(frozen=True)
class Quota:
    """No more than `most` of a `unit`, as `source` states."""

    most: int
    unit: str
    source: str

    def exceeded(self, value: float) -> str | None:
        """Say how a value exceeds the quota, or None if it does not."""
        return f"{value:,.0f} {self.unit}, and AWS allows {self.most:,}" if value > self.most else None


# Messages and values
EVENT: Final = Quota(1_048_576, "bytes of an event", _EVENTBRIDGE)  # 256 KB until January 2026
MESSAGE: Final = Quota(1_048_576, "bytes of a queue's message", _SQS)  # 256 KB until August 2025
SOCKET_MESSAGE: Final = Quota(131_072, "bytes of a WebSocket message", _SOCKETS)  # in frames of 32 KB
ITEM: Final = Quota(409_600, "bytes of an item", _DYNAMODB)
ENVIRONMENT: Final = Quota(4_096, "bytes of environment variables", _LAMBDA)
PARAMETER: Final = Quota(4_096, "characters of a standard SSM parameter", _SSM)

# Patterns
PATTERN: Final = Quota(4_096, "characters of an event pattern", _EVENTBRIDGE)
FILTER: Final = Quota(
    4_096, "characters of a filter", f"{_DOCS}/lambda/latest/dg/invocation-eventfiltering.html"
)
FILTERS: Final = Quota(
    5, "filters of an event source", f"{_DOCS}/lambda/latest/dg/invocation-eventfiltering.html"
)
TARGETS: Final = Quota(5, "targets of a rule", _EVENTBRIDGE)
RULES: Final = Quota(100, "rules of a bus", _EVENTBRIDGE)

# Policies
ROLE_POLICIES: Final = Quota(10_240, "characters in the inline policies of a role", _IAM)
TRUST_POLICY: Final = Quota(2_048, "characters of a trust policy", _IAM)
FUNCTION_POLICY: Final = Quota(20_480, "bytes of a function's resource policy", _LAMBDA)
QUEUE_POLICY: Final = Quota(8_192, "bytes of a queue policy", f"{_QUEUES}#quotas-policies")
TOPIC_POLICY: Final = Quota(30_720, "bytes of a topic policy", f"{_DOCS}/general/latest/gr/sns.html")
BUCKET_POLICY: Final = Quota(
    20_480, "bytes of a bucket policy", f"{_DOCS}/AmazonS3/latest/userguide/bucket-policies.html"
)
KEY_POLICY: Final = Quota(
    32_768, "bytes of a key policy", f"{_DOCS}/kms/latest/developerguide/resource-limits.html"
)

# Functions, queues and streams
API_TIMEOUT: Final = Quota(
    29, "seconds behind an API", f"{_DOCS}/apigateway/latest/developerguide/limits.html"
)
SMALL_BATCH: Final = Quota(10, "messages of a batch without a batching window", _LAMBDA_SQS)
RECEIVES: Final = Quota(
    1_000,
    "receives of a message",
    f"{_DOCS}/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html",
)
STREAM_READERS: Final = Quota(
    2, "consumers of a stream", f"{_DOCS}/amazondynamodb/latest/developerguide/Streams.html"
)
RECORD_AGE: Final = Quota(
    86_400,
    "seconds that a stream keeps a record",
    f"{_DOCS}/amazondynamodb/latest/developerguide/Streams.html",
)
RESERVED: Final = Quota(
    900,
    "reserved executions at once (of 1,000, 100 stay for all others)",
    f"{_DOCS}/lambda/latest/dg/configuration-concurrency.html",
)

# Tables, stacks and users
INDEXES: Final = Quota(20, "global secondary indexes of a table", _DYNAMODB)
PROJECTED: Final = Quota(100, "attributes projected into a table's indexes", _DYNAMODB)
RESOURCES: Final = Quota(500, "resources of a stack", _CLOUDFORMATION)
CUSTOM_ATTRIBUTE: Final = Quota(20, "characters of a custom attribute's name", _COGNITO)

# Schemas
SCHEMA: Final = Quota(100_000, "characters of a schema", _SCHEMAS)
SCHEMAS: Final = Quota(100, "schemas of a registry", f"{_EVENTBRIDGE}#schema-quotas")

# Names
NAMES: Final = {
    ("AWS::Lambda::Function", "FunctionName"): Quota(64, "characters of a function's name", _LAMBDA),
    ("AWS::IAM::Role", "RoleName"): Quota(64, "characters of a role's name", _IAM),
    ("AWS::SQS::Queue", "QueueName"): Quota(80, "characters of a queue's name", _QUEUES),
    ("AWS::Events::Rule", "Name"): Quota(64, "characters of a rule's name", _EVENTBRIDGE),
    ("AWS::Events::Archive", "ArchiveName"): Quota(48, "characters of an archive's name", _EVENTBRIDGE),
    ("AWS::EventSchemas::Registry", "RegistryName"): Quota(64, "characters of a registry's name", _SCHEMAS),
    ("AWS::EventSchemas::Schema", "SchemaName"): Quota(385, "characters of a schema's name", _SCHEMAS),
    ("AWS::DynamoDB::Table", "TableName"): Quota(255, "characters of a table's name", _DYNAMODB),
    ("AWS::S3::Bucket", "BucketName"): Quota(
        63, "characters of a bucket's name", f"{_DOCS}/AmazonS3/latest/userguide/bucketnamingrules.html"
    ),
}
