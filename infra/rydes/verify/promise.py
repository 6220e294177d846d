"""What a deployment promises, and whether it keeps it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum


class State(Enum):
    """Whether a promise is kept. Only a broken one fails the run."""

    KEPT = "kept"
    BROKEN = "broken"
    RISKY = "risky"
    """Kept, but somebody should do something."""
    UNTRIED = "untried"
    """Nothing to try it with, or what it builds on is broken."""


REDEPLOY = "Deploy a change of it: CloudFormation mends nothing that it believes to be there. Locally: rydes down, make run."
"""What helps against most of what is not as its stack has made it.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
"""

SIGNS = {State.KEPT: "✓", State.BROKEN: "✗", State.RISKY: "!", State.UNTRIED: "–"}  # noqa: RUF001 - a dash for what was not tried


@dataclass(frozen=True)
class Promise:
    """One line of the report. `means` is what customers or teams notice, `to_do` the way out."""

    subject: str
    says: str
    state: State = State.KEPT
    means: str = ""
    to_do: str = ""


@dataclass(frozen=True)
class Flaw:
    """What is wrong with a resource, as the end of a sentence that begins with the resource: `is disabled`."""

    what: str
    to_do: str = ""
    state: State = State.BROKEN


@dataclass
class Report:
    """All promises of a run, in order. `tell` hears of each as soon as it is known."""

    tell: Callable[[Promise], object]
    promises: list[Promise] = field(default_factory=list)

    def add(self, promise: Promise) -> None:
        """Add a promise."""
        self.promises.append(promise)
        self.tell(promise)

    def extend(self, promises: Iterable[Promise]) -> None:
        """Add promises."""
        for promise in promises:
            self.add(promise)

    @property
    def kept(self) -> bool:
        """Whether no promise is broken."""
        return all(promise.state is not State.BROKEN for promise in self.promises)

    def count(self, state: State) -> int:
        """Count the promises in this state."""
        return sum(promise.state is state for promise in self.promises)
