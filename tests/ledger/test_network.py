"""The network: flows, modes, services and sites add up to the inventory, and intensities to their own division."""

from __future__ import annotations

import pytest

from carbon import connect, inventory, network
from carbon.terms import TRANSPORT_STAGES


@pytest.fixture(scope="module")
def held(sample):
    """Return the inventory of the sample merchant."""
    return inventory(sample)


@pytest.fixture(scope="module")
def whole(sample):
    """Return the network of the sample merchant."""
    return network(sample)


def test_each_comparison_holds_the_whole_of_outbound_transport(held, whole):
    """Proves that modes, services and sites split one sum, the inventory's transport stages, and lose nothing."""
    wanted_kg = sum(held.stages_kg[stage] for stage in TRANSPORT_STAGES)
    for table in (whole.modes, whole.services, whole.sites):
        assert table["co2e_kg"].sum() == pytest.approx(wanted_kg, rel=1e-9)
        assert (table["low_kg"] <= table["co2e_kg"] * 1.001).all() and (table["high_kg"] >= table["co2e_kg"]).all()
    assert whole.services["parcels"].sum() == whole.sites["parcels"].sum() == held.parcels
    assert whole.sites["warehousing_kg"].sum() == pytest.approx(held.stages_kg["warehousing"], rel=1e-9)


def test_flows_and_what_is_left_out_are_the_total(sample, held, whole):
    """Proves that a list cut short says what it leaves out, to the parcel."""
    short = network(sample, limit=3)
    assert len(short.flows) == 3
    assert short.flows["co2e_kg"].sum() + short.left_out_kg == pytest.approx(held.total_kg, rel=1e-9)
    assert short.flows["parcels"].sum() + short.left_out_parcels == held.parcels
    assert list(short.flows["destination"]) == list(whole.flows["destination"][:3])
    assert whole.flows["co2e_kg"].is_monotonic_decreasing


def test_an_intensity_is_that_of_what_goes_by_mass_and_distance(held, whole):
    """Proves that the intensity of a vehicle by tonne-km is its factor, and that rounds have none."""
    rows = whole.modes.set_index("vehicle")
    used = held.factors
    lorry = used[used["factor_id"] == "desnz_2025.road.hgv.articulated_33t.average.tkm"]
    published = lorry.drop_duplicates("boundary")["value"].sum()
    assert rows.at["road.hgv.articulated_33t.average", "kg_per_tonne_km"] == pytest.approx(published, rel=1e-6)
    by_distance = whole.modes[whole.modes["tonne_km"] > 0]
    assert (by_distance["kg_per_tonne_km"] * by_distance["tonne_km"] - by_distance["tonne_km_kg"]).abs().max() < 1e-9
    rounds = rows.loc["road.van.class_3.diesel"]
    assert rounds["tonne_km"] == 0 and rounds["kg_per_tonne_km"] != rounds["kg_per_tonne_km"]


def test_every_leg_has_a_mode(whole):
    """Proves that modes are told by the vehicle's name, and that hubs and energy are not taken for one."""
    modes = dict(zip(whole.modes["vehicle"], whole.modes["mode"], strict=True))
    assert modes["air.long_haul.without_rf"] == "air" and modes["sea.container_ship.average"] == "sea"
    assert modes["road.van.class_3.battery_electric"] == "road", "by kWh, but the vehicle is named"
    assert modes["hub.ambient.transshipment"] == "hubs" and modes["fuel.diesel_blend"] == "by_energy"


def test_a_period_is_a_part(sample, whole):
    """Proves that a period filters every table alike."""
    part = network(sample, "2025-03")
    assert 0 < part.services["parcels"].sum() < whole.services["parcels"].sum()
    with connect(sample) as ledger:
        wanted = ledger.execute("SELECT count(*) FROM footprints WHERE month = '2025-03'").fetchone()[0]
    assert part.services["parcels"].sum() == part.sites["parcels"].sum() == wanted
