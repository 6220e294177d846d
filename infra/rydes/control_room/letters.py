"""Dead letters: what they are and why, and their way back, which is shown before it is taken."""

import secrets
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.system import System
from infra.rydes.operator import dead_letter_body as bodies
from infra.rydes.operator import dead_letter_contents as contents
from infra.rydes.operator.dead_letter_moves import Sweep, Wanted, replaying
from infra.rydes.operator.dead_letter_summary import summary, way_in_words
from infra.rydes.operator.dead_letter_way_back import NoWayBack, way_back
from infra.rydes.operator.dead_letters import DEAD_LETTERS, PARKING, Parked, held, queues_of
from wild_rydes_contracts.invalid import listed

_GONE: Final = "it is no longer there, or others are looking at it"
_SHORT: Final = 8
"""Characters of an id by which `rydes dlq` finds a message."""
_PLANS: Final = 20
"""Dry runs that may still be confirmed."""


def _shown(system: System, message: Parked, now: datetime) -> dict[str, Any]:
    wrong = contents.problems(message)
    told = {
        **summary(message, now),
        "source": message.source,
        # What is listed beside it need not be told by the reason, too.
        "reason": message.cause.reason.removesuffix(f": {listed(wrong)}") if wrong else message.cause.reason,
        "problems": None if wrong is None else [{"path": p.path, "expected": p.expected} for p in wrong],
        "way_back": way_in_words(system, message),
        "commands": _commands(system, message),
    }
    # Ids are no phone numbers, whatever digits they have.
    kept = {key: told[key] for key in ("id", "queue", "source", "correlation_id", "parked_at", "commands")}
    return {
        **contents.without_personal_data(told),
        **kept,
        "body": bodies.shown(contents.content(message.body)),
    }


def _commands(system: System, message: Parked) -> list[dict[str, str]]:
    """What a person can do about a message that a replay does not help, each ready to be copied."""
    id_ = message.id[:_SHORT]
    told = [("look at it", f"show {id_}"), ("correct it, in $EDITOR", f"fix {id_}")]
    if message.queue.endswith(DEAD_LETTERS) and f"{message.source}{PARKING}" in system.all_queues():
        told.append(("take it away from the automatic replay", f"park {id_}"))
    told.append(("delete it, after writing it to a file", f"purge {id_}"))
    return [{"does": does, "command": f"uv run rydes dlq {command}"} for does, command in told]


class DeadLetters:
    """Shows dead letters, and replays them in two steps: the first says what the second does, with these very messages.

    Whoever looks at a message hides it from others, so only one thread does at a time.
    """

    def __init__(self, system: System) -> None:
        self._system = system
        self._plans: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._lock = threading.Lock()

    def look(self, queue: str = "") -> dict[str, Any]:
        """Show the dead letters of all queues, or of one, without personal data.

        Raises:
            LocalCloudError: nothing is deployed, or there is no such queue.
        """
        with self._lock, held(self._system, queue) as found:
            pass
        now = datetime.now(UTC)
        return {
            "messages": [_shown(self._system, message, now) for message in found.messages],
            "unseen": dict(found.unseen),
        }

    def plan(self, queue: str, ids: Sequence[str]) -> dict[str, Any]:
        """Say what would become of messages.

        Raises:
            LocalCloudError: there is no such queue, or no message is named.
        """
        if not ids:
            raise LocalCloudError("Nothing would be replayed.", "Choose messages.")
        token = secrets.token_urlsafe(8)
        with self._lock:
            found = self._sweep(queue, ids).look()
            self._plans[token] = queue, tuple(ids)
            while len(self._plans) > _PLANS:
                del self._plans[next(iter(self._plans))]
        gone = [id_ for id_ in ids if id_ not in {message.id for message in found}]
        return {
            "plan": token,
            "messages": [self._forecast(message) for message in found]
            + [{"id": id_, "to": None, "stays": _GONE} for id_ in gone],
        }

    def carry_out(self, token: str) -> dict[str, Any]:
        """Do what a plan says. Each is carried out once.

        Raises:
            LocalCloudError: there is no such plan.
        """
        with self._lock:
            queue, ids = self._plans.pop(token, ("", ()))
            if not ids:
                raise LocalCloudError(
                    "Nobody has planned this replay.", "Look again at what would be replayed."
                )
            outcome = self._sweep(queue, ids).run(replaying(self._system, force=False))
        gone = {id_: _GONE for id_ in ids if id_ not in outcome.moved | outcome.stayed}
        return {"moved": outcome.moved, "stayed": contents.without_personal_data(outcome.stayed | gone)}

    def _sweep(self, queue: str, ids: Sequence[str]) -> Sweep:
        return Sweep(self._system, queues_of(self._system, queue), Wanted(ids=tuple(ids)))

    def _forecast(self, message: Parked) -> dict[str, Any]:
        told: dict[str, Any] = {"id": message.id, "to": None, "stays": None}
        if wrong := contents.problems(message):
            return {**told, "stays": f"it is not valid: {contents.without_personal_data(listed(wrong))}"}
        try:
            return {**told, "to": way_back(self._system, message).to}
        except NoWayBack as none:
            return {**told, "stays": str(none)}
