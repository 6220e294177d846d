"""SMS conversations on the phones of a local cloud, and the figures of all of them."""

import time
from dataclasses import dataclass, field
from typing import Any, Final

from infra.rydes.cloud.cloud import Cloud
from infra.rydes.cloud.system import System
from infra.rydes.operator.conversations import SERVICE, to_json
from infra.rydes.operator.counted import RecentCounts
from infra.rydes.operator.dead_letter_contents import without_personal_data
from infra.rydes.simulators.phones.client import Phone, numbers

_MINUTES: Final = 60
_MOST: Final = 20
_SHORT: Final = 3
"""Characters of a score or a yes, in most languages. Whatever is longer may say who somebody is."""
_KNOWN: Final = frozenset({"stop", "start", "help"})


@dataclass
class Conversations:
    """Reads conversations. Numbers and what customers write freely are hidden."""

    system: System
    _counts: RecentCounts = field(init=False)

    def __post_init__(self) -> None:
        self._counts = RecentCounts(self.system, SERVICE, _MINUTES * 60.0, now=time.time)

    def look(self) -> dict[str, Any]:
        """Read all conversations, the one with the latest SMS first. On AWS only the carriers have them.

        Raises:
            LocalCloudError: phones or logs cannot be read.
        """
        phones = []
        if isinstance(self.system, Cloud):
            phones = [self._phone(self.system, number) for number in numbers(self.system)[:_MOST]]
        return {"phones": phones, "figures": to_json(self._counts.look(), _MINUTES)}

    @staticmethod
    def _phone(cloud: Cloud, number: str) -> dict[str, Any]:
        messages = [
            {
                "id": sms.id,
                "ours": sms.ours,
                "at": sms.at * 1000,
                "parts": sms.parts,
                "text": without_personal_data(sms.text) if sms.ours else hidden(sms.text),
            }
            for sms in Phone(cloud, number).messages()
        ]
        return {"phone": f"…{number[-2:]}", "messages": messages}


def hidden(reply: str) -> str:
    """Show a score, a yes or a STOP, and of any other reply how long it is."""
    plain = reply.strip()
    if len(plain) <= _SHORT or plain.casefold() in _KNOWN:
        return plain
    return f"… ({len(plain)} characters)"
