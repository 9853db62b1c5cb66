"""A bounded memory: what was not asked for lately is forgotten."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """Values by key, at most so many. Threads may share it; two that ask for the same at once may both make it."""

    def __init__(self, most: int):
        self._most, self._values, self._lock = most, OrderedDict(), Lock()

    def of(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the value of a key, made if it is not there; an error of `make` is not kept."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        made = make()
        with self._lock:
            self._values[key] = made
            while len(self._values) > self._most:
                self._values.popitem(last=False)
        return made

    def __len__(self) -> int:
        return len(self._values)
