"""Encodings and parts of SMS, as AWS counts them."""

import pytest

from feedback.domain.sms_parts import SmsSize, sms_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("", SmsSize("GSM-7", 0, 1)),
        ("a" * 160, SmsSize("GSM-7", 160, 1)),
        ("a" * 161, SmsSize("GSM-7", 161, 2)),
        ("a" * 306, SmsSize("GSM-7", 306, 2)),
        ("a" * 307, SmsSize("GSM-7", 307, 3)),
        ("¿é è à ñ Ç ü ß?", SmsSize("GSM-7", 15, 1)),
        ("€" * 80, SmsSize("GSM-7", 160, 1)),
        ("€" * 80 + "a", SmsSize("GSM-7", 161, 2)),
        # 153 septets hold 76 characters of two: the last septet of each part stays empty
        ("€" * 152, SmsSize("GSM-7", 304, 2)),
        ("€" * 153, SmsSize("GSM-7", 306, 3)),
        ("í" + "a" * 69, SmsSize("UCS-2", 70, 1)),
        ("í" + "a" * 70, SmsSize("UCS-2", 71, 2)),
        ("ç" * 134, SmsSize("UCS-2", 134, 2)),  # in GSM-7 there is the capital alone
        ("ç" * 135, SmsSize("UCS-2", 135, 3)),
        ("👍" * 35, SmsSize("UCS-2", 70, 1)),
        ("👍" * 66, SmsSize("UCS-2", 132, 2)),  # 67 units hold 33 of two
        ("👍" * 67, SmsSize("UCS-2", 134, 3)),
    ],
)
def test_the_size_of_a_text(text: str, size: SmsSize) -> None:
    assert sms_size(text) == size
