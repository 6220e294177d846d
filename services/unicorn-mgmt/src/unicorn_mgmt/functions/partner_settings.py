"""What the partners' functions are told by their environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PartnerSettings:
    """Environment of the functions that call a partner. `callback_url` is where it answers later, or tells of rides."""

    partner_id: str
    secret_id: str
    callback_url: str
    table_name: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "PartnerSettings":
        """Read the environment. Raises KeyError, naming the variable, when one is missing."""
        partner_id = environment["PARTNER_ID"]
        return cls(
            partner_id,
            environment["SECRET_ID"],
            f"{environment['CALLBACK_URL']}/partners/{partner_id}/answers",
            environment["TABLE_NAME"],
        )


@dataclass(frozen=True, slots=True)
class CallbackSettings:
    """Environment of the callback function. `secrets` names the secret of each partner."""

    secrets: Mapping[str, str]
    reply_to_pattern: str
    table_name: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "CallbackSettings":
        """Read the environment. Raises KeyError, naming the variable, when one is missing."""
        return cls(
            json.loads(environment["SECRET_IDS"]), environment["REPLY_TO_PATTERN"], environment["TABLE_NAME"]
        )
