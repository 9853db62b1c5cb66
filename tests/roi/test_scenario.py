"""Scenarios: other inputs, some measures, and their sum, on the sample merchant's own ledger."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from carbon.errors import RoiError
from carbon.roi import (
    Readings,
    Scenario,
    Workbench,
    Workshop,
    apply_in_sequence,
    bounds_of,
    effect_of,
    simulate,
    terms_of,
    with_values,
    workbench_of,
)
from carbon.roi.scenario import SCENARIO

DRAWS = 400


@pytest.fixture(scope="module")
def bench(shop) -> Workbench:
    """The sample merchant's workbench."""
    return workbench_of(shop.organisation, shop.ledger)


@pytest.fixture(scope="module")
def effect(bench):
    """What all its measures do."""
    baseline = bench.considered.baseline
    terms = terms_of(bench.organisation, baseline.currency, baseline.year)
    return effect_of(bench.considered.applicable, baseline, terms, draws=DRAWS)


def test_the_parts_are_the_whole(bench, effect):
    """Proves that stages, steps and both totals agree, and that a range holds its value."""
    baseline = bench.considered.baseline
    assert effect.total.before_kg == pytest.approx(baseline.total_kg)
    assert sum(each.after_kg for each in effect.stages.values()) == pytest.approx(effect.total.after_kg)
    saved_kg = [each.saved_kg for each in apply_in_sequence(bench.considered.applicable, baseline)]
    assert [each.saved_kg for each in effect.steps] == pytest.approx(saved_kg)
    assert effect.saved_kg == pytest.approx(sum(saved_kg))
    assert effect.total.low_kg < effect.total.after_kg < effect.total.high_kg
    assert effect.without_effect == {}


def test_stages_of_a_measure_sum_to_what_it_saves(bench):
    """Proves for every measure that its savings by stage are its savings, at its values and in draws."""
    from carbon.roi.risk import sample, values_of

    baseline = bench.considered.baseline
    for measure in bench.considered.applicable:
        for values in (values_of(measure), sample(measure, 50, 1)):
            whole_kg = measure.outcome(baseline, values).saved_kg[..., 0]
            stages_kg = sum(measure.stages_saved_kg(baseline, values).values())
            assert np.allclose(stages_kg, whole_kg, rtol=1e-9, atol=1e-9), measure.key


def test_money_of_all_is_the_sum_of_the_steps(bench, effect):
    """Proves that the net present value of all is that of the steps, and that draws are about it."""
    from carbon.roi import appraise

    terms = terms_of(bench.organisation, bench.currency, bench.considered.baseline.year)
    assert effect.money.npv == pytest.approx(sum(appraise(each.outcome, terms).npv for each in effect.steps))
    low, _, high = effect.draws.percentiles
    assert low < effect.money.npv < high


def test_one_measure_alone_is_its_own_simulation(bench):
    """Proves that a scenario of one measure says what the measure says on the whole baseline."""
    measure, baseline = bench.considered.measure("electric_vans"), bench.considered.baseline
    terms = terms_of(bench.organisation, bench.currency, baseline.year)
    found = effect_of([measure], baseline, terms, draws=DRAWS)
    assert found.draws.percentiles == pytest.approx(simulate(measure, baseline, terms, draws=DRAWS).percentiles)


def test_a_changed_input_moves_with_its_range(bench):
    """Proves that a value is taken, that its range keeps its relative width, and that the former measure is untouched."""
    measure = bench.considered.measure("mode_shift")
    before = measure.inputs["distance_ratio"]
    changed = with_values(measure, {"distance_ratio": before.value * 2, "share": 0.9})
    after = changed.inputs["distance_ratio"]
    assert (after.value, after.low, after.high) == pytest.approx((before.value * 2, before.low * 2, before.high * 2))
    assert after.source == SCENARIO and measure.inputs["distance_ratio"] is before
    assert changed.inputs["share"].high == 1.0
    baseline = bench.considered.baseline
    half, whole = (
        with_values(measure, {"share": share}).outcome(
            baseline, {k: v.value for k, v in changed.inputs.items()} | {"share": share}
        )
        for share in (0.45, 0.9)
    )
    assert whole.saved_kg[0] == pytest.approx(2 * half.saved_kg[0])
    left = baseline.total_kg - changed.outcome(baseline, {k: v.value for k, v in changed.inputs.items()}).after.total_kg
    assert left == pytest.approx(whole.saved_kg[0])


def test_what_cannot_be_is_refused(bench):
    """Proves that a share above one, an unknown input and money of another currency are refused with the reason."""
    measure = bench.considered.measure("mode_shift")
    assert bounds_of(measure, "share") == (0.0, 1.0)
    for wrong in ({"share": 1.2}, {"distance_ratio": -1.0}, {"colour": 1.0}):
        with pytest.raises(RoiError):
            with_values(measure, wrong)
    with pytest.raises(RoiError, match="another currency"):
        bench.measures(Scenario("x", values={"mode_shift": {"share": 0.5}}, currency="EUR"))


def test_a_scenario_survives_being_written():
    """Proves that plain values give the same scenario again, and that others are refused."""
    made = Scenario("Vans", ("led_lighting",), {"mode_shift": {"share": 0.5}}, 1200.0, "GBP")
    assert Scenario.from_json(json.loads(json.dumps(made.as_json()))) == made
    for wrong in (None, {}, made.as_json() | {"budget": "much"}, made.as_json() | {"values": [1]}):
        with pytest.raises(RoiError):
            Scenario.from_json(wrong)


def test_a_scenario_leaves_out_and_has_a_budget_of_its_own(bench):
    """Proves that a measure left out is nowhere, that the budget is the scenario's, and that the rest says what the study says."""
    keys = [each.key for each in bench.considered.applicable]
    taken = keys[:3]
    scenario = Scenario("few", tuple(keys[3:]), budget=1.0, currency="GBP")
    found = bench.answer(scenario, draws=DRAWS)
    assert {entry.measure.key for entry in found.study.entries} == set(taken)
    assert found.study.budget == 1.0 and sum(each.appraisal.outlay for each in found.study.choice.chosen) <= 1.0
    assert [each.measure.key for each in found.effect.steps] == taken and found.unknown == ()


@pytest.mark.parametrize("period", ["2025-02", "2025-01..2025-03"])
def test_what_was_read_for_all_periods_gives_each_its_own(shop, bench, period):
    """Proves that a workbench from what was read of the whole ledger has every line, group and bin that one of the period has."""
    readings = Readings()
    workshop = Workshop(shop.organisation, shop.ledger, readings=readings)
    whole = workshop.bench().considered.baseline
    held = workshop.bench(period).considered
    alone = workbench_of(shop.organisation, shop.ledger, period).considered
    assert [each.key for each in held.applicable] == [each.key for each in alone.applicable]
    for name in ("lines", "groups", "fills", "volumetric", "split", "catalogue"):
        pd.testing.assert_frame_equal(getattr(held.baseline, name), getattr(alone.baseline, name), rtol=1e-12)
        pd.testing.assert_frame_equal(getattr(whole, name), getattr(bench.considered.baseline, name), rtol=1e-12)
    again = Workshop(shop.organisation, shop.ledger, readings=readings).bench(period).considered.baseline
    assert again.total_kg == held.baseline.total_kg


def test_parcels_are_read_once_for_all_periods(shop, monkeypatch):
    """Proves that a further period asks the parcels nothing, and that a file that was changed does not, either."""
    from carbon.roi import readings as module
    from carbon.roi import runs

    asked = []
    for room in (module, runs):
        read = room.connect
        monkeypatch.setattr(
            room, "connect", lambda *given, read=read, **more: asked.append(given) or read(*given, **more)
        )
    readings = Readings()
    Workshop(shop.organisation, shop.ledger, readings=readings).bench("2025-01")
    assert len(asked) == 2
    Workshop(shop.with_measures(), shop.ledger, readings=readings).bench("2025-02..2025-05")
    assert len(asked) == 2
