"""95 % ranges of an inventory: total, stages, scopes, months, market-based view, what makes the variance, data gaps.

Everything is drawn at once and with the same numbers, so that any two figures may be compared.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from carbon.engine.block import BESIDE, IN_TOTAL
from carbon.engine.uncertainty import DRAWS, SEED, Difference, Group, Range, Terms, difference, ranges, shares
from carbon.ledger import accounts
from carbon.ledger.causes import Names
from carbon.ledger.gaps import Gaps, gap_table
from carbon.ledger.query import as_ledger, connect
from carbon.ledger.store import Ledger
from carbon.terms import Stage

#: Keys shown by name; the rest is one row.
TOP = 5
OTHER = ("other", "all others", "其他")
VARIANCE_COLUMNS = ["key", "title_en", "title_zh", "variance_share"]

_UNKNOWN = (None, None)


@dataclass(frozen=True)
class Ranges:
    """What was drawn for an inventory.

    Attributes
    ----------
    found : mapping
        ``(kind, ...)`` to Range: ``("total",)``, ``("stage", stage)``, ``("month", month)``, ``("scope", scope,
        category)``, ``("market",)``, ``("market scope", scope, category)``, ``("beside", block)``.
    variance : pandas.DataFrame
        key, title_en, title_zh, variance_share: the five keys that make most of the total's variance, and the others.
    gaps : pandas.DataFrame
        See `carbon.ledger.gaps.gap_table`.
    """

    found: Mapping[tuple, Range]
    variance: pd.DataFrame
    gaps: pd.DataFrame

    def ends(self, *name: Hashable) -> tuple[float | None, float | None]:
        """Return low and high of a figure [kg CO2e]; None where they are not known."""
        each = self.found.get(name)
        return (each.low_kg, each.high_kg) if each is not None else _UNKNOWN

    def stages(self) -> dict[Stage, tuple[float | None, float | None]]:
        """Return low and high of each stage."""
        return {stage: self.ends("stage", str(stage)) for stage in Stage}

    def add_to(self, frame: pd.DataFrame, names: Iterable[tuple], prefix: str = "") -> pd.DataFrame:
        """Return a table with the columns low_kg and high_kg of the figures named for its rows."""
        ends = np.array([self.ends(*name) for name in names], dtype=float).reshape(-1, 2)
        return frame.assign(**{f"{prefix}low_kg": ends[:, 0], f"{prefix}high_kg": ends[:, 1]})


def ranges_of(
    activity: pd.DataFrame,
    terms: Terms,
    market: pd.DataFrame,
    names: Names,
    organisation: Mapping[str, Any],
    *,
    seed: int = SEED,
    draws: int = DRAWS,
) -> Ranges:
    """Draw every figure of an inventory.

    Parameters
    ----------
    activity : pandas.DataFrame
    terms : Terms
        The same rows, in the same order.
    market : pandas.DataFrame
        The rows of the market-based view; their index is the activity's.
    names : Names
    organisation : mapping
        As in a manifest, for the names of services and sites.
    """
    counted = accounts.counted(activity)
    groups = _groups(activity, counted, activity.index.isin(market.index))
    known = bool(terms.known[counted].all()) and bool(counted.any())
    finder = Gaps(activity, terms, counted, names, _names(organisation, "services"), _names(organisation, "sites"))
    gaps = finder.found() if known else []
    groups |= {("gap", position): gap.group(counted) for position, gap in enumerate(gaps)}
    found = ranges(terms, groups, seed=seed, draws=draws)
    closed = [found.pop(("gap", position)) for position in range(len(gaps))]
    return Ranges(
        found,
        variance_table(shares(terms, counted) if known else {}, names),
        gap_table(gaps, closed, found["total",], activity, accounts.parcels_of),
    )


def variance_table(share_of: Mapping[str, float], names: Names, top: int = TOP) -> pd.DataFrame:
    """Return the keys that make most of a variance, by name, and the others in one row."""
    listed = list(share_of.items())
    rows = [[key, *names.titles(key), share] for key, share in listed[:top]]
    if len(listed) > top:
        rows.append([*OTHER, sum(share for _, share in listed[top:])])
    return pd.DataFrame(rows, columns=VARIANCE_COLUMNS)


def difference_of_runs(ledger: Ledger | Path | str, run_a: str, run_b: str) -> Difference:
    """Return how the total changes from one run to another, both drawn with the same numbers.

    What the runs share (a factor, a parameter) cancels. Parcels' own errors cancel, too, where both runs were made from
    the same orders file; else each run's parcels err for themselves.
    """
    ledger = as_ledger(ledger)
    manifests = [ledger.run(run) for run in (run_a, run_b)]
    first, second = (each.input_sha256 for each in manifests)
    same_orders = bool(first) and first == second
    totals = []
    for manifest in manifests:
        with connect(ledger, runs=[manifest.run]) as connection:
            activity, terms = accounts.activity_terms(connection)
        terms = terms.take(accounts.counted(activity))
        # Of the same orders the same parcels err: what tells the runs apart is taken off their names.
        names = tuple(name.removeprefix(manifest.run) for name in terms.runs) if same_orders else terms.runs
        totals.append(replace(terms, runs=names))
    return difference(*totals)


def _groups(activity: pd.DataFrame, counted: np.ndarray, market: np.ndarray) -> dict[tuple, np.ndarray | Group]:
    """Every figure of an inventory as rows of the activity."""
    in_total = (activity["accounting"] == IN_TOTAL).to_numpy()
    beside = (activity["accounting"] == BESIDE).to_numpy()
    groups: dict[tuple, np.ndarray | Group] = {("total",): counted, ("market",): market}
    groups |= {("stage", *name): rows for name, rows in _parts(activity, ["stage"], in_total)}
    groups |= {("month", *name): rows for name, rows in _parts(activity, ["month"], counted)}
    groups |= {("scope", *name): rows for name, rows in _parts(activity, ["scope", "category"], counted)}
    groups |= {("market scope", *name): rows for name, rows in _parts(activity, ["scope", "category"], market)}
    groups |= {("beside", *name): rows for name, rows in _parts(activity, ["block"], beside)}
    return groups


def _parts(activity: pd.DataFrame, by: list[str], rows: np.ndarray) -> Iterator[tuple[tuple[str, ...], np.ndarray]]:
    """Yield names and masks of the parts that some rows fall into."""
    if rows.any():
        groups = activity.loc[rows].groupby(by, sort=True)
        code = np.full(len(activity), -1)
        code[rows] = groups.ngroup().to_numpy()
        for number, name in enumerate(groups.size().index):
            yield tuple(str(each) for each in (name if isinstance(name, tuple) else (name,))), code == number


def _names(organisation: Mapping[str, Any], of: str) -> dict[str, tuple[str, str]]:
    """Key to names in English and Chinese, as the organisation file has them."""
    found = {}
    for key, setup in (organisation.get(of) or {}).items():
        english = setup.get("name") or key
        found[key] = (english, setup.get("name_zh") or english)
    return found
