"""A conversation as it stands on the terminal: when, who, what."""

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from infra.rydes.simulators.phones.model import Sms

US, CUSTOMER = "Wild Rydes", "you"
NARROW = 60
"""Columns below which time and name stand above the text, not beside it."""


class Note(NamedTuple):
    """What there is to say about a conversation. It is said once for each topic, empty notes never."""

    topic: str
    text: str


Noted = Callable[[Sequence[Sms]], Note]
"""Makes the note about the conversation that these SMS belong to."""


class Transcript:
    """Shows each SMS once, and notes between them."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown = 0
        self._day = ""
        self._topic = ""

    def show(self, messages: Sequence[Sms]) -> None:
        """Print the SMS that are not shown yet. `messages` are all, oldest first."""
        for sms in messages[self._shown :]:
            day = time.strftime("%a %d %b %Y", time.localtime(sms.at))
            if day not in (self._day, time.strftime("%a %d %b %Y")):
                self._console.print(Text(day, style="dim"))
            self._day = day
            self._console.print(written(sms, self._console.width))
        self._shown = len(messages)

    def note(self, note: Note) -> None:
        """Print a note, unless the last one had the same topic."""
        if note.text and note.topic != self._topic:
            self._console.print(Text(f"— {note.text} —", style="dim"))
        self._topic = note.topic


def written(sms: Sms, width: int) -> RenderableType:
    """One SMS, for so many columns."""
    at = Text(time.strftime("%H:%M:%S", time.localtime(sms.at)), style="dim")
    style = "bold cyan" if sms.ours else "bold green"
    who, way = Text(US if sms.ours else CUSTOMER, style=style), Text("◀" if sms.ours else "▶", style=style)
    text = Text(sms.text)
    if sms.parts > 1:
        text.append(f"  ({sms.parts} parts)", style="dim")
    if width < NARROW:
        stacked = Table.grid()
        stacked.add_row(Text.assemble(at, " ", who, " ", way))
        stacked.add_row(Padding(text, (0, 0, 0, 2)))
        return stacked
    line = Table.grid(padding=(0, 1))
    line.add_column(no_wrap=True)
    line.add_column(no_wrap=True, min_width=len(US))
    line.add_column(no_wrap=True)
    line.add_column(overflow="fold")
    line.add_row(at, who, way, text)
    return line
