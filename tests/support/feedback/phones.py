"""The SMS service as the SDK sees it: a real client, whose requests end here instead of on the wire."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

import botocore.session
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from feedback.adapters.sms_service import NO_RETRIES

REFUSALS = {
    "throttled": (400, "ThrottlingException", {}),
    "budget": (400, "ServiceQuotaExceededException", {"Reason": "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"}),
    "misconfigured": (400, "ConflictException", {"Reason": "NO_ORIGINATION_IDENTITIES_FOUND"}),
    "opted-out": (400, "ConflictException", {"Reason": "DESTINATION_PHONE_NUMBER_OPTED_OUT"}),
    "invalid": (400, "ValidationException", {"Reason": "INVALID_PARAMETER"}),
    "blocked": (
        400,
        "ConflictException",
        {"Reason": "DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE"},
    ),
    "broken": (500, "InternalServerException", {}),
}


@dataclass(frozen=True)
class Sent:
    id: str
    to: str
    text: str
    context: dict[str, str]
    at: datetime
    request: dict[str, Any] = field(repr=False)

    @property
    def ride_id(self) -> str:
        return self.context["ride"]


class Body:
    """What botocore reads an answer's body from."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: Any) -> list[bytes]:
        return [self._content]


class Phones:
    """All phones. `sent` is what arrived; `faults` are what the next calls meet, one each (None: nothing)."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.sent: list[Sent] = []
        self.faults: list[str | None] = []
        self.requests = 0
        self._now = now
        self.client: Any = _client()
        event, events = "before-send.pinpoint-sms-voice-v2.SendTextMessage", self.client.meta.events
        events.unregister(event, unique_id="phones")  # those of the last test
        events.register_first(event, self._answer, unique_id="phones")

    def to(self, number: str) -> list[Sent]:
        return [sms for sms in self.sent if sms.to == number]

    def about(self, ride_id: str) -> list[Sent]:
        return [sms for sms in self.sent if sms.ride_id == ride_id]

    def _answer(self, request: AWSRequest, **_: Any) -> Any:
        self.requests += 1
        fault = self.faults.pop(0) if self.faults else None
        if fault == "no-connection":
            raise EndpointConnectionError(endpoint_url="https://sms")
        if fault in REFUSALS:
            status, code, more = REFUSALS[fault]
            # As AWS does, the message quotes what was wrong.
            return _response(status, {"__type": code, "Message": f"no: {request.body!r}", **more})
        asked = json.loads(request.body)
        sms = Sent(
            f"sms/{len(self.sent)}+x",
            asked["DestinationPhoneNumber"],
            asked["MessageBody"],
            asked["Context"],
            self._now(),
            asked,
        )
        self.sent.append(sms)
        if fault == "no-answer":  # sent, but we shall not hear of it
            raise ReadTimeoutError(endpoint_url="https://sms")
        if fault == "broken-after":
            return _response(500, {"__type": "InternalServerException"})
        return _response(200, {"MessageId": sms.id})


@cache
def _client() -> Any:
    """One for all tests, because making it takes longer than most of them."""
    return botocore.session.get_session().create_client(
        "pinpoint-sms-voice-v2",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=NO_RETRIES,
    )


def _response(status: int, body: dict[str, Any]) -> AWSResponse:
    return AWSResponse("https://sms", status, HTTPHeaders(), Body(json.dumps(body).encode()))
