"""What measures say is what the kernel counts once they are taken: the same orders, calculated again."""

from __future__ import annotations

import pytest

from carbon.roi import apply_in_sequence, measures_of
from carbon.roi.reading import read_baseline

EXACT = 1e-6
COST = {"lifetime_years": 5, "investment": "0 GBP"}
LED = {"lighting_share": 0.34, "led_fitted_share": 0.4, "led_saving": 0.6}
VANS = {
    "services": ["gb_own_van"],
    "vehicle": "road.van.class_3",
    "share": 1,
    "km_per_van": "15000 km/year",
    "van_price": "32000 GBP",
    "charger": "1000 GBP",
    "residual_share": 0,
    "fuel_price": "1.2 GBP/l",
    "maintenance": "0.05 GBP/km",
}
SCHEMES = {
    "smart_void_fill": {**COST, "packages": ["carton_l"], "filled_share": 0.5},
    "recycled_content": {**COST, "packages": ["mailer"], "content": 0.9, "price_change": "0 GBP/kg"},
    "less_empty_running": {**COST, "services": ["gb_standard"], "empty_running": 0.1},
    "electric_vans": {**COST, **VANS},
    "temperature_control": {
        **COST,
        "site": "leipzig",
        "degrees": 2,
        "saving_per_degree": 0.05,
        "energy_price": "0.1 EUR/(kW*h)",
    },
    "led_lighting": {**COST, **LED, "site": "coventry", "fixtures": 3, "fitting": "40 GBP"},
}


def _take(plain: dict) -> None:
    """Change the organisation as the measures would."""
    fill = dict(plain["packages"]["carton_l"]["void_fill"]) | {"density": "6 kg/m**3"}
    plain["packages"]["carton_l"] = dict(plain["packages"]["carton_l"]) | {"void_fill": fill}
    plain["packages"]["mailer"]["recycled_content"] = 0.9
    plain["services"]["gb_standard"]["chain"][0]["empty_running"] = 0.1
    van = {"stage": "last_mile", "party": "own", "vehicle": "road.van.class_3.battery_electric"}
    plain["services"]["gb_own_van"]["chain"] = [van]
    left = {"coventry": ("electricity.grid", 1 - 0.34 * 0.6 * 0.6), "leipzig": ("fuel.natural_gas.gross", 0.9)}
    for site, (activity, share) in left.items():
        for meter in plain["sites"][site]["energy"]:
            if meter["activity"] == activity:
                amount, unit = meter["quantity"].split(" ", 1)
                meter["quantity"] = f"{float(amount) * share:.12f} {unit}"


@pytest.fixture(scope="module")
def taken(shop, tmp_path_factory):
    """The ledger after all of them."""
    changed = shop.again(tmp_path_factory.mktemp("taken") / "shop", _take)
    return read_baseline(changed.ledger, None, "GBP")


@pytest.fixture(scope="module")
def steps(shop):
    """The measures in sequence."""
    found = measures_of(shop.with_measures(**SCHEMES), shop.ledger)
    assert {each.key for each in found.applicable} == set(SCHEMES)
    return apply_in_sequence(found.applicable, found.baseline)


def test_what_is_left_is_what_the_kernel_counts(steps, taken):
    """Proves that six measures in sequence leave, stage by stage and scope by scope, what a new calculation gives."""
    left = steps[-1].outcome.after
    assert left.total_kg < steps[0].before.total_kg - 100
    assert left.stages_kg == pytest.approx(taken.stages_kg, rel=EXACT)
    assert left.scopes_kg == pytest.approx(taken.scopes_kg, rel=EXACT)


@pytest.mark.parametrize(
    ("key", "where"),
    [
        ("smart_void_fill", {"package": "carton_l", "part": "filling"}),
        ("recycled_content", {"package": "mailer", "part": "box", "stage": "packaging"}),
        ("less_empty_running", {"service": "gb_standard", "stage": "line_haul"}),
        ("electric_vans", {"service": "gb_own_van", "stage": "last_mile"}),
        ("temperature_control", {"site": "leipzig", "activity": "fuel.natural_gas.gross"}),
        ("led_lighting", {"site": "coventry", "activity": "electricity.grid", "stage": "warehousing"}),
    ],
)
def test_each_saves_what_the_kernel_saves(shop, steps, taken, key, where):
    """Proves each measure's own saving by the lines it touches, before and after a new calculation."""
    step = next(each for each in steps if each.measure.key == key)
    left, before = step.outcome.after, step.before
    here = before.kg(before.where(**where)) - left.kg(left.where(**where))
    assert here > 0
    # Filling that is not made is not carried on the leg that another measure changes, either: made and thrown away only.
    stages = ("packaging", "end_of_life") if key == "smart_void_fill" else None
    found = left.where(**where) if stages is None else left.where(**where) & left.where(stage=stages)
    counted = taken.where(**where) if stages is None else taken.where(**where) & taken.where(stage=stages)
    # The last measure that touches a line leaves the kernel's figure; less empty running comes after the filling.
    assert left.kg(found) == pytest.approx(taken.kg(counted), rel=EXACT)


def test_other_packages_are_what_the_kernel_counts(shop, tmp_path_factory):
    """Proves reusable boxes and own containers, packages made, carried and thrown away, against changed orders."""
    boxed = {"carton_s", "carton_m"}

    def pack(row: dict) -> None:
        if row["service"] == "gb_own_van" and row["package"] in boxed:
            row["package"] = "reusable_box"
        if row["service"] == "us_express_air" and row["package"] == "carton_l":
            row["package"] = "own_container"

    after = shop.again(tmp_path_factory.mktemp("packed") / "shop", lambda plain: None, pack)
    own = {"container": "own_container", "packages": ["carton_l"], "services": ["us_express_air"]}
    damage = {"damage_share": 0, "cost_per_damage": "0 GBP/parcel"}
    setup = shop.with_measures(
        own_container={**COST, **own, **damage, "share": 1},
        reusable_boxes={**COST, "package": "reusable_box", "services": ["gb_own_van"], "share": 1},
    )
    found = measures_of(setup, shop.ledger)
    assert [each.key for each in found.applicable] == ["own_container", "reusable_boxes"]
    steps = apply_in_sequence(found.applicable, found.baseline)
    left, counted = steps[-1].outcome.after, read_baseline(after.ledger, None, "GBP")
    assert all(abs(each.saved_kg) > 1 for each in steps)
    assert left.total_kg == pytest.approx(counted.total_kg, rel=EXACT)
    assert left.stages_kg == pytest.approx(counted.stages_kg, rel=EXACT)
    assert left.scopes_kg == pytest.approx(counted.scopes_kg, rel=EXACT)
