"""What the rules find, and above all what they do not: an invoice is full of numbers."""

import string
import uuid
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from infra.rydes.simulators.invoices.layouts import LAYOUTS
from infra.rydes.simulators.invoices.made import invented
from infra.rydes.simulators.macie.rules import _IBANS, category_of, found_in, luhn
from infra.rydes.simulators.macie.texts import content_of
from wild_rydes_contracts.ids import RANDOM_BITS, uuid7

DIGITS = st.sampled_from(string.digits)


def with_check_digit(number: str) -> str:
    return next(f"{number}{digit}" for digit in range(10) if luhn(f"{number}{digit}"))


def cards() -> st.SearchStrategy[str]:
    """Numbers of Visa, Mastercard and American Express."""
    lengths = {"4": 15, "51": 15, "2221": 15, "37": 14, "6011": 15}

    def complete(prefix: str) -> st.SearchStrategy[str]:
        size = lengths[prefix] - len(prefix)
        return st.text(DIGITS, min_size=size, max_size=size).map(lambda rest: with_check_digit(prefix + rest))

    return st.sampled_from([*lengths]).flatmap(complete).filter(lambda number: len(set(number)) > 1)


def grouped(number: str, by: str) -> str:
    sizes = (4, 6, 5) if len(number) == 15 else (4, 4, 4, 4)
    ends = [sum(sizes[: index + 1]) for index in range(len(sizes))]
    return by.join(number[end - size : end] for end, size in zip(ends, sizes, strict=True))


def ibans() -> st.SearchStrategy[str]:
    def complete(country: str) -> st.SearchStrategy[str]:
        size = _IBANS[country][1] - 4
        return st.text(DIGITS, min_size=size, max_size=size).map(
            lambda rest: (
                f"{country}{98 - int(rest + str(int(country[0], 36)) + str(int(country[1], 36)) + '00') % 97:02}{rest}"
            )
        )

    return st.sampled_from(sorted(_IBANS)).flatmap(complete)


@given(
    cards(), st.sampled_from(["", " ", "-"]), st.sampled_from(["Visa {}", "Credit card: {}.", "{} (card)"])
)
def test_a_card_is_found_beside_its_keyword(number: str, by: str, sentence: str) -> None:
    assert found_in(sentence.format(grouped(number, by) if by else number)) == {"CREDIT_CARD_NUMBER": 1}


@given(cards())
def test_a_card_without_a_keyword_is_of_a_kind_of_its_own(number: str) -> None:
    assert found_in(f"paid with {number}") == {"CREDIT_CARD_NUMBER_(NO_KEYWORD)": 1}


@given(cards(), st.integers(0, 15), st.integers(1, 9))
def test_a_card_with_a_wrong_digit_is_none(number: str, at: int, more: int) -> None:
    assume(at < len(number))
    wrong = f"{number[:at]}{(int(number[at]) + more) % 10}{number[at + 1 :]}"
    assert not found_in(f"card {wrong}")


@given(ibans(), st.booleans())
def test_an_iban_is_a_bank_account_of_its_country_and_no_card(iban: str, in_groups: bool) -> None:
    text = " ".join(iban[at : at + 4] for at in range(0, len(iban), 4)) if in_groups else iban
    assert found_in(f"Card or IBAN: {text}, BIC COBADEFFXXX") == {
        f"{_IBANS[iban[:2]][0]}_BANK_ACCOUNT_NUMBER": 1
    }


@given(ibans(), st.integers(1, 96))
def test_an_iban_with_wrong_check_digits_is_none(iban: str, more: int) -> None:
    wrong = (int(iban[2:4]) + more) % 100
    assume((wrong - int(iban[2:4])) % 97)
    assert not found_in(f"{iban[:2]}{wrong:02}{iban[4:]}").keys() & {
        f"{_IBANS[iban[:2]][0]}_BANK_ACCOUNT_NUMBER"
    }


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - as it wants them
    st.integers(0, 2**RANDOM_BITS - 1),
    st.integers(1, 99),
)
def test_the_id_of_a_ride_is_nothing(at: datetime, chance: int, booking: int) -> None:
    ride = f"{uuid7(at, chance)}.{booking}"
    assert not found_in(f"Credit card, bank account, SSN: ride {ride}\n{ride} 12.50 USD")


@given(st.uuids(), st.sampled_from(["card {}", "ssn {}", "bank account {}", "id={}"]))
def test_a_uuid_is_nothing(id_: uuid.UUID, sentence: str) -> None:
    assert not found_in(sentence.format(id_))


@given(st.decimals(0, 10**15, places=2), st.sampled_from(["card {}", "SSN {} USD", "checking account {}"]))
def test_an_amount_is_nothing(amount: Decimal, sentence: str) -> None:
    assert not found_in(sentence.format(f"{amount:f}"))
    assert not found_in(sentence.format(f"{amount:,}"))


@given(st.dates(), st.integers(1, 99_999))
def test_a_date_and_a_number_of_an_invoice_are_nothing(day: date, number: int) -> None:
    assert not found_in(f"Invoice {day} INV-{number} {day:%d.%m.%Y} R{number}/2026 Seattle, WA 98101")


@given(st.text())
def test_no_text_breaks_the_rules(text: str) -> None:
    found = found_in(text)
    assert all(count > 0 for count in found.values())


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("SSN: 078-05-1120", "USA_SOCIAL_SECURITY_NUMBER"),
        ("social security number 078 05 1120", "USA_SOCIAL_SECURITY_NUMBER"),
        ("bank account 12345678901", "BANK_ACCOUNT_NUMBER"),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "AWS_CREDENTIALS"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn", "OPENSSH_PRIVATE_KEY"),  # pragma: allowlist secret
        ("-----BEGIN RSA PRIVATE KEY-----", "PKCS"),  # pragma: allowlist secret
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----", "PGP_PRIVATE_KEY"),  # pragma: allowlist secret
        ("PuTTY-User-Key-File-3: ssh-ed25519", "PUTTY_PRIVATE_KEY"),
        ("write to billing@comet-cars.example", "EMAIL_ADDRESS"),
        ("Tel. +49 30 901820", "PHONE_NUMBER"),
        ("call (206) 555-0100", "PHONE_NUMBER"),
    ],
)
def test_it_finds_each_kind_once(text: str, kind: str) -> None:
    assert found_in(text) == {kind: 1}


@pytest.mark.parametrize(
    "text",
    [
        "order 078-05-1120",  # no keyword
        "SSN 000-05-1120",
        "SSN 900-05-1120",
        "SSN 078-00-1120",
        "digest wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "12345678901",
        "card 4444444444444444",
        "IBAN DE89 3704 0044 0532 0130 01",
        "-----BEGIN PUBLIC KEY-----",
        "@comet.example, someone@localhost",
        "in rooms 206 and 555",
    ],
)
def test_it_finds_nothing_without_keyword_or_check_digit(text: str) -> None:
    assert not found_in(text)


@pytest.mark.parametrize("seed", range(3 * len(LAYOUTS)))
def test_an_invoice_as_payees_send_it_is_nothing_special(seed: int) -> None:
    content = content_of(invented(seed).pdf, "invoice.pdf")
    assert content
    assert any(piece.strip() for piece in content.pieces)
    assert not any(found_in(piece) for piece in content.pieces)


def test_categories_are_macies() -> None:
    assert category_of("PKCS") == category_of("AWS_CREDENTIALS") == "CREDENTIALS"
    assert category_of("CREDIT_CARD_NUMBER_(NO_KEYWORD)") == "FINANCIAL_INFORMATION"
    assert category_of("UK_BANK_ACCOUNT_NUMBER") == "FINANCIAL_INFORMATION"
    assert category_of("USA_SOCIAL_SECURITY_NUMBER") == "PERSONAL_INFORMATION"
