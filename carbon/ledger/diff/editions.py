"""What another run's factor release gives for the same: the same activity, region and rule, the year nearest to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import fmean
from typing import Any

from carbon.ledger.diff.rules import Book, Bound, RuleKey, Value
from carbon.units import parse_factor_unit

#: Arguments that follow from a factor and sourced parameters only, even where their value is the neutral one.
_OF_RELEASE = frozenset({"circuity", "adjustment", "addition_km", "treatment_share"})
#: Gases are weighed by the GWP set; a row of one of these activities *is* a warming potential.
_POTENTIALS = ("gas.", "refrigerant.")


@dataclass(frozen=True)
class Coefficient:
    """kg CO2e per unit by whose edition (first index) and whose method (second), run A before run B."""

    factor_id: str
    kg: tuple[tuple[float, float], tuple[float, float]]


class Release:
    """The factors and parameters that one side of a comparison used, to be asked by the other.

    Parameters
    ----------
    books : sequence of Book
    """

    def __init__(self, books: Sequence[Book]):
        self.books = books
        self._by_what: dict[tuple, list[tuple[Book, Bound]]] = defaultdict(list)
        self._by_rule: dict[tuple, list[tuple[Book, Bound]]] = defaultdict(list)
        for book in books:
            for key, bound in book.bindings():
                self._by_what[bound.what].append((book, bound))
                self._by_rule[key, bound.term].append((book, bound))
        self.counterpart = cache(self._counterpart)
        self._factor = cache(self._nearest_factor)

    @property
    def gwps(self) -> Mapping[str, float]:
        """Warming potentials by gas."""
        return next((book.gwps for book in self.books if book.gwps), {})

    @property
    def gwp_sets(self) -> set[str]:
        """GWP sets of its runs."""
        return {book.gwp_set for book in self.books}

    def published(self, factor_id: str) -> list[dict[str, Any]]:
        """Return a factor's rows."""
        return next((book.published[factor_id] for book in self.books if factor_id in book.published), [])

    def _counterpart(self, key: RuleKey, cell: tuple[tuple[str, str], ...], year: int) -> Bound | None:
        """Return what it uses by the same rule in the same cell."""
        found = [rule.at(dict(cell), year) for book in self.books if (rule := book.rules.get(key)) is not None]
        found = [bound for bound in found if bound is not None]
        return min(found, key=lambda bound: _gap(bound, year)) if found else None

    def value(self, key: RuleKey, bound: Bound, name: str, year: int) -> Value | None:
        """Return its value of a sourced argument, None where it has none or the organisation gives it.

        The same cell comes first, then the same rule, activity and region; of several the row that `bound` uses
        itself, else their mean.
        """
        mine = self.counterpart(key, tuple(bound.cell.items()), year)
        if mine is not None and mine.term == bound.term:
            return mine.values[name] if is_sourced(name, mine.values[name]) else None
        found = _nearest([pair[1] for pair in self._by_rule[key, bound.term]], year)
        values = [each.values[name] for each in found if is_sourced(name, each.values[name])]
        same = [each for each in values if each.parameter == bound.values[name].parameter]
        if not values:
            return None
        return (same or [Value(fmean(each.value for each in values), values[0].parameter)])[0]

    def factor(self, key: RuleKey, bound: Bound, year: int) -> tuple[str, float] | None:
        """Return id and kg CO2e per unit of its factor for what a binding's is for, None where it has none."""
        mine = self.counterpart(key, tuple(bound.cell.items()), year)
        if mine is not None and mine.what == bound.what:
            return mine.factor_id, mine.co2e_kg
        return self._factor(bound.what, bound.factor_id, year)

    def _nearest_factor(self, what: tuple, own_id: str, year: int) -> tuple[str, float] | None:
        found = {bound.factor_id: bound.co2e_kg for bound in _nearest([pair[1] for pair in self._by_what[what]], year)}
        if not found:
            return None
        chosen = own_id if own_id in found else min(found)
        return chosen, found[chosen]


def is_sourced(name: str, value: Value) -> bool:
    """Whether a number comes with the factor release rather than from the organisation."""
    return value.parameter is not None or name in _OF_RELEASE


def coefficient(own: Release, other: Release, key: RuleKey, bound: Bound, year: int, side: int) -> Coefficient:
    """Return the four coefficients of a binding of side 0 (run A) or 1 (run B).

    Where the runs' GWP sets differ, a factor of single gases is weighed with the other set, too; that is method. A
    figure published as CO2e stays what it is. Runs that did not record their potentials cannot be told apart so: then
    the same factor is method's, another factor the edition's.
    """
    found = other.factor(key, bound, year)
    factor_id, theirs = found if found is not None else (bound.factor_id, bound.co2e_kg)
    mine = bound.co2e_kg
    if own.gwp_sets == other.gwp_sets:
        mine_by_theirs, theirs_by_mine = mine, theirs
    elif bound.activity.startswith(_POTENTIALS):
        mine_by_theirs, theirs_by_mine = theirs, mine
    elif own.gwps and other.gwps:
        mine_by_theirs = mine * weighed(own.published(bound.factor_id), own.gwps, other.gwps)
        theirs_by_mine = theirs * weighed(other.published(factor_id), other.gwps, own.gwps) if found else mine
        if found is None:
            theirs = mine_by_theirs
    elif factor_id == bound.factor_id:
        mine_by_theirs, theirs_by_mine = theirs, mine
    else:
        mine_by_theirs, theirs_by_mine = mine, theirs
    kg = [[0.0, 0.0], [0.0, 0.0]]
    kg[side][side], kg[side][1 - side] = mine, mine_by_theirs
    kg[1 - side][side], kg[1 - side][1 - side] = theirs_by_mine, theirs
    return Coefficient(factor_id, (tuple(kg[0]), tuple(kg[1])))


def weighed(rows: Iterable[Mapping[str, Any]], now: Mapping[str, float], then: Mapping[str, float]) -> float:
    """Return how much more the gases of a factor weigh by another set of potentials."""
    before = after = 0.0
    for row in rows:
        gas = str(row["gas_basis"]).lower()
        kg = row["value"] * parse_factor_unit(row["unit"]).scale
        before += kg * now.get(gas, 1.0)
        after += kg * then.get(gas, 1.0)
    return after / before if before else 1.0


def _nearest(bounds: list[Bound], year: int) -> list[Bound]:
    """Return the bindings of the year nearest to one; what knows no year serves every year."""
    if not bounds:
        return []
    gap = min(_gap(bound, year) for bound in bounds)
    return [bound for bound in bounds if _gap(bound, year) == gap]


def _gap(bound: Bound, year: int) -> int:
    return min((abs(known - year) for known in bound.years), default=0)
