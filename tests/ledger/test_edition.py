"""Another edition's total: the recorded one by its own year, the factors' ratio by hand, what cannot be recounted kept."""

from __future__ import annotations

import pytest

from carbon import Registry, edition_effect, inventory


@pytest.fixture(scope="module")
def factors():
    """Return the shipped tables."""
    return Registry.load()


def test_the_own_year_changes_nothing(sample, factors):
    """Proves that recounting with the parcels' own year gives the recorded total, so that a difference is the edition's."""
    found = edition_effect(sample, factors, 2025)
    assert found.rows.empty and found.difference_kg == 0
    assert found.recounted_kg == pytest.approx(found.total_kg, rel=1e-4)


def test_a_line_changes_by_the_ratio_of_its_factors(sample, factors):
    """Proves the recount by hand: kilograms times new factor over old, line by line, and the total is their sum."""
    found = edition_effect(sample, factors, 2024)
    rows = found.rows
    by_hand = rows["co2e_kg"] * rows["kg_per_unit_new"] / rows["kg_per_unit_old"]
    assert (rows["new_kg"] - by_hand).abs().max() < 1e-9 * rows["new_kg"].max()
    assert found.new_total_kg == pytest.approx(found.total_kg + (by_hand - rows["co2e_kg"]).sum())
    grid = rows[(rows["activity"] == "electricity.grid") & (rows["region"] == "GB")].iloc[0]
    assert grid["factor_new"] == "desnz_2024.electricity.grid"
    assert rows["difference_kg"].abs().is_monotonic_decreasing


def test_what_cannot_be_found_again_is_kept(sample, factors):
    """Proves that a registry that knows nothing changes nothing and claims nothing."""

    class Nothing:
        def resolve(self, activity, unit, region, year):
            from carbon.errors import FactorError

            raise FactorError("no such factor")

    found = edition_effect(sample, Nothing(), 2024)
    assert found.recounted_kg == 0 and found.new_total_kg == found.total_kg
    assert found.total_kg == pytest.approx(inventory(sample, runs=[sample.current()[0].run]).total_kg, rel=1e-9)
