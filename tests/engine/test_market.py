"""The market-based view of own sites' electricity, by hand.

Order of factors: GHG Protocol Scope 2 Guidance (2015), table 6.3; own power whose certificates were sold: table 7.1,
criterion 7. Grid of Great Britain 2025: 0.177 kg CO2e/kWh generated (DESNZ 2025).
"""

from __future__ import annotations

import pandas as pd
import pytest

from carbon.errors import OrganisationError
from carbon.ledger import accounts
from tests.engine.small import COVENTRY, merchant, own_factor, own_file, parcel, ran
from tests.organisation.test_instruments import GOOD, GRID, RATE, SOLAR

GENERATION_KG = 0.177
BOTH = [parcel("a"), parcel("b", shipped_on="2025-01-15"), parcel("c", shipped_on="2025-12-15")]


def _view(energy, instruments=None, factors=(), place=COVENTRY, **site) -> tuple[pd.DataFrame, dict, list]:
    """Return the activity of warehousing, market-based kilograms by scope and category, and what the grid stands for."""
    named = {f"i{number}": each for number, each in enumerate(instruments or (), 1)}
    setup = merchant(sites={"coventry": {"place": place, "energy": list(energy)} | site}, instruments=named)
    running, _ = ran(BOTH, setup, factors=list(factors))
    table = running.activity_table().to_pandas()
    table = table[table["stage"] == "warehousing"].assign(run="")
    view, standing = accounts.market_view(table)
    return table, view.groupby(["scope", "category"])["co2e_kg"].sum().to_dict(), standing


def test_certificates_own_rates_and_the_grid_s_rest(tmp_path):
    """Proves by hand: of 1,000 kWh bought and 100 sold, 50 % at nothing, 10 % at 0.1 kg, 40 % at the grid's 0.177 kg."""
    own = own_file(tmp_path, [own_factor("own.gas", 0.1, "kg/(kW*h)", "generation")])
    instruments = [GOOD | {"quantity": "550 kW*h"}, GOOD | {"quantity": "110 kW*h", "factor": "own.gas"}]
    table, market, standing = _view([GRID, SOLAR | {"certificates_sold": "100 kW*h"}], instruments, [own])
    assert market["2", ""] == pytest.approx(110 * 0.1 + 440 * GENERATION_KG, rel=1e-9)
    located = table[table["accounting"] == "total"]
    second = located[located["scope"] == "2"]["co2e_kg"].sum()
    assert second == pytest.approx(1000 * GENERATION_KG, rel=1e-9)  # own power takes nothing from the grid
    third = located[located["scope"] == "3"]["co2e_kg"].sum()
    assert market["3", "3"] == pytest.approx(third, rel=1e-12)
    assert standing == [("coventry", "electricity.grid"), ("coventry", "electricity.solar_pv")]


def test_parcels_bear_their_channel_s_share_by_the_market_too():
    """Proves by hand: of 1,000 kWh, 40 % for shops and a quarter covered, parcels bear 600 x 0.75 kWh at 0.177 kg."""
    shops = {"shops": {"share": 0.4, "by": "floor_area"}}
    _, market, _ = _view([GRID], [GOOD | {"quantity": "250 kW*h"}], channels=shops)
    assert market["2", ""] == pytest.approx(600 * 0.75 * GENERATION_KG, rel=1e-9)


def test_all_covered_at_nothing_is_nothing():
    """Proves that certificates for all of it leave zero in scope 2, what comes before the energy, and no rest to name."""
    _, market, standing = _view([GRID], [GOOD | {"quantity": "1000 kW*h"}])
    assert market["2", ""] == 0 and market["3", "3"] == pytest.approx(1000 * (0.0459 + 0.01853 + 0.00397), rel=1e-9)
    assert standing == []


def test_a_roof_whose_certificates_were_sold_is_not_zero():
    """Proves that sold solar power is the grid's average in the market-based view, kept power zero; its panels stay."""
    _, kept, _ = _view([SOLAR])
    _, sold, standing = _view([SOLAR | {"certificates_sold": "300 kW*h"}])
    assert ("2", "") not in kept and sold["2", ""] == pytest.approx(300 * GENERATION_KG, rel=1e-9)
    assert kept["3", "3"] == sold["3", "3"] == pytest.approx(300 * 0.0367, rel=1e-9)
    assert standing == [("coventry", "electricity.solar_pv")]


def test_the_residual_mix_comes_before_the_grid(tmp_path):
    """Proves that a residual mix of the market serves what nothing covers and what was sold, and that none is missing then."""
    mix = own_factor("own.mix", 0.4, "kg/(kW*h)", "generation", activity="electricity.residual", region="GB")
    own = own_file(tmp_path, [mix])
    energy = [GRID, SOLAR | {"certificates_sold": "100 kW*h"}]
    _, market, standing = _view(energy, [GOOD | {"quantity": "660 kW*h"}], [own])
    assert market["2", ""] == pytest.approx(440 * 0.4, rel=1e-9) and standing == []
    _, alone, standing = _view([GRID], factors=[own])
    assert alone["2", ""] == pytest.approx(1000 * 0.4, rel=1e-9) and standing == []


def test_china_s_published_residual_mix_is_used():
    """Proves that the shipped Chinese figure without market-traded non-fossil power, 0.6096 kg/kWh of 2023, is taken."""
    place = {"country": "CN", "latitude": 29.87, "longitude": 121.55}
    _, market, _ = _view([GRID], place=place)
    assert market["2", ""] == pytest.approx(609.6, rel=1e-9)


def test_what_fails_a_criterion_changes_nothing():
    """Proves that a certificate that is only held leaves the location-based value, which is named."""
    table, market, standing = _view([GRID], [GOOD | {"status": "held"}])
    assert market["2", ""] == pytest.approx(1000 * GENERATION_KG, rel=1e-9)
    assert set(table["accounting"]) == {"total"} and standing == [("coventry", "electricity.grid")]


def test_a_supplier_s_rate_is_its_own_factor(tmp_path):
    """Proves that a supplier's delivered rate replaces the grid's for all that is bought."""
    own = own_file(tmp_path, [own_factor("own.supplier", 0.12, "kg/(kW*h)", "generation")])
    rate = {name: value for name, value in (RATE | {"factor": "own.supplier"}).items() if value is not None}
    _, market, standing = _view([GRID], [rate], [own])
    assert market["2", ""] == pytest.approx(120, rel=1e-9) and standing == []


@pytest.mark.parametrize("factor", ["electricity.solar_pv", "own.wnd"])
def test_an_instrument_conveys_direct_emissions(factor):
    """Proves that a life-cycle figure, or an unknown one, is refused by its key and with the way out."""
    with pytest.raises(OrganisationError, match=r"instruments\.i1\.factor") as caught:
        _view([GRID], [GOOD | {"factor": factor}])
    assert "electricity.no_combustion" in caught.value.mend
