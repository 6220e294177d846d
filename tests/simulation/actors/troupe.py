"""Those who act in a scene, until the last of them is done."""

from collections.abc import Callable

from tests.simulation.kernel import Kernel


class Troupe:
    """Counts who is acting."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._acting = 0

    @property
    def done(self) -> bool:
        """Whether nobody acts, now or later."""
        return not self._acting

    def begin(self, act: Callable[[], object], after: float = 0.0) -> None:
        """Let somebody act, as a task, in so many seconds."""
        self._acting += 1

        def run() -> None:
            try:
                act()
            finally:
                self._acting -= 1

        self._kernel.spawn(run, after=after)
