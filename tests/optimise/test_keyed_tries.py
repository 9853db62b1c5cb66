"""Draws that belong to pieces: they stay when more is permitted, and find what draws by place miss."""

from __future__ import annotations

import importlib
import random
from collections import Counter
from dataclasses import replace

import pytest

from benchmarks.packing_freedom import drawn_order
from carbon.optimise.checking import check
from carbon.optimise.items import Rotation
from carbon.optimise.placing import Reason, Search, fitting
from carbon.optimise.placing.goods import Goods, problem
from carbon.optimise.placing.keyed import way_of
from tests.optimise import cases

ROOMY = (9_000, 8_000, 7_000)
fitting_module = importlib.import_module("carbon.optimise.placing.fitting")


def _names(items) -> Counter:
    return Counter(problem(Goods(items), ROOMY, "flat").names())


@pytest.mark.parametrize("seed", range(5))
def test_a_piece_keeps_its_name_when_another_goes_or_rules_change(seed):
    """Proves that one piece less takes one name away, and that turning and bearing take none."""
    items, _ = drawn_order(random.Random(seed), True)
    items = [*items, replace(items[0], key="in tenths", size=(101, 103, 107), quantity=1)]
    names = _names(items)
    for at in range(len(items) - 1):
        fewer = [replace(item, quantity=item.quantity - (i == at)) for i, item in enumerate(items)]
        left = _names([item for item in fewer if item.quantity])
        assert not left - names and (names - left).total() == 1
    freer = [replace(item, rotation=Rotation.BEST_FIT, top_load_kg=item.top_load_kg + 1) for item in items]
    assert _names(freer) == names


def test_a_way_that_becomes_allowed_is_taken_or_changes_nothing():
    """Proves that of more ways to lie a mark takes the same as of fewer, or one of those that are new, both often."""
    columns = [1, 2, 3, 1, 3, 2], [2, 1, 1, 3, 2, 3], [3, 3, 2, 2, 1, 1]
    new = 0
    for mark in range(300):
        few, many = way_of(0, mark, [0], [2], *columns), way_of(0, mark, [0], [6], *columns)
        assert many == few or many >= 2
        new += many != few
    assert 150 < new < 250


@pytest.mark.parametrize(
    ("loaded", "seed"), [(False, 192), (False, 287), (False, 591), (True, 174), (True, 391), (True, 445)]
)
def test_orders_that_draws_by_place_miss(loaded, seed, monkeypatch):
    """Proves that supported orders are found, without a fault, which as many tries that draw by place do not find."""
    items, size = drawn_order(random.Random(seed), loaded)
    search = Search(tries=60)
    found = fitting(items, cases.plain_box(size), search)
    assert found.parcel is not None and check(items, [found.parcel]) == []
    monkeypatch.setattr(fitting_module, "_KEYED", 0)
    assert fitting(items, cases.plain_box(size), search).reason is Reason.NOT_FOUND
