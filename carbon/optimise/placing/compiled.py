"""The search's inner functions, as they stand or compiled.

There is one source. Compiled, functions are copies that see one another's compiled copies; where numba is not
installed, or cannot serve, the same functions run as they stand.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from functools import cache
from types import FunctionType, ModuleType, SimpleNamespace

from carbon.optimise.placing import blocks, exact, kernel, keyed, surfaces, trying

#: Later modules use earlier ones.
_SOURCES: tuple[ModuleType, ...] = (kernel, exact, trying, keyed, blocks, surfaces)


@cache
def is_available() -> bool:
    """Say whether there is a compiler; it is loaded only where something is packed."""
    try:
        import numba  # noqa: F401
    except ImportError:
        return False
    return True


def _own(module: ModuleType) -> list[str]:
    return [
        name for name, value in vars(module).items()
        if isinstance(value, FunctionType) and value.__module__ == module.__name__
    ]  # fmt: skip


def _copies(treat: Callable[[FunctionType], Callable], instead: dict[str, Callable]) -> SimpleNamespace:
    """Return copies of all functions that call one another, and the given ones in place of their own."""
    names: dict[str, object] = {"__builtins__": __builtins__}
    for module in _SOURCES:
        names |= {name: value for name, value in vars(module).items() if name.isupper()}
    for module in _SOURCES:
        for name in _own(module):
            own = getattr(module, name)
            copy = FunctionType(own.__code__, names, name, own.__defaults__)
            copy.__module__, copy.__qualname__ = own.__module__, own.__qualname__
            names[name] = instead.get(name) or treat(copy)
    return SimpleNamespace(**{name: names[name] for module in _SOURCES for name in _own(module)})


@cache
def plain() -> SimpleNamespace:
    """Return the functions as they stand."""
    return _copies(lambda function: function, {})


@cache
def fast() -> SimpleNamespace:
    """Return the functions compiled; what was compiled once is kept beside the source, or in the user's cache."""
    import numba

    text = "".join(inspect.getsource(module) for module in _SOURCES)
    mark = hashlib.sha256(text.encode()).hexdigest()[:12]

    def compile_(function: FunctionType) -> Callable:
        # The cache looks at one file only; a change in another must not leave a stale copy in use.
        function.__qualname__ = f"{function.__qualname__}_{mark}"
        try:
            return numba.njit(cache=True, nogil=True)(function)
        except RuntimeError:  # no folder to keep it in
            return numba.njit(nogil=True)(function)

    return _copies(compile_, {})


def with_veto(bears: Callable) -> SimpleNamespace:
    """Return the functions as they stand, with another opinion on whether a piece may lie somewhere."""
    return _copies(lambda function: function, {"bears": bears})
