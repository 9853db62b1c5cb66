"""Rounds by the million: found by hash, decided by the key itself, added up without paying for all of them each time."""

from __future__ import annotations

import pickle

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbon.engine import rounds as rounds_room
from carbon.engine import totals
from carbon.engine.rounds import RoundBook
from carbon.engine.totals import TotalsPart
from tests.engine.small import VAN, merchant, parcel, run

NO_SITES = np.zeros((3, 1, 1))


def _table(keys: list[str], parcels=None) -> pa.Table:
    count = np.arange(len(keys), dtype=float) if parcels is None else np.asarray(parcels, dtype=float)
    return pa.table(
        {"round": pa.array(keys, pa.string()), "parcels": count, "round_km": count, "mass_distance_kg_km": count}
    )


@settings(max_examples=60, deadline=None)
@given(
    known=st.lists(st.text(max_size=4), max_size=30, unique=True),
    asked=st.lists(st.one_of(st.none(), st.text(max_size=4)), max_size=40),
    hashes=st.sampled_from(["real", "all alike", "two"]),
)
def test_rounds_are_found_exactly(known, asked, hashes):
    """Proves look-ups against a plain dict, also where all rounds share one hash, or two, and after a journey by pickle."""
    with pytest.MonkeyPatch.context() as patch:
        if hashes != "real":
            modulus = 1 if hashes == "all alike" else 2
            alike = lambda ids: np.array([len(text or "") % modulus for text in ids.to_pylist()], dtype=np.uint64)  # noqa: E731
            patch.setattr(rounds_room, "hashes_of", alike)
        book = RoundBook(_table(known))
        for each in (book, pickle.loads(pickle.dumps(book))):
            places = each.places(pa.chunked_array([pa.array(asked, pa.string())]))
            assert places.tolist() == [known.index(key) if key in known else -1 for key in asked]
            assert each.values[places[places >= 0], 0].tolist() == places[places >= 0].tolist()


@pytest.mark.parametrize("collide", [False, True], ids=["real hashes", "one hash"])
def test_rounds_whose_hashes_collide_stay_apart(monkeypatch, collide):
    """Proves on whole runs that no two rounds are merged: each parcel takes its share of its own round."""
    if collide:
        monkeypatch.setattr(rounds_room, "hashes_of", lambda ids: np.zeros(len(ids), dtype=np.uint64))
    rows = [parcel(f"P{n}", round_id=f"R{n % 4}", round_distance_km=20.0 + 10 * (n % 4)) for n in range(8)]
    setup = merchant([VAN | {"failed_first_deliveries": 0}], method={"round_allocation": "parcel"})
    found = run(rows, setup).footprints.last_mile_co2e_kg
    assert np.allclose(found[:4] / found[0], [1, 1.5, 2, 2.5]) and np.allclose(found[4:], found[:4])


def test_totals_do_not_depend_on_when_they_are_added_up(monkeypatch):
    """Proves that pieces merged with and without adding up on the way give one sum a round, the same."""
    draw, found = np.random.default_rng(1), []
    pieces = [_table([f"R{key}" for key in np.unique(draw.integers(0, 500, 200))]) for _ in range(60)]
    for least in (10, 700, 1_000_000):
        monkeypatch.setattr(totals, "_LEAST_ROWS", least)
        whole = TotalsPart(NO_SITES, compact_from=least)
        for piece in pieces:
            whole.merge(TotalsPart(NO_SITES, piece))
        found.append(totals._added_up(whole.rounds).to_pandas().set_index("round").sort_index())
    assert len(found[0]) == 500 and found[0].parcels.sum() == sum(sum(piece["parcels"].to_pylist()) for piece in pieces)
    assert found[0].equals(found[1]) and found[0].equals(found[2])


def test_adding_up_is_paid_for_by_what_came_new(monkeypatch):
    """Proves that the rows looked at grow with the pieces, and not with pieces times rounds."""
    looked, added_up = [], totals._added_up
    monkeypatch.setattr(totals, "_LEAST_ROWS", 100)
    monkeypatch.setattr(totals, "_added_up", lambda table: looked.append(table.num_rows) or added_up(table))
    for count in (40, 80, 160):
        looked.clear()
        whole = TotalsPart(NO_SITES, compact_from=100)
        for number in range(count):
            whole.merge(TotalsPart(NO_SITES, _table([f"R{number * 50 + key}" for key in range(50)])))
        assert whole.rounds.num_rows == 50 * count and sum(looked) < 4 * 50 * count
