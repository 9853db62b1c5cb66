"""The organisational boundary on a ledger, by hand: a joint venture's site and fleet under each approach.

Grid of Great Britain 2025 (DESNZ): 0.177 kg CO2e/kWh generated; losses and upstream 0.0684.
"""

from __future__ import annotations

import pytest

from carbon.ledger import inventory
from tests.engine.small import COVENTRY, merchant, parcel, run

METER = {"activity": "electricity.grid", "quantity": "1000 kW*h", "from": "2025-06-01", "to": "2025-06-30"}
OWN_VAN = {
    "stage": "last_mile",
    "party": "own",
    "energy": {"activity": "fuel.diesel_blend", "per_distance": "0.1 l/km"},
}
JV = {"name": "Quay Ltd", "share": 0.4, "financial_control": "joint", "operational_control": False}
SITE_KG, BEFORE_KG = 177.0, 68.4


def _found(tmp_path, approach: str, **changes):
    data = {
        "consolidation": approach,
        "entities": {"jv": JV},
        "sites": {"coventry": {"place": COVENTRY, "entity": "jv", "energy": [METER]}},
        "services": {"own": {"party": "own", "chain": [OWN_VAN]}},
    } | changes
    run([parcel("a", service="own"), parcel("b", service="own")], merchant(**data), ledger=tmp_path / approach)
    return inventory(tmp_path / approach)


def _by_scope(found) -> dict[tuple[str, str], float]:
    return {(row.scope, row.category): row.co2e_kg for row in found.scopes.itertuples()}


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """Return the same merchant without entities."""
    site = {"coventry": {"place": COVENTRY, "energy": [METER]}}
    return _found(tmp_path_factory.mktemp("plain"), "operational_control", entities={}, sites=site)


@pytest.mark.parametrize(
    ("approach", "own", "category_15", "category_4"),
    [("equity_share", 0.4, 0, 0.6), ("financial_control", 0.4, 0, 0.6), ("operational_control", 0, 0.4, 0.6)],
)
def test_a_joint_venture_s_site_counts_by_the_approach(tmp_path, plain, approach, own, category_15, category_4):
    """Proves that scope 2, category 3, 15 and 4 take their shares of 245.4 kg, and that the total stays the parcels'."""
    found = _found(tmp_path, approach)
    mine, before = _by_scope(found), _by_scope(plain)
    assert before["2", ""] == pytest.approx(SITE_KG, rel=1e-9)
    assert mine.get(("2", ""), 0) == pytest.approx(own * SITE_KG, rel=1e-9)
    assert mine.get(("3", "15"), 0) == pytest.approx(category_15 * (SITE_KG + BEFORE_KG), rel=1e-9)
    assert mine["3", "4"] == pytest.approx(category_4 * (SITE_KG + BEFORE_KG), rel=1e-9)
    moved = (1 - own) * BEFORE_KG
    assert mine["3", "3"] == pytest.approx(before["3", "3"] - moved, rel=1e-9)
    assert sum(mine.values()) == pytest.approx(found.total_kg, rel=1e-12) == sum(before.values())
    assert found.stages_kg == plain.stages_kg
    row = found.entities.set_index("entity").loc["jv"]
    assert row["scopes_1_2_kg"] == pytest.approx(own * SITE_KG) and row["sites"] == ("coventry",)
    assert row["others_kg"] == pytest.approx(category_4 * (SITE_KG + BEFORE_KG))
    parts = ["scopes_1_2_kg", "category_3_kg", "investment_kg", "leased_kg", "others_kg"]
    assert row[parts].sum() == pytest.approx(SITE_KG + BEFORE_KG, rel=1e-9)
    assert plain.entities.empty


def test_a_fleet_belongs_to_an_entity_too(tmp_path, plain):
    """Proves that own vans of the venture leave scope 1 by its other owners' 60 %, and no parcel is counted twice."""
    service = {"own": {"party": "own", "entity": "jv", "chain": [OWN_VAN]}}
    site = {"coventry": {"place": COVENTRY, "energy": [METER]}}
    found = _found(tmp_path, "equity_share", services=service, sites=site)
    mine, before = _by_scope(found), _by_scope(plain)
    assert mine["1", ""] == pytest.approx(0.4 * before["1", ""], rel=1e-9)
    assert mine["2", ""] == pytest.approx(before["2", ""], rel=1e-12)
    assert found.entities.set_index("entity").at["jv", "services"] == ("own",)
    assert found.matches["parcels"].sum() == plain.matches["parcels"].sum()
    assert found.uses.chain["parcels"].sum() == plain.uses.chain["parcels"].sum()
    energy, whole = (each.uses.energy.groupby("use")["energy_kwh"].sum() for each in (found, plain))
    assert energy["site"] == pytest.approx(whole["site"], rel=1e-12)
    assert energy["vehicle"] == pytest.approx(0.4 * whole["vehicle"], rel=1e-9) and whole["vehicle"] > 0
    rows = found.scopes.set_index(["scope", "category"])
    assert set(rows["parcels"]) == {2}


@pytest.mark.parametrize(
    ("role", "approach", "category"), [("lessee", "equity_share", "8"), ("lessor", "operational_control", "13")]
)
def test_a_leased_site_is_category_8_or_13(tmp_path, role, approach, category):
    """Proves that an operating lease that the approach puts outside leaves scope 2 for its category, upstream with it."""
    site = {"place": COVENTRY, "energy": [METER], "lease": {"role": role, "kind": "operating"}}
    found = _found(tmp_path, approach, entities={}, sites={"coventry": site})
    mine = _by_scope(found)
    assert mine["3", category] == pytest.approx(SITE_KG + BEFORE_KG, rel=1e-9) and ("2", "") not in mine
    assert found.entities.iloc[0]["leased_kg"] == pytest.approx(SITE_KG + BEFORE_KG, rel=1e-9)


def test_certificates_and_ranges_go_with_the_parts(tmp_path, plain):
    """Proves that 400 of 1,000 kWh certified lower scope 2 by the market in the same share, and that parts err together."""
    wind = {
        "kind": "rego", "sites": ["coventry"], "quantity": "400 kW*h", "factor": "electricity.no_combustion",
        "issued_in": "GB", "vintage": 2025, "status": "retired", "retired_for": "organisation", "evidence": "1",
        "sole_claim": True,
    }  # fmt: skip
    meter = METER | {"from": "2025-01-01", "to": "2025-12-31", "outbound": {"parcels": 2}}
    site = {"coventry": {"place": COVENTRY, "entity": "jv", "energy": [meter]}}
    found = _found(tmp_path, "equity_share", sites=site, instruments={"wind": wind})
    assert found.scope2_location_kg == pytest.approx(0.4 * SITE_KG, rel=1e-9)
    assert found.scope2_market_kg == pytest.approx(0.4 * 0.6 * SITE_KG, rel=1e-9)
    assert found.market_total_kg == pytest.approx(found.total_kg - 0.4 * SITE_KG, rel=1e-9)
    rows = found.scopes.set_index(["scope", "category"])
    second, whole = rows.loc[("2", "")], plain.scopes.set_index(["scope", "category"]).loc[("2", "")]
    assert second["low_kg"] / second["co2e_kg"] == pytest.approx(whole["low_kg"] / whole["co2e_kg"], rel=1e-9)
    assert (found.total_low_kg, found.total_high_kg) == pytest.approx(
        (plain.total_low_kg, plain.total_high_kg), rel=1e-9
    )
