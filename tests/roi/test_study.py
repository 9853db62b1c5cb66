"""The study: everything of an organisation's measures at once."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from carbon.errors import OrganisationError, RoiError
from carbon.organisation import Organisation
from carbon.roi.plan import LeftOut
from carbon.roi.study import judge
from tests.roi.measures import baseline, cut

BASES_KG = {2020: 120_000.0}


def organisation(**changes) -> Organisation:
    """Return an organisation that says the least it can, and something of finance."""
    known = {
        "name": "Harbour <b>&</b> Loom",
        "country": "GB",
        "services": {"post": {"chain": [{"stage": "last_mile", "vehicle": "road.van"}]}},
        "finance": {"discount_rate": 0.07, "horizon_years": 10, "budget": "12000 GBP", "yearly_budget": "9000 GBP"},
        "targets": [{"year": 2030, "base_year": 2020, "reduction_share": 0.4}],
    }
    return Organisation.model_validate({**known, **changes})


def measures():
    """Return measures that overlap, pay and do not pay."""
    return [
        cut("electric_vans", 0.5, 8_000, 0.07, wide=0.4, group="last_mile"),
        cut("pickup_points", 0.3, 1_000, 0.05, wide=0.4, group="last_mile"),
        cut("own_container", 0.2, 500, 0.2, wide=0.4, group="packaging", stage="packaging"),
        cut("reusable_boxes", 0.4, 90_000, -0.05, wide=0.4, group="packaging", stage="packaging"),
        cut("led_lighting", 0.0, 500, 0.0, group="site"),
    ]


def study(**changes):
    """Return a study of these measures."""
    absent = (LeftOut("solar_roof", RoiError("no site of one's own")),)
    return judge(measures(), baseline(), organisation(**changes), absent=absent, bases_kg=BASES_KG, draws=500)


def test_every_measure_is_told():
    """Proves that each measure is judged once, curve first, and that what does not apply is told with its reason."""
    found = study()
    keys = [entry.measure.key for entry in found.entries]
    assert sorted(keys) == sorted(each.key for each in measures())
    assert [entry.block is not None for entry in found.entries] == [True] * 4 + [False]
    assert [each.key for each in found.absent] == ["solar_roof"]
    assert found.first.measure.key == keys[0]


def test_a_target_becomes_what_must_be_saved():
    """Proves the arithmetic of a target: 100 t now, 60 % of 120 t allowed, so 28 t to be saved in 2030, which the plan does."""
    found = study()
    assert found.goals[0].needed_kg == pytest.approx(28_000)
    assert found.plan.saved_kg[4] >= 28_000 * (1 - 1e-6) and found.plan.short_kg == {}
    assert found.plan.outlay.max() <= 9_000
    assert found.choice.outlay.sum() <= 12_000


def test_a_target_follows_the_grids_path_as_the_measures_do():
    """Proves the arithmetic: 10 t of grid electricity at 60 % are 4 t less by 2030, so 24 t of the 28 are left to be saved."""
    path = {"source": "a plan", "left": {2030: 0.6, 2040: 0.2}}
    finance = {"discount_rate": 0.07, "horizon_years": 10, "grid_path": path}
    lines = baseline(packaging=30_000.0, warehousing=10_000.0, last_mile=60_000.0).lines
    base = replace(baseline(), lines=lines.assign(activity=["board", "electricity.grid", "road.van"]))
    far = {"year": 2035, "base_year": 2020, "reduction_share": 0.4}
    setup = organisation(finance=finance, targets=[{**far, "year": 2030}, far])
    near, later = judge(measures()[:2], base, setup, bases_kg=BASES_KG, draws=10).goals
    assert near.cleaner_kg == pytest.approx(4_000) and near.needed_kg == pytest.approx(24_000)
    assert later.cleaner_kg == pytest.approx(6_000) and later.needed_kg == pytest.approx(22_000)


def test_a_target_without_its_base_year_is_said():
    """Proves that a target whose base year the ledger lacks has no figure, and that the plan is the one worth most."""
    found = judge(measures(), baseline(), organisation(), draws=10)
    assert found.goals[0].needed_kg is None and found.plan.target == {}


def test_overlapping_measures_together_save_less_than_alone():
    """Proves that what all save is what they leave of the baseline, never the sum of each alone."""
    found = study()
    alone = sum(entry.alone.yearly_kg for entry in found.entries)
    together = 60_000 * (1 - 0.5 * 0.7) + 40_000 * (1 - 0.8 * 0.6)
    assert found.curve.total_kg == pytest.approx(together) and together < alone
    assert found.curve.total_kg <= found.baseline.total_kg


def test_the_json_is_the_study():
    """Proves that the JSON is plain, complete and finite: the same figures as the objects, parsed strictly."""
    found = study()
    text = json.dumps(found.as_json(), allow_nan=False)
    told = json.loads(text)
    assert [each["measure"] for each in told["measures"]] == [entry.measure.key for entry in found.entries]
    assert told["measures"][0]["alone"]["npv"] == found.entries[0].alone.npv
    assert told["abatement_curve"]["saved_kg_per_year"] == found.curve.total_kg
    assert told["plan"]["npv"] == found.plan.worth


def test_without_a_discount_rate_nothing_is_judged():
    """Proves that no rate is made up: without `finance` the message says what to add."""
    with pytest.raises(OrganisationError, match="no discount rate") as caught:
        study(finance=None)
    assert "horizon_years" in str(caught.value)
