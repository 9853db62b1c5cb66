"""Warehouses: sites and meters add up to the stage, a contract changes only the market-based view, the rest is shown."""

from __future__ import annotations

import pytest

from carbon import connect, warehouses


@pytest.fixture(scope="module")
def whole(sample):
    """Return the warehouses of the sample merchant."""
    return warehouses(sample)


def test_sites_and_meters_hold_the_whole_stage(sample, whole):
    """Proves that warehousing is split by site and by meter without a rest, ranges around their value."""
    with connect(sample) as ledger:
        wanted_kg, parcels = ledger.execute("SELECT sum(warehousing_co2e_kg), count(*) FROM footprints").fetchone()
    assert whole.sites["location_kg"].sum() == pytest.approx(wanted_kg, rel=1e-9)
    assert whole.energy["co2e_kg"].sum() == pytest.approx(wanted_kg, rel=1e-9)
    assert (whole.sites["location_low_kg"] < whole.sites["location_kg"]).all()
    assert (whole.sites["location_high_kg"] > whole.sites["location_kg"]).all()
    assert whole.sites["parcels"].sum() == parcels


def test_what_no_parcel_bears_is_told(sample, whole):
    """Proves that a meter's rest is the reading's kilograms less the parcels' shares, meter by meter."""
    meters = whole.meters
    assert len(meters) == 15 and meters["own_generation"].sum() == 4
    rest = meters["metered_kg"] - meters["allocated_kg"]
    assert (rest - meters["unallocated_kg"]).abs().max() < 1e-12
    metered = set(meters["site"])
    mine = whole.sites[whole.sites["site"].isin(metered)]
    assert meters["allocated_kg"].sum() == pytest.approx(mine["location_kg"].sum(), rel=1e-9)


def test_estimates_and_own_power_are_marked(whole):
    """Proves that an estimated site and own solar power are told from the grid's meter."""
    energy = whole.energy
    assert set(energy.loc[energy["own_generation"], "meter"]) == {"electricity.solar_pv"}
    assert set(energy.loc[energy["estimated"], "site"]) == {"new_jersey", "ningbo"}
    grid = energy[
        (energy["site"] == "coventry") & (energy["meter"] == "electricity.grid") & (energy["month"] < "2025-04")
    ]
    reading = whole.meters.iloc[0]
    share = reading["allocated_kg"] / reading["metered_kg"]
    assert grid["amount"].sum() == pytest.approx(reading["metered_amount"] * share, rel=1e-9)


def test_a_contract_moves_the_market_based_figure_alone(whole):
    """Proves that a certificate lowers the market-based site, not the location-based, and one that fails a criterion changes nothing."""
    sites = whole.sites.set_index("site")
    assert sites.at["coventry", "market_kg"] < sites.at["coventry", "location_kg"]
    assert sites.at["leipzig", "market_kg"] == pytest.approx(sites.at["leipzig", "location_kg"], rel=1e-12)
    grid = whole.meters["activity"] == "electricity.grid"
    covered = whole.meters[grid & (whole.meters["site"] == "coventry")]
    assert set(covered["instruments"]) == {"rego_coventry"}
    assert whole.meters.loc[grid & (whole.meters["site"] == "leipzig"), "instruments"].isna().all()
