"""Names on which the stacks, the local cloud and the tests must agree.

They are plain: `Names` makes those of one environment from them.
"""

import re
from dataclasses import dataclass
from typing import Final
from zlib import crc32

AWS_ENVIRONMENT: Final = "dev"
"""The environment on AWS unless another is named. The local cloud has none unless one is named."""
PROTECTED_ENVIRONMENT: Final = "prod"
"""The one environment whose data nobody can delete by a slip."""

BUS_NAME: Final = "wild-rydes"
REGISTRY_NAME: Final = "wild-rydes"
"""The registry of the schemas of all messages."""
EVENT_SOURCE_PREFIX: Final = "wildrydes."
"""An event source is this prefix and the name of the service, in every environment: each has its own bus."""
REPLY_QUEUE_PREFIX: Final = "wild-rydes-reply-"
"""A return address is this prefix and the name of the requester, whose event source ends with the same name."""

AUDIT_LOG: Final = "/wild-rydes/audit"
"""The log group of what operators did."""

BUCKET_SCANS: Final = "bucket-scans"
"""What makes a Macie job for each bucket of the environment, and cancels it."""
NOT_SCANNED_TAG: Final = "not-scanned-because"
"""The tag of a bucket that Macie does not scan. Its value is the reason: letters, digits, spaces and _ . : / = + - @."""
MAY_HOLD_TAG: Final = "may-hold"
"""The tag of a bucket that may hold personal or bank data. Its value says which."""

API_STAGE: Final = "v1"
ALIAS: Final = "live"
"""The alias by which functions are invoked on AWS: its version is the newest, or about to be."""

# The ids of the stacks, by which `cdk deploy` takes them. Their names have the environment.
PLATFORM_STACK: Final = "WildRydesPlatform"
RIDE_BOOKING_STACK: Final = "WildRydesRideBooking"
UNICORN_MGMT_STACK: Final = "WildRydesUnicornMgmt"
FEEDBACK_STACK: Final = "WildRydesFeedback"
SETTLEMENT_STACK: Final = "WildRydesSettlement"
OPERATIONS_STACK: Final = "WildRydesOperations"

# Topics to which AWS End User Messaging publishes customers' replies and the receipts of our SMS.
SMS_REPLIES: Final = "wild-rydes-sms-replies"
SMS_RECEIPTS: Final = "wild-rydes-sms-receipts"

# SSM parameters, by which stacks find each other in any order of deployment, without CloudFormation exports.
PARAMETER_PREFIX: Final = "/wild-rydes/"
BUS_NAME_PARAMETER: Final = "/wild-rydes/platform/bus-name"
BUS_ARN_PARAMETER: Final = "/wild-rydes/platform/bus-arn"
USER_POOL_ID_PARAMETER: Final = "/wild-rydes/platform/user-pool-id"
USER_POOL_ARN_PARAMETER: Final = "/wild-rydes/platform/user-pool-arn"
USER_POOL_CLIENT_ID_PARAMETER: Final = "/wild-rydes/platform/user-pool-client-id"
ALARM_TOPIC_ARN_PARAMETER: Final = "/wild-rydes/platform/alarm-topic-arn"
WEB_ACL_ARN_PARAMETER: Final = "/wild-rydes/platform/web-acl-arn"
"""The web ACL (AWS WAF) for REST APIs. There is none on the local cloud."""
RFQ_API_URL_PARAMETER: Final = "/wild-rydes/ride-booking/rfq-api-url"
MACHINE_API_URL_PARAMETER: Final = "/wild-rydes/ride-booking/machine-api-url"
USAGE_PLANS_PARAMETER: Final = "/wild-rydes/ride-booking/usage-plans"
"""The ids of the usage plans by tier, as a JSON object."""
UNICORN_API_URL_PARAMETER: Final = "/wild-rydes/unicorn-mgmt/unicorn-api-url"
RFQ_SOCKET_URL_PARAMETER: Final = "/wild-rydes/ride-booking/rfq-socket-url"
UNICORN_SOCKET_URL_PARAMETER: Final = "/wild-rydes/unicorn-mgmt/unicorn-socket-url"
CUSTOMER_APP_URL_PARAMETER: Final = "/wild-rydes/ride-booking/customer-app-url"
UNICORN_APP_URL_PARAMETER: Final = "/wild-rydes/unicorn-mgmt/unicorn-app-url"
SUPPORT_API_URL_PARAMETER: Final = "/wild-rydes/feedback/support-api-url"
ORIGINATION_NUMBER_PARAMETER: Final = "/wild-rydes/feedback/origination-number"
"""The number that SMS come from, in E.164 form. A person writes this parameter: see feedback's README."""
PARTNER_API_URL_PARAMETER: Final = "/wild-rydes/unicorn-mgmt/partner-api-url"
JOBS_API_URL_PARAMETER: Final = "/wild-rydes/unicorn-mgmt/jobs-api-url"
JOB_ARCHIVE_PARAMETER: Final = "/wild-rydes/unicorn-mgmt/job-archive"
"""The bucket of messages of jobs that nobody could handle."""
STAGING_BUCKET_PARAMETER: Final = "/wild-rydes/settlement/staging-bucket"
"""Where payees' documents are put, under `<payee>/<batch>/<name>`."""
WORKING_BUCKET_PARAMETER: Final = "/wild-rydes/settlement/working-bucket"
"""Where the pages of documents are, for people who review them."""
SETTLEMENT_ARCHIVE_PARAMETER: Final = "/wild-rydes/settlement/archive-bucket"
"""Where originals, decisions and reports of batches are kept."""
REVIEWS_TOPIC_PARAMETER: Final = "/wild-rydes/settlement/reviews-topic"
"""The topic of documents that people have to look at."""
QUARANTINE_BUCKET_PARAMETER: Final = "/wild-rydes/settlement/quarantine-bucket"
"""Where documents are in which Macie has found what must not be there."""

PARTNER_SECRET_PREFIX: Final = "wild-rydes/partners/"  # noqa: S105 - a name
"""The name of a partner's secret is this and the partner's id. It is a JSON object of strings."""
NUMBER_SECRET: Final = "wild-rydes/feedback/pseudonyms"  # noqa: S105 - a name
NUMBER_KEY_ALIAS: Final = "wild-rydes-feedback"

# Short, so that the longest name with it fits everywhere (64 characters for a function or a rule). AWS keeps parameters
# that begin with aws or ssm for itself:
# https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
_ENVIRONMENT: Final = re.compile(r"(?!aws|ssm)[a-z][a-z0-9]{0,9}")


@dataclass(frozen=True)
class Names:
    """The names of one environment's resources: the environment comes first in each of them.

    So several environments share an account, and a role that may use the resources of one may use no other's. An
    environment without a name has the plain names.

    Raises:
        ValueError: no environment can have this name.
    """

    environment: str = ""

    def __post_init__(self) -> None:
        if self.environment and not _ENVIRONMENT.fullmatch(self.environment):
            raise ValueError(
                f"{self.environment!r} is no name of an environment: write one to ten small letters and digits, a"
                " letter first, but not aws or ssm"
            )

    def of(self, plain: str) -> str:
        """Name a resource: `dev-wild-rydes`, `dev/wild-rydes/partners/p-comet`, `/dev/wild-rydes/platform/bus-name`."""
        if not self.environment:
            return plain
        if plain.startswith("/"):
            return f"/{self.environment}{plain}"
        return f"{self.environment}{'/' if '/' in plain else '-'}{plain}"

    def plain(self, name: str) -> str:
        """Return the plain name of a resource of this environment."""
        return re.sub(rf"^(/?){self.environment}[-/]", r"\1", name) if self.environment else name

    @property
    def local_number(self) -> str:
        """The number that SMS come from on the local cloud, where nobody has to apply for one.

        It is one of those kept for fiction (555-0100 to 555-0199), the same each time. Two environments in a hundred
        share one: the phone simulator refuses the second.
        """
        if not self.environment:
            return "+12065550100"
        return f"+1564555{100 + crc32(self.environment.encode()) % 100:04}"

    @property
    def bucket_prefix(self) -> str:
        """How the names of all buckets of the environment's stacks begin: CloudFormation makes them of the stack's."""
        return self.of("WildRydes").lower()

    def buckets_of(self, stack: str) -> str:
        """How the names of a stack's buckets begin."""
        return f"{self.of(stack).lower()}-"

    @property
    def metrics_namespace(self) -> str:
        """The CloudWatch namespace of what the services count: `WildRydes/dev`."""
        return f"WildRydes/{self.environment}" if self.environment else "WildRydes"


PLAIN: Final = Names()
"""The names where no environment is named."""
