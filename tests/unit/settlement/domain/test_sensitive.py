"""Which findings of Macie put a document into quarantine."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from settlement.domain.document import StagedObject
from settlement.domain.sensitive import Finding, is_expected

STAGED = StagedObject("staging", "p-comet/b/1.pdf", "0", 1)
EXPECTED = [
    "BANK_ACCOUNT_NUMBER",
    "UK_BANK_ACCOUNT_NUMBER",
    "NAME",
    "ADDRESS",
    "PHONE_NUMBER",
    "EMAIL_ADDRESS",
]
UNEXPECTED = [
    "CREDIT_CARD_NUMBER",
    "CREDIT_CARD_NUMBER_(NO_KEYWORD)",
    "USA_SOCIAL_SECURITY_NUMBER",
    "USA_PASSPORT_NUMBER",
    "AWS_CREDENTIALS",
    "OPENSSH_PRIVATE_KEY",
    "DATE_OF_BIRTH",
    "LATITUDE_LONGITUDE",
    "custom:NAME",
]


def finding(**kinds: int) -> Finding:
    return Finding("f1", "j1", STAGED, kinds)


@pytest.mark.parametrize("kind", EXPECTED)
def test_an_invoice_may_say_where_the_money_goes_and_whom_to_ask(kind: str) -> None:
    assert is_expected(kind)


@pytest.mark.parametrize("kind", UNEXPECTED)
def test_an_invoice_may_hold_nothing_else(kind: str) -> None:
    assert not is_expected(kind)


@given(st.dictionaries(st.sampled_from([*EXPECTED, *UNEXPECTED]), st.integers(1, 9)))
def test_one_kind_that_is_not_expected_is_enough(kinds: dict[str, int]) -> None:
    found = Finding("f1", "j1", STAGED, kinds)
    assert bool(found.unexpected) == (not kinds or bool({*kinds} & {*UNEXPECTED}))


def test_a_finding_without_a_kind_is_not_expected() -> None:
    assert finding().unexpected == {"UNNAMED": 1}
    assert finding().told == "UNNAMED 1 (job j1, finding f1)"


@given(st.text())
def test_a_kind_that_nobody_has_heard_of_is_not_expected(kind: str) -> None:
    assert is_expected(kind) == (kind in EXPECTED or kind.endswith("_BANK_ACCOUNT_NUMBER"))


def test_what_is_told_is_bounded() -> None:
    told = finding(**{f"K{number:03}": 1 for number in range(200)}).told
    assert "K019 1 and 180 more kinds" in told
