"""Workers that die: between any two calls, or after a call whose answer they never see."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.feedback.world import World


class Died(BaseException):
    """Not an Exception: nothing in the code may catch it, as nothing catches kill -9."""


@contextmanager
def dying(world: World, at: int) -> Iterator[None]:
    """Die at a step: 0 is before the first call to AWS, 1 after it, 2 before the second, and so on."""
    left = at

    def step(**_: object) -> None:
        nonlocal left
        left -= 1
        if left == -1:
            raise Died

    world.on_call(step)
    try:
        yield
    finally:
        world.on_call(None)
