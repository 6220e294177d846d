"""When a message that was not handled is tried again, and when a person has to look: by the kind of its error."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from wild_rydes_messaging.backoff import Backoff
from wild_rydes_messaging.errors import RetryLater, Unprocessable
from wild_rydes_messaging.transient import is_transient

DEFAULT_BACKOFF = Backoff(base=2, cap=30)
"""The wait before a message that was not handled is tried again."""

PATIENCE = timedelta(hours=1)
"""How long trouble may last that passes by itself, before the message leaves its queue."""

PATIENCE_AGAIN = timedelta(minutes=1)
"""The same for a message that the replay has sent back: it has had its hour, and the next replay waits for longer."""


class Kind(StrEnum):
    """Why a message was not handled: what decides whether, and by whom, it is tried again."""

    INVALID = "invalid"
    TRANSIENT = "transient"
    BUG = "bug"

    @classmethod
    def of(cls, error: BaseException) -> "Kind":
        """Tell the kind of an error. Anything unknown is a bug until shown otherwise."""
        if isinstance(error, Unprocessable):
            return cls.INVALID
        return cls.TRANSIENT if is_transient(error) else cls.BUG


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """What becomes of a message that was not handled.

    | kind of error | tried again |
    |---|---|
    | the message is invalid (`Unprocessable`) | never |
    | its time has not come (`RetryLater`) | always |
    | trouble that passes by itself (`is_transient`) | for `patience` from its first receipt; once `replayed`, for a minute |
    | anything else, which is a bug until shown otherwise | until it has been received `max_attempts` times |
    """

    max_attempts: int
    patience: timedelta = PATIENCE
    backoff: Backoff = DEFAULT_BACKOFF

    def gives_up(
        self, error: BaseException, *, attempt: int, tried_for: timedelta, replayed: bool = False
    ) -> bool:
        """Say whether the message leaves its queue, after its receipt number `attempt`, so long after the first."""
        if isinstance(error, RetryLater):
            return False
        match Kind.of(error):
            case Kind.INVALID:
                return True
            case Kind.TRANSIENT:
                return tried_for >= (min(self.patience, PATIENCE_AGAIN) if replayed else self.patience)
            case Kind.BUG:
                return attempt >= self.max_attempts

    def delay(
        self,
        error: BaseException,
        *,
        attempt: int,
        left: timedelta | None,
        uniform: Callable[[float, float], float],
    ) -> float:
        """Draw the seconds until the message is tried again: a backoff, but no more than half the time `left`.

        `left` counts until the message's deadline, if it has one: a message never sleeps past it, and is tried
        more often the nearer it comes.
        """
        if isinstance(error, RetryLater):
            return error.delay
        delay = self.backoff.delay(attempt, uniform)
        return delay if left is None else min(delay, left.total_seconds() / 2)
