"""Names on which the stacks, the local cloud and the tests must agree."""

from typing import Final

BUS_NAME: Final = "wild-rydes"
EVENT_SOURCE_PREFIX: Final = "wildrydes."
"""An event source is this prefix and the name of the service."""
REPLY_QUEUE_PREFIX: Final = "wild-rydes-reply-"
"""The names of all return addresses begin like this: responders' roles may send to no other queue."""

METRICS_NAMESPACE: Final = "WildRydes"

API_STAGE: Final = "v1"

PLATFORM_STACK: Final = "WildRydesPlatform"
RIDE_BOOKING_STACK: Final = "WildRydesRideBooking"
UNICORN_MGMT_STACK: Final = "WildRydesUnicornMgmt"
FEEDBACK_STACK: Final = "WildRydesFeedback"

# Topics to which AWS End User Messaging publishes customers' replies and the receipts of our SMS.
SMS_REPLIES: Final = "wild-rydes-sms-replies"
SMS_RECEIPTS: Final = "wild-rydes-sms-receipts"

# SSM parameters, by which stacks find each other in any order of deployment, without CloudFormation exports.
BUS_NAME_PARAMETER: Final = "/wild-rydes/platform/bus-name"
BUS_ARN_PARAMETER: Final = "/wild-rydes/platform/bus-arn"
USER_POOL_ID_PARAMETER: Final = "/wild-rydes/platform/user-pool-id"
USER_POOL_ARN_PARAMETER: Final = "/wild-rydes/platform/user-pool-arn"
USER_POOL_CLIENT_ID_PARAMETER: Final = "/wild-rydes/platform/user-pool-client-id"
ALARM_TOPIC_ARN_PARAMETER: Final = "/wild-rydes/platform/alarm-topic-arn"
RFQ_API_URL_PARAMETER: Final = "/wild-rydes/ride-booking/rfq-api-url"
UNICORN_API_URL_PARAMETER: Final = "/wild-rydes/unicorn-mgmt/unicorn-api-url"
RFQ_SOCKET_URL_PARAMETER: Final = "/wild-rydes/ride-booking/rfq-socket-url"
UNICORN_SOCKET_URL_PARAMETER: Final = "/wild-rydes/unicorn-mgmt/unicorn-socket-url"
SUPPORT_API_URL_PARAMETER: Final = "/wild-rydes/feedback/support-api-url"
ORIGINATION_NUMBER_PARAMETER: Final = "/wild-rydes/feedback/origination-number"
"""The number that SMS come from, in E.164 form. A person writes this parameter: see feedback's README."""
LOCAL_ORIGINATION_NUMBER: Final = "+12065550100"
"""The number of the local cloud, where nobody has to apply for one."""
PARTNER_API_URL_PARAMETER: Final = "/wild-rydes/unicorn-mgmt/partner-api-url"

PARTNER_SECRET_PREFIX: Final = "wild-rydes/partners/"  # noqa: S105 - a name
"""The name of a partner's secret is this and the partner's id. It is a JSON object of strings."""
