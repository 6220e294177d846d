"""Parts of Markdown pages."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Final

_SHORT_LIST: Final = re.compile(r"\[[^][{}]{1,80}\]")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Make a table. A `|` in a cell is escaped."""
    lines = [_line(head), f"|{'---|' * len(head)}", *map(_line, rows)]
    return "\n".join(lines)


def json_block(value: object) -> str:
    """Show a JSON value, with short lists on one line."""
    text = _SHORT_LIST.sub(lambda found: " ".join(found[0].split()), json.dumps(value, indent=2))
    return f"```json\n{text.replace('[ ', '[').replace(' ]', ']')}\n```"


def folded(title: str, text: str) -> str:
    """Hide a text until its title is clicked."""
    return f"<details>\n<summary>{title}</summary>\n\n{text}\n\n</details>"


def page(*parts: str) -> str:
    """Put the parts that are not empty one below the other."""
    return "\n\n".join(filter(None, parts)) + "\n"


def _line(cells: Sequence[str]) -> str:
    texts = [" ".join(cell.replace("|", r"\|").split()) for cell in cells]
    return f"| {' | '.join(texts)} |"
