"""Where emissions go: stages to categories, and months over the whole ledger."""

from __future__ import annotations

import pytest

from carbon.calculate import calculate
from carbon.ledger import inventory, lanes
from carbon.sample import write_sample
from carbon.terms import DELIVERY_STAGES


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    """The ledger of a small sample merchant."""
    folder = tmp_path_factory.mktemp("flows")
    write_sample(folder, parcels=300)
    calculate(folder / "orders.csv", folder / "organisation.yaml", lines=folder / "lines.csv", ledger=folder / "ledger")
    return folder / "ledger"


def test_stages_fall_into_categories_without_rest(ledger):
    """Proves that the sums by stage are the stages', and those by category the categories', product left out."""
    found = inventory(ledger)
    table = found.stage_categories
    by_stage = table.groupby("stage")["co2e_kg"].sum()
    for stage in DELIVERY_STAGES:
        assert by_stage.get(str(stage), 0.0) == pytest.approx(found.stages_kg[stage], rel=1e-9, abs=1e-9)
    by_category = table.groupby(["scope", "category"])["co2e_kg"].sum()
    for row in found.scopes.itertuples():
        assert by_category[row.scope, row.category] == pytest.approx(row.co2e_kg, rel=1e-9)


def test_history_is_the_whole_ledgers_whatever_the_period(ledger):
    """Proves that a short period still knows every month, and that the months are those of the footprints."""
    whole, month = inventory(ledger), inventory(ledger, "2025-03")
    assert list(month.history.index) == list(whole.months.index) and len(month.months) == 1
    for stage in DELIVERY_STAGES:
        assert list(month.history[str(stage)]) == pytest.approx(list(whole.months[str(stage)]), rel=1e-9, abs=1e-9)
    assert month.history["total_kg"].sum() == pytest.approx(whole.total_kg, rel=1e-9)


def test_lanes_are_split_by_stage_where_asked(ledger):
    """Proves that a lane's stages add up to it, and that the columns are left out otherwise."""
    names = [str(stage) for stage in DELIVERY_STAGES]
    found = lanes(ledger, stages=True)
    assert list(found[names].sum(axis=1)) == pytest.approx(list(found["co2e_kg"]), rel=1e-9)
    assert not set(names) & set(lanes(ledger).columns)
