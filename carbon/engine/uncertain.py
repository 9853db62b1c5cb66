"""Terms of footprints with what spreads them, from an activity table or from the lines of one parcel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Terms:
    """Terms of footprints and what spreads them.

    Attributes
    ----------
    value_kg : ndarray, shape (rows,)
    own_kg : ndarray, shape (rows,)
        Standard deviation of what is each parcel's own.
    run : ndarray of int, shape (rows,)
        Position in `runs`: which parcels, by run, month, site and what stood in. Others are other parcels, with errors of
        their own.
    block, cell : ndarray of int, shape (rows,)
        Among the same parcels, terms of one block with other bindings (cells) are of different parcels, too; terms of
        different blocks, and the parts of one term, are of the same and err together.
    known : ndarray of bool, shape (rows,)
        Whether the row's spreads were recorded.
    row, key : ndarray of int, shape (pairs,)
        Which row a spread belongs to, and the position of its key in `keys`.
    sigma, elasticity : ndarray, shape (pairs,)
    """

    value_kg: np.ndarray
    own_kg: np.ndarray
    run: np.ndarray
    known: np.ndarray
    row: np.ndarray
    key: np.ndarray
    sigma: np.ndarray
    elasticity: np.ndarray
    keys: tuple[str, ...]
    runs: tuple[str, ...]
    block: np.ndarray
    cell: np.ndarray

    def __len__(self) -> int:
        return len(self.value_kg)

    @classmethod
    def of_table(cls, activity: pa.Table) -> Terms:
        """Take the rows of an activity table; one without `spreads` has unknown ones.

        With a column `run`, each run's own errors are apart; without it they are the same everywhere, as between two
        options for the same parcels.
        """
        count = activity.num_rows
        value = _floats(activity["co2e_kg"])
        own = _floats(activity["own_kg2"]) if "own_kg2" in activity.column_names else np.zeros(count)
        runs, run, block, cell = _parcels(activity)
        if "spreads" not in activity.column_names:
            return cls(value, np.sqrt(own), run, np.zeros(count, dtype=bool), *_no_pairs(), (), runs, block, cell)
        spreads = activity["spreads"].combine_chunks()
        pairs = pc.list_flatten(spreads)
        coded = pc.struct_field(pairs, "key").cast(pa.string()).dictionary_encode()
        return cls(
            value,
            np.sqrt(own),
            run.astype(np.int64),
            np.asarray(spreads.is_valid()),
            pc.list_parent_indices(spreads).to_numpy(zero_copy_only=False).astype(np.int64),
            coded.indices.to_numpy(zero_copy_only=False).astype(np.int64),
            _floats(pc.struct_field(pairs, "sigma")),
            _floats(pc.struct_field(pairs, "elasticity")),
            tuple(coded.dictionary.to_pylist()),
            runs,
            block,
            cell,
        )

    @classmethod
    def of_rows(cls, rows: Iterable[tuple[float, Sequence | None, float]]) -> Terms:
        """Take (value [kg], spreads or None, own variance [kg2]) one by one; a spread has key, sigma, elasticity."""
        rows = list(rows)
        pairs = [(at, each) for at, (_, spreads, _) in enumerate(rows) for each in spreads or ()]
        keys = {each.key: None for _, each in pairs}
        position = {key: at for at, key in enumerate(keys)}
        return cls(
            np.array([value for value, _, _ in rows], dtype=float),
            np.sqrt(np.array([own for _, _, own in rows], dtype=float)),
            np.zeros(len(rows), dtype=np.int64),
            np.array([spreads is not None for _, spreads, _ in rows], dtype=bool),
            np.array([at for at, _ in pairs], dtype=np.int64),
            np.array([position[each.key] for _, each in pairs], dtype=np.int64),
            np.array([each.sigma for _, each in pairs], dtype=float),
            np.array([each.elasticity for _, each in pairs], dtype=float),
            tuple(keys),
            ("",),
            np.zeros(len(rows), dtype=np.int64),
            np.zeros(len(rows), dtype=np.int64),
        )

    def take(self, rows: np.ndarray) -> Terms:
        """Return some of the rows, by a mask."""
        number = np.cumsum(rows) - 1
        kept = rows[self.row]
        return replace(
            self,
            value_kg=self.value_kg[rows],
            own_kg=self.own_kg[rows],
            run=self.run[rows],
            block=self.block[rows],
            cell=self.cell[rows],
            known=self.known[rows],
            row=number[self.row[kept]],
            key=self.key[kept],
            sigma=self.sigma[kept],
            elasticity=self.elasticity[kept],
        )

    def divided(self, rows: np.ndarray, share: np.ndarray) -> Terms:
        """Return rows by their numbers, some of them several times, each times a share; parts of one row err together."""
        order = np.argsort(self.row, kind="stable")
        counts = np.bincount(self.row, minlength=len(self))
        starts = np.cumsum(counts) - counts
        mine = counts[rows]
        inside = np.arange(mine.sum()) - np.repeat(np.cumsum(mine) - mine, mine)
        pairs = order[np.repeat(starts[rows], mine) + inside]
        return replace(
            self,
            value_kg=self.value_kg[rows] * share,
            own_kg=self.own_kg[rows] * share,
            run=self.run[rows],
            block=self.block[rows],
            cell=self.cell[rows],
            known=self.known[rows],
            row=np.repeat(np.arange(len(rows)), mine),
            key=self.key[pairs],
            sigma=self.sigma[pairs],
            elasticity=self.elasticity[pairs],
        )

    def of_inputs(self, inputs: Mapping[str, str]) -> Terms:
        """Name the parcels by what they were read from, not by run: the same orders err in the same way in every run.

        Parameters
        ----------
        inputs : mapping
            Run id to the hash of its input.
        """
        names = [name.partition(" ") for name in self.runs]
        return replace(self, runs=tuple(f"{inputs.get(run, run)} {rest}" for run, _, rest in names))

    def __add__(self, other: Terms) -> Terms:
        keys, mine, theirs = _united(self.keys, other.keys)
        runs, my_runs, their_runs = _united(self.runs, other.runs)
        return Terms(
            np.concatenate([self.value_kg, other.value_kg]),
            np.concatenate([self.own_kg, other.own_kg]),
            np.concatenate([my_runs[self.run], their_runs[other.run]]),
            np.concatenate([self.known, other.known]),
            np.concatenate([self.row, other.row + len(self)]),
            np.concatenate([mine[self.key], theirs[other.key]]),
            np.concatenate([self.sigma, other.sigma]),
            np.concatenate([self.elasticity, other.elasticity]),
            keys,
            runs,
            np.concatenate([self.block, other.block + self.block.max(initial=-1) + 1]),
            np.concatenate([self.cell, other.cell + self.cell.max(initial=-1) + 1]),
        )


_PARCELS = ("run", "month", "site", "stand_ins")
_CELL = ("block", "service", "factor_id", "wanted_region", "match", "amount")


def _parcels(activity: pa.Table) -> tuple[tuple[str, ...], np.ndarray, np.ndarray, np.ndarray]:
    """Which rows are of the same parcels; without the columns that say it, those of one run are."""
    count = activity.num_rows
    names = [name for name in _PARCELS if name in activity.column_names]
    texts = [" ".join(map(str, each)) for each in zip(*(activity[name].to_pylist() for name in names), strict=True)]
    run, runs = pd.factorize(np.array(texts or [""] * count, dtype=object), sort=True)
    if not set(_CELL) <= set(activity.column_names):
        return tuple(map(str, runs)), run.astype(np.int64), run.astype(np.int64), run.astype(np.int64)
    frame = activity.select(list(_CELL)).to_pandas().astype({"block": object}).assign(_run=run)
    block = frame.groupby(["_run", "block"], dropna=False).ngroup().to_numpy()
    cell = frame.groupby(["_run", *_CELL], dropna=False).ngroup().to_numpy()
    return tuple(map(str, runs)), run.astype(np.int64), block, cell


def _united(mine: tuple[str, ...], theirs: tuple[str, ...]) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """One list of names, and where each of two lists stands in it."""
    position = {name: at for at, name in enumerate(dict.fromkeys([*mine, *theirs]))}
    places = [np.array([position[name] for name in names], dtype=np.int64) for names in (mine, theirs)]
    return tuple(position), places[0], places[1]


def _floats(array) -> np.ndarray:
    return np.nan_to_num(array.to_numpy(zero_copy_only=False).astype(float), nan=0.0)


def _no_pairs() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    whole, real = np.empty(0, dtype=np.int64), np.empty(0)
    return whole, whole, real, real
