"""Who has which number, by the user directory; and numbers as people write them."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from infra.naming import USER_POOL_ID_PARAMETER
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError

NAMES = ("bert", "clara", "dora", "emil", "frida", "gustav", "hilda", "ivar")
"""Users to try next. Beyond them, they are numbered."""
NUMBERS = [f"+14255550{number}" for number in range(143, 200)]
"""Numbers that are kept for examples."""


def parsed(text: str) -> str:
    """Read a number as people write it, and return it in E.164 form.

    Raises:
        LocalCloudError: it is none.
    """
    try:
        number = phonenumbers.parse(text)
    except NumberParseException:
        number = None
    if number is None or not phonenumbers.is_possible_number(number):
        raise LocalCloudError(
            f"'{text}' is not a phone number in international form.", f"Write it like {NUMBERS[0]}."
        )
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def spaced(number: str) -> str:
    """Write a number for people: +1 425-555-0142."""
    return phonenumbers.format_number(phonenumbers.parse(number), PhoneNumberFormat.INTERNATIONAL)


class Directory:
    """The users of a cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self._cognito = cloud.client("cognito-idp")
        self._pool = cloud.parameters[USER_POOL_ID_PARAMETER]

    def number(self, user: str) -> str | None:
        """Find a user's number."""
        try:
            found = self._cognito.admin_get_user(UserPoolId=self._pool, Username=user)
        except self._cognito.exceptions.UserNotFoundException:
            return None
        return _attributes(found["UserAttributes"]).get("phone_number")

    def owners(self) -> dict[str, str]:
        """Find the users who have a number, by their numbers. Of several with the same, one is found."""
        pages = self._cognito.get_paginator("list_users").paginate(UserPoolId=self._pool)
        users = (
            (user["Username"], _attributes(user["Attributes"])) for page in pages for user in page["Users"]
        )
        return {number: name for name, attributes in users if (number := attributes.get("phone_number"))}

    def newcomer(self) -> tuple[str, str]:
        """Suggest a user and a number that nobody has yet."""
        owners = self.owners()
        users = set(owners.values())
        number = next((number for number in NUMBERS if number not in owners), NUMBERS[-1])
        name = next((name for name in NAMES if name not in users), f"rider-{len(owners)}")
        return name, number


def _attributes(found: list[dict[str, str]]) -> dict[str, str]:
    return {attribute["Name"]: attribute["Value"] for attribute in found}
