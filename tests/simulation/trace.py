"""What has happened, in its order, for whoever wants to read it."""

from collections.abc import Iterator

from tests.simulation.kernel import START, Kernel
from tests.simulation.wording import shortened


class Trace:
    """Keeps what happens, if it is `kept`: few histories are ever read."""

    def __init__(self, kernel: Kernel, *, kept: bool) -> None:
        self.kept = kept
        self._kernel = kernel
        self._lines: list[tuple[float, str, str, str]] = []

    def __call__(self, who: object, what: str, about: str = "") -> None:
        """Note that somebody does something."""
        if self.kept:
            self._lines.append((self._kernel.now - START, str(who), what, about))

    def lines(self) -> Iterator[str]:
        """Write it, a line for each thing that has happened, with the milliseconds since the beginning."""
        yield f"{'ms':>10}  {'who':<28} {'what':<20} about"
        for at, who, what, about in self._lines:
            yield f"{at * 1000:10.0f}  {who:<28} {what:<20} {shortened(about)}".rstrip()
