"""A conversation as it stands on the terminal: when, who, what."""

import time
from collections.abc import Sequence

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from infra.rydes.simulators.phones.model import Sms

US, CUSTOMER = "Wild Rydes", "you"
NARROW = 60
"""Columns below which time and name stand above the text, not beside it."""


class Transcript:
    """Shows each SMS once, and a note about the conversation whenever it has changed."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown = 0
        self._day = ""
        self._noted = ""

    def show(self, messages: Sequence[Sms]) -> None:
        """Print the SMS that are not shown yet. `messages` are all, oldest first."""
        for sms in messages[self._shown :]:
            day = time.strftime("%a %d %b %Y", time.localtime(sms.at))
            if day not in (self._day, time.strftime("%a %d %b %Y")):
                self._console.print(Text(day, style="dim"))
            self._day = day
            self._console.print(written(sms, self._console.width))
        self._shown = len(messages)

    def note(self, note: str) -> None:
        """Print what is to be said about the conversation, unless it was the last that was said."""
        if note != self._noted and note:
            self._console.print(Text(f"— {note} —", style="dim"))
        self._noted = note


def written(sms: Sms, width: int) -> RenderableType:
    """One SMS, for so many columns."""
    at = Text(time.strftime("%H:%M:%S", time.localtime(sms.at)), style="dim")
    who = Text(US, style="bold cyan") if sms.ours else Text(CUSTOMER, style="bold green")
    text = Text(sms.text)
    if sms.parts > 1:
        text.append(f"  ({sms.parts} parts)", style="dim")
    if width < NARROW:
        stacked = Table.grid()
        stacked.add_row(Text.assemble(at, "  ", who))
        stacked.add_row(Padding(text, (0, 0, 0, 2)))
        return stacked
    line = Table.grid(padding=(0, 2))
    line.add_column(no_wrap=True)
    line.add_column(no_wrap=True, min_width=len(US))
    line.add_column(overflow="fold")
    line.add_row(at, who, text)
    return line
