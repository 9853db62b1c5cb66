"""Batches, seeds, cores and compiled functions: the same result, whichever way it is found."""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.measure import ROOT
from carbon.optimise.checking import check
from carbon.optimise.items import Item, Rotation
from carbon.optimise.placing import (
    Search,
    batch,
    compiled,
    fill,
    left_out_counts,
    smallest,
    smallest_many,
    split,
    split_many,
)
from tests.optimise import cases

PLAIN = Search(tries=20, permutations=2, compiled=False)
BOXES = [cases.plain_box(size, str(i)) for i, size in enumerate([(60, 50, 40), (90, 70, 50), (120, 100, 80)])]


def _orders(count: int, seed: int = 1) -> list[list[Item]]:
    draw = random.Random(seed)
    return [
        [
            Item(
                str(i), tuple(draw.randint(5, 50) for _ in range(3)), 0.5, draw.randint(1, 2), draw.choice([*Rotation])
            )
            for i in range(draw.randint(1, 5))
        ]
        for _ in range(count)
    ]


def _laid(choice):
    if choice.parcel is None:
        return None
    return choice.parcel.box.key, sorted((each.at, each.size) for each in choice.parcel.placements)


needs_numba = pytest.mark.skipif(not compiled.is_available(), reason="numba, the extra 'fast', is not installed")


@needs_numba
@settings(max_examples=25, deadline=None)
@given(
    st.lists(cases.items(), min_size=1, max_size=5),
    st.lists(cases.boxes(), min_size=1, max_size=3, unique_by=lambda box: box.key),
    cases.shares,
)
def test_compiled_and_plain_find_the_same(items, boxes, share):
    """Proves that the compiled functions place every piece where the uncompiled ones do."""
    plain = replace(PLAIN, support_share=share)
    fast = replace(plain, compiled=True)
    assert smallest(items, boxes, fast) == smallest(items, boxes, plain)
    assert split(items, boxes, fast) == split(items, boxes, plain)
    assert fill(items, boxes[0], fast) == fill(items, boxes[0], plain)


@needs_numba
def test_compiled_and_plain_build_the_same_loads():
    """Proves the same of many pieces of few kinds, built from blocks."""
    items = [Item("a", (31, 23, 17), 0.1, 60), Item("b", (41, 19, 13), 0.2, 60, may_stand=frozenset({2}))]
    box = cases.plain_box((160, 120, 90), max_load_kg=15.0)
    for share in (0.0, 1.0):
        plain = fill(items, box, replace(PLAIN, support_share=share))
        assert fill(items, box, replace(PLAIN, support_share=share, compiled=True)) == plain
        assert check(items, [plain.parcel], plain.left_out, share) == []
        assert plain.parcel.load_kg(tuple(items)) > 14.5


@pytest.mark.parametrize("loaded", [False, True])
def test_compiled_and_plain_cover_the_same_surfaces(loaded):
    """Proves that many different pieces that must be supported come out the same both ways, whole and without a fault."""
    draw = random.Random(7)
    items = [
        Item(f"p{number}", tuple(draw.randint(20, 80) for _ in range(3)), 0.2, 1,
             top_load_kg=draw.choice([0.0, 1.0, math.inf]) if loaded else math.inf)
        for number in range(160)
    ]  # fmt: skip
    box = cases.plain_box((300, 250, 200))
    found = []
    for way in (True, False):
        if way and not compiled.is_available():
            continue
        filling = fill(items, box, Search(tries=4, support_share=1, compiled=way))
        assert not check(items, [filling.parcel], filling.left_out, support_share=1)
        found.append(filling)
    assert all(each == found[0] for each in found)
    assert found[0].parcel.goods_m3() > (0.45 if loaded else 0.65) * box.inner_m3


def test_a_batch_finds_what_single_calls_find_and_solves_equal_orders_once(monkeypatch):
    """Proves that orders come out in their order, items where theirs are, and equal ones cost nothing again."""
    orders = _orders(30)
    shuffled = [list(reversed(items)) for items in orders]
    solved = []
    solve = batch._solve
    monkeypatch.setattr(batch, "_solve", lambda *given: solved.append(1) or solve(*given))
    found = list(smallest_many(iter(orders + shuffled), BOXES, PLAIN, cores=1))
    assert len(solved) == 30
    assert [_laid(choice) for choice in found] == [_laid(smallest(items, BOXES, PLAIN)) for items in orders] * 2
    for items, choice in zip(orders + shuffled, found, strict=True):
        if choice.parcel is not None:
            assert check(items, [choice.parcel]) == []


def test_memory_stays_flat_and_results_stream(monkeypatch):
    """Proves that results come before all orders are read, and that no more are remembered than may be."""
    monkeypatch.setattr(batch, "REMEMBERED", 5)
    read = []
    made = []
    monkeypatch.setattr(batch, "_Batch", lambda *given, own=batch._Batch: made.append(own(*given)) or made[-1])

    def stream():
        for items in _orders(40, seed=2):
            read.append(1)
            yield items

    for number, _ in enumerate(smallest_many(stream(), BOXES, PLAIN, cores=1)):
        assert len(read) - number < 1 + batch._CHUNK * batch._AHEAD
        assert len(made[0].known) <= 5 + len(made[0].users)
    assert len(read) == 40 and len(made[0].known) <= 5


def test_all_cores_find_the_same(monkeypatch):
    """Proves that the number of processes changes no result, of single boxes and of several."""
    monkeypatch.setattr(batch, "_ALONE", 10)
    monkeypatch.setattr(batch, "_TIMED", 0)
    orders = _orders(150, seed=3)
    alone = list(split_many(orders, BOXES[:2], PLAIN, cores=1))
    assert list(split_many(orders, BOXES[:2], PLAIN, cores=2)) == alone
    for items, way in zip(orders, alone, strict=True):
        assert check(items, way.parcels, left_out_counts(way)) == []


@pytest.mark.parametrize(("moving_s", "moved"), [(1e9, False), (0.0, True)])
def test_processes_are_used_where_they_pay(monkeypatch, moving_s, moved):
    """Proves that orders which are solved sooner than moved stay in this process, and that others do not."""
    monkeypatch.setattr(batch, "_ALONE", 5)
    monkeypatch.setattr(batch, "_TIMED", 5)
    monkeypatch.setattr(batch, "_MOVING_S", moving_s)
    sent = []

    def flush(self):
        sent.extend(self.chunk)
        for key, items in self.chunk:
            self._remember(key, self._solved(items))
        self.chunk = []

    monkeypatch.setattr(batch._Batch, "flush", flush)
    orders = _orders(30, seed=5)
    found = list(smallest_many(orders, BOXES, PLAIN, cores=2))
    assert [_laid(choice) for choice in found] == [_laid(smallest(items, BOXES, PLAIN)) for items in orders]
    assert bool(sent) == moved


def test_a_constraint_keeps_a_batch_in_one_process():
    """Proves that orders with a caller's veto are packed one by one, equal orders too."""
    asked = []
    search = replace(PLAIN, constraint=lambda item, place, lying: asked.append(item) or True)
    orders = _orders(3) * 2
    assert all(choice.parcel or choice.refused for choice in smallest_many(orders, BOXES, search))
    assert len({id(item) for item in asked}) == sum(len(items) for items in orders[:3])


_SCRIPT = """
import json
from carbon.optimise.items import Box, Item
from carbon.optimise.placing import Search, split
items = [Item(f"sku {i}", (11 + 7 * i % 40, 9 + 5 * i % 31, 8 + 3 * i % 17), 0.1 * i, 2, kind=f"k{i % 4}",
              apart_from=frozenset({"k1"} if i % 4 == 2 else ()), together="g" if i in (3, 4) else None)
         for i in range(12)]
boxes = [Box("a", (60, 50, 40), (60, 50, 40)), Box("b", (70, 60, 50), (70, 60, 50))]
way = split(items, boxes, Search(tries=20, compiled=False))
print(json.dumps([[p.box.key, [[e.item, e.at, e.size] for e in p.placements]] for p in way.parcels]))
"""


def test_the_order_of_hashes_changes_nothing():
    """Proves that processes with other string hashes pack the same, piece by piece."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", _SCRIPT], cwd=ROOT, env=os.environ | {"PYTHONHASHSEED": seed}, stdout=subprocess.PIPE
        )
        for seed in ("1", "2")
    ]
    said = [json.loads(process.communicate(timeout=120)[0]) for process in running]
    assert said[0] == said[1] and sum(len(pieces) for _, pieces in said[0]) == 24


def test_without_numba_everything_works(monkeypatch):
    """Proves that an installation without the extra packs, and says what is missing where it is asked for."""
    monkeypatch.setattr(compiled, "is_available", lambda: False)
    assert not Search().is_compiled
    assert smallest(_orders(1)[0], BOXES, Search(tries=5)).parcel is not None
    with pytest.raises(ValueError, match="fast"):
        Search(compiled=True)
