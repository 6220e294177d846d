"""Steps of a journey: each is a promise, tried in order, and waits for what must come of it."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.verify.diagnosis import Diagnosis
from infra.rydes.verify.promise import Promise, State

T = TypeVar("T")

PATIENCE = 120.0
"""Seconds for anything to come. Cold starts and throttles of a new account are within it."""
_BETWEEN_LOOKS = 0.2
_LOOK_FOR_A_CAUSE = (3.0, 4.0)
"""Seconds after which a cause is looked for, and between two such looks. CloudWatch shows a line some seconds late."""
_LATE_LOGS = 12.0
"""Seconds for which a cause is looked for after a door has answered with an error."""
_RUNBOOK = "docs/runbook.md, by the name of the function or queue"


class Stuck(Exception):
    """A promise is not kept."""

    def __init__(self, why: str, to_do: str = _RUNBOOK) -> None:
        super().__init__(why)
        self.to_do = to_do


class NothingToTry(Exception):
    """There is nothing to try a promise with."""

    def __init__(self, why: str, to_do: str = "") -> None:
        super().__init__(why)
        self.to_do = to_do


class Risk(Exception):
    """A promise is kept, but for something that somebody should know."""

    def __init__(self, what: str, to_do: str) -> None:
        super().__init__(what)
        self.to_do = to_do


@dataclass(frozen=True)
class Step:
    """Something to do, and what it shows if it works. `way` are the functions that must do their part."""

    name: str
    says: str
    means: str
    """What customers or teams notice if it does not."""
    do: Callable[[], object]
    way: Sequence[str] = ()
    needs: Sequence[str] = ()
    """The names of the steps on which it builds."""


@dataclass
class Walk:
    """Takes the steps. `about` is what the functions of the current way log: the RFQ's id."""

    diagnosis: Diagnosis
    patience: float = PATIENCE
    about: str = ""
    way: Sequence[str] = ()
    _kept: set[str] = field(default_factory=set)

    def take(self, subject: str, steps: Sequence[Step]) -> Iterator[Promise]:
        """Take steps, and yield whether each promise is kept."""
        for step in steps:
            if missing := [name for name in step.needs if name not in self._kept]:
                yield Promise(
                    subject, step.says, State.UNTRIED, f"it needs what failed: {', '.join(missing)}"
                )
                continue
            self.way = step.way
            try:
                step.do()
            except NothingToTry as nothing:
                yield Promise(subject, step.says, State.UNTRIED, str(nothing), nothing.to_do)
            except Risk as risk:
                self._kept.add(step.name)
                yield Promise(subject, step.says, State.RISKY, str(risk), risk.to_do)
            except Stuck as stuck:
                yield self._broken(subject, step, str(stuck), stuck.to_do)
            except LocalCloudError as error:
                cause = self._cause_of_an_answer()
                yield self._broken(
                    subject, step, cause or error.problem, _RUNBOOK if cause else error.way_out
                )
            except (BotoCoreError, ClientError) as error:
                yield self._broken(subject, step, str(error), "Look at your own permissions.")
            except Exception as error:  # noqa: BLE001 - an answer nobody has foreseen breaks this promise only
                yield self._broken(subject, step, f"{type(error).__name__}: {error}", _RUNBOOK)
            else:
                self._kept.add(step.name)
                yield Promise(subject, step.says)

    def until(self, look: Callable[[], T | None], *, way: Sequence[str] = ()) -> T:
        """Look until there is something, and return it.

        Args:
            look: returns what there is, None if it is not there yet.
            way: the functions on whose work it depends; by default those of the step.

        Raises:
            Stuck: it is certain that it cannot come, or it has not come for long.
        """
        began = time.monotonic()
        way, ask_at = way or self.way, began + _LOOK_FOR_A_CAUSE[0]
        while (found := look()) is None:
            now = time.monotonic()
            if now > began + self.patience:
                raise Stuck(self.diagnosis.guess(way, self.about))
            if now > ask_at:
                if cause := self.diagnosis.cause(way):
                    raise Stuck(cause)
                ask_at = time.monotonic() + _LOOK_FOR_A_CAUSE[1]
            time.sleep(_BETWEEN_LOOKS)
        return found

    def _cause_of_an_answer(self) -> str:
        """Look for the cause of an answer that was not promised."""
        give_up = time.monotonic() + _LATE_LOGS
        while self.way and time.monotonic() < give_up:
            if cause := self.diagnosis.cause(self.way):
                return cause
            time.sleep(1)
        return ""

    @staticmethod
    def _broken(subject: str, step: Step, why: str, to_do: str) -> Promise:
        return Promise(subject, step.says, State.BROKEN, f"{why.rstrip('.')}. {step.means}", to_do)
