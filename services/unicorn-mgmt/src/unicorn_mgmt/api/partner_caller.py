"""For which partner a program acts."""

from http import HTTPStatus
from typing import Final

from wild_rydes_http.api import HttpApi
from wild_rydes_http.machine_key import MachineKey
from wild_rydes_http.problem import Problem

GROUP: Final = "machines"
"""The user pool group of machine clients. Those of partners name their partner, too."""


def partner_of(api: HttpApi) -> str:
    """Identify the partner for which the caller acts, a machine client with its own API key. Raises Problem (403)."""
    who = api.caller(GROUP)
    try:
        key = MachineKey.parse(who.machine_key or "")
    except ValueError:
        key = None
    if key is None or not key.is_of(api.header("x-api-key") or ""):
        raise Problem(HTTPStatus.FORBIDDEN, "Send your own API key in x-api-key.")
    if who.partner is None:
        raise Problem(HTTPStatus.FORBIDDEN, "This is for machine clients of partner fleets.")
    return who.partner
