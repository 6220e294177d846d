"""The phones as their owners use them, over the simulator's API."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx

from infra.naming import USER_POOL_ID_PARAMETER
from infra.rydes.cloud.api_call import call
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.simulators.phones.model import Sms


class Phone:
    """One phone, as far as it has to do with one environment.

    Every method raises LocalCloudError if the simulator does not answer as promised.
    """

    def __init__(self, cloud: Cloud, number: str) -> None:
        self.number = number
        self._ours = cloud.names.local_number
        self._http = _client(cloud)
        self._path = f"/phones/{quote(number)}"

    def messages(self) -> list[Sms]:
        """Return the SMS to and from this phone, oldest first."""
        found = call(self._http, "GET", f"{self._path}/messages", {200}).json()["messages"]
        return [Sms(**message) for message in found if message["sender"] == self._ours]

    def say(self, text: str) -> None:
        """Send an SMS to the environment's number."""
        message = {"text": text, "to": self._ours}
        call(self._http, "POST", f"{self._path}/messages", {202}, json=message)

    def set_faults(self, **faults: Any) -> None:  # noqa: ANN401 - each fault has its type
        """Replace the phone's faults. `infra.rydes.simulators.phones.model.Faults` has their names."""
        call(self._http, "PUT", f"{self._path}/faults", {200}, json=faults)


def connect_number(cloud: Cloud) -> None:
    """Let the environment hear of replies to its number, as people set it up by hand on AWS.

    Raises:
        LocalCloudError: another environment on this cloud has the number.
    """
    environment = cloud.names.environment
    answer = call(_client(cloud), "PUT", _path(cloud), {200, 409}, json={"environment": environment})
    if answer.status_code == httpx.codes.CONFLICT:
        raise LocalCloudError(
            f"The number of the environment {environment} is taken by another one.", "Choose another name."
        )


def numbers(cloud: Cloud) -> list[str]:
    """Return the numbers of phones that the environment texts with, the one with the latest SMS first.

    Raises LocalCloudError.
    """
    found: list[str] = call(_client(cloud), "GET", f"{_path(cloud)}/phones", {200}).json()["numbers"]
    return found


def give_phone(
    cloud: Cloud, user: str, number: str, *, name: str | None = None, locale: str | None = None
) -> str:
    """Give a user a number that is verified, and their consent to be texted; return the user's id (`sub`).

    `name` is for whoever calls them, `locale` (BCP 47) chooses the language of the SMS.
    """
    pool, cognito = cloud.parameters[USER_POOL_ID_PARAMETER], cloud.client("cognito-idp")
    profile = {"name": name, "locale": locale, **agreed(number, datetime.now(UTC))}
    attributes = [{"Name": name, "Value": value} for name, value in profile.items() if value]
    cognito.admin_update_user_attributes(UserPoolId=pool, Username=user, UserAttributes=attributes)
    found = cognito.admin_get_user(UserPoolId=pool, Username=user)["UserAttributes"]
    return next(str(attribute["Value"]) for attribute in found if attribute["Name"] == "sub")


def agreed(number: str, at: datetime) -> dict[str, str]:
    """Make the attributes of a user who may be texted: a verified number, and consent given in the app."""
    return {
        "phone_number": number,
        "phone_number_verified": "true",
        "custom:sms_consent_at": at.isoformat(),
        "custom:sms_consent_how": "app",
        "custom:sms_consent_by": "customer",
    }


def _path(cloud: Cloud) -> str:
    return f"/numbers/{quote(cloud.names.local_number)}"


def _client(cloud: Cloud) -> httpx.Client:
    url = cloud.settings.phones_url
    if url is None:
        raise LocalCloudError("This local cloud has no phones.", "Update it: `uv run rydes up`")
    return httpx.Client(base_url=url, timeout=60)
