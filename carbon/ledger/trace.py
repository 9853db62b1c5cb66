"""One parcel's whole calculation, made again from the run's own inputs, plan and factors."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from carbon.engine.block import IN_TOTAL
from carbon.engine.columns import Fallback, fallback_names
from carbon.engine.kernel import TOTAL, stage_column
from carbon.engine.line import Line
from carbon.engine.quality_of_lines import quality_of_lines, range_of_lines
from carbon.engine.ranges import HIGH, LOW
from carbon.engine.replay import FactorBook, replay
from carbon.ledger.manifest import FACTORS, PLAN, problem, unreadable
from carbon.ledger.query import as_ledger, connect, near_ids, rows_of
from carbon.ledger.store import Ledger
from carbon.ledger.writer import TOLERANCE
from carbon.terms import DELIVERY_STAGES, Stage

#: What stood in errs with the other parcels of the file, which one parcel's lines cannot tell.
_STANDING_IN = int(
    Fallback.GOODS_MASS
    | Fallback.PACKAGE
    | Fallback.DESTINATION_CITY
    | Fallback.DESTINATION_COUNTRY
    | Fallback.ORIGIN_CITY
    | Fallback.ORIGIN_COUNTRY
)


@dataclass(frozen=True)
class Explanation:
    """A parcel's lines and what the ledger holds.

    Attributes
    ----------
    run : str
        The run that holds the parcel.
    parcel : mapping
        Its row of the footprints: ids, inputs, fallbacks, results.
    lines : list of Line
        Every amount times factor; those with another `accounting` than ``total`` are shown beside it.
    stages_kg : mapping
        Stage to the sum of its lines [kg CO2e], product included.
    total_kg, stored_total_kg : float
        Recomputed and recorded, product left out.
    agrees : bool
        Whether every stage and the total agree to 1e-9 relative, and the range, too, where nothing stood in for a
        weight, place or package.
    low_kg, high_kg : float or None
        95 % range of the total as recorded; None in runs of earlier versions.
    shares : mapping
        ISO 14083 shares of primary, modelled and default data by emissions.
    ratings : mapping
        PACT 3.0 ratings by emissions: technological, geographical, temporal, and the share that is rated.
    """

    run: str
    parcel: Mapping[str, Any]
    lines: list[Line]
    stages_kg: dict[str, float]
    total_kg: float
    stored_total_kg: float
    agrees: bool
    low_kg: float | None
    high_kg: float | None
    shares: dict[str, float | None]
    ratings: dict[str, float | None]

    @property
    def fallbacks(self) -> list[str]:
        """Names of what stood in for something that the orders did not say."""
        return fallback_names(self.parcel["fallbacks"])


def explain(folder: Ledger | Path | str, text: str, *, run: str | None = None) -> list[Explanation]:
    """Recompute every parcel of an order, or one parcel.

    Parameters
    ----------
    folder : path or Ledger
    text : str
        An order id or a parcel id.
    run : str, optional
        Look in this run, even if it was restated.

    Raises
    ------
    LedgerError
        If no such id is recorded, naming near ones.
    """
    ledger, text = as_ledger(folder), str(text).strip()
    with connect(ledger, runs=None if run is None else [run]) as connection:
        parcels = _recorded(connection, text)
        if not parcels:
            near = near_ids(connection, text)
            raise problem(
                ledger.folder,
                "no such order or parcel is recorded",
                f"did you mean {' or '.join(near)}?" if near else "check the id",
                found=text,
                expected="an order id or a parcel id of a run that counts",
            )
    runs: dict[str, tuple[list[dict], FactorBook]] = {}
    return [_explained(ledger, parcel, runs) for parcel in parcels]


def _recorded(connection: duckdb.DuckDBPyConnection, text: str) -> list[dict[str, Any]]:
    """Return the parcels of an id: first where they are, from the columns of ids alone, then all of their own part of a file."""
    named = "(order_id = $text OR parcel_id = $text)"
    where = f"SELECT min(row) AS first, max(row) AS last FROM footprints WHERE {named}"
    [place] = rows_of(connection, where, {"text": text})
    if place["first"] is None:
        return []
    whole = f"SELECT * FROM footprints WHERE row BETWEEN $first AND $last AND {named} ORDER BY parcel_id, run"
    return rows_of(connection, whole, {"text": text, **place})


def explain_parcels(folder: Ledger | Path | str, wanted: Iterable[tuple[str, str]]) -> list[Explanation]:
    """Recompute many parcels in one pass over the footprints.

    Parameters
    ----------
    wanted : iterable of (run, parcel id)

    Returns
    -------
    list of Explanation
        In the order of `wanted`.
    """
    ledger, listed = as_ledger(folder), list(wanted)
    found: dict[tuple[str, str], Explanation] = {}
    replayed: dict[str, tuple[list[dict], FactorBook]] = {}
    for run in dict.fromkeys(run for run, _ in listed):
        ids = [parcel for of_run, parcel in listed if of_run == run]
        with connect(ledger, runs=[run]) as connection:
            query = "SELECT * FROM footprints WHERE parcel_id IN (SELECT unnest($ids))"
            for parcel in rows_of(connection, query, {"ids": ids}):
                found[run, parcel["parcel_id"]] = _explained(ledger, parcel, replayed)
    return [found[each] for each in listed]


def _explained(ledger: Ledger, parcel: dict[str, Any], runs: dict) -> Explanation:
    run = parcel.pop("run")
    if run not in runs:
        try:
            plan = pq.read_table(ledger.file(run, PLAN)).to_pylist()
            runs[run] = plan, FactorBook(ledger.file(run, FACTORS).read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError) as error:  # ArrowInvalid is a ValueError
            raise unreadable(ledger.run_folder(run), error) from error
    lines = replay(parcel, *runs[run])
    stages = {str(stage): math.fsum(line.co2e_kg for line in _counting(lines, stage)) for stage in Stage}
    total = math.fsum(stages[stage] for stage in DELIVERY_STAGES)
    pairs = [(stages[stage], parcel[stage_column(stage)]) for stage in Stage] + [(total, parcel[TOTAL])]
    delivery = [line for stage in DELIVERY_STAGES for line in _counting(lines, stage)]
    low, high = parcel.get(LOW), parcel.get(HIGH)
    again = range_of_lines(delivery)
    if low is not None and again.low_kg is not None and not parcel["fallbacks"] & _STANDING_IN:
        pairs += [(again.low_kg, low), (again.high_kg, high)]
    agrees = all(math.isclose(again, stored, rel_tol=TOLERANCE, abs_tol=1e-15) for again, stored in pairs)
    shares, ratings = quality_of_lines(delivery)
    return Explanation(run, parcel, lines, stages, total, parcel[TOTAL], agrees, low, high, shares, ratings)


def _counting(lines: list[Line], stage: Stage) -> list[Line]:
    return [line for line in lines if line.stage == stage and line.accounting == IN_TOTAL]
