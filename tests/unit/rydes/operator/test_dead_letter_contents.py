"""What of a parked message is hidden, and which of its fields a person sets."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from infra.rydes.operator.dead_letter_contents import without_personal_data
from infra.rydes.operator.dead_letter_fix import with_changes

PHONE = "+12065550142"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        (f"call {PHONE}!", "call …42!"),
        ("206 555 0142", "…42"),
        ("(206) 555-0142", "…42"),
        ("2026-11-26T12:00:00Z", None),
        ("01a217ba-1200-7698-b5d9-47f432921c68", None),
        ("arn:aws:sqs:us-east-1:123456789012:inbox", None),
        ("12.50", None),
        ('{"originationNumber": "+12065550142"}', '{"originationNumber": "…42"}'),
        ("phone:14255550143 rang", "phone:…43 rang"),
        (r"{\"phone\": 14255550143", r"{\"phone\": …43"),
        ("+49/170/1234567", "…67"),
        ("from:+14255550143: hello", "from:…43: hello"),
        ("2026-11-26 12:00:00+01:00", None),
        ("2026-11-26", None),
        ("12345678-1200-7698-1234-123456789012", None),
        ("StartSequenceNumber: 4421584500000000017450", None),
    ],
)
def test_phone_numbers_are_hidden_and_nothing_else(text: str, hidden: str | None) -> None:
    assert without_personal_data({"a": [text]}) == {"a": [text if hidden is None else hidden]}


def test_a_number_is_hidden_where_its_key_says_what_it_is() -> None:
    at = 1_764_158_400_000
    known = {"phone": 14255550143, "SequenceNumber": 14255550143, "numbers": [14255550143, 7], "at": at}
    hidden = {"phone": "…43", "SequenceNumber": 14255550143, "numbers": ["…43", 7], "at": at}
    assert without_personal_data(known) == hidden


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("data.price.amount=12.50", {"price": {"amount": "12.50"}, "answers": [{"n": 1}]}),
        ("data.answers.0.n=2", {"price": {"amount": "cheap"}, "answers": [{"n": 2}]}),
        ("data.answers=[]", {"price": {"amount": "cheap"}, "answers": []}),
        ("data.new=text", {"price": {"amount": "cheap"}, "answers": [{"n": 1}], "new": "text"}),
    ],
)
@pytest.mark.parametrize("wrap", [lambda detail: detail, lambda detail: {"source": "s", "detail": detail}])
def test_a_field_is_set_where_its_path_says(
    change: str, expected: object, wrap: Callable[[object], dict[str, Any]]
) -> None:
    before = wrap({"data": {"price": {"amount": "cheap"}, "answers": [{"n": 1}]}})
    assert json.loads(with_changes(json.dumps(before), [change])) == wrap({"data": expected})
