"""Linear algebra on one core: the matrices are small, more threads only wait, and sums come out alike on any machine."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from threadpoolctl import threadpool_limits

_Function = TypeVar("_Function", bound=Callable)


def on_one_core(function: _Function) -> _Function:
    """Let numpy use one thread while a function runs."""

    @wraps(function)
    def limited(*args, **kwargs):
        with threadpool_limits(1, user_api="blas"):
            return function(*args, **kwargs)

    return limited
