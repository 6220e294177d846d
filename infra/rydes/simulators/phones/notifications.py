"""The notifications that AWS End User Messaging publishes to SNS, in their shape."""

import json
import uuid
from functools import lru_cache
from typing import Any

import phonenumbers

from infra.rydes.cloud.settings import ACCOUNT
from infra.rydes.simulators.phones.coding import code
from infra.rydes.simulators.phones.model import REPORTS, Sms

_KEYWORDS = ("HELP", "STOP")
"""What every number of AWS's has as keywords; an SMS that begins with none of them has the account's."""

PRICE, CARRIER_FEE = 0.0083, 0.003
"""Dollars a part: about what AWS and the carriers ask in the US."""


def inbound(reply: Sms, answers: str | None, inbound_id: str | None = None) -> str:
    """Write the notification of a reply.

    https://docs.aws.amazon.com/sms-voice/latest/userguide/two-way-sms-payload.html
    """
    first = next(iter(reply.text.upper().split()), "")
    content: dict[str, Any] = {
        "originationNumber": reply.number,
        "destinationNumber": reply.sender,
        "messageKeyword": first if first in _KEYWORDS else f"KEYWORD_{ACCOUNT}",
        "messageBody": reply.text,
        "inboundMessageId": inbound_id or reply.id,
    }
    return json.dumps(content | ({"previousPublishedMessageId": answers} if answers else {}))


def receipt(sms: Sms, event_type: str, at: float) -> str:
    """Write the notification of what became of an SMS at a time, in seconds since 1970.

    https://docs.aws.amazon.com/sms-voice/latest/userguide/configuration-sets-event-format.html
    """
    coding = code(sms.text)
    return json.dumps(
        {
            "eventType": event_type,
            "eventVersion": "1.0",
            "eventTimestamp": int(at * 1000),
            "isFinal": REPORTS[event_type],
            "originationPhoneNumber": sms.sender,
            "destinationPhoneNumber": sms.number,
            "isoCountryCode": _country(sms.number),
            "messageId": sms.id,
            "messageRequestTimestamp": int(sms.at * 1000),
            "messageEncoding": coding.encoding,
            "messageType": "TRANSACTIONAL",
            "messageStatus": event_type.removeprefix("TEXT_"),
            "messageStatusDescription": f"The simulator says {event_type.removeprefix('TEXT_').lower()}",
            "context": dict(sms.context),
            "totalMessageParts": coding.parts,
            "totalMessagePrice": round(PRICE * coding.parts, 5),
            "totalCarrierFee": round(CARRIER_FEE * coding.parts, 5),
        }
    )


def another_id() -> str:
    """Make an inbound id for a copy that a carrier delivers as a new message."""
    return str(uuid.uuid4())


@lru_cache(maxsize=1_000)
def _country(number: str) -> str | None:
    """Find the ISO 3166-1 code of a number's country."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(number))
