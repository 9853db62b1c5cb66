"""Paired differences between prepared sums: the draws of `carbon.engine.uncertainty`, made once for each set of spreads.

A difference is what each set of spreads weighs in one sum less what it weighs in the other, times the set's draws: what
both sums share cancels before anything is drawn, and a cart costs one product of a short vector with kept draws.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock

import numpy as np

from carbon.engine.carried import GROSS, carried_column, mass_spreads
from carbon.engine.prepared import PreparedTerms
from carbon.engine.spreads import catalogue_spreads
from carbon.engine.uncertainty import Difference, ends, multipliers
from carbon.factors.spread import Spread, joined
from carbon.terms import Stage

#: Draws kept in all [byte].
_MOST_BYTES = 128 * 1024 * 1024

_Spreads = tuple[Spread, ...]


class Draws:
    """Draws of sets of spreads; those not asked for lately are forgotten. Threads may share it."""

    def __init__(self, most_bytes: int = _MOST_BYTES):
        self._most_bytes, self._bytes = most_bytes, 0
        self._numbers: dict[_Spreads, int] = {}
        self._sets: list[_Spreads] = []
        self._kept: OrderedDict[bytes, np.ndarray] = OrderedDict()
        self._lock = Lock()

    def number(self, spreads: _Spreads) -> int:
        """Return a set's number."""
        with self._lock:
            if spreads not in self._numbers:
                self._numbers[spreads] = len(self._sets)
                self._sets.append(spreads)
            return self._numbers[spreads]

    def of(self, numbers: np.ndarray) -> np.ndarray:
        """Return the multipliers of some sets, shape (sets, draws)."""
        key = numbers.tobytes()
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
            wanted = [self._sets[number] for number in numbers.tolist()]
        found = multipliers(wanted)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = found
                self._bytes += found.nbytes
            while self._bytes > self._most_bytes and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1].nbytes
        return found


class PreparedDifferences:
    """Differences between sums of terms.

    Parameters
    ----------
    terms : PreparedTerms
    sum_of_row : numpy.ndarray of int, shape (rows,)
        Which sum each row of the frame belongs to.
    count : int
        Number of sums.
    draws : Draws
    """

    def __init__(self, terms: PreparedTerms, sum_of_row: np.ndarray, count: int, draws: Draws):
        self._count, self._draws = count, draws
        parts = _Parts(terms)
        self._tare_kg, self._fill_kg_per_m3 = parts.tare_kg, parts.fill_kg_per_m3
        sets: dict[int, int] = {}

        def number(spreads: _Spreads) -> int:
            return sets.setdefault(draws.number(spreads), len(sets))

        goods = [joined(spreads) for spreads in parts.spreads]
        self._row = terms.row
        carried = [carried_column(block.columns) for block in terms.blocks]
        self._carried = {name: np.array([each == name for each in carried]) for name in dict.fromkeys(carried) if name}
        self._pieces: list[tuple[np.ndarray, int]] = []
        sums, numbers = [sum_of_row[terms.row]], [[number(each) for each in goods]]
        bearing = np.flatnonzero([column is not None for column in carried])
        for kind, spreads_of_row in enumerate((parts.tare, parts.fill)):
            mine = np.array([at for at in bearing if spreads_of_row[terms.row[at]] is not None], dtype=np.intp)
            self._pieces.append((mine, kind))
            sums.append(sum_of_row[terms.row[mine]])
            numbers.append([number(joined([*goods[at], *spreads_of_row[terms.row[at]]])) for at in mine.tolist()])
        self._sets = np.array(list(sets), dtype=np.int64)
        number_of = np.array([each for some in numbers for each in some], dtype=np.intp)
        self._cell = np.concatenate(sums) * len(sets) + number_of

    def to(
        self,
        default: int,
        terms_kg: np.ndarray,
        columns: Mapping[str, np.ndarray],
        carry: Mapping[str, np.ndarray],
        wanted: list[int],
    ) -> list[Difference]:
        """Return what changes from sum `default` to each of `wanted`, by paired draws; `carry` is `carrying` of the columns."""
        count = len(self._sets)
        weights = np.bincount(self._cell, self._contributions(terms_kg, columns, carry), self._count * count)
        weights = weights.reshape(self._count, count)
        changes = weights[wanted] - weights[default]
        # The draws are read once for all of them.
        used = np.flatnonzero(changes.any(axis=0))
        drawn_kg = changes[:, used] @ self._draws.of(self._sets[used]) if used.size else changes
        return [_difference(*each) for each in zip(changes.sum(axis=1).tolist(), changes, drawn_kg, strict=True)]

    def _contributions(
        self, terms_kg: np.ndarray, columns: Mapping[str, np.ndarray], where: Mapping[str, np.ndarray]
    ) -> np.ndarray:
        """The goods' part of each term, then the empty packages' and the fillings' [kg CO2e]."""
        gross_kg = columns[GROSS]
        shares = np.zeros((2, len(gross_kg)))
        np.divide(self._tare_kg, gross_kg, out=shares[0], where=where[GROSS])
        np.divide(self._fill_kg_per_m3 * columns["empty_volume_m3"], gross_kg, out=shares[1], where=where[GROSS])
        bears = np.zeros(len(terms_kg))
        for name, mine in self._carried.items():
            bears[mine] = where[name][self._row[mine]]
        goods_kg, pieces = terms_kg.copy(), []
        for chosen, kind in self._pieces:
            part_kg = terms_kg[chosen] * shares[kind][self._row[chosen]] * bears[chosen]
            goods_kg[chosen] -= part_kg
            pieces.append(part_kg)
        return np.concatenate([goods_kg, *pieces])


def _difference(value_kg: float, change_kg: np.ndarray, drawn_kg: np.ndarray) -> Difference:
    if not change_kg.any():
        return Difference(0.0, 0.0, 0.0, False)
    low_kg, high_kg = ends(drawn_kg)
    return Difference(value_kg, low_kg, high_kg, bool(low_kg > 0 or high_kg < 0))


class _Parts:
    """What the packages of a frame's rows are made of, as far as it is in the footprint, and how far it may be off.

    Attributes
    ----------
    tare_kg, fill_kg_per_m3 : numpy.ndarray, shape (rows,)
    tare, fill : list of (tuple of Spread or None)
        By row; None where there is no such part.
    spreads : list of tuple of Spread
        Of each term.
    """

    def __init__(self, terms: PreparedTerms):
        plan, count = terms.plan, len(terms.frame.rows)
        masses: tuple[list[list], list[list]] = ([[] for _ in range(count)], [[] for _ in range(count)])
        self.spreads: list[_Spreads] = []
        for block, position, binding, row in zip(
            terms.blocks, terms.position.tolist(), terms.binding.tolist(), terms.row.tolist(), strict=True
        ):
            self.spreads.append(plan.spreads[position].spreads(binding))
            if block.stage is not Stage.PACKAGING or block.model not in ("material", "void_fill"):
                continue
            filling = block.model == "void_fill"
            values = block.bindings[binding].values
            mass = values["density_kg_per_m3" if filling else "component_kg"].value * values["material_share"].value
            masses[filling][row].append((mass, catalogue_spreads(plan.context, values)))
        self.tare_kg, self.fill_kg_per_m3 = (
            np.array([sum(mass for mass, _ in some) for some in part]) for part in masses
        )
        self.tare, self.fill = ([mass_spreads(some) if some else None for some in part] for part in masses)
