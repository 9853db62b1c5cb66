"""Rounds by the million: found by digest, added up without paying for all of them each time."""

from __future__ import annotations

import pickle

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carbon.engine import hashing, totals
from carbon.engine import rounds as rounds_room
from carbon.engine.rounds import RoundBook
from carbon.engine.totals import Totals, TotalsPart
from tests.engine.small import VAN, merchant, parcel, run

NO_SITES = np.zeros((3, 1, 1))


def _table(keys: list[str]) -> pa.Table:
    """Rounds as they are counted, not yet in order; each value is the key's place in the list."""
    count = np.arange(len(keys), dtype=float)
    upper, lower = hashing.digests_of(pa.array(keys, pa.string()))
    return pa.table(
        {
            "upper": upper,
            "lower": lower,
            "parcels": count,
            "round_km": count,
            "mass_distance_kg_km": count,
            "use": count,
        },
        schema=Totals().rounds.schema,
    )


def _half_alike(digests_of):
    """Digests of which all share one half."""
    return lambda texts: (np.full(len(texts), 7, dtype=np.uint64), digests_of(texts)[1])


@settings(max_examples=60, deadline=None)
@given(
    known=st.lists(st.text(max_size=4), max_size=30, unique=True),
    asked=st.lists(st.one_of(st.none(), st.text(max_size=4)), max_size=40),
    collide=st.booleans(),
)
def test_rounds_are_found_exactly(known, asked, collide):
    """Proves look-ups against a plain dict, also where all rounds share half a digest, and after a journey by pickle."""
    with pytest.MonkeyPatch.context() as patch:
        if collide:
            patch.setattr(hashing, "digests_of", _half_alike(hashing.digests_of))
            patch.setattr(rounds_room, "digests_of", hashing.digests_of)
        book = RoundBook(totals._added_up(_table(known)))
        for each in (book, pickle.loads(pickle.dumps(book))):
            places = each.places(pa.chunked_array([pa.array(asked, pa.string())]))
            found = [None if place < 0 else float(each.values(np.array([place]))[0, 0]) for place in places]
            assert found == [float(known.index(key)) if key in known else None for key in asked]


@pytest.mark.parametrize("collide", [False, True], ids=["whole digests", "one half alike"])
def test_rounds_whose_digests_are_half_alike_stay_apart(monkeypatch, collide):
    """Proves on whole runs that no two rounds are merged: each parcel takes its share of its own round."""
    if collide:
        for room in (rounds_room, totals):
            monkeypatch.setattr(room, "digests_of", _half_alike(hashing.digests_of))
    rows = [parcel(f"P{n}", round_id=f"R{n % 4}", round_distance_km=20.0 + 10 * (n % 4)) for n in range(8)]
    setup = merchant([VAN | {"failed_first_deliveries": 0}], method={"round_allocation": "parcel"})
    found = run(rows, setup).footprints.last_mile_co2e_kg
    assert np.allclose(found[:4] / found[0], [1, 1.5, 2, 2.5]) and np.allclose(found[4:], found[:4])


def test_digests_are_the_published_ones():
    """Proves the halves against the test suite of RFC 1321, A.5, so that every machine of a cluster finds the same."""
    upper, lower = hashing.digests_of(pa.chunked_array([["", "abc"], ["message digest"]]))
    assert [
        (high.to_bytes(8, "little") + low.to_bytes(8, "little")).hex()
        for high, low in zip(upper.tolist(), lower.tolist(), strict=True)
    ] == [
        "d41d8cd98f00b204e9800998ecf8427e",
        "900150983cd24fb0d6963f7d28e17f72",
        "f96b697d7cb7938d525a2f31aaf161d0",
    ]


def test_totals_do_not_depend_on_when_they_are_added_up(monkeypatch):
    """Proves that pieces merged with and without adding up on the way give one sum a round, the same."""
    draw, found = np.random.default_rng(1), []
    pieces = [_table([f"R{key}" for key in np.unique(draw.integers(0, 500, 200))]) for _ in range(60)]
    for least in (10, 700, 1_000_000):
        monkeypatch.setattr(totals, "_LEAST_ROWS", least)
        whole = TotalsPart(NO_SITES, compact_from=least)
        for piece in pieces:
            whole.merge(TotalsPart(NO_SITES, piece))
        found.append(totals._added_up(whole.rounds).to_pandas())
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
