"""A phone on the terminal: one that replies by itself, and one to type on."""

import threading
import time
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.simulators.phones.client import Phone
from infra.rydes.simulators.phones.model import Sms

_SECONDS_TO_COME = 20.0
_LOOK_EVERY = 0.1


def converse(phone: Phone, replies: Iterable[str], console: Console) -> None:
    """Show an SMS, send a reply, show the next SMS, and so on until the answer to the last reply.

    Raises:
        LocalCloudError: an SMS does not come.
    """
    shown = 0
    for reply in (*replies, None):
        shown = _wait(phone, shown, console)
        if reply is not None:
            phone.say(reply)
            shown = _show(phone.messages(), shown, console)


def hold(phone: Phone, console: Console) -> None:
    """Show the SMS that come, and send each line that is typed, until the input ends."""
    over = threading.Event()

    def follow() -> None:
        shown = 0
        while not over.is_set():
            shown = _show(phone.messages(), shown, console)
            over.wait(_LOOK_EVERY)

    watching = threading.Thread(target=follow, daemon=True)
    watching.start()
    try:
        while True:
            if text := input().strip():
                phone.say(text)
    except EOFError:
        time.sleep(1)  # an answer may be under way
    finally:
        over.set()
        watching.join()


def _wait(phone: Phone, shown: int, console: Console) -> int:
    """Wait for an SMS that is not shown yet, and return how many are shown then."""
    give_up = time.monotonic() + _SECONDS_TO_COME
    while time.monotonic() < give_up:
        messages = phone.messages()
        if any(sms.ours for sms in messages[shown:]):
            return _show(messages, shown, console)
        time.sleep(_LOOK_EVERY)
    raise LocalCloudError("No SMS came.", "See what the functions logged: `uv run rydes logs`")


def _show(messages: list[Sms], shown: int, console: Console) -> int:
    for sms in messages[shown:]:
        mark, style = ("◀", "cyan") if sms.ours else ("▶", "green")
        console.print(Text.assemble("  ", (f"{mark} ", style), sms.text))
    return len(messages)
