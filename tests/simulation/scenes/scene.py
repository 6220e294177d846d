"""What a history is about: who takes part, and what has to hold meanwhile and at the end."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import Any


class Scene:
    """Hears what happens in a world. It raises Violation when a promise is broken.

    What it does not mind it leaves as it is here. It is made before the world's time begins.
    """

    faults_for = 300.0
    """Seconds in which something may go wrong."""
    settles_within = 6 * 3600.0
    """Seconds until everything has come to rest. A dead letter comes back after 15 minutes at most, 30 times."""
    states: AbstractSet[str] = frozenset()
    """What has been seen of what it is about, for whoever wants to know how much that is."""
    counts: Mapping[str, int] = {}
    """How many take part, by the fields of a plan that may make them fewer."""

    def begin(self) -> None:
        """Let the actors begin."""

    @property
    def done(self) -> bool:
        """Whether the actors have what they wanted."""
        return True

    def changed(self, table: str, before: Any, after: Any) -> None:
        """An item of a table has changed."""

    def handled(self, function: str, record: Mapping[str, Any]) -> None:
        """A function says that it has handled a message."""

    def published(self, name: str, detail: Any) -> None:
        """An event was put on the bus, for the first time or again."""

    def sent(self, queue: str, body: str) -> None:
        """A message was sent to a queue, by its URL."""

    def logged(self, text: str) -> None:
        """A function has written a line."""

    def may_be_parked(self, message: Any) -> bool:  # noqa: ARG002 - others look at it
        """Tell whether a message that lies in a dead-letter or parking queue belongs there."""
        return False

    def check_end(self) -> None:
        """Everything has come to rest."""
