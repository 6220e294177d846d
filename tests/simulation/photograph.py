"""Bring objects back to what they were: a fresh worker for the price of a look at one.

To compose a function takes milliseconds, which is as long as a whole history may take. So a worker that was composed once
is photographed, and looks like that again whenever a history needs a new one.
"""

import logging
import types
from collections import deque
from collections.abc import Iterator, MutableMapping, MutableSequence, MutableSet
from functools import cache, partial
from operator import is_not
from typing import Any

_Cached = type(cache(int))

_LEAVES = (
    str, bytes, int, float, bool, type(None), type, types.ModuleType, types.BuiltinFunctionType,
)  # fmt: skip


class Photograph:
    """Of all that can change and is reached from `roots`, through what belongs to these packages."""

    def __init__(self, roots: list[Any], packages: tuple[str, ...]) -> None:
        self._packages = packages
        self._dicts: list[tuple[dict[Any, Any], dict[Any, Any]]] = []
        self._lists: list[tuple[Any, list[Any]]] = []
        self._sets: list[tuple[set[Any], set[Any]]] = []
        self._caches: list[Any] = []
        self._slots: list[tuple[Any, str, Any]] = []
        self._kept: list[Any] = []  # so that no id is given away
        seen: set[int] = set()
        waiting = deque(roots)
        while waiting:
            each = waiting.popleft()
            if isinstance(each, _LEAVES) or id(each) in seen:
                continue
            seen.add(id(each))
            self._kept.append(each)
            waiting.extend(self._look(each))

    def restore(self) -> None:
        """Put everything back."""
        # What is equal to what was there is as good: most of it is the same object, which takes no time to see.
        for mapping, was in self._dicts:
            if mapping != was:
                mapping.clear()
                mapping.update(was)
        for sequence, had in self._lists:
            if len(sequence) != len(had) or any(map(is_not, sequence, had)):
                sequence.clear()
                sequence.extend(had)
        for members, were in self._sets:
            if members != were:
                members.clear()
                members.update(were)
        for instance, name, value in self._slots:
            object.__setattr__(instance, name, value)
        for cached in self._caches:
            cached.cache_clear()

    def _look(self, each: Any) -> Iterator[Any]:  # noqa: PLR0911, PLR0912 - a case for each kind
        """Remember how it is, and go on to what it refers to."""
        match each:
            case dict():
                self._dicts.append((each, dict(each)))
                yield from each.values()
                return
            case list() | deque():
                self._lists.append((each, list(each)))
                yield from each
                return
            case set():
                self._sets.append((each, set(each)))
                return
            case tuple() | frozenset():
                yield from each
                return
            case types.FunctionType():
                if self._ours(each.__module__):
                    for cell in each.__closure__ or ():
                        try:
                            yield cell.cell_contents
                        except ValueError:  # it is empty yet
                            continue
                return
            case types.MethodType():
                yield each.__self__
                return
        if isinstance(each, _Cached):
            if ".functions." in each.__module__:  # others keep what is the same for all workers
                self._caches.append(each)
            return
        if isinstance(each, logging.Logger):  # not those above it, nor its manager, which know all others
            yield each.handlers
            return
        if isinstance(each, partial):
            yield from (each.func, *each.args, *each.keywords.values())
            return
        if not self._ours(type(each).__module__):
            return
        if isinstance(each, MutableMapping | MutableSequence | MutableSet) and not hasattr(each, "__dict__"):
            raise TypeError(f"{type(each)} is not understood")
        if hasattr(each, "__dict__"):
            yield vars(each)
        for kind in type(each).__mro__:
            names = kind.__dict__.get("__slots__", ())
            for name in (names,) if isinstance(names, str) else names:
                if name not in ("__dict__", "__weakref__") and hasattr(each, name):
                    value = getattr(each, name)
                    if (
                        not getattr(type(each), "__dataclass_params__", None)
                        or not type(each).__dataclass_params__.frozen
                    ):
                        self._slots.append((each, name, value))
                    yield value

    def _ours(self, module: str | None) -> bool:
        return (module or "").partition(".")[0] in self._packages
