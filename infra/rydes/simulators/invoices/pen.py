"""What the parts of an invoice are drawn with: the paper, what is to be said, and the words for it."""

import random
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from infra.rydes.simulators.invoices.bill import Bill
from infra.rydes.simulators.invoices.layouts import Layout
from infra.rydes.simulators.invoices.sheet import Sheet
from infra.rydes.simulators.invoices.styles import Style


@cache
def words() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """The words of each language: for each thing its names."""
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class Pen:
    """One invoice on its way to paper. `draw` chooses among words that say the same."""

    sheet: Sheet
    bill: Bill
    layout: Layout
    style: Style
    draw: random.Random

    def word(self, kind: str) -> str:
        """Choose a word for a thing in the invoice's language."""
        return self.draw.choice(words()[self.style.language][kind])

    def number_page(self) -> None:
        """Write the number of the page at its foot."""
        sheet = self.sheet
        sheet.text(sheet.width / 2, sheet.height - 28, f"- {sheet.page} -", 8, align="center")
