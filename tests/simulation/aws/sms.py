"""AWS End User Messaging (`pinpoint-sms-voice-v2`) and the customers' phones: those of `rydes`, in the world's time.

What became of an SMS, and a reply to one, comes as a notification: `infra.rydes.simulators.phones.notifications` writes
them, whoever plays the carrier publishes them.
"""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NoReturn

from infra.rydes.simulators.phones.model import REFUSALS, Phones, Sms, SmsRejected
from infra.rydes.simulators.phones.server import LONGEST_TEXT
from tests.simulation.aws.client import Answer, refused

_NUMBER: Final = re.compile(r"\+?[1-9][0-9]{1,18}")
_MOST_CONTEXT: Final = 5


class SmsVoice:
    """Sends SMS from our numbers to `phones`. `pending` are those of whose fate nobody has told yet; `sent` is called with
    each SMS that is there from now on, whether or not its sender hears of it, and `refused` with the number and the
    context of one that is not taken, and why.

    `opted_out` is AWS's opt-out list. As set up, only a person puts a number there.
    """

    def __init__(
        self, phones: Phones, *, numbers: Collection[str], configuration_sets: Collection[str]
    ) -> None:
        self.phones = phones
        self.pending: list[Sms] = []
        self.sent: Callable[[Sms], None] = self.pending.append
        self.refused: Callable[[str, Mapping[str, str], str], None] = lambda *_: None
        self.opted_out: set[str] = set()
        self._known = {"phone-number": numbers, "configuration-set": configuration_sets}

    def send_text_message(self, arguments: Mapping[str, Any]) -> Answer:
        """Send an SMS."""
        number, text = arguments["DestinationPhoneNumber"], arguments.get("MessageBody", "")
        context, ours = arguments.get("Context", {}), arguments["OriginationIdentity"]
        if not (_NUMBER.fullmatch(number) and text.strip() and len(text) <= LONGEST_TEXT):
            _refuse(*REFUSALS["invalid"])
        if len(context) > _MOST_CONTEXT:
            _refuse(*REFUSALS["invalid"])
        for kind, name in (
            ("phone-number", ours), ("configuration-set", arguments.get("ConfigurationSetName")),
        ):  # fmt: skip
            if name is not None and name not in self._known[kind]:
                _refuse("ResourceNotFoundException", {"ResourceType": kind, "ResourceId": name})
        try:
            if number in self.opted_out:
                raise SmsRejected(*REFUSALS["opted-out"])
            sms, heard = self.phones.send(number, ours, text, context)
        except SmsRejected as error:
            self.refused(number, context, error.more.get("Reason", error.code))
            _refuse(error.code, error.more)
        self.sent(sms)
        if not heard:
            raise refused("SendTextMessage", "InternalServerException", status=500)
        return {"MessageId": sms.id}


def _refuse(code: str, more: Mapping[str, str]) -> NoReturn:
    told: dict[str, Any] = {**more}
    raise refused("SendTextMessage", code, **told)
