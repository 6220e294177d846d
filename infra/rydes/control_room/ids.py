"""The ids of conversations that logs have told of lately, which people find by their ends: that is what a page shows of them."""

from typing import Final

_KEPT: Final = 5_000
_LEAST: Final = 4
"""Characters of an end that says which id is meant."""
_MOST_CHOICES: Final = 20


class Ids:
    """Remembers ids. Threads may share it."""

    def __init__(self) -> None:
        self._known: dict[str, None] = {}

    def take(self, id_: str) -> None:
        """Remember an id as the newest."""
        self._known.pop(id_, None)
        self._known[id_] = None
        if len(self._known) > _KEPT:
            del self._known[next(iter(self._known))]

    def ending(self, text: str) -> list[str]:
        """List the ids that end so, the newest first and 20 at most. A page writes `…` before an end."""
        end = text.strip().removeprefix("…").lower()
        if len(end) < _LEAST:
            return []
        return [id_ for id_ in reversed([*self._known]) if id_.endswith(end)][:_MOST_CHOICES]
