"""Batch, estimate and explain agree; what is shown beside stays beside; units are proved."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from carbon import estimate, explain
from carbon.calculate import calculate
from carbon.engine.block import Block
from carbon.errors import FactorError
from carbon.factors.factor import Factor
from carbon.factors.registry import FactorMatch
from carbon.terms import DELIVERY_STAGES, Stage
from carbon.units import ureg
from tests.engine.small import (
    LINE_HAUL,
    LONDON,
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
    shipment,
)
from tests.laws.world import parcels, world
from tests.organisation.test_instruments import GOOD


@pytest.fixture(scope="module")
def plan():
    """Return the plan of all parcels."""
    return planned(parcels(), world())


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """Return a ledger with one run, and its footprints."""
    folder = tmp_path_factory.mktemp("ledger")
    found = calculate(parcels(120), world(), ledger=folder, collect=True)
    return folder, found


def test_explain_agrees_with_every_parcel(book):
    """Proves that each parcel's lines, made again from the ledger alone, give its stages to 1e-9, by every seventh parcel."""
    folder, found = book
    for _, row in found.footprints.iloc[::7].iterrows():
        (told,) = explain(folder, row["parcel_id"])
        assert told.agrees and is_close(told.total_kg, row["total_co2e_kg"])
        for stage in Stage:
            assert told.stages_kg[stage] == pytest.approx(row[f"{stage}_co2e_kg"], rel=1e-9, abs=1e-15)
        assert all(is_close(line.amount * line.factor_value, line.co2e_kg) for line in told.lines)


def _document(row: pd.Series) -> dict:
    """The shipment document that says what an order's row says."""
    goods = {
        "mass": f"{row['goods_mass_kg']!r} kg",
        "volume": f"{row['goods_volume_m3']!r} m**3",
        "value": f"{row['goods_value']!r} {row['currency']}",
        "category": row["product_category"],
    }
    if pd.notna(row["product_co2e_kg"]):
        goods["co2e"] = f"{row['product_co2e_kg']!r} kg"
    place = {name: row[f"destination_{name}"] for name in ("country", "latitude", "longitude")}
    document = shipment(
        goods=goods,
        service=row["service"],
        origin={"site": row["origin_site"]},
        destination=place,
        storage_days=int(row["storage_days"]),
    )
    document["shipped_on"] = row["shipped_on"]
    return document | ({"package": row["package"]} if pd.notna(row["package"]) else {})


def test_estimate_by_service_agrees_with_the_run():
    """Proves that one shipment by itself is the same parcel in a run, to 1e-9, stage by stage."""
    absent = [
        "packaging_mass_kg",
        "delivery_attempts",
        "returned_on",
        "reported_co2e_kg",
        "round_id",
        "round_distance_km",
    ]
    table = parcels(14, seed=5).drop(columns=absent)
    footprints = run(table, world()).footprints.set_index("parcel_id")
    for _, row in table.iterrows():
        result = estimate(_document(row), organisation=world()).result()
        stored = footprints.loc[row["parcel_id"]]
        assert is_close(result.total.co2e_kg, stored["total_co2e_kg"])
        assert result.total.product_co2e_kg == pytest.approx(stored["product_co2e_kg"], rel=1e-9)
        for stage in DELIVERY_STAGES:
            assert result.stages.get(stage, 0.0) == pytest.approx(stored[f"{stage}_co2e_kg"], rel=1e-9, abs=1e-15)


def test_a_product_never_enters_the_delivery_total():
    """Proves that dear goods and a supplier's footprint change the product stage and nothing else."""
    setup = merchant(categories={"rugs": {"activity": "product.spend.naics_314110"}})
    plain = only(parcel(), setup)
    for extra in ({"goods_value": 900.0, "currency": "GBP"}, {"product_co2e_kg": 55.0}):
        found = only(parcel(product_category="rugs", **extra), setup)
        assert found.product_co2e_kg > 10 and found.total_co2e_kg == plain.total_co2e_kg
        assert found.primary_co2e_kg == plain.primary_co2e_kg


def test_a_supplier_s_footprint_replaces_the_spend():
    """Proves that the same goods are not counted by spend and by declaration."""
    setup = merchant(categories={"rugs": {"activity": "product.spend.naics_314110"}})
    found = only(parcel(product_category="rugs", goods_value=900.0, currency="GBP", product_co2e_kg=55.0), setup)
    assert found.product_co2e_kg == 55.0


def test_radiative_forcing_stands_beside():
    """Proves that flights total without radiative forcing, that the figure with it is told, and that it can be switched off."""
    air = [{"stage": "line_haul", "vehicle": "air.long_haul.without_rf"}, VAN]
    running, chunks = ran([parcel()], merchant(air))
    beside = [row for row in running.activity_table().to_pylist() if row["accounting"] == "beside"]
    row = chunks[0].kept.to_pandas().iloc[0]
    factors = registry().factors
    inside = factors["desnz_2025.air.long_haul.without_rf.tkm"].co2e_kg * row.gross_mass_kg * row.leg1_km
    assert is_close(row.line_haul_co2e_kg, inside)
    shown = factors["desnz_2025.air.long_haul.with_rf.tkm"].co2e_kg * row.gross_mass_kg * row.leg1_km
    assert is_close(sum(each["co2e_kg"] for each in beside), shown) and shown > 1.3 * inside
    running, _ = ran([parcel()], merchant(air, method={"radiative_forcing": "off"}))
    assert "beside" not in {row["accounting"] for row in running.activity_table().to_pylist()}


def test_an_uplift_inside_a_factor_is_added_by_nobody(tmp_path):
    """Proves that the great circle meets an air factor with 8 % inside as it is, and one by actual distance gets 95 km."""
    with_uplift = only(parcel(), merchant([{"stage": "line_haul", "vehicle": "air.long_haul.without_rf"}, VAN]))
    factor = registry().factors["desnz_2025.air.long_haul.without_rf.tkm"]
    assert "distance_uplift" in factor.first.includes
    assert is_close(with_uplift.line_haul_co2e_kg, factor.co2e_kg * with_uplift.gross_mass_kg * with_uplift.leg1_km)
    own = own_file(tmp_path, [own_factor("own.flight", 0.6, "kg/(t*km)", activity="air.own", distance_basis="actual")])
    found = only(parcel(), merchant([{"stage": "line_haul", "vehicle": "air.own"}, VAN]), factors=[own])
    assert is_close(found.line_haul_co2e_kg, 0.6 * found.gross_mass_kg / 1000 * (found.leg1_km + 95))


def test_market_based_electricity_stands_beside(tmp_path):
    """Proves that a contract changes the market-based view only: the total stays location-based."""
    meter = {"activity": "electricity.grid", "quantity": "100 kW*h", "from": "2025-06-01", "to": "2025-06-30"}
    place = merchant().sites["coventry"].place.model_dump(exclude_none=True)
    own = own_file(tmp_path, [own_factor("own.green", 0.01, "kg/(kW*h)", "generation")])
    plain = only(parcel(), merchant(sites={"coventry": {"place": place, "energy": [meter]}}))
    running, chunks = ran(
        [parcel()],
        merchant(
            sites={"coventry": {"place": place, "energy": [meter]}},
            instruments={"wind": GOOD | {"quantity": "100 kW*h", "factor": "own.green"}},
        ),
        factors=[own],
    )
    green = chunks[0].kept.to_pandas().iloc[0]
    assert green.total_co2e_kg == plain.total_co2e_kg and is_close(green.warehousing_co2e_kg, 24.54)
    market = [row for row in running.activity_table().to_pylist() if row["accounting"] == "market_based"]
    assert is_close(sum(row["co2e_kg"] for row in market), 1.0)


def test_a_return_travels_once_more():
    """Proves that coming back costs the chain once more, in its own stage, and nothing of the way out changes."""
    found = run([parcel("there"), parcel("back", returned_on="2025-07-09")]).footprints.set_index("parcel_id")
    there, back = found.loc["there"], found.loc["back"]
    transport = ["line_haul_co2e_kg", "hubs_co2e_kg"]
    assert (there[transport] == back[transport]).all() and there.returns_co2e_kg == 0
    failure = registry().needed_parameter("first_delivery_failure", "GB", 2025).value
    assert is_close(back.returns_co2e_kg, there[transport].sum() + there.last_mile_co2e_kg / (1 + failure))


def test_own_factors_win(tmp_path):
    """Proves that the user's row is taken before the shipped one, by activity and by id, in run and estimate alike."""
    own = own_file(tmp_path, [own_factor("own.van", 0.2, "kg/km", activity="road.van.class_3.diesel", region="GB")])
    shipped, found = only(parcel()), only(parcel(), factors=[own])
    by_factor = registry().factors["desnz_2025.road.van.class_3.diesel.km"].co2e_kg
    assert is_close(found.last_mile_co2e_kg / shipped.last_mile_co2e_kg, 0.2 / by_factor)
    document = shipment(goods={"mass": "1.2 kg"}, package="box", service="road", destination=LONDON)
    told = estimate(document, organisation=merchant(), factors=[own])
    assert is_close(told.co2e_kg, found.total_co2e_kg)
    assert "own" in [line.match for line in told.lines if line.stage == "last_mile"]
    same_id = own_file(
        tmp_path,
        [
            own_factor(
                "desnz_2025.road.van.class_3.diesel.km", 0.1, "kg/km", activity="road.van.class_3.diesel", region="GB"
            )
        ],
        "b.yaml",
    )
    assert is_close(only(parcel(), factors=[same_id]).last_mile_co2e_kg / shipped.last_mile_co2e_kg, 0.1 / by_factor)


def test_an_own_factor_of_one_country_hides_nothing_elsewhere(tmp_path):
    """Proves that a French contract leaves British electricity where it was."""
    own = own_file(
        tmp_path,
        [own_factor("own.contract", 0.01, "kg/(kW*h)", "generation", activity="electricity.grid", region="FR")],
    )
    found = registry(own)
    assert found.resolve("electricity.grid", "kW*h", "FR", 2025).factor.id == "own.contract"
    assert found.resolve("electricity.grid", "kW*h", "GB", 2025).factor.id == "desnz_2025.electricity.grid"


def test_nothing_is_ever_credited(tmp_path):
    """Proves that a negative factor, an offset by another name, is refused with its row."""
    with pytest.raises(FactorError, match=r"own\.offset"):
        registry(own_file(tmp_path, [own_factor("own.offset", -1.0, "kg/km")])).factor("own.offset")


@pytest.mark.parametrize("more", ["WTT", "grid_losses", "generation"])
def test_a_life_cycle_figure_has_no_second_upstream(tmp_path, more):
    """Proves that nothing is added to a figure that holds the whole life cycle."""
    rows = [own_factor("own.power", 0.4, "kg/(kW*h)", "life_cycle"), own_factor("own.power", 0.1, "kg/(kW*h)", more)]
    with pytest.raises(FactorError, match=r"life.cycle"):
        registry(own_file(tmp_path, rows)).factor("own.power")


def test_radiative_forcing_inside_a_total_is_told():
    """Proves that whoever names the factor with radiative forcing is either refused or warned, never obeyed silently."""
    try:
        found = estimate(
            shipment(
                region="GB", goods={"mass": "1 t"}, chain=[{"vehicle": "air.long_haul.with_rf", "distance": "1000 km"}]
            )
        )
    except FactorError as error:
        assert "radiative" in str(error)
    else:
        line = found.lines[0]
        assert line.accounting != "total" or any("radiative" in flag for flag in line.flags)


def test_every_block_of_the_plan_proves_again(plan):
    """Proves on pint, apart from the plan's own check, that amount x factor is kg CO2e with the kernel's value."""
    models = set()
    for block in plan.blocks:
        block.prove()
        models.add(block.model)
        for binding in block.bindings[:6]:
            plain, measured = block._sample(binding)
            for row in binding.factor.rows:
                published = (
                    row.value
                    * ureg.Quantity(1, row.parsed_unit.numerator)
                    / ureg.Quantity(1, row.parsed_unit.denominator)
                )
                assert (measured * published).to("kg").magnitude == pytest.approx(
                    plain * row.kg_per_canonical, rel=1e-9
                )
    assert len(models) >= 18


def _freight_block() -> Block:
    blocks = planned([parcel()], merchant([LINE_HAUL, VAN])).blocks
    return next(block for block in blocks if block.model == "freight" and "return" not in block.name)


def test_a_factor_per_km_on_tonne_km_is_refused():
    """Proves that kg/km bound to kg*km stops the plan."""
    block = _freight_block()
    wrong = registry().factors["desnz_2025.road.van.class_3.diesel.km"]
    block.bindings = [replace(block.bindings[0], match=FactorMatch(wrong, block.bindings[0].match.match, 0, "GB"))]
    with pytest.raises(FactorError, match="is not kg CO2e"):
        block.prove()


def test_twelve_instead_of_a_hundredth_is_refused(monkeypatch):
    """Proves that a value a thousand times too large stops the plan, though its dimension is right."""
    block = _freight_block()
    monkeypatch.setattr(Factor, "kg_per_canonical", property(lambda self: self.value))
    with pytest.raises(FactorError, match="do not cohere"):
        block.prove()
