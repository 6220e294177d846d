"""Work that may kill whoever does it: it is tried a few times, and then it is over."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from settlement.adapters.death_counts import DeathCounts
from settlement.adapters.pdf_reader import ReaderDied
from wild_rydes_messaging.consume import RetryLater

SUSPECT_AFTER: Final = 2
"""Receipts of a message after which its workers may have died. Until then nothing is counted, and nothing written."""

MAX_DEATHS: Final = 3
"""How many workers may die over the same work from then on."""

_PAUSE: Final = 2.0
"""Seconds between a death and the next try."""


class KillsWorkers(Exception):
    """Too many workers have died over this work. Nobody should try it again."""


@dataclass(frozen=True, slots=True)
class DangerousWork:
    """Guards work by counting deaths."""

    deaths: DeathCounts

    @contextmanager
    def guard(self, work: str, attempt: int) -> Iterator[None]:
        """Do work inside this context, at receipt number `attempt` of its message. Twice at once is no harm.

        A worker that dies leaves a death; one that meets trouble, and lives, takes it back. Raises KillsWorkers, and
        RetryLater for ReaderDied.
        """
        suspect = attempt > SUSPECT_AFTER
        if suspect and self.deaths.add(work) > MAX_DEATHS:
            raise KillsWorkers(work)
        try:
            yield
        except ReaderDied as died:
            raise RetryLater(_PAUSE) from died
        except Exception:
            if suspect:
                self.deaths.add(work, -1)
            raise
