"""The user directory: the Cognito user pool, which owns the customers' phone numbers and their consent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field, ValidationError

from feedback.domain.consent import Consent
from feedback.domain.phone_number import InvalidNumber, PhoneNumber
from wild_rydes_contracts.scalars import Instant

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient


@dataclass(frozen=True, slots=True)
class Customer:
    """How to reach a customer, and whether we may.

    `locale` (BCP 47) is the one that they have chosen, `verified` means that the number is known to be theirs,
    and without `consent` they are not texted. The `repr` shows neither number nor name.
    """

    number: PhoneNumber
    locale: str | None = None
    verified: bool = False
    consent: Consent | None = None
    name: str | None = field(default=None, repr=False)


class UserDirectory:
    """Looks customers up when an SMS is about to be sent, or an agent about to call. Nothing it finds is kept."""

    def __init__(self, cognito: "CognitoIdentityProviderClient", user_pool_id: str) -> None:
        self._cognito = cognito
        self._user_pool_id = user_pool_id

    def find(self, customer_id: str) -> Customer | None:
        """Find the customer with this id: their `sub`, which AdminGetUser accepts as a user name.

        None if the customer is unknown or disabled, or has no usable number. Raises botocore's errors.
        """
        try:
            user = self._cognito.admin_get_user(UserPoolId=self._user_pool_id, Username=customer_id)
        except self._cognito.exceptions.UserNotFoundException:
            return None
        attributes = {a["Name"]: a.get("Value", "") for a in user.get("UserAttributes", [])}
        if not user.get("Enabled", True):
            return None
        try:
            number = PhoneNumber.parse(attributes.get("phone_number", ""))
        except InvalidNumber:
            return None
        return Customer(
            number,
            attributes.get("locale"),
            verified=attributes.get("phone_number_verified") == "true",
            consent=_consent(attributes),
            name=attributes.get("name") or attributes.get("given_name"),
        )


class _Recorded(BaseModel):
    """A consent as the directory has it. It is copied to the table, so there is no room for a name or a number."""

    at: Instant = Field(alias="custom:sms_consent_at")
    how: str = Field(alias="custom:sms_consent_how", pattern=r"^[a-z][a-z-]{0,31}$")
    by: str = Field(alias="custom:sms_consent_by", pattern=r"^([a-z][a-z0-9-]{0,31}|[0-9a-f-]{36})$")


def _consent(attributes: Mapping[str, str]) -> Consent | None:
    """Read the consent. None unless all of it is there and valid: half a record proves nothing."""
    try:
        recorded = _Recorded.model_validate(attributes)
    except ValidationError:
        return None
    return Consent(recorded.at, recorded.how, recorded.by)
