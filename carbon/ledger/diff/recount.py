"""Recounting parcels by a run's rules, in batches: with its own factor release and with the other run's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.engine.block import MODELS
from carbon.ledger.diff.editions import Coefficient, Release, coefficient, is_sourced
from carbon.ledger.diff.rules import Book, Bound, Rule, RuleKey

#: Arguments that are kilometres, or what shares kilometres out; where a sourced default stands in, it tells no way.
_WAYS = frozenset({"distance_km", "round_km", "round_parcels", "trip_km", "return_km"})
_NO_SECOND_TRY = {"attempts": 1.0, "failure_share": 0.0}
FREIGHT, GROSS = "freight_mass_kg", "gross_mass_kg"


def way_km(model: str, arguments: Mapping[str, np.ndarray]) -> np.ndarray | float:
    """Return the kilometres in an amount: what it would be of one kilogram, at one attempt; 1 where none are.

    Parameters
    ----------
    model : str
        Name in `MODELS`.
    arguments : mapping
        The model's own.
    """
    if model == "freight":
        return MODELS[model].amounts(**{**arguments, "mass_kg": 1.0})[0]
    if model in ("laden_vehicle_distance", "vehicle_energy"):
        return arguments["distance_km"]
    if model in ("round_distance", "round_energy"):
        return arguments["round_km"] / arguments["round_parcels"]
    if model in ("round_distance_by_mass_distance", "round_energy_by_mass_distance"):
        plain = MODELS["round_distance_by_mass_distance"]
        taken = {name: arguments[name] for name in plain.arguments if name in arguments}
        return plain.amounts(**{**taken, **_NO_SECOND_TRY})[0]
    return arguments.get("trip_km", arguments.get("return_km", 1.0))


class Batch:
    """Some parcels of one run, columns as arrays, texts as codes, each made once."""

    def __init__(self, table: pa.Table | pa.RecordBatch, prefix: str = ""):
        self.table, self.prefix, self.count = table, prefix, table.num_rows
        self._columns: dict[str, np.ndarray] = {}
        self._texts: dict[str, tuple[np.ndarray, list[str]]] = {}

    def column(self, name: str) -> np.ndarray:
        """Return a column as floats, NaN where it is null or the run has none."""
        if name not in self._columns:
            if self.prefix + name not in self.table.schema.names:
                return np.full(self.count, np.nan)
            found = self.table[self.prefix + name]
            self._columns[name] = pc.cast(found, pa.float64()).to_numpy(zero_copy_only=False).astype(float)
        return self._columns[name]

    def texts(self, axis: str) -> tuple[np.ndarray, list[str]]:
        """Return codes and what they mean."""
        if axis not in self._texts:
            found = self.table[self.prefix + ("shipped_on" if axis == "year" else axis)]
            if axis == "year":
                found = pc.cast(pc.year(found), pa.string())
            elif pa.types.is_dictionary(found.type):
                found = found.cast(pa.string())
            coded = pc.fill_null(found, "")
            coded = (coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded).dictionary_encode()
            self._texts[axis] = coded.indices.to_numpy(zero_copy_only=False), coded.dictionary.to_pylist()
        return self._texts[axis]

    def codes(self, axis: str, known: Mapping[str, int], absent: int = -1) -> np.ndarray:
        """Return each parcel's code in somebody else's list."""
        indices, texts = self.texts(axis)
        lookup = np.array([known.get(text, absent) for text in texts], dtype=np.int64)
        return lookup[indices] if len(texts) else np.empty(0, dtype=np.int64)

    @cached_property
    def flags(self) -> np.ndarray:
        """Fallbacks of each parcel."""
        return self.column("fallbacks").astype(np.int64)


@dataclass
class Part:
    """What one rule makes of the parcels it concerns.

    Attributes
    ----------
    rows : numpy.ndarray of int
        Their positions in the batch.
    term : numpy.ndarray of int
    way_km : numpy.ndarray, shape (editions, rows)
    co2e_kg : numpy.ndarray, shape (editions, methods, rows)
    by_volume : numpy.ndarray or None
        Mass carried over gross mass, where services weigh by different rules.
    """

    rows: np.ndarray
    term: np.ndarray
    way_km: np.ndarray
    co2e_kg: np.ndarray
    by_volume: np.ndarray | None


class Terms:
    """Numbers for (rule, activity, region), the same on both sides."""

    def __init__(self) -> None:
        self.keys: list[tuple[RuleKey, tuple[str, str]]] = []
        self._numbers: dict[tuple[RuleKey, tuple[str, str]], int] = {}

    def number(self, key: RuleKey, term: tuple[str, str]) -> int:
        """Return a term's number, a new one where it is new."""
        if (key, term) not in self._numbers:
            self._numbers[key, term] = len(self.keys)
            self.keys.append((key, term))
        return self._numbers[key, term]


class Reading:
    """One rule of one run, ready for batches: numbers by binding and year, own and the other release's."""

    def __init__(self, rule: Rule, terms: Terms, own: Release, other: Release, side: int, same_release: bool):
        self.rule, self.side = rule, side
        bounds = rule.bindings
        self.years = sorted({year for bound in bounds for year in bound.years}) or [0]
        self.term = np.array([terms.number(rule.key, bound.term) for bound in bounds])
        names = list(bounds[0].values)
        self.own = {name: np.array([bound.values[name].value for bound in bounds]) for name in names}
        self.other: dict[str, np.ndarray] = {}
        self.no_way: dict[str, np.ndarray] = {}
        for name in names:
            values = [[self._value(bound, name, year, other, same_release) for year in self.years] for bound in bounds]
            wanted = np.array([[each[0] for each in line] for line in values])
            if (wanted != self.own[name][:, None]).any():
                self.other[name] = wanted
            if name in _WAYS:
                self.no_way[name] = np.array([any(each[1] for each in line) for line in values])
        self.coefficients = [
            [coefficient(own, other, rule.key, bound, year, side) for year in self.years] for bound in bounds
        ]
        self.kg = np.array([[each.kg for each in line] for line in self.coefficients])
        self.weight_kg = np.zeros((len(bounds), len(self.years)))

    def _value(self, bound: Bound, name: str, year: int, other: Release, same_release: bool) -> tuple[float, bool]:
        """The other run's number for an argument, and whether a sourced default tells the way on either side."""
        mine, found = bound.values[name], None
        if is_sourced(name, mine):
            found = other.value(self.rule.key, bound, name, year)
        elif name in _WAYS:
            there = other.counterpart(self.rule.key, tuple(bound.cell.items()), year)
            return mine.value, there is not None and there.values[name].parameter is not None
        # One row of one release has one value: where it differs, the organisation's own numbers do.
        if found is None or (same_release and found.parameter == mine.parameter):
            return mine.value, mine.parameter is not None
        return found.value, mine.parameter is not None

    def replaced(self) -> Iterator[tuple[Bound, Coefficient, float]]:
        """Yield bindings whose factor the other run has another value for, with the emissions concerned [kg CO2e]."""
        for position, bound in enumerate(self.rule.bindings):
            for year, coefficient_of in enumerate(self.coefficients[position]):
                if self.weight_kg[position, year]:
                    yield bound, coefficient_of, float(self.weight_kg[position, year])

    def part(self, batch: Batch, by_volume: bool) -> Part | None:
        """Recount a batch; None where the rule concerns no parcel of it."""
        chosen = self._choose(batch)
        present = chosen >= 0
        weight = np.ones(batch.count)
        for name in self.rule.weights:
            weight = weight * batch.column(name)
        rows = np.flatnonzero(present & (weight != 0))
        if not rows.size:
            return None
        chosen, weight = chosen[rows], weight[rows]
        year = np.clip(np.searchsorted(self.years, _years_of(batch)[rows]), 0, len(self.years) - 1)
        columns = {name: batch.column(column)[rows] for name, column in self.rule.key.columns}
        own = columns | {name: values[chosen] for name, values in self.own.items()}
        made = [self._amount(own, weight)] * 2
        ways = [self._way(own, chosen)] * 2
        if self.other:
            theirs = own | {name: values[chosen, year] for name, values in self.other.items()}
            made[1 - self.side], ways[1 - self.side] = self._amount(theirs, weight), self._way(theirs, chosen)
        kg = self.kg[chosen, year]
        co2e_kg = np.stack(
            [np.stack([made[edition] * kg[:, edition, method] for method in (0, 1)]) for edition in (0, 1)]
        )
        self._weigh(chosen, year, co2e_kg[self.side, self.side])
        volume = None
        if by_volume and FREIGHT in dict(self.rule.key.columns).values():
            volume = batch.column(FREIGHT)[rows] / batch.column(GROSS)[rows]
        return Part(rows, self.term[chosen], np.stack(ways), co2e_kg, volume)

    def _choose(self, batch: Batch) -> np.ndarray:
        """Binding of each parcel, -1 where the rule does not apply to it."""
        chosen = np.zeros(batch.count, dtype=np.int64)
        inside = np.ones(batch.count, dtype=bool)
        if self.rule.axes:
            for axis, texts in zip(self.rule.axes, self.rule.texts, strict=True):
                code = batch.codes(axis, {text: number for number, text in enumerate(texts)})
                inside &= code >= 0
                chosen = chosen * len(texts) + np.maximum(code, 0)
            chosen = self.rule.table.reshape(-1)[chosen]
        if self.rule.key.service:
            inside &= batch.codes("service", {self.rule.key.service: 0}) == 0
        return np.where(inside, chosen, -1)

    def _amount(self, arguments: Mapping[str, np.ndarray], weight: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore", divide="ignore"):
            amount = MODELS[self.rule.key.model].amounts(**arguments)[self.rule.key.output]
        return np.broadcast_to(amount, weight.shape) * weight

    def _way(self, arguments: Mapping[str, np.ndarray], chosen: np.ndarray) -> np.ndarray:
        plain = {name: np.where(hidden[chosen], 1.0, arguments[name]) for name, hidden in self.no_way.items()}
        with np.errstate(invalid="ignore", divide="ignore"):
            found = way_km(self.rule.key.model, {**arguments, **plain})
        return np.broadcast_to(np.asarray(found, dtype=float), chosen.shape)

    def _weigh(self, chosen: np.ndarray, year: np.ndarray, co2e_kg: np.ndarray) -> None:
        np.add.at(self.weight_kg, (chosen, year), co2e_kg)


def _years_of(batch: Batch) -> np.ndarray:
    indices, texts = batch.texts("year")
    return np.array([int(text) for text in texts], dtype=np.int64)[indices]


def readings(book: Book, terms: Terms, own: Release, other: Release, side: int, same_release: bool) -> list[Reading]:
    """Return all rules of a run, ready to recount its parcels."""
    return [Reading(rule, terms, own, other, side, same_release) for rule in book.rules.values()]
