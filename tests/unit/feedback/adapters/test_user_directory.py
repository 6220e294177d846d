from types import SimpleNamespace
from typing import Any

import pytest

from feedback.adapters.user_directory import Customer, UserDirectory
from feedback.domain.phone_number import PhoneNumber

NUMBER = {"Name": "phone_number", "Value": "+12065550142"}
LOCALE = {"Name": "locale", "Value": "es-US"}


@pytest.mark.parametrize(
    ("user", "found"),
    [
        ({"UserAttributes": [NUMBER, LOCALE]}, Customer(PhoneNumber("+12065550142"), "es-US")),
        ({"UserAttributes": [NUMBER], "Enabled": True}, Customer(PhoneNumber("+12065550142"), None)),
        ({"UserAttributes": [NUMBER], "Enabled": False}, None),
        ({"UserAttributes": [LOCALE]}, None),
        ({}, None),
    ],
)
def test_a_customer_is_found_if_enabled_and_with_a_number(
    user: dict[str, Any], found: Customer | None
) -> None:
    class UserNotFoundException(Exception):
        pass

    cognito: Any = SimpleNamespace(
        exceptions=SimpleNamespace(UserNotFoundException=UserNotFoundException),
        admin_get_user=lambda **_: user,
    )
    assert UserDirectory(cognito, "pool").find("sub") == found
