"""A phone that replies by itself: what stands in a script, or comes in over a pipe."""

import itertools
import time
from collections.abc import Iterable

from rich.console import Console

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.simulators.phones.client import Phone
from infra.rydes.simulators.phones.transcript import Noted, Transcript

_SECONDS_TO_COME = 20.0
"""Within which an SMS that must come has to be here."""
_SECONDS_TO_ANSWER = 10.0
"""After which a script goes on without an answer: not everything has one."""
_LOOK_EVERY = 0.1


def converse(phone: Phone, replies: Iterable[str], console: Console) -> None:
    """Show an SMS, send a reply, show the next SMS, and so on until the answer to the last reply.

    Raises:
        LocalCloudError: an SMS does not come.
    """
    transcript = Transcript(console)
    for reply in (*replies, None):
        if not _answered(phone, transcript, _SECONDS_TO_COME):
            raise LocalCloudError("No SMS came.", "See what the functions logged: `uv run rydes logs`")
        if reply is not None:
            phone.say(reply)


def relay(phone: Phone, lines: Iterable[str], note: Noted, console: Console) -> None:
    """Send each line when the one before is answered, or has had no answer for a while; show what is said."""
    transcript = Transcript(console)
    for line in itertools.chain([""], lines):  # as they come, with a look at the phone before
        if text := line.strip():
            phone.say(text)
        if any(sms.ours for sms in phone.messages()):  # else there is nobody who would answer
            _answered(phone, transcript, _SECONDS_TO_ANSWER)
    messages = phone.messages()
    transcript.show(messages)
    transcript.note(note(messages))


def _answered(phone: Phone, transcript: Transcript, patience: float) -> bool:
    """Show what comes until it is the customer's turn. False if that takes too long."""
    give_up = time.monotonic() + patience
    while True:
        messages = phone.messages()
        transcript.show(messages)
        if messages and messages[-1].ours:
            return True
        if time.monotonic() > give_up:
            return False
        time.sleep(_LOOK_EVERY)
