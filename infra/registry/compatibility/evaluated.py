"""What `unevaluatedProperties` and `unevaluatedItems` leave out."""

from __future__ import annotations

from dataclasses import dataclass

from infra.registry.compatibility.values import matches


@dataclass(frozen=True)
class Evaluated:
    """The properties, or the number of first items, that a schema and those in its place look at."""

    names: frozenset[str] = frozenset()
    patterns: frozenset[str] = frozenset()
    items: int = 0
    all_names: bool = False
    all_items: bool = False

    def __or__(self, other: Evaluated) -> Evaluated:
        return Evaluated(
            self.names | other.names,
            self.patterns | other.patterns,
            max(self.items, other.items),
            self.all_names or other.all_names,
            self.all_items or other.all_items,
        )

    def has(self, name: str) -> bool:
        """Tell whether a property is among them."""
        return self.all_names or name in self.names or any(matches(each, name) for each in self.patterns)
