"""The walk through pairs: what was written, and a schema that is to read it."""

from collections.abc import Generator, Iterator
from typing import Final, TypeAlias

from infra.registry.compatibility import combined, impossible, own
from infra.registry.compatibility.node import Node
from infra.registry.compatibility.result import Difference, Names, Path, Undecided, pointer
from infra.registry.compatibility.written import Written

Pair: TypeAlias = tuple[Written, Node, bool]

MOST_STEPS: Final = 200_000
DEEPEST: Final = 80
"""Pairs inside one another. Each takes some frames of Python's stack."""


class Comparison:
    """Compare one writer with one reader.

    A pair that is met again inside itself holds if all else does: whatever breaks is found elsewhere in the cycle.
    What was proved with such a pair in mind is forgotten when the pair turns out not to hold.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self._steps = 0
        self._open: set[Pair] = set()
        self._refuted: set[Pair] = set()
        self._proved: dict[Pair, None] = {}
        self._passed_over = 0
        self._impossible: dict[tuple[Written, int], bool] = {}

    def takes(self, written: Written, reader: Node, *, strict: bool = False) -> bool:
        """Tell whether a schema reads all that was written."""
        if (written, reader, strict) in self._refuted:
            return False
        found = self.differences(written, reader, (), strict=strict)
        try:
            return next(found, None) is None
        finally:
            found.close()

    def differences(
        self, written: Written, reader: Node, path: Path, *, strict: bool = False
    ) -> Generator[Difference, None, None]:
        """Go through what keeps a schema from reading what was written.

        `strict` leaves out what the registry allows against logic, as the reverse of it would not be allowed.
        """
        while reader.asserts == {"$ref"}:
            (reader,) = reader.targets
        pair = (written, reader, strict)
        if pair in self._proved:
            return
        if pair in self._open:
            self._passed_over += pair in self._refuted
            return
        if any(node.equals(reader) for node in written.order):
            return
        self.spend(1 + len(written.order) + len(written.as_written or ()))
        if len(self._open) >= DEEPEST:
            raise Undecided(f"Schemas are nested too deeply to compare them at {pointer(path)}.")
        proved, passed_over = len(self._proved), self._passed_over
        self._open.add(pair)
        holds = True
        try:
            for difference in self._split(written, reader, path, strict=strict):
                if holds:
                    holds = False
                    self._refuted.add(pair)
                    while len(self._proved) > proved:
                        self._proved.popitem()
                yield difference
        finally:
            self._open.discard(pair)
        if holds and self._passed_over == passed_over:
            self._proved[pair] = None

    def _split(self, written: Written, reader: Node, path: Path, *, strict: bool) -> Iterator[Difference]:
        """Compare as a whole, and where that fails, one branch of what was written after the other."""
        if self.impossible(written) and not own.lists_differ(written, reader):
            return
        whole = own.differences(self, written, reader, path, strict=strict)
        if (first := next(whole, None)) is None:
            return
        parts = combined.parts(written, reader)
        if not parts:
            yield first
            yield from whole
            return
        whole.close()
        for part in parts:
            yield from self.differences(part, reader, path, strict=strict)

    def disjoint(self, written: Written, other: Node) -> bool:
        """Tell whether it is certain that nothing written is valid by another schema."""
        alone = Written.of(other)
        return self.impossible(written.plus(other)) or any(
            self.takes(alone, excluded, strict=True) for excluded in written.excluded
        )

    def impossible(self, written: Written, depth: int = impossible.DEPTH) -> bool:
        """Tell whether it is certain that no value fits what is known."""
        key = (written, depth)
        if key not in self._impossible:
            self.spend(1 + len(written.order))
            self._impossible[key] = impossible.impossible(self, written, depth)
        return self._impossible[key]

    def spend(self, steps: int) -> None:
        """Count steps, and give up after many."""
        self._steps += steps
        if self._steps > MOST_STEPS:
            raise Undecided(f"The schemas take more than {MOST_STEPS} steps to compare.")
