"""Figures of use, worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from carbon.optimise.rounds.metrics import of_duty, of_plan
from carbon.optimise.rounds.plan import Duty, Round
from tests.optimise.rounds.town import BY_HAND, EIGHT, PLAN, TOWN, planned, with_stop, with_van


def test_the_plan_by_hand():
    """Proves fill rates as load-km over capacity-km: (60 + 20 + 2 x 10) of 4 x 100, and volume likewise."""
    found = of_plan(TOWN, PLAN)
    assert found == of_duty(TOWN, BY_HAND)
    assert (found.distance_km, found.empty_km, found.empty_share) == (40, 0, 0)
    assert found.fill_mass == pytest.approx(100 / 400)
    assert found.fill_volume == pytest.approx((0.6 + 0.2 + 0.2) / 8)
    assert (found.stops, found.stops_per_km) == (2, 2 / 40)
    assert (found.collections, found.collections_combined, found.combined_share) == (1, 1, 1)
    assert (found.preferred_asked, found.preferred_met) == (0, 0)


def test_windows_that_customers_would_rather_have():
    """Proves that the begin of service counts, bounds included, and that a miss is counted as asked."""
    asked = with_stop(0, with_stop(1, preferred=(30_721.0, 40_000.0)), preferred=(29_000.0, 30_000.0))
    found = of_plan(asked, PLAN)
    assert (found.preferred_met, found.preferred_asked) == (1, 2)


def test_two_duties_are_summed_before_they_are_divided():
    """Proves empty running, collections on rounds of their own, and a volume that is not known, over two duties."""
    alone = with_stop(1, with_van(volume_m3=float("inf")), delivery_kg=0.0, delivery_m3=0.0, parcels=())
    plan = planned(alone, Duty(0, (Round(0, (0,), 0),), EIGHT), Duty(0, (Round(0, (1,), 0),), EIGHT))
    found = of_plan(alone, plan)
    assert (found.distance_km, found.empty_km) == (60, 30)  # back from A, out to B
    assert found.empty_share == 0.5
    assert found.fill_mass == pytest.approx((40 * 10 + 10 * 20) / (100 * 60))
    assert found.fill_volume is None
    assert (found.collections, found.collections_combined, found.combined_share) == (1, 0, 0)


def test_nothing_driven_is_no_share():
    """Proves that a plan without duties divides nothing by nothing."""
    found = of_plan(TOWN, replace(PLAN, duties=()))
    assert (found.empty_share, found.fill_mass, found.stops_per_km, found.combined_share) == (None,) * 4
