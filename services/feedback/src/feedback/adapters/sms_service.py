"""Send an SMS through AWS End User Messaging (`pinpoint-sms-voice-v2`), and report its fate precisely."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    SSLError,
)

from feedback.domain.phone_number import PhoneNumber
from wild_rydes_runtime.aws import CLIENT_CONFIG

if TYPE_CHECKING:
    from mypy_boto3_pinpoint_sms_voice_v2 import PinpointSMSVoiceV2Client
    from mypy_boto3_pinpoint_sms_voice_v2.type_defs import SendTextMessageRequestTypeDef

NO_RETRIES = CLIENT_CONFIG.merge(
    Config(read_timeout=5, retries={"mode": "standard", "total_max_attempts": 1})
)
"""How the client calls AWS: a retry of a call whose answer was lost might send the SMS twice."""

_OPTED_OUT = "DESTINATION_PHONE_NUMBER_OPTED_OUT"

# Conflicts that the number causes. Our configuration causes the others, and a person can repair it.
_NUMBER_REFUSED = frozenset(
    {
        "DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION",
        "DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE",
        "DESTINATION_PHONE_NUMBER_NOT_VERIFIED",
    }
)

# No connection, no message.
_NEVER_LEFT = (ConnectTimeoutError, EndpointConnectionError, NoCredentialsError, SSLError)


class NotSent(Exception):
    """The SMS was not sent. `code` is AWS's reason, and never contains the number."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class OptedOut(NotSent):
    """AWS has the number on our opt-out list."""


class SmsRejected(NotSent):
    """AWS does not accept the number or the message: the same call would fail again."""


class NotNow(NotSent):
    """Throttled, the month's budget spent, our configuration wrong or our number missing: it may succeed later."""


class OutcomeUnknown(Exception):
    """The call got no answer, or an unclear one: the SMS may have been sent."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class SmsSender:
    """Sends with a configuration set that reports the delivery of each message.

    The client must not retry by itself (see `NO_RETRIES`): a call whose answer was lost may have sent the
    SMS.
    """

    def __init__(self, client: "PinpointSMSVoiceV2Client", *, configuration_set: str) -> None:
        self._client = client
        self._configuration_set = configuration_set

    def send(self, to: PhoneNumber, text: str, context: Mapping[str, str], *, origination: str) -> str:
        """Send a text from our number `origination` (E.164), and return its message id.

        `context` comes back with each delivery event; it must contain no phone number.
        Raises OptedOut, SmsRejected, NotNow or OutcomeUnknown.
        """
        request: SendTextMessageRequestTypeDef = {
            "DestinationPhoneNumber": to.e164,
            "OriginationIdentity": origination,
            "ConfigurationSetName": self._configuration_set,
            "MessageBody": text,
            "MessageType": "TRANSACTIONAL",
            "Context": dict(context),
        }
        # Errors are raised without their cause: AWS's text may quote the number.
        try:
            return self._client.send_text_message(**request)["MessageId"]
        except ClientError as error:
            raise _classify(error) from None
        except _NEVER_LEFT as error:
            raise NotNow(type(error).__name__) from None
        except BotoCoreError as error:
            raise OutcomeUnknown(type(error).__name__) from None


def _classify(error: ClientError) -> NotSent | OutcomeUnknown:
    code = error.response["Error"]["Code"]
    reason = str(error.response.get("Reason") or code)
    if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:  # noqa: PLR2004 - HTTP's server errors
        return OutcomeUnknown(code)
    match code:
        case "ConflictException" if reason == _OPTED_OUT:
            return OptedOut(reason)
        case "ConflictException" if reason in _NUMBER_REFUSED:
            return SmsRejected(reason)
        case "ValidationException":
            return SmsRejected(reason)
    return NotNow(reason)
