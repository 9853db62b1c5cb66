"""A change of one kind lies in its own effect and nowhere else; together the effects are the difference."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from carbon.calculate import calculate
from carbon.ledger import EFFECTS, diff
from carbon.ledger.diff.editions import weighed
from carbon.ledger.diff.shapley import shapley
from tests.engine.small import BOX, COVENTRY, HUB, LINE_HAUL, VAN, merchant, tables_read_once
from tests.laws.world import parcels, world
from tests.ledger.changes import ROWS, changed, check, compared, only, renamed, table

FAR = {"destination_latitude": 53.4}
SCATTERED = [row | {"destination_latitude": 52.5 + 0.17 * number**2} for number, row in enumerate(ROWS)]
BIG = {"inner": "400x300x200 mm", "mass": "310 g"}
TWO_SERVICES = merchant(
    services={"road": {"chain": [LINE_HAUL, HUB, VAN]}, "slow": {"chain": [LINE_HAUL, HUB, HUB, VAN]}}
)
TWO_BOXES = merchant(packages={"box": BOX, "big": BIG})
ELECTRIC = merchant([LINE_HAUL, HUB, {"stage": "last_mile", "vehicle": "road.van.class_3.battery_electric"}])
VOLUMETRIC = merchant(
    services={
        "road": {"chain": [LINE_HAUL, HUB, VAN], "allocation": "volumetric", "volumetric_divisor": "3000 cm**3/kg"}
    }
)
REPORTED = merchant(services={"road": {"chain": [LINE_HAUL, HUB, VAN], "reported": {"source": "carrier's letter"}}})
_METER = {
    "activity": "electricity.grid",
    "quantity": "500 kW*h",
    "from": "2025-01-01",
    "to": "2025-12-31",
    "outbound": {"parcels": 4000, "mass": "9 t"},
}
METERED = merchant(sites={"coventry": {"place": COVENTRY, "energy": [_METER]}})
BY_MASS = merchant(sites={"coventry": {"place": COVENTRY, "energy": [_METER]}}, method={"warehouse_allocation": "mass"})


def laden(share: float):
    return merchant([{"stage": "line_haul", "vehicle": "road.hgv.rigid_17t", "load": share}, VAN])


def usual_round(**stated):
    return merchant([LINE_HAUL, HUB, VAN | {"round": stated}])


#: Name: effect, orders and organisation of run A, of run B. Every pair is compared with the same and with other ids.
PURE = {
    "other places, all as far": ("distance", ROWS, None, changed(**FAR), None),
    "a longer round": (
        "distance",
        changed(round_id="R", round_distance_km=50.0),
        None,
        changed(round_id="R", round_distance_km=61.0),
        None,
    ),
    "a longer usual round": (
        "distance", ROWS, usual_round(distance="80 km", stops=50), ROWS, usual_round(distance="97 km", stops=50),
    ),
    "an older edition": ("factor_edition", ROWS, None, changed(shipped_on="2024-06-30"), None),
    "a hub less": ("method", ROWS, None, ROWS, merchant([LINE_HAUL, VAN])),
    "another vehicle": ("method", ROWS, None, ROWS, ELECTRIC),
    "weighed by volume": ("method", ROWS, None, ROWS, VOLUMETRIC),
    "a meter shared by mass": ("method", ROWS, METERED, ROWS, BY_MASS),
    "other weights": ("data", ROWS, None, [row | {"goods_mass_kg": 4 - 0.1 * n} for n, row in enumerate(ROWS)], None),
    "a weight that was lacking": ("data", [*changed()[1:], changed(goods_mass_kg=None)[0]], None, ROWS, None),
    "packages that were lacking": ("data", changed(package=None), None, ROWS, None),
    "addresses that were lacking": ("data", changed(destination_latitude=None, destination_longitude=None), None, ROWS, None),
    "rounds recorded": ("data", ROWS, None, changed(round_id="R", round_distance_km=60.0), None),
    "attempts recorded": ("data", ROWS, None, changed(delivery_attempts=2), None),
    "parcels that came back": ("data", ROWS, None, changed(returned_on="2025-07-10"), None),
    "the carrier's own figures": ("data", ROWS, None, changed(reported_co2e_kg=0.2), REPORTED),
    "a meter": ("data", ROWS, None, ROWS, METERED),
    "a fuller lorry": ("data", ROWS, laden(0.6), ROWS, laden(0.7)),
    "a heavier box": ("data", ROWS, None, ROWS, merchant(packages={"box": BOX | {"mass": "200 g"}})),
    "a box of plastic": ("data", ROWS, None, ROWS, merchant(packages={"box": BOX | {"material": "pp"}})),
    "failures counted": ("data", ROWS, None, ROWS, merchant([LINE_HAUL, HUB, VAN | {"failed_first_deliveries": 0.3}])),
    "a round measured": ("data", ROWS, None, ROWS, usual_round(distance="90 km")),
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _tables():
    with tables_read_once():
        yield


@pytest.mark.parametrize("same", [False, True], ids=["other parcels", "same parcels"])
@pytest.mark.parametrize("name", PURE)
def test_a_pure_change_lies_in_its_own_effect(tmp_path, name, same):
    """Proves for each kind of change that the other five effects are zero, parcel by parcel and by cells."""
    effect, rows_a, setup_a, rows_b, setup_b = PURE[name]
    assert only(compared(tmp_path, rows_a, rows_b, setup_a, setup_b, same=same), effect)


def test_more_of_the_same_parcels_is_volume(tmp_path):
    """Proves that twice the parcels on the same lanes are volume, whether the first half is in both runs or not."""
    twice = table([*ROWS, *(row | {"parcel_id": f"X{row['parcel_id']}"} for row in ROWS)])
    found = compared(tmp_path / "other", ROWS, twice)
    assert only(found, "volume")
    assert found.effects_kg["volume"] == pytest.approx(found.total_a_kg, rel=1e-12)
    assert only(compared(tmp_path / "same", ROWS, twice, same=True), "volume")


@pytest.mark.parametrize(
    ("setup", "first", "second"),
    [
        (TWO_SERVICES, {"service": "road"}, {"service": "slow"}),
        (TWO_BOXES, {"package": "box"}, {"package": "big"}),
        (None, {}, {"destination_country": "FR", "destination_latitude": 48.86, "destination_longitude": 2.35}),
    ],
    ids=["service", "package", "region"],
)
def test_other_shares_of_lanes_are_mix(tmp_path, setup, first, second):
    """Proves that shifting parcels between services, packages or regions is mix, also to one that is new."""
    alike = [row | {"goods_mass_kg": 1.5} for row in ROWS]
    some = [row | (second if number < 2 else first) for number, row in enumerate(alike)]
    more = [row | (second if number < 7 else first) for number, row in enumerate(alike)]
    assert only(compared(tmp_path / "both", some, more, setup), "mix")
    every = [row | first for row in alike]
    assert only(compared(tmp_path / "new", every, more, setup), "mix")


def test_a_parcel_corrected_to_another_lane_is_data(tmp_path):
    """Proves that the same parcel's change is never volume or mix: somebody knew better."""
    for number, corrected in enumerate(({"service": "slow"}, {"package": "big"}, FAR)):
        setup = merchant(services={key: {"chain": [LINE_HAUL, HUB, *([HUB] if key == "slow" else []), VAN]}
                                   for key in ("road", "slow")}, packages={"box": BOX, "big": BIG})  # fmt: skip
        found = compared(tmp_path / str(number), ROWS, changed(**corrected), setup, same=True)
        assert only(found, "distance" if corrected is FAR else "data")


def test_the_same_parcels_are_compared_one_by_one(tmp_path):
    """Proves that uneven changes of distance or weight do not leak into each other where the parcels are the same."""
    assert only(compared(tmp_path / "far", ROWS, SCATTERED, same=True), "distance")
    uneven = [row | {"goods_mass_kg": 1 + 0.5 * (number % 3) ** 3} for number, row in enumerate(SCATTERED)]
    assert only(compared(tmp_path / "heavy", SCATTERED, uneven, same=True), "data")


def test_a_sensitivity_is_edition_and_nothing_else(tmp_path):
    """Proves on parcels of every model that replaying an edition moves factors and sourced parameters only."""
    rows = parcels(300)
    first = calculate(rows, world(), ledger=tmp_path).manifest
    again = calculate(rows, world(), ledger=tmp_path, edition=2024).manifest
    found = diff(tmp_path, first.run, again.run)
    assert only(found, "factor_edition")
    assert found.sensitivity == [again.run]
    assert found.factor_changes[0]["factor_a"] != found.factor_changes[0]["factor_b"]
    shares = [abs(row["co2e_kg"] * (row["kg_per_unit_b"] / row["kg_per_unit_a"] - 1)) for row in found.factor_changes]
    assert shares == sorted(shares, reverse=True)


def test_any_two_runs_add_up_and_turn_round(tmp_path):
    """Proves with everything changed at once that the effects add up, and that from B to A they are the opposite."""
    first = calculate(parcels(200, seed=1), world(), ledger=tmp_path).manifest
    other = renamed(parcels(250, seed=2)).assign(shipped_on=lambda rows: rows["shipped_on"].str.replace("2025", "2024"))
    other["returned_on"] = other["returned_on"].str.replace("2025", "2024")
    setup = world(method={"round_allocation": "mass_distance", "gwp_set": "AR6"})
    second = calculate(other, setup, ledger=tmp_path).manifest
    found, back = diff(tmp_path, first.run, second.run), diff(tmp_path, second.run, first.run)
    totals = [each.totals_kg["total_co2e_kg"] for each in (first, second)]
    check(found, totals[1] - totals[0], max(totals))
    assert all(abs(found.effects_kg[name]) > 0 for name in EFFECTS)
    for name in EFFECTS:
        assert back.effects_kg[name] == pytest.approx(-found.effects_kg[name], abs=1e-11 * max(totals))
    assert (found.parcels_a, found.parcels_b, found.same_parcels) == (200, 250, 0)
    assert any("gwp_set" in each for each in found.method_changes)


def test_a_run_and_itself_do_not_differ(tmp_path):
    """Proves that nothing is found where nothing changed, and that its range is nothing, too."""
    run = calculate(parcels(120), world(), ledger=tmp_path).manifest.run
    found = diff(tmp_path, run, run)
    assert set(found.effects_kg.values()) == {0.0}
    assert (found.difference_kg, found.low_kg, found.high_kg, found.clear) == (0.0, 0.0, 0.0, False)
    assert found.factor_changes == [] and found.method_changes == []


def test_shapley_values_are_the_mean_over_all_orders():
    """Proves the formula against every order of four causes, and that naming them in another order changes nothing."""
    totals = np.random.default_rng(3).normal(size=(2,) * 4)
    orders = list(itertools.permutations(range(4)))
    wanted = np.zeros(4)
    for order in orders:
        corner = [0] * 4
        for cause in order:
            before = totals[tuple(corner)]
            corner[cause] = 1
            wanted[cause] += (totals[tuple(corner)] - before) / len(orders)
    assert np.allclose(shapley(totals), wanted, rtol=0, atol=1e-12)
    assert shapley(totals).sum() == pytest.approx(totals[1, 1, 1, 1] - totals[0, 0, 0, 0], abs=1e-12)
    for order in orders:
        assert np.allclose(shapley(totals.transpose(order)), shapley(totals)[list(order)], atol=1e-12)


def test_gases_are_weighed_by_their_mass_whatever_their_units():
    """Proves by hand that 1 kg CO2 and 10 g CH4 weigh 1.3 kg at 30 and 1.25 kg at 25."""
    rows = [{"unit": "kg/kg", "gas_basis": "CO2", "value": 1.0}, {"unit": "g/kg", "gas_basis": "CH4", "value": 10.0}]
    assert weighed(rows, {"ch4": 30.0}, {"ch4": 25.0}) == pytest.approx(1.25 / 1.3, rel=1e-12)
