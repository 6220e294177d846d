"""The user directory: the Cognito user pool, which owns the customers' phone numbers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from feedback.domain.phone_number import InvalidNumber, PhoneNumber

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp import CognitoIdentityProviderClient


@dataclass(frozen=True, slots=True)
class Customer:
    """How to reach a customer: their number, and the locale (BCP 47) that they have chosen, if any."""

    number: PhoneNumber
    locale: str | None


class UserDirectory:
    """Looks customers up when an SMS is about to be sent. Nothing it finds is kept."""

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
        return Customer(number, attributes.get("locale"))
