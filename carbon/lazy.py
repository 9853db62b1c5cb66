"""Names of a package that are imported when they are first used, so that a command loads only what it needs."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any


class _Package(ModuleType):
    """A package some of whose names stand for those of modules; Python asks `__getattr__` for a name not seen before."""

    _homes: Mapping[str, tuple[str, str]] = {}

    def __getattr__(self, name: str) -> Any:
        if name not in self._homes:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        module, own = self._homes[name]
        found = getattr(import_module(module), own)
        setattr(self, name, found)
        return found

    def __setattr__(self, name: str, value: object) -> None:
        # `estimate` is a function, whether or not the module of that name was imported before it was asked for.
        if not (name in self._homes and isinstance(value, ModuleType)):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._homes})


def homes_of(modules: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Return module and name there of each name of a package.

    Parameters
    ----------
    modules : mapping
        Module to its names, separated by spaces; ``read:read_organisation`` where the package calls it otherwise.
    """
    found = {}
    for module, names in modules.items():
        for name in names.split():
            own, _, public = name.partition(":")
            found[public or own] = (module, own)
    return found


def lend(package: str, modules: Mapping[str, str]) -> None:
    """Let a package have names of modules that are imported when they are first asked for.

    Parameters
    ----------
    package : str
        Its ``__name__``.
    modules : mapping
        As in `homes_of`.
    """
    module = sys.modules[package]
    module._homes = homes_of(modules)
    module.__class__ = _Package
