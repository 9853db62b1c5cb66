"""Ways between places: from a matrix file, a routing server, or great circle times the sourced circuity of the country."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.errors import OrdersError, Where
from carbon.factors.registry import Registry
from carbon.optimise.rounds.problem import Network
from carbon.orders.distance import great_circle_km
from carbon.orders.mapping import Mapping as FileMapping
from carbon.orders.source import open_source
from carbon.orders.stops import read_matrix

#: Ways back and forth may differ by so much before it is said that the matrix is not the same both ways.
_SAME = 1e-6
_SHOWN = 5
_LONG = {"from", "to"}


@dataclass(frozen=True)
class Ways:
    """Distances and driving times of each profile between all nodes.

    Attributes
    ----------
    distance_m : mapping of str to numpy.ndarray, shape (nodes, nodes)
        By profile; "" holds for all others.
    duration_s : mapping of str to (numpy.ndarray or None)
        None where only distances are known: vehicles drive at their own speed.
    basis : str
    notes : tuple of str
    """

    distance_m: Mapping[str, np.ndarray]
    duration_s: Mapping[str, np.ndarray | None]
    basis: str
    notes: tuple[str, ...] = field(default=())

    def of(self, profile: str) -> tuple[np.ndarray, np.ndarray | None] | None:
        """Return distances and times of a profile; None where it is not known."""
        name = profile if profile in self.distance_m else ""
        return (self.distance_m[name], self.duration_s[name]) if name in self.distance_m else None


@dataclass(frozen=True)
class Nodes:
    """Places of a problem: depots, then stops.

    Attributes
    ----------
    names : tuple of str
        Depots' keys and stops' ids.
    latitude, longitude : numpy.ndarray, shape (nodes,)
        [degree], NaN where only a matrix knows the place.
    zone : tuple of (str or None)
    """

    names: tuple[str, ...]
    latitude: np.ndarray
    longitude: np.ndarray
    zone: tuple[str | None, ...]

    def __len__(self) -> int:
        return len(self.names)


def great_circle_ways(nodes: Nodes, registry: Registry, region: str, year: int) -> Ways:
    """Return great-circle distances times the circuity of a region; times follow from the vehicles' speeds.

    Raises
    ------
    FactorError
        If no region, parent or proxy has a circuity.
    """
    circuity = registry.needed_parameter("circuity.road", region, year)
    row, column = np.triu_indices(len(nodes), 1)
    places = nodes.latitude, nodes.longitude
    metres = np.zeros((len(nodes), len(nodes)))
    metres[row, column] = great_circle_km(*(each[row] for each in places), *(each[column] for each in places)) * 1000
    metres = (metres + metres.T) * circuity.value
    basis = f"great circle x {circuity.value:g} ({circuity.parameter.id}, {circuity.match})"
    return Ways({"": metres}, {"": None}, basis)


def matrix_ways(path: Path | str, nodes: Nodes, fill: Ways | None = None) -> Ways:
    """Read a matrix file.

    Parameters
    ----------
    path : path
        CSV, Excel or Parquet: from, to, distance_km, duration_min, or a square of kilometres with ids on both sides.
    nodes : Nodes
    fill : Ways, optional
        What stands in for ways the file lacks, by the same distances for all profiles; without it they are an error.

    Raises
    ------
    OrdersError
        If a way between two nodes is missing or stands twice.
    """
    parts = _read_matrix(path, nodes)
    distance_m: dict[str, np.ndarray] = {}
    duration_s: dict[str, np.ndarray | None] = {}
    notes: list[str] = []
    for profile, (metres, seconds) in parts.items():
        label = f", profile {profile}" if profile else ""
        np.fill_diagonal(metres, 0.0)
        timed = not np.isnan(seconds[~np.eye(len(nodes), dtype=bool)]).all() if len(nodes) > 1 else True
        np.fill_diagonal(seconds, 0.0)
        holes = np.isnan(metres) | (np.isnan(seconds) & timed)
        if holes.any():
            if fill is None:
                raise _holes(path, nodes, metres, holes, label)
            stand_in = fill.distance_m[""]
            pace = _pace(metres, seconds, holes) if timed else np.nan
            if timed and np.isnan(pace):
                raise _holes(path, nodes, metres, holes, label, "add them: no other way tells how fast one drives")
            metres[holes] = stand_in[holes]
            seconds[holes] = stand_in[holes] * pace
            if np.isnan(metres).any():
                raise _holes(path, nodes, metres, np.isnan(metres), label, "add them, or give these places coordinates")
            notes.append(
                f"ways missing in {Path(path).name}{label}: {int(holes.sum()):,} of {holes.size - len(nodes):,}; "
                f"{fill.basis} stands in" + (", at the mean speed of the others" if timed else "")
            )
        notes += _asymmetry(nodes, metres, path, label)
        distance_m[profile], duration_s[profile] = metres, seconds if timed else None
    return Ways(distance_m, duration_s, f"matrix file {Path(path).name}", tuple(notes))


def _pace(metres: np.ndarray, seconds: np.ndarray, holes: np.ndarray) -> float:
    """Seconds per metre of the ways that are known."""
    known = ~holes & (metres > 0)
    return float(seconds[known].sum() / metres[known].sum()) if known.any() else np.nan


def _read_matrix(path: Path | str, nodes: Nodes) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    headers = {header.strip().casefold() for header in open_source(path, FileMapping()).headers}
    if not headers >= _LONG:
        return {"": (_square(path, nodes), np.full((len(nodes), len(nodes)), np.nan))}
    table, count = read_matrix(path), len(nodes)
    known = pa.array(nodes.names, pa.string())
    one, other = (
        np.asarray(pc.fill_null(pc.index_in(pa.array(table.columns[end], pa.string()), value_set=known), -1))
        for end in ("from", "to")
    )
    metres, seconds = (
        np.array(table.columns[name], dtype=np.float64) * scale
        for name, scale in (("distance_km", 1000.0), ("duration_min", 60.0))
    )
    kinds = pa.array(table.columns["profile"], pa.string()).fill_null("").dictionary_encode()
    kind = np.asarray(kinds.indices)
    rows = np.flatnonzero((one >= 0) & (other >= 0))
    keys = (kind[rows].astype(np.int64) * count + one[rows]) * count + other[rows]
    _, first = np.unique(keys, return_index=True)
    if len(first) < len(rows):
        again = rows[np.setdiff1d(np.arange(len(rows)), first)[0]]
        raise OrdersError(
            "a way stands twice in the matrix file",
            found=f"{table.columns['from'][again]} to {table.columns['to'][again]}",
            expected="one row each way",
            mend="keep one of them",
            where=Where(str(path), table.rows[again] + 1),
        )
    found: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for code, profile in enumerate(kinds.dictionary.to_pylist()):
        mine = rows[kind[rows] == code]
        if not mine.size:
            continue
        found[profile] = np.full((count, count), np.nan), np.full((count, count), np.nan)
        for whole, values in zip(found[profile], (metres, seconds), strict=True):
            whole[one[mine], other[mine]] = values[mine]
    if not found:
        raise OrdersError(
            "the matrix file names none of the stops and depots",
            found=", ".join(dict.fromkeys(table.columns["from"][:_SHOWN])),
            expected=", ".join(nodes.names[:_SHOWN]),
            mend="write stop ids and the depots' names of the fleet file",
            where=Where(str(path)),
        )
    return found


def _square(path: Path | str, nodes: Nodes) -> np.ndarray:
    """Read a square of kilometres: the first column names where ways begin, the headers where they end."""
    source = open_source(path, FileMapping())
    headers = source.headers
    columns = {header.strip(): header for header in headers[1:]}
    metres = np.full((len(nodes), len(nodes)), np.nan)
    position = {name: at for at, name in enumerate(nodes.names)}
    missing = [name for name in nodes.names if name not in columns]
    if missing:
        raise OrdersError(
            f"the square matrix lacks {len(missing)} of {len(nodes)} stops and depots",
            found=", ".join(headers[:12]),
            expected=f"a column for {', '.join(missing[:_SHOWN])}{' ...' if len(missing) > _SHOWN else ''}",
            mend="write a column and a row for each, or columns from, to, distance_km, duration_min",
            where=Where(str(path), 1),
        )
    for raw in source.batches(headers, 131_072):
        starts = [None if cell is None else str(cell).strip() for cell in raw.columns[headers[0]].to_pylist()]
        for name in nodes.names:
            cells = raw.columns[columns[name]].to_pylist()
            for start, cell, row in zip(starts, cells, raw.rows, strict=True):
                if start in position and cell not in (None, ""):
                    metres[position[start], position[name]] = _km(cell, path, int(row), name) * 1000
    return metres


def _km(cell: object, path: Path | str, row: int, column: str) -> float:
    try:
        value = float(str(cell))
    except ValueError:
        value = np.nan
    if not 0 <= value < np.inf:
        raise OrdersError(
            "a distance is no number of kilometres",
            found=str(cell)[:60],
            expected="0 or more",
            where=Where(str(path), row + 1, column),
        )
    return value


def _holes(
    path: Path | str, nodes: Nodes, metres: np.ndarray, holes: np.ndarray, label: str, mend: str | None = None
) -> OrdersError:
    pairs = np.argwhere(holes)
    named = "; ".join(f"{nodes.names[one]} to {nodes.names[other]}" for one, other in pairs[:_SHOWN].tolist())
    back = int((~np.isnan(metres.T[holes])).sum())
    reverse = f"; the way back is there for {back:,} of them: write both directions" if back else ""
    return OrdersError(
        f"the matrix has ways without a distance or a time: {len(pairs):,}{label}",
        found=named + (" ..." if len(pairs) > _SHOWN else "") + reverse,
        expected="a row from each stop and depot to each other one",
        mend=mend or "add them, or let great circle x circuity stand in with --fill-holes",
        where=Where(str(path)),
    )


def _asymmetry(nodes: Nodes, metres: np.ndarray, path: Path | str, label: str) -> list[str]:
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.abs(metres - metres.T) / np.fmax(np.fmax(metres, metres.T), 1.0)
    share[~np.isfinite(share)] = 0.0
    pairs = int((share > _SAME).sum() // 2)
    if not pairs:
        return []
    one, other = np.unravel_index(int(np.argmax(share)), share.shape)
    km = metres[one, other] / 1000, metres[other, one] / 1000
    return [
        f"ways of {Path(path).name}{label} that differ by direction: {pairs:,}, up to {share[one, other]:.0%} "
        f"({nodes.names[one]} to {nodes.names[other]} {km[0]:.1f} km, back {km[1]:.1f} km): taken as they are"
    ]


def network_of(
    nodes: Nodes, ways: Ways, wanted: Sequence[tuple[str, float | None]]
) -> tuple[Network, dict[tuple[str, float | None], int]]:
    """Return the network of the profiles that vehicles drive by.

    Parameters
    ----------
    wanted : sequence of (profile, speed_km_per_hour or None)
        A vehicle without a speed takes the network's times.

    Returns
    -------
    network : Network
    position : mapping
        Of each wanted pair among the network's matrices.
    """
    position: dict[tuple[str, float | None], int] = {}
    metres: list[np.ndarray] = []
    seconds: list[np.ndarray] = []
    for pair in wanted:
        if pair in position:
            continue
        profile, speed_km_per_hour = pair
        found = ways.of(profile)
        assert found is not None  # `profiles_of` looked
        distance_m, duration_s = found
        if speed_km_per_hour is not None:
            duration_s = np.where(np.isinf(distance_m), np.inf, distance_m / (speed_km_per_hour / 3.6))
        assert duration_s is not None
        position[pair] = len(metres)
        metres.append(distance_m)
        seconds.append(duration_s)
    network = Network(nodes.latitude, nodes.longitude, nodes.zone, np.stack(metres), np.stack(seconds), ways.basis)
    return network, position
