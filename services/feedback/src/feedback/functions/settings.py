"""What the functions are told by their environment.

Reading a variable that is missing raises KeyError with its name.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from feedback.domain.conversation import Limits, Machine, flow
from feedback.domain.quiet_hours import WakingHours


def machine(environment: Mapping[str, str]) -> Machine:
    """The state machine. `LIMITS`, a JSON object, replaces some of the limits in `flow.json`: a local cloud is in a hurry."""
    changed = json.loads(environment.get("LIMITS", "{}"))
    limits = flow().limits.model_dump(by_alias=True) | changed
    return Machine(flow(), Limits.model_validate(limits))


@dataclass(frozen=True, slots=True)
class OutreachSettings:
    """Environment of the outreach function.

    `origination_number` is our number in E.164 form, as replies name it.
    """

    table_name: str
    user_pool_id: str
    origination_number: str
    configuration_set: str
    waking_hours: WakingHours

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "OutreachSettings":
        """Read the environment. WAKING_HOURS, such as "8-21", may be left out."""
        return cls(
            environment["TABLE_NAME"],
            environment["USER_POOL_ID"],
            environment["ORIGINATION_NUMBER"],
            environment["CONFIGURATION_SET"],
            WakingHours.parse(environment.get("WAKING_HOURS", "8-21")),
        )


@dataclass(frozen=True, slots=True)
class PublisherSettings:
    """Environment of the function that publishes what the table's stream tells."""

    table_name: str
    bus_name: str
    dead_letter_queue_url: str

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "PublisherSettings":
        """Read the environment."""
        return cls(environment["TABLE_NAME"], environment["BUS_NAME"], environment["DEAD_LETTER_QUEUE_URL"])


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Environment of the API function. `public_url` is set on the local stage only."""

    table_name: str
    public_url: str | None

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "ApiSettings":
        """Read the environment."""
        return cls(environment["TABLE_NAME"], environment.get("PUBLIC_URL"))
