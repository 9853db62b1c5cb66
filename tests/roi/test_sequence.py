"""Measures one after the other: nothing is saved twice, nothing goes below nothing, nothing is dropped unsaid."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from carbon.errors import RoiError
from carbon.ledger import inventory
from carbon.organisation import Organisation
from carbon.roi import MEASURES, apply_in_sequence, measures_of
from carbon.roi.baseline import GROUP, LINE, WHOLE
from carbon.roi.reading import read_baseline, read_total_kg

#: What the sample merchant does not consider, and its ledger could not tell.
NOT_CONSIDERED = {"slower_service", "less_empty_running"}


def test_the_baseline_is_the_inventory(shop, baseline):
    """Proves that lines, split among packages, add up to the inventory, by stage and by scope."""
    known = inventory(shop.ledger)
    assert baseline.total_kg == pytest.approx(known.total_kg)
    product = known.stages_kg["product"]
    assert product > 0
    assert baseline.stages_kg == pytest.approx(
        {key: kg for key, kg in known.stages_kg.items() if key != "product" and kg}
    )
    by_scope = known.scopes.groupby("scope")["co2e_kg"].sum()
    assert baseline.scopes_kg == pytest.approx(by_scope.to_dict())
    assert baseline.parcels() == known.parcels
    assert baseline.notes == ()


def test_every_packaging_line_is_told_apart(baseline):
    """Proves that the split by package holds everywhere on the sample: packaging, end of life, line haul and hubs."""
    lines = baseline.lines[baseline.lines["stage"].isin(["packaging", "end_of_life", "line_haul", "hubs"])]
    assert (lines["part"] != "").all() and (lines["package"] != "").all()


def test_most_measures_of_the_sample_apply(considered):
    """Proves that all measures are either applied or left out with a reason, and that few are left out."""
    applied, left_out = [each.key for each in considered.applicable], {each.key for each in considered.left_out}
    assert left_out == NOT_CONSIDERED
    assert sorted([*applied, *left_out]) == sorted(MEASURES)
    assert all("mend" in each.reason for each in considered.left_out)
    with pytest.raises(RoiError, match="is not considered"):
        considered.measure("slower_service")
    with pytest.raises(RoiError, match="no such measure"):
        considered.measure("perpetual_motion")


def test_a_sequence_never_saves_more_than_there_is(considered, baseline):
    """Proves conservation: by stage, what all measures save together is what the stage had less what it has left."""
    steps = apply_in_sequence(considered.applicable, baseline)
    saved = {stage: 0.0 for stage in baseline.stages_kg}
    for step in steps:
        assert (step.outcome.after.lines["co2e_kg"] >= 0).all()
        assert step.outcome.saved_kg[0] == pytest.approx(step.saved_kg, abs=1e-6)
        for stage in saved:
            saved[stage] += step.before.stages_kg.get(stage, 0.0) - step.outcome.after.stages_kg.get(stage, 0.0)
    assert all(kg <= baseline.stages_kg[stage] * (1 + 1e-9) for stage, kg in saved.items())
    assert sum(saved.values()) == pytest.approx(sum(each.saved_kg for each in steps))
    assert sum(saved.values()) == pytest.approx(baseline.total_kg - steps[-1].outcome.after.total_kg)


def test_what_is_left_knows_its_texts(considered, baseline):
    """Proves that texts carried over from one baseline to the next are those of its rows, and that kinds tell rows apart in all of them."""
    left = apply_in_sequence(considered.applicable, baseline)[-1].outcome.after
    assert len(left.lines) > len(baseline.lines) and len(left.groups) > len(baseline.groups)
    kinds: dict[int, tuple[str, ...]] = {}
    for each in (baseline, left):
        for table, names in (("lines", LINE), ("groups", GROUP)):
            for name in names:
                codes, texts = each.texts(table, name)
                assert np.array(list(texts))[codes].tolist() == getattr(each, table)[name].astype(str).tolist()
        rows = map(tuple, each.lines[list(WHOLE)].astype(str).to_numpy())
        for kind, row in zip(each.kinds("lines", WHOLE).tolist(), rows, strict=True):
            assert kinds.setdefault(kind, row) == row
    assert len(set(kinds.values())) == len(kinds)


def test_any_order_of_two_measures_on_one_thing_saves_less_than_their_sum(considered, baseline):
    """Proves that overlap is counted once: electric and hydrogen vans, smaller cartons and less filling, lamps and sun."""
    for pair in (("electric_vans", "hydrogen_vans"), ("carton_right_sizing", "smart_void_fill")):
        alone = [
            float(considered.measure(key).outcome(baseline, considered.measure(key).values).saved_kg[0]) for key in pair
        ]
        for order in itertools.permutations(pair):
            steps = apply_in_sequence([considered.measure(key) for key in order], baseline)
            both = baseline.total_kg - steps[-1].outcome.after.total_kg
            assert both < sum(alone) - 1e-6
            assert both >= max(alone) - 1e-6 or "electric_vans" in order


def test_draws_give_what_single_values_give(considered, baseline):
    """Proves that a model on many draws is the same as on each of them, and that shares stay shares."""
    for each in considered.applicable:
        rng = np.random.default_rng(7)
        draws = {key: rng.uniform(given.low, given.high * 1.3, 3) for key, given in each.inputs.items()}
        many = each.outcome(baseline, draws)
        assert many.saved_kg.shape == (3, each.lifetime_years) and many.cash.shape == (3, each.lifetime_years + 1)
        for at in range(3):
            one = each.outcome(baseline, {key: values[at] for key, values in draws.items()})
            assert many.saved_kg[at] == pytest.approx(one.saved_kg)
            assert many.cash[at] == pytest.approx(one.cash)
        assert many.after.total_kg == pytest.approx(each.outcome(baseline, each.values).after.total_kg)


def test_every_input_has_a_source_and_a_range_that_holds_it(considered):
    """Proves that no number is without a source, that ranges hold their values, and that defaults of costs are marked."""
    for each in considered.applicable:
        for key, given in each.inputs.items():
            assert given.source and given.low <= given.value <= given.high, (each.key, key)
    roof = considered.measure("solar_roof").inputs
    assert roof["price_per_kw"].illustrative and "soleos" in roof["price_per_kw"].source
    assert not roof["specific_yield"].illustrative


def test_a_quarter_is_made_a_year_and_said(shop, considered):
    """Proves that a period of three months is scaled to twelve and that the reader is told."""
    quarter = read_baseline(shop.ledger, "2025-01..2025-03", "GBP")
    counted = shop.one(
        "SELECT sum(co2e_kg) FROM activity WHERE accounting = 'total' AND stage <> 'product' AND month <= '2025-03'"
    )
    assert quarter.total_kg == pytest.approx(4 * counted)
    assert "made a year’s" in quarter.notes[0]
    found = measures_of(shop.organisation, shop.ledger, "2025-01..2025-03")
    lamps = found.measure("led_lighting")
    assert lamps.meter_kwh == pytest.approx(4 * 870)


def test_a_base_year_needs_no_baseline(shop):
    """Proves that the total of a year, read alone, is its baseline's, and that a year without parcels has none."""
    whole_kg = read_baseline(shop.ledger, "2025", "GBP").total_kg
    assert read_total_kg(shop.ledger, "2025") == pytest.approx(whole_kg, rel=1e-12)
    assert read_total_kg(shop.ledger, "2019") is None


def test_what_is_missing_is_named(shop, considered):
    """Proves that a missing number, currency, baseline or period says what to fill in, and nothing is made up."""
    lacking = shop.with_measures(led_lighting={"site": "coventry"}, route_optimisation={"lifetime_years": 5})
    found = {each.key: each.reason for each in measures_of(lacking, shop.ledger).left_out}
    for key in ("led_fitted_share", "fixtures", "fitting", "lifetime_years"):
        assert f"measures.led_lighting.{key}" in found["led_lighting"]
    assert "measures.led_lighting.led_saving" not in found["led_lighting"]
    assert "measures.route_optimisation.services" in found["route_optimisation"]
    rented = {"lifetime_years": 9, "site": "new_jersey", "led_fitted_share": 0, "fixtures": 9, "fitting": "9 USD"}
    away = shop.with_measures(led_lighting=rented)
    assert "no metered electricity.grid at own site 'new_jersey'" in measures_of(away, shop.ledger).left_out[-2].reason
    with pytest.raises(RoiError, match="currency"):
        measures_of(Organisation.model_validate(shop.plain | {"costs": None, "measures": {}}), shop.ledger)
    with pytest.raises(RoiError, match="no parcel was shipped"):
        read_baseline(shop.ledger, "2019", "GBP")


def test_the_baseline_does_not_grow_with_the_parcels(baseline):
    """Proves that models hold kinds of parcels, not parcels: lines and groups are bounded by what is told apart."""
    kinds = baseline.groups[["service", "package", "site", "origin_region", "destination_region"]]
    assert len(kinds) == len(kinds.drop_duplicates())
    assert baseline.fills["fill"].nunique() <= 100
    assert len(baseline.fills) <= 100 * len(kinds)
