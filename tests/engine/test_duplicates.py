"""Parcel ids that stand twice: found by hash, decided by the id itself."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbon.engine import duplicates
from carbon.engine.duplicates import DuplicateFinder
from carbon.engine.hashing import hashes_of
from carbon.orders.table import OrdersInput
from tests.engine.small import merchant, parcel, run


@pytest.fixture
def all_alike(monkeypatch):
    """Make every id's hash the same, which real ones hardly ever are."""
    monkeypatch.setattr(duplicates, "hashes_of", lambda ids: np.full(len(ids), 7, dtype=np.uint64))


def test_the_first_row_stays():
    """Proves that a later row of the same id is rejected and names the row before."""
    found = run([parcel("A"), parcel("B"), parcel("A", goods_mass_kg=9.0), parcel("A")])
    assert found.footprints.parcel_id.tolist() == ["A", "B"] and found.footprints.goods_mass_kg.tolist() == [1.2, 1.2]
    assert found.rejects[["row", "parcel_id", "reason"]].values.tolist() == [
        [3, "A", "duplicate"],
        [4, "A", "duplicate"],
    ]
    assert found.rejects.mend.str.contains("row 1").all()


@pytest.mark.parametrize("size", [1, 2, 100])
def test_across_chunks(monkeypatch, size):
    """Proves that it does not matter where the chunks are cut."""
    read = OrdersInput.chunks
    monkeypatch.setattr(OrdersInput, "chunks", lambda self, rows=size: read(self, rows))
    found = run([parcel("A"), parcel("B"), parcel("C"), parcel("B"), parcel("A")])
    assert found.footprints.parcel_id.tolist() == ["A", "B", "C"] and found.rejects["row"].tolist() == [4, 5]


def test_other_ids_with_the_same_hash_are_other_parcels(all_alike):
    """Proves that a collision rejects nothing."""
    found = run([parcel("A"), parcel("B"), parcel("C")])
    assert found.footprints.parcel_id.tolist() == ["A", "B", "C"] and found.rejects.empty


def test_duplicates_among_collisions_are_found(all_alike):
    """Proves that a collision hides no duplicate, of the first id of a hash or of a later one."""
    found = run([parcel("A"), parcel("B"), parcel("B"), parcel("A"), parcel("C"), parcel("B")])
    assert found.footprints.parcel_id.tolist() == ["A", "B", "C"]
    assert found.rejects["row"].tolist() == [3, 4, 6]


def test_a_duplicate_counts_nowhere():
    """Proves that metered energy and rounds are shared as if the second row were not there."""
    meter = {"activity": "electricity.grid", "quantity": "100 kW*h", "from": "2025-06-01", "to": "2025-06-30"}
    setup = merchant(
        sites={"coventry": {"place": {"country": "GB", "latitude": 52.44, "longitude": -1.48}, "energy": [meter]}}
    )
    on_round = {"round_id": "R", "round_distance_km": 40.0}
    once = run([parcel("A", **on_round), parcel("B", **on_round)], setup)
    twice = run([parcel("A", **on_round), parcel("B", **on_round), parcel("B", **on_round)], setup)
    assert twice.totals_kg == once.totals_kg


def test_hashes_know_the_id_only():
    """Proves that equal ids have equal hashes in any table, and that a million different ones spread."""
    again = hashes_of(pa.array(["b", "a", "b"]))
    assert again[0] == again[2] != again[1] and again[1] == hashes_of(pa.chunked_array([["x"], ["a"]]))[1]
    many = hashes_of(pa.array([str(number) for number in range(100_000)]))
    assert len(np.unique(many)) == 100_000 and len(np.unique(many >> np.uint64(58))) == 64


def test_rows_that_stand_twice_are_named_with_the_first():
    """Proves the finder over several pieces, and that only later rows are named."""
    finder = DuplicateFinder()
    finder.add(pa.array(["a", "b", "a"]), np.array([1, 2, 3]))
    finder.add(pa.array(["c", "b", "a"]), np.array([4, 5, 6]))
    found = finder.finish()
    assert found.rows.tolist() == [3, 5, 6] and found.first.tolist() == [1, 2, 1] and not found.recorded.any()
    assert found.first_rows(np.array([1, 3, 4, 6, 7])).tolist() == [0, 1, 0, 1, 0]


@settings(max_examples=40, deadline=None)
@given(
    stored=st.lists(st.text(max_size=6), min_size=1, max_size=40, unique=True),
    asked=st.lists(st.text(max_size=6), min_size=1, max_size=40),
    collide=st.booleans(),
)
def test_recorded_ids_are_found_exactly(stored, asked, collide):
    """Proves which earlier run holds an id, against plain lists, also where every hash collides."""
    with pytest.MonkeyPatch.context() as patch:
        if collide:
            patch.setattr(duplicates, "hashes_of", lambda ids: np.zeros(len(ids), dtype=np.uint64))
        finder = DuplicateFinder()
        runs = [stored[start : start + 7] for start in range(0, len(stored), 7)]
        for number, ids in enumerate(runs):
            finder.hold(f"run {number}", [pa.array(ids[:3], pa.string()), pa.array(ids[3:], pa.string())])
        rows = np.arange(1, len(asked) + 1)
        finder.add(pa.array(asked, pa.string()), rows)
        found = finder.finish()
    holders = [next((number for number, ids in enumerate(runs, 1) if each in ids), 0) for each in asked]
    assert found.held_by(rows).tolist() == holders
    counts = {f"run {number - 1}": holders.count(number) for number in holders if number}
    assert found.held_counts() == counts and list(found.held_counts().values()) == sorted(counts.values(), reverse=True)
    again = [each not in set(stored) and each in asked[:place] for place, each in enumerate(asked)]
    assert (found.first_rows(rows) > 0).tolist() == again
