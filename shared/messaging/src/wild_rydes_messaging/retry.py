"""When a message that was not handled is tried again, and when a person has to look: by the kind of its error."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from wild_rydes_messaging.backoff import Backoff
from wild_rydes_messaging.errors import RetryLater, Unprocessable
from wild_rydes_messaging.transient import is_transient

DEFAULT_BACKOFF = Backoff(base=2, cap=30)
"""The wait before a message that was not handled is tried again."""

PATIENCE = timedelta(hours=1)
"""How long trouble may last that passes by itself, before a person has to look."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """What becomes of a message that was not handled.

    | kind of error | tried again |
    |---|---|
    | the message is invalid (`Unprocessable`) | never |
    | its time has not come (`RetryLater`) | always |
    | trouble that passes by itself (`is_transient`) | for `patience` from its first receipt |
    | anything else, which is a bug until shown otherwise | until it has been received `max_attempts` times |
    """

    max_attempts: int
    patience: timedelta = PATIENCE
    backoff: Backoff = DEFAULT_BACKOFF

    def gives_up(self, error: BaseException, *, attempt: int, tried_for: timedelta) -> bool:
        """Say whether the message is beyond hope, after its receipt number `attempt`, so long after the first."""
        if isinstance(error, Unprocessable):
            return True
        if isinstance(error, RetryLater):
            return False
        if is_transient(error):
            return tried_for >= self.patience
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
