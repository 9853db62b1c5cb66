"""Meters reconciled, by hand: what was metered is what parcels carry, what other channels carry, and the rest.

Grid of Great Britain 2025: 0.2454 kg CO2e/kWh with losses and upstream (DESNZ 2025: 0.177 + 0.01853 + 0.0459 + 0.00397).
"""

from __future__ import annotations

import pytest

from carbon.errors import InputError
from carbon.ledger import inventory
from carbon.ledger.power import Power
from tests.engine.small import COVENTRY, merchant, only, parcel, run

GRID_KG = 0.2454
METER = {"activity": "electricity.grid", "quantity": "1000 kW*h", "from": "2025-06-01", "to": "2025-06-30"}
SHOPS = {"shops": {"name": "Shops", "name_zh": "门店", "share": 0.3, "by": "floor_area"}}
PARTNERS = {"partners": {"share": 0.2, "by": "submeter"}}


def _kept(tmp_path, energy, rows, **site):
    setup = merchant(sites={"coventry": {"place": COVENTRY, "energy": list(energy)} | site})
    run(rows, setup, ledger=tmp_path)
    return inventory(tmp_path)


def test_channels_carry_their_share_and_the_rest_is_shown(tmp_path):
    """Proves by hand: 1,000 kWh; shops and partners carry 50 %, of what they leave 2 of 8 parcels carry a quarter."""
    meter = METER | {"outbound": {"parcels": 8}}
    found = _kept(tmp_path, [meter], [parcel("a"), parcel("b")], channels=SHOPS | PARTNERS)
    assert found.stages_kg["warehousing"] == pytest.approx(1000 * 0.5 * 2 / 8 * GRID_KG, rel=1e-9)
    row = found.sites.iloc[0]
    kg = {name: row[f"{name}_kg"] / GRID_KG for name in ("metered", "allocated", "channels", "unallocated")}
    assert kg == pytest.approx({"metered": 1000, "allocated": 125, "channels": 500, "unallocated": 375}, rel=1e-9)
    channels = found.channels.set_index("channel")
    assert channels["co2e_kg"].to_dict() == pytest.approx({"shops": 300 * GRID_KG, "partners": 200 * GRID_KG}, rel=1e-9)
    assert channels.at["shops", "name_zh"] == "门店" and channels.at["partners", "name"] == "partners"
    assert isinstance(found.power, Power) and found.power.own.empty


def test_without_channels_nothing_changes(tmp_path):
    """Proves that a site of parcels alone leaves nothing to other channels, and that all is carried."""
    found = _kept(tmp_path, [METER], [parcel("a"), parcel("b")])
    assert found.sites.iloc[0]["channels_kg"] == 0 and found.channels.empty
    assert found.sites.iloc[0]["unallocated_kg"] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize(
    ("readings", "wanted"),
    [
        # Two meters of one month, the second of them with another amount.
        ([METER, METER | {"quantity": "20 kW*h"}], [1000, 20]),
        # Two that are alike in everything.
        ([METER, METER], [1000, 1000]),
        # Billed in mid-month: June's 15th lies in the second.
        (
            [
                METER | {"from": "2025-05-15", "to": "2025-06-14", "quantity": "70 kW*h"},
                METER | {"from": "2025-06-15", "to": "2025-07-14", "quantity": "30 kW*h"},
            ],
            [70, 30],
        ),
    ],
)
def test_every_meter_is_reconciled_with_its_own_shares(tmp_path, readings, wanted):
    """Proves that meters of one activity and month, and readings that meet inside a month, take no share of each other."""
    rows = [parcel("a", shipped_on="2025-05-20"), parcel("b"), parcel("c", shipped_on="2025-06-20")]
    found = _kept(tmp_path, readings, rows).sites
    assert list(found["allocated_kg"] / GRID_KG) == pytest.approx(wanted, rel=1e-9)
    assert list(found["unallocated_kg"]) == pytest.approx([0, 0], abs=1e-9)


def test_an_estimated_site_is_shared_alike():
    """Proves that of an estimate by floor area parcels bear what channels leave."""
    estimate = {"area": "1000 m**2", "parcels_per_year": 50_000}
    whole = only(parcel(), merchant(sites={"coventry": {"place": COVENTRY, "estimate": estimate}}))
    served = only(parcel(), merchant(sites={"coventry": {"place": COVENTRY, "estimate": estimate, "channels": SHOPS}}))
    assert served.warehousing_co2e_kg == pytest.approx(0.7 * whole.warehousing_co2e_kg, rel=1e-12)


@pytest.mark.parametrize(
    ("channels", "words"),
    [
        (
            {"shops": {"share": 0.7, "by": "mass"}, "more": {"share": 0.3, "by": "mass"}},
            "leave nothing for its parcels",
        ),
        ({"shops": {"share": 1.2, "by": "mass"}}, "less than 1"),
        ({"shops": {"share": 0.2}}, "key 'by' is missing"),
        ({"shops": {"share": 0.2, "by": "feeling"}}, "'floor_area'"),
        ({"shops": {"share": 0.2, "by": "mass", "shere": 1}}, "unknown key 'shere'"),
    ],
)
def test_channels_are_read_strictly(channels, words):
    """Proves that channels leave something to parcels, and that a share says what it was measured by."""
    with pytest.raises(InputError) as caught:
        merchant(sites={"coventry": {"place": COVENTRY, "energy": [METER], "channels": channels}})
    assert words in str(caught.value) and "sites.coventry" in str(caught.value)
