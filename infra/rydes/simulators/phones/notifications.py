"""The notifications that AWS End User Messaging publishes to SNS, in their shape."""

import json
import time
import uuid
from typing import Any

from infra.rydes.simulators.phones.model import Sms

_FINAL = {
    "TEXT_DELIVERED", "TEXT_SUCCESSFUL", "TEXT_INVALID", "TEXT_UNREACHABLE", "TEXT_CARRIER_UNREACHABLE",
    "TEXT_BLOCKED", "TEXT_CARRIER_BLOCKED", "TEXT_SPAM", "TEXT_TTL_EXPIRED",
}  # fmt: skip


def inbound(reply: Sms, answers: str | None, inbound_id: str | None = None) -> str:
    """Write the notification of a reply.

    https://docs.aws.amazon.com/sms-voice/latest/userguide/two-way-sms-payload.html
    """
    content: dict[str, Any] = {
        "originationNumber": reply.number,
        "destinationNumber": reply.sender,
        "messageKeyword": reply.text.strip().upper() if reply.text.strip().upper() == "STOP" else "KEYWORD",
        "messageBody": reply.text,
        "inboundMessageId": inbound_id or reply.id,
    }
    return json.dumps(content | ({"previousPublishedMessageId": answers} if answers else {}))


def receipt(sms: Sms, event_type: str) -> str:
    """Write the notification of what became of an SMS.

    https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-format.html
    """
    return json.dumps(
        {
            "eventType": event_type,
            "eventVersion": "1.0",
            "eventTimestamp": int(time.time() * 1000),
            "isFinal": event_type in _FINAL,
            "originationPhoneNumber": sms.sender,
            "destinationPhoneNumber": sms.number,
            "isoCountryCode": "US",
            "messageId": sms.id,
            "messageRequestTimestamp": int(sms.at * 1000),
            "messageEncoding": "GSM",
            "messageType": "TRANSACTIONAL",
            "messageStatus": event_type.removeprefix("TEXT_"),
            "messageStatusDescription": f"The simulator says {event_type.removeprefix('TEXT_').lower()}",
            "context": dict(sms.context),
            "totalMessageParts": 1,
            "totalMessagePrice": 0.0083,
            "totalCarrierFee": 0.003,
        }
    )


def another_id() -> str:
    """Make an inbound id for a copy that a carrier delivers as a new message."""
    return str(uuid.uuid4())
