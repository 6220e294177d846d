from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from feedback.adapters.user_directory import Customer, UserDirectory
from feedback.domain.consent import Consent
from feedback.domain.phone_number import PhoneNumber

NUMBER = {"Name": "phone_number", "Value": "+12065550142"}
LOCALE = {"Name": "locale", "Value": "es-US"}


@pytest.mark.parametrize(
    ("user", "found"),
    [
        ({"UserAttributes": [NUMBER, LOCALE]}, Customer(PhoneNumber("+12065550142"), "es-US")),
        ({"UserAttributes": [NUMBER], "Enabled": True}, Customer(PhoneNumber("+12065550142"))),
        ({"UserAttributes": [NUMBER], "Enabled": False}, None),
        ({"UserAttributes": [LOCALE]}, None),
        ({}, None),
    ],
)
def test_a_customer_is_found_if_enabled_and_with_a_number(
    user: dict[str, Any], found: Customer | None
) -> None:
    assert directory(user).find("sub") == found


def directory(user: dict[str, Any]) -> UserDirectory:
    class UserNotFoundException(Exception):
        pass

    cognito: Any = SimpleNamespace(
        exceptions=SimpleNamespace(UserNotFoundException=UserNotFoundException),
        admin_get_user=lambda **_: user,
    )
    return UserDirectory(cognito, "pool")


AT = "2026-01-02T04:04:05.678+01:00"
CONSENT = {"at": AT, "how": "app", "by": "customer"}


def consent_of(**parts: str) -> Consent | None:
    attributes = [{"Name": f"custom:sms_consent_{name}", "Value": value} for name, value in parts.items()]
    found = directory({"UserAttributes": [NUMBER, *attributes]}).find("sub")
    assert found
    return found.consent


def test_consent_is_when_how_and_who() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, 678000, UTC)
    assert consent_of(**CONSENT) == Consent(at, "app", "customer")
    agent = "11111111-2222-3333-4444-555555555555"
    assert consent_of(at="2026-01-02T03:04:05.678Z", how="phone", by=agent) == Consent(at, "phone", agent)


def test_half_a_record_is_no_consent_and_no_personal_data_gets_in() -> None:
    """The app writes the attributes, and they are copied to the table."""
    for missing in CONSENT:
        assert consent_of(**{name: value for name, value in CONSENT.items() if name != missing}) is None
    for wrong in (
        {"at": "yesterday"},
        {"at": "2026-01-02T03:04:05"},
        {"at": "9999-12-31T23:59:59-14:00"},
        {"how": ""},
        {"how": "By phone, Ada Lovelace"},
        {"by": "+12065550142"},
        {"by": "12065550142"},
        {"by": "Ada"},
        {"by": "ada@example.org"},
    ):
        assert consent_of(**{**CONSENT, **wrong}) is None, wrong


@pytest.mark.parametrize(("verified", "is_"), [("true", True), ("false", False), (None, False)])
def test_a_number_is_verified_if_the_directory_says_so(verified: str | None, is_: bool) -> None:
    attributes = [NUMBER, *([{"Name": "phone_number_verified", "Value": verified}] if verified else [])]
    found = directory({"UserAttributes": attributes}).find("sub")
    assert found
    assert found.verified is is_
