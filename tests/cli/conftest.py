"""The command line in this process: what it prints, and its exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from carbon.cli import common, main
from tests.engine.small import tables_read_once


@dataclass(frozen=True)
class Typed:
    """What a command did."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="module", autouse=True)
def _tables():
    with tables_read_once():
        yield


@pytest.fixture(autouse=True)
def _width(monkeypatch):
    """As in a pipe, whatever the terminal that the tests run in."""
    monkeypatch.setattr(common.out, "_width", 100)


@pytest.fixture
def carbon(monkeypatch, capsys) -> Callable[..., Typed]:
    """Type a `carbon` command."""

    def typed(*words: object) -> Typed:
        monkeypatch.setattr(sys, "argv", ["carbon", *map(str, words)])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code or 0
        found = capsys.readouterr()
        return Typed(code, found.out, found.err)

    return typed
