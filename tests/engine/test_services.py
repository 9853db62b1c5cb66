"""Services: carriers' own figures, batteries and hydrogen, loads, volumetric weight, returns, sea, region of a leg."""

from __future__ import annotations

import pytest

from carbon.errors import FactorError, OrganisationError
from tests.engine.small import (
    HUB,
    LINE_HAUL,
    VAN,
    is_close,
    merchant,
    only,
    own_factor,
    own_file,
    parcel,
    planned,
    ran,
    registry,
    run,
)

TRANSPORT = ["line_haul_co2e_kg", "hubs_co2e_kg", "last_mile_co2e_kg"]
PARIS = {"destination_country": "FR", "destination_latitude": 48.86, "destination_longitude": 2.35}


def _reporting(**reported):
    return merchant(
        services={"road": {"chain": [LINE_HAUL, HUB, VAN], "reported": {"source": "carrier's letter"} | reported}}
    )


def test_a_carrier_s_figure_replaces_its_modelled_chain():
    """Proves that the reported kilogram is the whole transport, is primary, and that others of the service stay modelled."""
    found = run(
        [parcel("told", reported_co2e_kg=0.3), parcel("zero", reported_co2e_kg=0.0), parcel("not")], _reporting()
    ).footprints.set_index("parcel_id")
    assert is_close(found.loc["told", TRANSPORT].sum(), 0.3) and is_close(found.loc["told", "primary_co2e_kg"], 0.3)
    assert found.loc["zero", TRANSPORT].sum() == 0
    assert (
        is_close(found.loc["not", TRANSPORT].sum(), only(parcel())[TRANSPORT].sum())
        and found.loc["not", "primary_co2e_kg"] == 0
    )
    assert found.loc["told", "packaging_co2e_kg"] == found.loc["not", "packaging_co2e_kg"] > 0


def test_a_reported_figure_of_a_service_that_does_not_report_is_not_used():
    """Proves that a figure needs its source in the organisation file."""
    assert only(parcel(reported_co2e_kg=0.3)).total_co2e_kg == only(parcel()).total_co2e_kg


@pytest.mark.parametrize(("boundary", "ttw_kg", "unsplit_kg"), [("WTW", 0.0, 0.3), ("TTW", 0.3, 0.0)])
def test_a_reported_boundary_is_kept(boundary, ttw_kg, unsplit_kg):
    """Proves that a tank-to-wheel figure is not called well-to-wheel, and that WTW is never split."""
    found = only(parcel(reported_co2e_kg=0.3), _reporting(boundary=boundary))
    assert is_close(found.ttw_co2e_kg, ttw_kg) and is_close(found.unsplit_co2e_kg, unsplit_kg)


def test_both_parts_of_a_reported_figure_stay_apart():
    """Proves by hand that of 0.3 kg with 0.24 kg tank-to-wheel 0.06 kg are well-to-tank, of which nothing is called incomplete;
    that a parcel without parts stays unsplit; and that a part above its whole, without one, or beside a service whose
    figures are tank-to-wheel is refused."""
    setup = _reporting()
    rows = [parcel("parts", reported_co2e_kg=0.3, reported_ttw_co2e_kg=0.24), parcel("whole", reported_co2e_kg=0.3)]
    wrong = [parcel("more", reported_co2e_kg=0.3, reported_ttw_co2e_kg=0.31), parcel("alone", reported_ttw_co2e_kg=0.1)]
    made = run([*rows, *wrong], setup)
    found = made.footprints.set_index("parcel_id")
    assert dict(made.rejects.groupby("parcel_id").reason.first()) == {
        "more": "reported_parts",
        "alone": "reported_parts",
    }
    parts, whole = found.loc["parts"], found.loc["whole"]
    assert is_close(parts.ttw_co2e_kg, 0.24) and is_close(parts.wtt_co2e_kg, 0.06) and parts.unsplit_co2e_kg == 0
    assert is_close(parts.last_mile_co2e_kg, 0.3) and is_close(parts.primary_co2e_kg, 0.3)
    assert is_close(whole.unsplit_co2e_kg, 0.3) and whole.ttw_co2e_kg == 0
    flags = {flag for block in planned(rows, setup).blocks if "part:" in block.name for each in block.bindings
             for flag in each.factor.flags}  # fmt: skip
    assert not {flag for flag in flags if flag.startswith("no ")}
    refused = run([parcel("plain"), rows[0]], _reporting(boundary="TTW")).rejects
    assert list(refused.reason) == ["reported_boundary"]


def test_a_reported_figure_is_primary_as_far_as_its_carrier_says():
    """Proves by hand that of 0.3 kg with a share of 0.6 0.18 kg are primary and 0.12 kg modelled, by both parts alike, and that
    a figure whose share is not told is primary."""
    stated = parcel("stated", reported_co2e_kg=0.3, reported_ttw_co2e_kg=0.24, reported_primary_share=0.6)
    found = run([stated, parcel("silent", reported_co2e_kg=0.3)], _reporting()).footprints.set_index("parcel_id")
    packaging_kg = found.loc["silent", "modelled_co2e_kg"]
    assert is_close(found.loc["stated", "primary_co2e_kg"], 0.18) and is_close(
        found.loc["silent", "primary_co2e_kg"], 0.3
    )
    assert is_close(found.loc["stated", "modelled_co2e_kg"] - packaging_kg, 0.12)
    assert is_close(found.loc["stated", TRANSPORT].sum(), 0.3)


def test_a_battery_van_runs_on_the_destination_s_grid():
    """Proves kWh/km x the local factor: in France the French grid, never a foreign one inside the vehicle's figure."""
    setup = merchant([{"stage": "last_mile", "vehicle": "road.van.class_3.battery_electric"}])
    found = registry()
    running, chunks = ran([parcel("gb"), parcel("fr", **PARIS)], setup)
    table = chunks[0].kept.to_pandas().set_index("parcel_id")
    for name, region in (("gb", "GB"), ("fr", "FR")):
        kwh = found.needed_parameter("consumption.electricity.road.van.class_3", region, 2025).value
        km, stops, failure = (
            found.needed_parameter(key, region, 2025).value
            for key in ("round.distance", "round.stops", "first_delivery_failure")
        )
        grid = found.resolve("electricity.grid", "kW*h", region, 2025).factor
        assert is_close(table.loc[name, "last_mile_co2e_kg"], km / stops * (1 + failure) * kwh * grid.co2e_kg)
        assert table.loc[name, "ttw_co2e_kg"] == 0 and is_close(
            table.loc[name, "wtt_co2e_kg"], table.loc[name, "last_mile_co2e_kg"]
        )
    assert {row["region"] for row in running.activity_table().to_pylist() if row["stage"] == "last_mile"} == {
        "GB",
        "FR",
    }


def test_hydrogen_by_the_kilogram():
    """Proves kg/km x kg CO2e per kg of hydrogen, in the share of the payload that the parcel fills."""
    leg = {
        "stage": "line_haul",
        "vehicle": "road.truck.hydrogen",
        "payload": "12 t",
        "load": 0.5,
        "empty_running": 0.2,
        "distance": "100 km",
    }
    found, parts = only(parcel(), merchant([leg, VAN])), registry()
    kg_per_km = parts.needed_parameter("consumption.hydrogen.road.truck", "GB", 2025).value
    hydrogen = parts.resolve("hydrogen.average", "kg", "GB", 2025).factor.co2e_kg
    assert is_close(found.line_haul_co2e_kg, 100 * 1.318 / 6000 / 0.8 * kg_per_km * hydrogen)


def test_load_and_empty_running_by_hand():
    """Proves EF_0 + x (EF_100 - EF_0) per laden km, plus empty kilometres at EF_0."""
    leg = {
        "stage": "line_haul",
        "vehicle": "road.hgv.articulated_33t",
        "load": 0.6,
        "empty_running": 0.2,
        "distance": "100 km",
    }
    found, parts = only(parcel(), merchant([leg, VAN])), registry()
    empty, full = (
        parts.factors[f"desnz_2025.road.hgv.articulated_33t.{state}.km"].co2e_kg for state in ("empty", "full")
    )
    payload_kg = parts.needed_parameter("payload.road.hgv.articulated_33t", "GB", 2025).value
    per_km = 0.4 * empty + 0.6 * full + 0.2 / 0.8 * empty
    assert is_close(found.line_haul_co2e_kg, 100 * per_km * 1.318 / (0.6 * payload_kg))


def test_a_fuller_truck_emits_less_per_parcel():
    """Proves that load is credited: more of it, less for each parcel."""
    legs = [{"stage": "line_haul", "vehicle": "road.hgv.rigid_17t", "load": load} for load in (0.2, 0.5, 0.9)]
    found = [only(parcel(), merchant([leg, VAN])).line_haul_co2e_kg for leg in legs]
    assert found[0] > found[1] > found[2]


def test_empty_running_needs_a_load():
    """Proves that an average factor is not given empty running on top."""
    with pytest.raises(OrganisationError, match="empty_running"):
        planned([parcel()], merchant([LINE_HAUL | {"empty_running": 0.2}, VAN]))


def test_volumetric_weight_charges_the_larger_of_both():
    """Proves volume over the divisor, and gross mass where that is more."""
    setup = merchant(
        services={
            "road": {"chain": [LINE_HAUL, VAN], "allocation": "volumetric", "volumetric_divisor": "5000 cm**3/kg"}
        }
    )
    bulky, dense = run(
        [parcel("b", goods_volume_m3=0.05), parcel("d", goods_volume_m3=0.001)], setup
    ).footprints.itertuples()
    assert is_close(bulky.freight_mass_kg, 10.0) and is_close(dense.freight_mass_kg, dense.gross_mass_kg)
    assert is_close(bulky.line_haul_co2e_kg / dense.line_haul_co2e_kg, 10 / dense.gross_mass_kg)


def test_a_carrier_s_intensity_per_parcel(tmp_path):
    """Proves a factor per parcel on the last mile and in a hub, whatever the mass."""
    own = own_file(tmp_path, [own_factor("own.round", 0.21, "kg/parcel"), own_factor("own.sorting", 0.04, "kg/parcel")])
    setup = merchant(
        [{"stage": "hubs", "factor": "own.sorting"}, {"stage": "last_mile", "factor": "own.round", "primary": True}]
    )
    for mass_kg in (0.2, 20.0):
        found = only(parcel(goods_mass_kg=mass_kg), setup, factors=[own])
        assert (found.hubs_co2e_kg, found.last_mile_co2e_kg) == pytest.approx((0.04, 0.21)) and is_close(
            found.primary_co2e_kg, 0.21
        )


def test_a_fixed_distance_is_driven_and_not_lengthened():
    """Proves that a leg's own distance is actual, unless it says another basis."""
    fixed = only(parcel(), merchant([LINE_HAUL | {"distance": "100 km"}, VAN])).line_haul_co2e_kg
    straight = only(
        parcel(), merchant([LINE_HAUL | {"distance": "100 km", "distance_basis": "great_circle"}, VAN])
    ).line_haul_co2e_kg
    factor = registry().factors["desnz_2025.road.hgv.articulated_33t.average.tkm"].co2e_kg
    assert is_close(fixed, 1.318 * 100 * factor)
    circuity, adjustment = (
        registry().needed_parameter(name, "GB", 2025).value for name in ("circuity.road", "distance_adjustment.road")
    )
    assert is_close(straight / fixed, circuity * adjustment)


def test_a_sea_leg_takes_the_sea_route():
    """Proves port to port by the network, with the factor's basis, and that a parcel is no port."""
    ports = {
        "ningbo": {"country": "CN", "latitude": 29.94, "longitude": 121.87},
        "felixstowe": {"country": "GB", "latitude": 51.96, "longitude": 1.32},
    }
    ship = {"stage": "line_haul", "vehicle": "sea.container_ship.average", "from": "ningbo", "to": "felixstowe"}
    found = only(parcel(), merchant([ship, VAN], places=ports))
    factor = registry().factors["desnz_2025.sea.container_ship.average.tkm"].co2e_kg
    assert 17_000 < found.line_haul_co2e_kg / (factor * found.gross_mass_kg) < 26_000
    with pytest.raises(OrganisationError, match="two named ports"):
        planned([parcel()], merchant([{"stage": "line_haul", "vehicle": "sea.container_ship.average"}, VAN]))


def test_a_leg_may_name_its_region(tmp_path):
    """Proves `region`: the factor of another country on the same road."""
    factors = [
        own_factor(f"own.{code.lower()}", value, "kg/(t*km)", activity="road.own", region=code)
        for code, value in (("GB", 0.1), ("FR", 0.2))
    ]
    own = own_file(tmp_path, factors)
    leg = {"stage": "line_haul", "vehicle": "road.own", "distance": "100 km"}
    here, there = (
        only(parcel(), merchant([leg | extra, VAN]), factors=[own]).line_haul_co2e_kg
        for extra in ({}, {"region": "FR"})
    )
    assert is_close(here, 1.318 * 0.1 * 0.1) and is_close(there, 2 * here)


def test_a_factor_with_both_halves_comes_before_one_without(tmp_path):
    """Proves the order of resolution: the same boundary first, then the nearer region; the match is told."""
    match = registry().resolve("road.hgv.all.average", "kg*km", "US", 2025)
    assert match.factor.region == "GB" and match.match == "proxy" and match.factor.complete
    assert not registry().factors["epa_hub_2025.road.hgv.all.average.tkm"].complete


def test_who_contracts_decides_the_category():
    """Proves own, carrier and buyer side by side for one chain."""
    wanted = {"own": {("1", ""), ("3", "3")}, "carrier": {("3", "4")}, "buyer": {("3", "9")}}
    for party, scopes in wanted.items():
        running, _ = ran([parcel()], merchant(services={"road": {"party": party, "chain": [VAN]}}))
        assert {
            (row["scope"], row["category"])
            for row in running.activity_table().to_pylist()
            if row["stage"] == "last_mile"
        } == scopes


RETURNS = {
    "reprocessing": "hub.ambient.transshipment",
    "package": "box",
    "write_off_share": 0.04,
    "write_off": "end_of_life.corrugated_board.landfill",
}


def test_a_return_by_hand():
    """Proves chain back, reprocessing, a new box and the waste of what is written off, all in the returns stage."""
    setup = merchant(
        services={"road": {"chain": [LINE_HAUL, HUB, VAN | {"failed_first_deliveries": 0}], "returns": RETURNS}}
    )
    found = run([parcel("back", returned_on="2025-07-09"), parcel("kept")], setup).footprints.set_index("parcel_id")
    back, kept = found.loc["back"], found.loc["kept"]
    factors = registry().factors
    landfill = factors["desnz_2025.end_of_life.corrugated_board.landfill"].co2e_kg
    added = 1.318 * 0.0054 + kept.packaging_co2e_kg + 1.2 * 0.04 * landfill
    assert is_close(back.returns_co2e_kg, kept[TRANSPORT].sum() + added)
    assert is_close(back.total_co2e_kg - kept.total_co2e_kg, back.returns_co2e_kg)


def test_an_expected_return_rate_where_none_is_recorded():
    """Proves that a rate spreads the return over all parcels, unless the file records returns."""
    services = {"road": {"chain": [VAN | {"failed_first_deliveries": 0}], "returns": {"rate": 0.25}}}
    found = only(parcel(), merchant(services=services))
    assert is_close(found.returns_co2e_kg, 0.25 * found.last_mile_co2e_kg)
    recorded = run(
        [parcel("a"), parcel("b", returned_on="2025-07-09")], merchant(services=services)
    ).footprints.set_index("parcel_id")
    assert recorded.loc["a", "returns_co2e_kg"] == 0 and is_close(
        recorded.loc["b", "returns_co2e_kg"], found.last_mile_co2e_kg
    )


def test_a_vehicle_without_a_factor_per_km_is_named():
    """Proves that a chain of the wrong kind of factor stops before any parcel, with the units there are."""
    with pytest.raises((FactorError, OrganisationError), match=r"sea\.container_ship"):
        planned([parcel()], merchant([{"stage": "last_mile", "vehicle": "sea.container_ship.average"}]))
    with pytest.raises((FactorError, OrganisationError), match=r"road\.hgv\.articulated_33t\.avrage"):
        planned([parcel()], merchant([LINE_HAUL | {"vehicle": "road.hgv.articulated_33t.avrage"}, VAN]))


def test_another_edition_replays_last_year():
    """Proves `method.edition`: 2025's parcels with 2024's factors."""
    found = only(parcel(), merchant(method={"edition": 2024}))
    factor = registry().factors["desnz_2024.road.hgv.articulated_33t.average.tkm"].co2e_kg
    circuity, adjustment = (
        registry().needed_parameter(name, "GB", 2024).value for name in ("circuity.road", "distance_adjustment.road")
    )
    assert is_close(found.line_haul_co2e_kg, found.gross_mass_kg * found.leg1_km * circuity * adjustment * factor)
