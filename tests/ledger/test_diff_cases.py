"""Comparisons with known answers, periods, overlaps, warming potentials, ranges, and runs that cannot be recounted."""

from __future__ import annotations

import numpy as np
import pytest

from carbon.activities.activity import MODELS, Model
from carbon.calculate import calculate
from carbon.errors import LedgerError
from carbon.ledger import Ledger, diff
from carbon.ledger.diff import recount
from carbon.ledger.diff.corners import Cause, alone, shared
from carbon.ledger.diff.editions import Release, coefficient
from carbon.ledger.diff.rules import Book, Bound, RuleKey
from tests.engine.small import (
    merchant,
    own_factor,
    own_file,
    parcel,
    tables_read_once,
)
from tests.ledger.changes import ROWS, changed, check, compared, only, renamed, table

BARE = {"packages": {"bare": {"kind": "own_container"}}}


@pytest.fixture(scope="module", autouse=True)
def _tables():
    with tables_read_once():
        yield


def truck(folder, name: str, value: float):
    """Return own factors in which a truck has another figure, under an id of its own."""
    row = own_factor(f"own.{name}", value, "kg/(t*km)", activity="road.own_truck", distance_basis="actual", region="GB")
    return own_file(folder, [row], f"{name}.yaml")


def leg(distance: str):
    """Return a merchant with one leg of fixed length."""
    return merchant(
        [{"stage": "line_haul", "vehicle": "road.own_truck", "to": "destination", "distance": distance,
          "distance_basis": "actual"}], **BARE,
    )  # fmt: skip


def test_three_factors_with_the_answer_worked_out_by_hand(tmp_path):
    """Proves the Shapley values of mass x distance x factor against their closed form.

    For m d k the effect of k is dk (m1 d1 / 3 + (m1 d2 + m2 d1) / 6 + m2 d2 / 3), and likewise for the others.
    """
    (m1, d1, k1), (m2, d2, k2) = (2.0, 100.0, 0.10), (3.0, 150.0, 0.08)
    runs = []
    for mass, distance, factor in ((m1, d1, k1), (m2, d2, k2)):
        rows = table([parcel(f"{mass}-{n}", goods_mass_kg=mass, package="bare") for n in range(5)])
        own = truck(tmp_path, f"at_{mass:.0f}", factor)
        runs.append(calculate(rows, leg(f"{distance} km"), ledger=tmp_path / "ledger", factors=[own]).manifest)
    found = diff(tmp_path / "ledger", *(each.run for each in runs)).stages_kg["line_haul"]

    def effect(change, a, b, c, d):
        return 5 * change * (a * b / 3 + (a * d + c * b) / 6 + c * d / 3) / 1000

    wanted = {
        "volume": 0.0,
        "mix": 0.0,
        "distance": effect(d2 - d1, m1, k1, m2, k2),
        "factor_edition": effect(k2 - k1, m1, d1, m2, d2),
        "method": 0.0,
        "data": effect(m2 - m1, d1, k1, d2, k2),
    }
    assert found == pytest.approx(wanted, rel=1e-9, abs=1e-12)
    assert sum(wanted.values()) == pytest.approx(5 * (m2 * d2 * k2 - m1 * d1 * k1) / 1000)


def test_volume_and_edition_with_the_answer_worked_out_by_hand(tmp_path):
    """Proves that twice the parcels at a factor 20 % higher are 1.1 of volume and 0.3 of edition, of 1 at first."""
    own = [truck(tmp_path, name, value) for name, value in (("low", 0.1), ("high", 0.12))]
    rows = table([parcel(f"A{n}", package="bare") for n in range(4)])
    twice = table([parcel(f"B{n}", package="bare") for n in range(8)])
    runs = [
        calculate(orders, leg("50 km"), ledger=tmp_path / "ledger", factors=[factors]).manifest.run
        for orders, factors in ((rows, own[0]), (twice, own[1]))
    ]
    found = diff(tmp_path / "ledger", *runs)
    first = 4 * 1.2 * 50 * 0.1 / 1000
    haul = found.stages_kg["line_haul"]
    assert haul["volume"] == pytest.approx(1.1 * first) and haul["factor_edition"] == pytest.approx(0.3 * first)
    changes = [(row["factor_a"], row["factor_b"], row["region"]) for row in found.factor_changes]
    assert changes == [("own.low", "own.high", "GB")]


def test_a_factor_of_gases_under_another_gwp_set_is_method(tmp_path):
    """Proves that the same published gases weighed by another set are method, not edition, in both comparisons."""
    own = own_file(tmp_path, [
        own_factor("own.gas_van", 0.2, "kg/km", "TTW", region="GB") | {"gas_basis": "CO2"},
        own_factor("own.gas_van", 0.004, "kg/km", "TTW", region="GB") | {"gas_basis": "CH4"},
    ])  # fmt: skip
    chain = [{"stage": "last_mile", "factor": "own.gas_van"}]
    setups = merchant(chain, **BARE), merchant(chain, **BARE, method={"gwp_set": "AR6"})
    rows = table(changed(package="bare"))
    for same in (False, True):
        found = compared(tmp_path / str(same), rows, rows, *setups, same=same, factors=[own])
        assert only(found, "method")
        assert found.method_changes == ["method.gwp_set: AR5 -> AR6"]


def test_edition_and_gwp_set_are_told_apart_where_potentials_are_recorded():
    """Proves the two corners between the runs: each edition's gases weighed by the other run's set."""
    potentials = {"AR5": {"ch4": 28.0}, "AR6": {"ch4": 27.0}}  # of this made-up case
    key = RuleKey("road/1 last mile", "road", "last_mile", "handled_parcel", 0, ())

    def release(name, gwp_set, co2_kg, ch4_kg):
        gases = {"CO2": co2_kg, "CH4": ch4_kg}
        rows = [{"unit": "kg/km", "gas_basis": gas, "value": value} for gas, value in gases.items()]
        total = co2_kg + ch4_kg * potentials[gwp_set]["ch4"]
        bound = Bound(name, "road.van", "km", "GB", total, {}, {"year": "2025"}, (2025,))
        rule = type("Rule", (), {"bindings": [bound], "at": lambda self, cell, year: bound})()
        return Release([Book(name, {key: rule}, {name: rows}, gwp_set, potentials[gwp_set])]), bound

    (first, bound), (second, other) = release("a", "AR5", 1.0, 0.1), release("b", "AR6", 2.0, 0.2)
    expected = [[1 + 2.8, 1 + 2.7], [2 + 5.6, 2 + 5.4]]
    assert np.allclose(coefficient(first, second, key, bound, 2025, 0).kg, expected)
    assert np.allclose(coefficient(second, first, key, other, 2025, 1).kg, expected)


def test_periods_stand_for_the_runs_that_count(tmp_path):
    """Proves that two years of several runs each are compared as wholes, restated runs and sensitivities left out."""
    ledger = tmp_path / "ledger"
    for year, prefix, extra in ((2024, "A", 0), (2025, "B", 2)):
        for month in (3, 9):
            rows = renamed(changed(shipped_on=f"{year}-{month:02d}-15"), f"{prefix}{month}")
            calculate(rows.head(8 + extra), merchant(), ledger=ledger)
    old = Ledger(ledger).current()[0]
    again = renamed(changed(shipped_on="2024-03-15", goods_mass_kg=9.0), "A3").head(8)
    calculate(again, merchant(), ledger=ledger, restate=old.run, reason="error")
    calculate(renamed(changed(shipped_on="2024-03-15"), "Z"), merchant(), ledger=ledger, edition=2025)
    found = diff(ledger, "2024", "2025")
    totals = {year: sum(each.totals_kg["total_co2e_kg"] for each in Ledger(ledger).current() if each.period.first_day.year == year)
              for year in (2024, 2025)}  # fmt: skip
    check(found, totals[2025] - totals[2024], max(totals.values()))
    assert (found.parcels_a, found.parcels_b, len(found.runs_a), len(found.runs_b)) == (16, 20, 2, 2)
    assert old.run not in found.runs_a and found.sensitivity == []
    assert found.effects_kg["volume"] == pytest.approx(
        0.25 * (found.total_a_kg + found.total_b_kg * 16 / 20) / 2, rel=0.1
    )
    assert found.effects_kg["factor_edition"] > 0 > found.effects_kg["data"]
    half = diff(ledger, "2024-03", "2024-09")
    assert (half.parcels_a, half.parcels_b) == (8, 8) and only(half, "data")


def test_runs_that_share_some_parcels(tmp_path):
    """Proves that shared parcels are compared with themselves and the others by cell, and that all adds up."""
    first = [*ROWS[:6], *(row | {"parcel_id": f"X{row['parcel_id']}"} for row in ROWS[:3])]
    second = [row | {"goods_mass_kg": 5.0} for row in ROWS[:6]] + [ROWS[7], ROWS[8]]
    runs = [calculate(table(first), merchant(), ledger=tmp_path).manifest]
    runs.append(calculate(table(second), merchant(), ledger=tmp_path, restate=runs[0].run, reason="error").manifest)
    found = diff(tmp_path, *(each.run for each in runs))
    totals = [each.totals_kg["total_co2e_kg"] for each in runs]
    check(found, totals[1] - totals[0], max(totals))
    assert (found.parcels_a, found.parcels_b, found.same_parcels) == (9, 8, 6)
    assert found.effects_kg["volume"] < 0 < found.effects_kg["data"]
    assert found.effects_kg["method"] == found.effects_kg["factor_edition"] == 0


def test_same_parcels_narrow_the_range_of_the_difference(tmp_path):
    """Proves that the difference is drawn with the same numbers: what both runs share does not widen it."""
    rows = changed(destination_latitude=None, destination_longitude=None)
    found = compared(tmp_path / "same", rows, [row | {"goods_mass_kg": 2.0} for row in rows], same=True)
    assert found.low_kg < found.difference_kg < found.high_kg and found.clear
    assert found.high_kg - found.low_kg < 0.5 * found.total_a_kg
    other = compared(tmp_path / "other", rows, [row | {"goods_mass_kg": 2.0} for row in rows])
    assert other.high_kg - other.low_kg > found.high_kg - found.low_kg


def test_what_cannot_be_recounted_is_said_and_counts_as_method(tmp_path, monkeypatch):
    """Proves that a run which another version computed otherwise still adds up to its recorded total, with a note."""
    runs = [calculate(rows, merchant(), ledger=tmp_path).manifest
            for rows in (table(ROWS), renamed(changed(goods_mass_kg=3.0)))]  # fmt: skip
    now = MODELS["handled_mass"]
    other = Model(now.name, lambda mass_kg: 2 * mass_kg, now.formulas)
    monkeypatch.setattr(recount, "MODELS", MODELS | {"handled_mass": other})
    found = diff(tmp_path, *(each.run for each in runs))
    totals = [each.totals_kg["total_co2e_kg"] for each in runs]
    assert found.difference_kg == pytest.approx(totals[1] - totals[0], rel=1e-12)
    assert sum(found.effects_kg.values()) == pytest.approx(found.difference_kg, rel=1e-12)
    assert len(found.notes) == 2 and all("hubs" in note and "method" in note for note in found.notes)
    assert found.effects_kg["method"] < 0


def test_a_run_that_is_not_there_is_said(tmp_path):
    """Proves the messages for a run, a text and a period that the ledger does not know."""
    run = calculate(table(ROWS), merchant(), ledger=tmp_path).manifest.run
    for wrong in ("20250101T000000000000Z-abcdef", "last week"):
        with pytest.raises(LedgerError, match=f"no such run[\\s\\S]*{run}"):
            diff(tmp_path, run, wrong)
    with pytest.raises(LedgerError, match="no run that counts has parcels of 2019"):
        diff(tmp_path, "2019", run)


def test_no_way_in_one_run_is_distance_in_the_other():
    """Proves the corners where one run's distance is zero: what a kilometre makes is then the other run's."""
    kg = [np.zeros((2, 2, 1)), np.full((2, 2, 1), 6.0)]
    made = shared(kg, [np.zeros((2, 1)), np.full((2, 1), 3.0)])
    assert np.all(made[0] == 0) and np.all(made[1] == 6)


@pytest.mark.parametrize(("cause", "axis"), [(Cause.EDITION, 1), (Cause.METHOD, 2), (Cause.DATA, 3)])
def test_a_term_of_one_run_alone_comes_with_its_cause(cause, axis):
    """Proves that a term which only run B has is there with B's edition, method or data, and never with A's."""
    made = alone(np.ones((2, 2, 1)), 1, np.array([cause]))
    assert np.all(np.take(made, 0, axis=axis) == 0) and np.all(np.take(made, 1, axis=axis) == 1)
