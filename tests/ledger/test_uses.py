"""Chain, energy, gases and waste: each adds up to what the inventory says elsewhere."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from carbon.ledger import inventory
from carbon.ledger.uses import HFC, UNSPLIT, calorific_values
from carbon.terms import Stage


@pytest.fixture(scope="module")
def whole(sample):
    """The sample's inventory."""
    return inventory(sample)


def test_the_chain_adds_up_to_the_transport_stages(whole):
    """Proves that WTT, TTW and what is unsplit, element by element, are the inventory's."""
    chain = whole.uses.chain
    assert chain["wtt_kg"].sum() == pytest.approx(whole.wtt_kg, rel=1e-9)
    assert chain["ttw_kg"].sum() == pytest.approx(whole.ttw_kg, rel=1e-9)
    assert chain["unsplit_kg"].sum() == pytest.approx(whole.unsplit_kg, rel=1e-9)
    for stage in (Stage.LINE_HAUL, Stage.HUBS, Stage.LAST_MILE):
        mine = chain[chain["stage"] == stage]
        assert mine["co2e_kg"].sum() == pytest.approx(whole.stages_kg[stage], rel=1e-9)
    assert not chain.duplicated(["service", "leg", "activity", "party", "data_type"]).any()


def test_amounts_of_the_chain_count_once(sample, whole):
    """Proves that tonne-kilometres are counted once although WTT and TTW share them: mass times adjusted distance."""
    stored = pd.concat(
        [pq.read_table(path).to_pandas() for each in sample.current() for path in sample.footprint_files(each.run)]
    )
    legs = whole.uses.chain.query("unit == 'kg*km' and leg == 1").set_index("service")
    ratios = []
    for service, mine in stored.groupby("service"):
        if service in legs.index and len(mine) > 1:
            ratios.append(legs.loc[service]["amount"] / math.fsum(mine["freight_mass_kg"] * mine["leg1_km"]))
            assert legs.loc[service]["parcels"] == len(mine)
    # Great circle to road: the same sourced adjustment for every parcel of a lane's factor.
    assert len(ratios) > 5 and max(ratios) < 1.5 and min(ratios) >= 1


def test_gases_add_up_by_scope(whole):
    """Proves that split and unsplit gases make each scope, and that what no source splits has no mass of gas."""
    gases = whole.uses.gases
    by_scope = gases.groupby("scope")["co2e_kg"].sum()
    for scope, mine in whole.scopes.groupby("scope"):
        assert by_scope[scope] == pytest.approx(mine["co2e_kg"].sum(), rel=1e-9)
    assert gases[gases["gas"] == UNSPLIT]["mass_kg"].isna().all()
    assert gases[gases["gas"] != UNSPLIT]["mass_kg"].notna().all()


def test_a_factor_published_by_gas_is_split_by_its_gases(sample, whole):
    """Proves mass and CO2e of each gas of the US grid against the published figures and the run's GWPs."""
    data = json.loads(sample.file(whole.runs[-1], "factors.json").read_text())
    rows = {row["gas_basis"]: row["value"] for row in data["factors"] if row["gas_basis"] in ("CO2", "CH4", "N2O")}
    found = whole.uses.gases.set_index(["scope", "gas"])
    third = {gas: found.loc["3", gas] for gas in rows}
    assert len(rows) == 3
    for gas, value in rows.items():
        assert third[gas]["mass_kg"] / third["CO2"]["mass_kg"] == pytest.approx(value / rows["CO2"], rel=1e-9)
        assert third[gas]["co2e_kg"] == pytest.approx(third[gas]["mass_kg"] * data["gwps"][gas.lower()], rel=1e-9)
    assert found.loc["1", HFC]["mass_kg"] == pytest.approx(0.05, rel=0.1)


def test_energy_is_what_own_meters_and_vehicles_gave_the_parcels(whole):
    """Proves that scopes 1 and 2, refrigerant aside, are the energy table, and that sites have no more kWh than was metered."""
    energy, scopes = whole.uses.energy, whole.scopes
    both = scopes[scopes["scope"].isin(["1", "2"])]["co2e_kg"].sum()
    hfc = whole.uses.gases.query("scope == '1' and gas == @HFC")["co2e_kg"].sum()
    assert energy[energy["use"] != "generation"]["co2e_kg"].sum() == pytest.approx(both - hfc, rel=1e-9)
    metered = whole.sites[whole.sites["unit"] == "kW*h"]["metered_amount"].sum()
    assert 0.5 * metered < energy[energy["use"] != "vehicle"]["energy_kwh"].sum() <= metered * (1 + 1e-9)
    assert not energy["activity"].str.startswith("refrigerant").any()
    assert set(energy["country"]) == {"GB", "DE"}


def test_waste_is_the_packaging_that_stays_with_customers(whole):
    """Proves that waste by treatment is no more than the packaging, and apart from what own sites write off."""
    waste = whole.uses.waste
    customer = waste[waste["where"] == "customer"]
    mass = whole.packaging_kg_by_material["mass_kg"].sum()
    assert 0.8 * mass < customer["mass_kg"].sum() <= mass
    assert customer["co2e_kg"].sum() == pytest.approx(whole.stages_kg[Stage.END_OF_LIFE], rel=1e-9)
    assert set(waste["where"]) == {"customer", "operations"}


def test_counts_are_those_of_the_parcels(sample, whole):
    """Proves that an attempt nobody recorded is no second attempt."""
    stored = pd.concat(
        [pq.read_table(path).to_pandas() for each in sample.current() for path in sample.footprint_files(each.run)]
    )
    attempts = stored["delivery_attempts"]
    assert whole.uses.counts == {
        "returned": pytest.approx(stored["returned"].sum()),
        "attempts_known": attempts.notna().sum(),
        "attempted_again": (attempts > 1).sum(),
    }


def test_an_empty_period_uses_nothing(sample):
    """Proves that a period without parcels has empty tables of the same columns."""
    empty, full = inventory(sample, "2031").uses, inventory(sample).uses
    for name in ("chain", "energy", "gases", "waste"):
        assert len(getattr(empty, name)) == 0 and list(getattr(empty, name)) == list(getattr(full, name))
    assert set(empty.counts.values()) == {0.0}


def test_the_base_year_is_what_the_ledger_holds_of_it(sample, whole):
    """Proves that the base year's figure is the year's own total, whatever period is asked for."""
    assert whole.base_year_kg == pytest.approx(whole.total_kg, rel=1e-9)
    assert inventory(sample, "2031").base_year_kg == pytest.approx(whole.base_year_kg, rel=1e-12)
    assert [each.after_kg for each in whole.restatements] == [pytest.approx(whole.base_year_kg, rel=1e-9)]


def test_litres_become_kwh_by_the_publications_own_two_factors(sample, whole, monkeypatch):
    """Proves that own vans' diesel has the energy that its source's kg per litre and per gross kWh tell, and none where a run lacks the second."""
    energy = whole.uses.energy
    diesel = energy[energy["activity"] == "fuel.diesel_blend"].iloc[0]
    # UK government 2025, rows 1_101_1011_8_1 and 1_101_1011_6_1: kg CO2e per litre, per kWh (gross CV).
    assert diesel["unit"] == "m**3" and diesel["energy_kwh"] == pytest.approx(
        diesel["amount"] * 1000 * 2.57082 / 0.24411, rel=1e-12
    )
    data = json.loads(sample.file(sample.current()[-1].run, "factors.json").read_text(encoding="utf-8"))
    earlier = [row for row in data["factors"] if not row["id"].endswith("diesel_blend.kwh_gross")]
    assert len(earlier) < len(data["factors"])
    monkeypatch.setattr(Path, "read_text", lambda self, **_: json.dumps(data | {"factors": earlier}))
    assert calorific_values(sample, ["any"]) == {}
