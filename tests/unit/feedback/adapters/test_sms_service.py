"""What a failed call means for its SMS. A wrong class sends it twice, or never."""

import pytest

from feedback.adapters.sms_service import NotNow, OptedOut, OutcomeUnknown, SmsRejected, SmsSender
from feedback.domain.phone_number import PhoneNumber
from tests.support.feedback.phones import Phones
from tests.support.feedback.world import NOON, OURS, SEATTLE


@pytest.mark.parametrize(
    ("fault", "kind", "arrived"),
    [
        ("no-answer", OutcomeUnknown, True),
        ("broken-after", OutcomeUnknown, True),
        ("broken", OutcomeUnknown, False),
        ("no-connection", NotNow, False),
        ("throttled", NotNow, False),
        ("budget", NotNow, False),
        ("misconfigured", NotNow, False),
        ("opted-out", OptedOut, False),
        ("invalid", SmsRejected, False),
        ("blocked", SmsRejected, False),
    ],
)
def test_a_failed_call(fault: str, kind: type[Exception], arrived: bool) -> None:
    phones = Phones(lambda: NOON)
    phones.faults = [fault]
    sender = SmsSender(phones.client, configuration_set="feedback")
    with pytest.raises(kind) as failure:
        sender.send(PhoneNumber.parse(SEATTLE), "text", {"ride": "r", "sms": "0"}, origination=OURS)
    assert failure.type is kind
    assert SEATTLE.removeprefix("+1") not in str(failure.value)
    assert (phones.requests, len(phones.sent)) == (1, arrived)
