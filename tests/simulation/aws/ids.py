"""Ids in the form of a UUID, each new and none by chance."""

from itertools import count


class Ids:
    """Makes ids, the same in each run. `kind`, of four hexadecimal digits, tells whose they are."""

    def __init__(self, kind: str) -> None:
        self._form = f"00000000-{kind}-4000-8000-%012x"
        self._count = count(1)

    def __call__(self) -> str:
        """Make an id."""
        return self._form % next(self._count)
