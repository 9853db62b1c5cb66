"""No number of a plan is without a deviation: each is published, stated or a stand-in with one, or certain by a rule."""

from __future__ import annotations

import numpy as np
import pytest

from carbon.engine.fallbacks import DESTINATION, ORIGIN
from carbon.engine.spreads import spreads_of_value
from tests.engine.small import merchant, parcel, planned, run
from tests.laws.world import parcels, world

#: Numbers that cannot be off, by argument or by what is said of their origin.
CERTAIN_ARGUMENTS = {
    "quantity": "a meter's reading",
    "basis_total": "counted or declared",
    "days": "the calendar",
    "led_share": "yes or no",
    "exchange_rate": "a reference rate",
}
CERTAIN_ORIGINS = {
    "neutral": "1 in a product, 0 in a sum",
    "same price year": "nothing to deflate",
    "no share known": "nothing goes there",
    "a pick-up point takes every parcel": "a rule of the model",
}
#: Bases of factors that cannot be off: tests/factors/test_spreads.py says of which rows they may be said.
CERTAIN_FACTORS = {"identity; the range is the reporter's", "exact by definition"}


def _is_certain(name: str, value) -> bool:
    whole = name == "material_share" and value.value == 1  # no recycled content is stated
    between_places = name == "distance_km" and not value.stated  # a geodesic; its detour is another number
    return name in CERTAIN_ARGUMENTS or value.origin in CERTAIN_ORIGINS or whole or between_places


@pytest.fixture(scope="module")
def plans():
    """Plan for every kind of leg, package and site; a plain merchant with boxes that nobody weighed; default packages."""
    extra = {"like": "fedex.small_s1"}
    sized = {"inner": "300x200x150 mm", "recycled_content": 0.4}
    rows = parcels()
    return [
        planned(rows, world()),
        planned(
            [parcel(package="like"), parcel("B", package=None)], merchant(packages={"like": extra, "sized": sized})
        ),
    ]


def test_every_number_that_a_plan_holds_has_a_deviation(plans):
    """Proves it of each factor and value of each cell, and that what has an effect reaches the cell's spreads."""
    wrong = set()
    for plan in plans:
        for position, block in enumerate(plan.blocks):
            owner = "" if block.service is None else plan.context.service_keys[block.service]
            for index, binding in enumerate(block.bindings):
                keys = {spread.key for spread in plan.spreads[position].spreads(index)}
                exact = binding.factor.first.gsd_basis in CERTAIN_FACTORS
                if not exact and f"factor:{binding.factor.id}" not in keys:
                    wrong.add((block.name, binding.factor.id))
                for name, value in binding.values.items():
                    found = spreads_of_value(plan.context, name, value, owner)
                    if not found and not _is_certain(name, value):
                        wrong.add((block.name, name, value.origin))
                    if any(not spread.sigma > 0 for spread in found):
                        wrong.add((block.name, name, "no sigma"))
    assert wrong == set()


def test_recycled_content_errs_for_both_materials_at_once(plans):
    """Proves that more recycled board is less virgin board: one key, of opposite signs, by the odds."""
    spreads = {}
    for position, block in enumerate(plans[0].blocks):
        if block.name in ("packaging/1 virgin", "packaging/1 recycled"):
            for index, binding in enumerate(block.bindings):
                if binding.values["component_kg"].value == pytest.approx(0.262):
                    found = [
                        each for each in plans[0].spreads[position].spreads(index) if "recycled_content" in each.key
                    ]
                    spreads[block.name.split()[-1]] = found[0]
    assert spreads["virgin"].key == spreads["recycled"].key == "stated:recycled_content:0.7"
    assert (spreads["virgin"].elasticity, spreads["recycled"].elasticity) == (pytest.approx(-0.7), pytest.approx(0.3))


def test_every_category_s_mean_and_every_rough_place_has_a_deviation():
    """Proves that what stands in, of each category and each end of a way, has a shared error or one of each parcel's own."""
    rows = parcels(60)
    rows.loc[::7, "goods_mass_kg"] = np.nan
    rows.loc[::9, ["destination_latitude", "destination_longitude"]] = np.nan
    stand_ins = planned(rows, world()).spreads.stand_ins
    assert len(stand_ins._means) == 1 + len(set(rows["product_category"]))
    for code in range(1, 1 + len(stand_ins._means)):
        assert stand_ins._mass_spreads[code][0].sigma > 0 and stand_ins._own_mass[code] > 0
    for name in (ORIGIN, DESTINATION):
        for code, spreads in list(enumerate(stand_ins._place_spreads(name)))[1:]:
            assert stand_ins._own_place[code] > 0 and (code == 1 or spreads[0].sigma > 0)
    assert stand_ins.package_spread.sigma > 0


def test_a_published_mass_of_a_carton_widens(plans):
    """Proves that a shipped carton's mass is no certainty, and that a box weighed by its board errs with its joint, too."""
    like, sized = plans[1].context.packages[:2]
    assert [spread.key for spread in like.pieces[0].spreads] == ["parameter:judged.published.component_kg"]
    keys = {spread.key: spread.elasticity for spread in sized.pieces[0].spreads}
    joint = next(power for key, power in keys.items() if "joint_allowance" in key)
    assert any("board_grammage" in key for key in keys) and 0 < joint < 0.1
    found = run([parcel(package="like")], merchant(packages={"like": {"like": "fedex.small_s1"}})).footprints.iloc[0]
    assert found.low_co2e_kg < found.total_co2e_kg < found.high_co2e_kg
