"""Plans whose groups take from one another, and what measures really change."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from carbon.roi.across import planned
from carbon.roi.orders import forest_of
from carbon.roi.portfolio import best_plan
from carbon.roi.risk import values_of
from carbon.roi.touch import overlaps_of, touch_of
from tests.roi.measures import baseline, cut
from tests.roi.test_cashflow import terms


def pair():
    """Return two measures of different groups that cut the same stage."""
    return [cut("one", 0.5, 100, 0.1, group="a"), cut("two", 0.4, 100, 0.1, group="b")]


def test_no_kilogram_is_saved_by_two_groups():
    """Proves that a plan of two groups on one stage of 60 t saves what both leave of it, 42 t, where the groups alone add up to 54 t."""
    base, money = baseline(), terms(horizon_years=5)
    forest = forest_of(pair(), base)
    apart, found = best_plan(forest, money), planned(forest, base, money)
    assert apart.saved_kg[0] == pytest.approx(54_000)
    assert found.saved_kg == pytest.approx(np.full(5, 60_000 * (1 - 0.5 * 0.6)))
    assert found.worth == pytest.approx(sum(each.worth for each in found.chosen)) and found.worth < apart.worth
    assert apart.apart and not found.apart
    single = planned(forest_of(pair()[:1], base), base, money)
    assert single.apart and single.worth == pytest.approx(best_plan(forest_of(pair()[:1], base), money).worth)


def test_a_target_is_reached_by_what_is_left_of_it():
    """Proves that a target which the groups reach on paper only is met by a further measure, or its lack is told in full."""
    base, money = baseline(), terms(horizon_years=5)
    costly = cut("three", 0.3, 50_000, -0.1, group="c", stage="packaging")
    found = planned(forest_of([*pair(), costly], base), base, money, target={2028: 50_000.0})
    assert found.short_kg == {} and found.saved_kg[2] >= 50_000 and "three" in found.keys
    assert found.target == {2028: 50_000.0}
    lacking = planned(forest_of(pair(), base), base, money, target={2028: 50_000.0})
    assert lacking.short_kg == {2028: pytest.approx(8_000)} and lacking.target == {2028: 50_000.0}


def test_scopes_stages_and_overlaps_are_those_of_the_lines_that_change():
    """Proves that a measure whose model may touch all scopes is told with the scopes that it changes, and overlaps across groups."""
    lines = baseline(packaging=40_000.0, last_mile=60_000.0).lines.assign(scope=["3", "1"])
    base = replace(baseline(), lines=lines)
    measures = [*pair(), cut("three", 0.3, 50, 0.1, group="c", stage="packaging"), cut("none", 0.0, 50, 0.1, group="d")]
    measures = [replace(each, scopes=("1", "2", "3")) for each in measures]
    touches = {each.key: touch_of(each, base, each.outcome(base, values_of(each))) for each in measures}
    assert touches["one"].scopes == ("1",) and touches["one"].stages == ("last_mile",)
    assert touches["three"].scopes == ("3",) and touches["three"].stages == ("packaging",)
    assert touches["none"].scopes == ("1", "2", "3")
    overlaps = overlaps_of(measures, touches)
    assert overlaps == {"one": ("two",), "two": ("one",), "three": (), "none": ()}
