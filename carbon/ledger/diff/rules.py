"""A run's plan as rules: how each term of a footprint arises, so that whole batches of parcels are recounted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from carbon.engine.block import IN_TOTAL
from carbon.engine.replay import FactorBook
from carbon.ledger.manifest import FACTORS, PLAN, unreadable
from carbon.ledger.store import Ledger
from carbon.terms import Stage

#: Parts of a block's name that say which data a parcel had, not by which rule it is computed.
_BY_DATA = (
    (re.compile(r" \((?:recorded|usual) round\)"), ""),
    (re.compile(r" at \d+% load"), " at load"),
    (re.compile(r"(/reported by the carrier[^:]*): .*"), r"\1"),
)
_TIME = ("year", "month")
_COLUMNS = [
    "block",
    "service",
    "stage",
    "model",
    "output",
    "weights",
    "columns",
    "accounting",
    "axes",
    "cells",
    "values",
    "factor_id",
    "unit",
    "wanted_region",
    "co2e_kg",
]


@dataclass(frozen=True)
class RuleKey:
    """What makes rules of two runs the same: the block and how its amount arises, not the numbers in it."""

    block: str
    service: str
    stage: str
    model: str
    output: int
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Value:
    """A number that a binding gives to its model; `parameter` is the id of the row of the factor release."""

    value: float
    parameter: str | None


@dataclass(frozen=True)
class Bound:
    """One binding of a rule: its factor and numbers, and the first of the cells it serves."""

    factor_id: str
    activity: str
    unit: str
    wanted_region: str
    co2e_kg: float
    values: Mapping[str, Value]
    cell: Mapping[str, str]
    years: tuple[int, ...]

    @property
    def term(self) -> tuple[str, str]:
        """What the amount is of, and where."""
        return self.activity, self.wanted_region

    @property
    def what(self) -> tuple[str, str, str]:
        """Which factors can stand in for its own."""
        return self.activity, self.unit, self.wanted_region


@dataclass
class Rule:
    """All bindings of one block.

    Attributes
    ----------
    texts : list of list of str
        What the codes of each axis mean.
    table : numpy.ndarray
        Codes to the position in `bindings`, -1 where the rule does not apply.
    """

    key: RuleKey
    weights: tuple[str, ...]
    axes: tuple[str, ...]
    bindings: list[Bound]
    texts: list[list[str]]
    table: np.ndarray

    @property
    def columns(self) -> set[str]:
        """Columns of the footprints that it reads."""
        return {column for _, column in self.key.columns} | set(self.weights) | ({*self.axes} - {"year"})

    def at(self, cell: Mapping[str, str], year: int) -> Bound | None:
        """Return what it uses in a cell in the year nearest to one, None where it does not apply there."""
        index: list[int | slice] = []
        for known, name in zip(self._codes, self.axes, strict=True):
            code = slice(None) if name in _TIME else known.get(cell.get(name, ""))
            if code is None:
                return None
            index.append(code)
        found = np.atleast_1d(self.table[tuple(index)])
        years = next((self._years(axis) for axis, name in enumerate(self.axes) if name in _TIME), np.array([year]))
        usable = np.flatnonzero(found >= 0)
        if not usable.size:
            return None
        return self.bindings[int(found[usable[np.argmin(np.abs(years[usable] - year))]])]

    @cached_property
    def _codes(self) -> list[dict[str, int]]:
        return [{text: code for code, text in enumerate(texts)} for texts in self.texts]

    def _years(self, axis: int) -> np.ndarray:
        return np.array([int(text[:4]) for text in self.texts[axis]])


@dataclass
class Book:
    """A run's rules and factors.

    Attributes
    ----------
    published : mapping
        Factor id to its rows as published.
    gwps : mapping
        Gas to its warming potential in the run's set; empty where the run did not record it.
    """

    run: str
    rules: dict[RuleKey, Rule]
    published: Mapping[str, list[dict[str, Any]]]
    gwp_set: str
    gwps: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def columns(self) -> set[str]:
        """Columns of the footprints that some rule reads."""
        return set().union(*(rule.columns for rule in self.rules.values()))

    def bindings(self) -> Iterator[tuple[RuleKey, Bound]]:
        """Yield every binding of every rule."""
        for key, rule in self.rules.items():
            for bound in rule.bindings:
                yield key, bound


def read_book(ledger: Ledger, run: str) -> Book:
    """Read a run's plan, as far as it makes the total: location-based, without product.

    Raises
    ------
    LedgerError
        If plan or factors cannot be read.
    """
    try:
        text = ledger.file(run, FACTORS).read_text(encoding="utf-8")
        factors, data = FactorBook(text), json.loads(text)
        rows = pq.read_table(ledger.file(run, PLAN), columns=_COLUMNS).to_pylist()
    except (OSError, ValueError, KeyError) as error:  # ArrowInvalid is a ValueError
        raise unreadable(ledger.run_folder(run), error) from error
    blocks: dict[tuple, list[dict]] = {}
    for row in rows:
        if row["accounting"] == IN_TOTAL and row["stage"] != Stage.PRODUCT:
            blocks.setdefault((row["block"], row["output"]), []).append(row)
    rules: dict[RuleKey, Rule] = {}
    for mine in blocks.values():
        rule = _rule(mine, factors)
        rules[rule.key] = rule
    return Book(run, rules, factors.rows, str(data.get("gwp_set", "")), data.get("gwps") or {})


def _rule(rows: list[dict], factors: FactorBook) -> Rule:
    first = rows[0]
    axes = tuple(first["axes"])
    cells = [np.array(row["cells"], dtype=object).reshape(len(row["cells"]), len(axes)) for row in rows]
    position = np.repeat(np.arange(len(rows)), [len(mine) for mine in cells])
    every = np.concatenate(cells)
    texts, codes = [], []
    for axis in range(len(axes)):
        found, inverse = np.unique(every[:, axis].astype(str), return_inverse=True)
        texts.append(found.tolist())
        codes.append(inverse)
    table = np.full(tuple(len(each) for each in texts), -1, dtype=np.int32)
    table[tuple(codes)] = position if axes else 0
    bindings = [_bound(row, axes, mine, factors) for row, mine in zip(rows, cells, strict=True)]
    return Rule(_key(first), tuple(first["weights"]), axes, bindings, texts, table)


def _key(row: Mapping[str, Any]) -> RuleKey:
    name = row["block"]
    for pattern, text in _BY_DATA:
        name = pattern.sub(text, name)
    columns = tuple(sorted(json.loads(row["columns"]).items()))
    return RuleKey(name, row["service"], row["stage"], row["model"], row["output"], columns)


def _bound(row: Mapping[str, Any], axes: tuple[str, ...], cells: np.ndarray, factors: FactorBook) -> Bound:
    published = factors.rows.get(row["factor_id"])
    years = sorted({int(text[:4]) for axis, name in enumerate(axes) if name in _TIME for text in cells[:, axis]})
    return Bound(
        factor_id=row["factor_id"],
        activity=(published[0].get("activity") if published else None) or row["factor_id"],
        unit=row["unit"],
        wanted_region=row["wanted_region"],
        co2e_kg=row["co2e_kg"],
        values={name: Value(each[0], each[3]) for name, each in json.loads(row["values"]).items()},
        cell=dict(zip(axes, cells[0].tolist(), strict=True)) if len(cells) else {},
        years=tuple(years),
    )
