"""Cells: parcels are read once, every question gets the same answer, and a new run is seen at once."""

from __future__ import annotations

import pandas as pd
import pytest

from carbon import connect, inventory, network
from carbon.ledger import Cells

_SUMS = "SELECT sum(parcels)::BIGINT, fsum(total_co2e_kg), sum(returned), min(first_day), max(last_day) FROM cells"


def _read(cells: Cells, monkeypatch) -> list[list[str]]:
    """Return the list that the runs read from now on are added to."""
    from carbon.ledger import cells as module

    asked: list[list[str]] = []
    added_up = module._added_up
    monkeypatch.setattr(module, "_added_up", lambda runs, read: asked.append(runs) or added_up(runs, read))
    return asked


@pytest.mark.parametrize("period", [None, "2025-02..2025-04"])
def test_held_cells_answer_as_the_parcels_do(sample, period):
    """Proves that cells held for the whole ledger give every figure of a period that its parcels give, days and flags included."""
    cells = Cells()
    connect(sample, cells=cells).close()
    held, fresh = inventory(sample, period, cells=cells), inventory(sample, period)
    assert (held.parcels, held.orders, held.first_day, held.last_day) == (
        fresh.parcels,
        fresh.orders,
        fresh.first_day,
        fresh.last_day,
    )
    assert held.total_kg == pytest.approx(fresh.total_kg, rel=1e-12)
    assert held.stages_kg == pytest.approx(fresh.stages_kg, rel=1e-12)
    assert held.fallbacks == fresh.fallbacks and held.uses.counts == pytest.approx(fresh.uses.counts)
    for table in ("months", "services", "lanes", "packages"):
        pd.testing.assert_frame_equal(getattr(held, table), getattr(fresh, table), check_dtype=False)
    with connect(sample, period=period) as ledger:
        counted = ledger.execute(
            "SELECT count(*), fsum(total_co2e_kg), sum(returned), min(shipped_on), max(shipped_on) FROM footprints"
        ).fetchall()[0]
        viewed = ledger.execute(_SUMS).fetchall()[0]
    with connect(sample, period=period, cells=cells) as ledger:
        for found in (viewed, ledger.execute(_SUMS).fetchall()[0]):
            assert found[3:] == counted[3:]
            assert found[:3] == pytest.approx(counted[:3], rel=1e-12)


def test_several_runs_are_told_apart(sample):
    """Proves that runs read in one pass are held each for itself: one of them asked about later gets its own parcels alone."""
    first, second = (each.run for each in sample.runs())
    cells = Cells()
    with connect(sample, runs=[first, second], cells=cells) as both:
        whole = both.execute(_SUMS).fetchall()[0]
    parts = []
    for run in (first, second):
        with connect(sample, runs=[run], cells=cells) as alone, connect(sample, runs=[run]) as fresh:
            parts.append(alone.execute(_SUMS).fetchall()[0])
            assert parts[-1][:2] == pytest.approx(fresh.execute(_SUMS).fetchall()[0][:2], rel=1e-12)
    assert whole[0] == parts[0][0] + parts[1][0] > parts[0][0] > 0


def test_a_run_is_read_once_and_a_new_one_at_once(sample, monkeypatch):
    """Proves that further periods and questions read no parcels for cells, and that a run not yet held is read, and only it."""
    first, second = (each.run for each in sample.runs())
    cells = Cells()
    asked = _read(cells, monkeypatch)
    connect(sample, runs=[first], cells=cells).close()
    network(sample, cells=cells)
    assert asked == [[first], [second]]
    inventory(sample, "2025-05", cells=cells)
    connect(sample, runs=[first, second], cells=cells).close()
    assert asked == [[first], [second]]


def test_what_was_not_asked_about_for_long_is_let_go(sample, monkeypatch):
    """Proves that the room is bounded, that what is asked about now stays all the same, and that the figures do."""
    from carbon.ledger import cells as module

    first, second = (each.run for each in sample.runs())
    monkeypatch.setattr(module, "_MOST", 1)
    cells = Cells()
    asked = _read(cells, monkeypatch)
    for run in (first, second, second, first):
        with connect(sample, runs=[run], cells=cells) as ledger:
            assert ledger.execute(_SUMS).fetchall()[0][0] == sample.run(run).counts["footprints"]
    assert asked == [[first], [second], [first]]


@pytest.mark.parametrize(
    ("period", "orders"),
    [(None, 4), ("2025-02", 1), ("2025-01..2025-03", 3), ("2025-03", 3), ("2009", 1), ("2008", 0), ("2009..2025", 4)],
)
def test_orders_of_several_months_count_once_in_each_period(period, orders):
    """Proves that an order counts in every period that one of its parcels was shipped in, and once, over sixteen years, too."""
    import duckdb

    from carbon import Period

    asked = []

    def read(runs):
        asked.append(runs)
        connection = duckdb.connect()
        connection.execute(
            "CREATE TABLE footprints AS SELECT order_id, shipped_on::DATE AS shipped_on FROM (VALUES "
            "('a', '2025-01-31'), ('a', '2025-03-01'), ('b', '2025-02-14'), ('b', '2025-03-14'), ('c', '2025-03-02'), "
            "('c', '2025-03-02'), ('d', '2009-12-31'), (NULL, '2025-02-01')) AS rows(order_id, shipped_on)"
        )
        return connection

    cells = Cells()
    for _ in range(2):
        assert cells.orders({"r": "hash"}, Period.from_text(period) if period else None, read) == orders
    assert asked == [["r"]]
