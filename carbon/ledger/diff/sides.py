"""The two sides of a comparison: a run, or all runs that count in a period."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from carbon.engine.kernel import TOTAL, stage_column
from carbon.errors import InputError
from carbon.ledger.diff.recount import FREIGHT, GROSS
from carbon.ledger.diff.rules import Book, read_book
from carbon.ledger.manifest import RUN_ID, Manifest, problem
from carbon.ledger.period import Period
from carbon.ledger.query import connect, overlapping, rows_of
from carbon.ledger.store import Ledger
from carbon.terms import DELIVERY_STAGES

_ALWAYS = {
    "fallbacks",
    "service",
    "package",
    "site",
    "origin_region",
    "destination_region",
    "shipped_on",
    FREIGHT,
    GROSS,
}
_BATCH = 1 << 16


@dataclass(frozen=True)
class Side:
    """One side.

    Attributes
    ----------
    label : str
        As the user named it.
    period : Period or None
        Where a period was named.
    """

    label: str
    manifests: tuple[Manifest, ...]
    books: tuple[Book, ...]
    period: Period | None = None

    @property
    def runs(self) -> list[str]:
        """Ids of its runs."""
        return [manifest.run for manifest in self.manifests]

    @property
    def columns(self) -> set[str]:
        """Columns of the footprints that recounting it needs."""
        return _ALWAYS.union(*(book.columns for book in self.books))

    def book(self, run: str) -> Book:
        """Return a run's rules."""
        return self.books[self.runs.index(run)]


def side_of(ledger: Ledger, text: str) -> Side:
    """Return a run, or the runs that count in a period.

    Raises
    ------
    LedgerError
        If there is no such run, or no parcel in the period.
    InputError
        If the text is neither a run nor a period.
    """
    text = text.strip()
    try:
        period = None if RUN_ID.fullmatch(text) else Period.from_text(text)
    except InputError:
        return Side(text, (ledger.run(text),), ())  # says that there is no such run, and names some
    manifests = [ledger.run(text)] if period is None else overlapping(ledger.current(), period)
    if not manifests:
        raise problem(ledger.folder, f"no run that counts has parcels of {text}", "name a run, or another period")
    return Side(text, tuple(manifests), tuple(read_book(ledger, each.run) for each in manifests), period)


class Parcels:
    """The parcels of both sides, read from the ledger in batches.

    Parameters
    ----------
    ledger : Ledger
    sides : two Side
    """

    def __init__(self, ledger: Ledger, sides: Sequence[Side]):
        self.sides = sides
        # Runs that count never share a parcel: the costly look for shared ones is for restated runs and replays.
        counted, named = {each.run for each in ledger.current()}, [set(side.runs) for side in sides]
        self._apart = named[0].isdisjoint(named[1]) and named[0] | named[1] <= counted
        runs = dict.fromkeys(run for side in sides for run in side.runs)
        self._connection = connect(ledger, runs=runs)
        for name, side in zip("ab", sides, strict=True):
            found = self._connection.view("footprints").filter(_one_of("run", side.runs))
            if side.period is not None:
                day = duckdb.ColumnExpression("shipped_on")
                first, last = (duckdb.ConstantExpression(end) for end in (side.period.first_day, side.period.last_day))
                found = found.filter(day.between(first, last))
            found.create_view(f"side_{name}")
        known = set(self._connection.view("footprints").columns)
        self._columns = [sorted(side.columns & known) for side in sides]

    def close(self) -> None:
        """Let go of the files."""
        self._connection.close()

    def sums(self, side: int) -> dict[str, float]:
        """Return parcels and recorded sums of the stages and the total [kg CO2e], and first and last year."""
        names = [*(stage_column(stage) for stage in DELIVERY_STAGES), TOTAL]
        sums = ", ".join(f'coalesce(fsum("{name}"), 0.0) AS "{name}"' for name in names)
        query = f"SELECT count(*) AS parcels, min(year(shipped_on)) AS first, max(year(shipped_on)) AS last, {sums} FROM side_{'ab'[side]}"
        return rows_of(self._connection, query)[0]

    def activity(self, side: int, with_run: bool) -> pa.Table:
        """Return the activity of a side; without the run, parcels' own errors count as the same on both sides."""
        chosen = self.sides[side]
        found = self._connection.view("activity").filter(_one_of("run", chosen.runs))
        if chosen.period is not None:
            first, last = (
                duckdb.ConstantExpression(end) for end in (chosen.period.first_month, chosen.period.last_month)
            )
            found = found.filter(duckdb.ColumnExpression("month").between(first, last))
        return (found if with_run else found.project("* EXCLUDE (run)")).to_arrow_table()

    def pairs(self) -> list[tuple[str, str, int]]:
        """Return runs of both sides that hold the same parcels, and how many."""
        if self._apart:
            return []
        found = rows_of(
            self._connection,
            "SELECT a.run AS a, b.run AS b, count(*) AS parcels FROM side_a a JOIN side_b b USING (parcel_id) "
            "GROUP BY ALL ORDER BY a.run, b.run",
        )
        return [(row["a"], row["b"], row["parcels"]) for row in found]

    def same(self, run_a: str, run_b: str) -> Iterator[pa.RecordBatch]:
        """Yield parcels of both runs, with columns ``a_...`` and ``b_...``."""
        taken = ", ".join(
            f'{name}."{column}" AS "{name}_{column}"'
            for name, columns in zip("ab", self._columns, strict=True)
            for column in columns
        )
        return self._read(
            f"SELECT {taken} FROM side_a a JOIN side_b b USING (parcel_id) WHERE a.run = $a AND b.run = $b",
            {"a": run_a, "b": run_b},
        )

    def others(self, side: int, run: str, all_different: bool) -> Iterator[pa.RecordBatch]:
        """Yield the parcels of a run that the other side does not hold."""
        mine, other = ("a", "b") if side == 0 else ("b", "a")
        taken = ", ".join(f'"{column}"' for column in self._columns[side])
        rest = "" if all_different else f"ANTI JOIN side_{other} USING (parcel_id) "
        return self._read(f"SELECT {taken} FROM side_{mine} {rest}WHERE run = $run", {"run": run})

    def _read(self, query: str, parameters: dict[str, str]) -> Iterator[pa.RecordBatch]:
        yield from self._connection.sql(query, params=parameters).to_arrow_reader(_BATCH)


def _one_of(column: str, values: Sequence[str]) -> duckdb.Expression:
    return duckdb.ColumnExpression(column).isin(*(duckdb.ConstantExpression(value) for value in values))
