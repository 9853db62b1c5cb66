"""Every factor and every parameter says how far it may be off, published or by pedigree, or why nothing can be."""

from __future__ import annotations

import math
from collections import defaultdict

import pytest

from carbon.activities import MODELS
from carbon.factors.factor import Factor, Parameter
from carbon.factors.quality import INDICATORS
from carbon.factors.registry import Registry

#: What a row says where it has no deviation, and why that is so.
EXEMPT = {
    "exact by definition": "a carrier of hydrogen or electricity releases nothing where it is used",
    "identity; the range is the reporter's": "1 kg that a carrier reports is 1 kg",
    "a rule, not a measurement": "a divisor by which carriers charge is agreed, not found out",
    "a convention of the method, never drawn": "what the pedigree scores weigh makes deviations and has none",
}
#: Arguments of models that no table and no organisation file guesses at, and why.
CERTAIN = {
    "quantity": "a meter's reading, or the fuel card's",
    "basis_total": "counted in this run, or declared as counted",
    "days": "the calendar",
    "led_share": "lamps are LED or not",
    "exchange_rate": "the European Central Bank's reference rate",
}
#: Where a model's argument is told by a parameter of another name, or made of several.
TOLD_BY = {
    "circuity": ("circuity.road",),
    "adjustment": ("distance_adjustment.road", "distance_adjustment.rail", "distance_adjustment.sea"),
    "addition_km": ("distance_addition.air",),
    "payload_kg": ("payload.road.hgv.all",),
    "consumption_per_km": ("consumption.electricity.road.van.average", "consumption.hydrogen.road.van"),
    "charging_loss": ("charging_loss.road",),
    "round_km": ("round.distance",),
    "round_parcels": ("round.stops",),
    "failure_share": ("first_delivery_failure",),
    "trip_km": ("pickup.distance",),
    "car_share": ("pickup.car_share",),
    "component_kg": (
        "published.component_kg",
        "packaging.board_grammage.single_wall",
        "packaging.joint_allowance",
        "packaging.typical_mass.board",
    ),
    "material_share": ("stated.recycled_content",),
    "treatment_share": ("end_of_life_share.residual_waste.incineration", "end_of_life_share.paper.recycling"),
    "intensity_kwh_per_m2_day": ("hub_energy.electricity", "hub_energy.gas"),
    "lighting_share": ("lighting_share",),
    "led_saving": ("led_saving",),
    "deflator": ("deflator.usd",),
}
#: Arguments that are only ever a column of the orders, of their totals, or of what stands in for them.
READ = {
    "mass_kg", "radial_km", "round_mass_distance_kg_km", "attempts", "parcel_count", "reported_co2e_kg", "mass_ratio",
    "empty_m3", "basis", "goods_kg", "value", "product_co2e_kg", "round_use",
}  # fmt: skip


@pytest.fixture(scope="module")
def registry() -> Registry:
    return Registry.load()


def _rows(registry: Registry) -> list[Factor | Parameter]:
    return [row.value for row in (*registry._tables.factors, *registry._tables.parameters)]


def test_every_row_has_a_deviation_or_a_reason(registry):
    """Proves it row by row: above 1, finite, and from a named place, or exactly 1 by a rule that this page explains."""
    wrong, exempt = [], defaultdict(int)
    for row in _rows(registry):
        gsd = registry.gsd(row)
        if row.gsd_basis in EXEMPT:
            exempt[row.gsd_basis] += 1
            wrong += [] if gsd == 1 else [(row.id, "exempt, and yet", gsd)]
        elif gsd is None or not 1 < gsd <= 20 or not math.isfinite(gsd):
            wrong.append((row.id, gsd, row.gsd_basis))
        elif not row.gsd_basis or (row.gsd is None and row.pedigree is None):
            wrong.append((row.id, "says neither published nor pedigree", row.gsd_basis))
        elif row.gsd is None and (row.gsd_basis != "pedigree" or len(row.pedigree) != len(INDICATORS)):
            wrong.append((row.id, "by pedigree, and says", row.gsd_basis))
    assert wrong == [] and set(exempt) == set(EXEMPT)


def test_what_is_exempt_is_what_its_reason_says(registry):
    """Proves that no measured number hides behind a rule: exempt rows are identities, conventions and agreed divisors."""
    for row in _rows(registry):
        if row.gsd_basis not in EXEMPT:
            continue
        name = row.activity_key if isinstance(row, Factor) else row.parameter
        fits = {
            "exact by definition": isinstance(row, Factor) and row.value == 0,
            "identity; the range is the reporter's": isinstance(row, Factor) and row.value == 1,
            "a rule, not a measurement": name.startswith("volumetric_divisor."),
            "a convention of the method, never drawn": name.startswith("uncertainty."),
        }
        assert fits[row.gsd_basis], row.id


def test_every_factor_that_is_found_spreads(registry):
    """Proves that what is resolved carries the spread on, whatever its parts; zero only for exempt factors."""
    for name, factor in registry.factors.items():
        exempt = all(row.gsd_basis in EXEMPT for part in factor.parts for row in part.rows)
        found = registry.resolve(name, factor.unit, factor.region, 2025).spreads
        own = [spread for spread in found if spread.key == f"factor:{factor.id}"]
        assert exempt == (not own) and all(spread.sigma > 0 for spread in own), name


def test_every_parameter_that_is_found_spreads(registry):
    """Proves the same of parameters, in a region of their own and as stand-ins for another."""
    for row in registry._tables.parameters:
        found = registry.parameter(row.value.parameter, row.value.region, 2025)
        keys = {spread.key: spread.sigma for spread in found.spreads}
        assert (found.parameter.gsd_basis in EXEMPT) == (f"parameter:{found.parameter.id}" not in keys), row.value.id
        if found.edition_gap_years >= 3:
            assert keys.get(f"edition:{found.parameter.id}", 0) > 0


def test_every_proxy_widens(registry):
    """Proves that another region's number is never as good as one's own."""
    assert all(row.value.gsd > 1 and row.value.why for row in registry._tables.proxies)


def test_every_argument_of_every_model_is_accounted_for(registry):
    """Proves that a number a model reads is a column, a parameter or a stated number with a deviation, or certain."""
    known = {row.parameter for row in _rows(registry) if isinstance(row, Parameter)}
    wrong = []
    for model in MODELS.values():
        for argument in model.arguments:
            told = [name for name in TOLD_BY.get(argument, ()) if name in known]
            if len(told) != len(TOLD_BY.get(argument, ())):
                wrong.append((argument, "a parameter is gone"))
            if not (told or f"stated.{argument}" in known or argument in READ or argument in CERTAIN):
                wrong.append((model.name, argument))
            if argument in CERTAIN and f"stated.{argument}" in known:
                wrong.append((argument, "certain, and yet has a deviation"))
    assert wrong == []


def test_what_stands_in_and_what_is_stated_has_a_deviation(registry):
    """Proves that each row of judgement is by pedigree, and that no stated number without a model is kept."""
    arguments = {argument for model in MODELS.values() for argument in model.arguments}
    others = {"goods_mass", "factor", "return_rate", "recycled_content"}
    for row in registry._tables.parameters:
        kind, _, name = row.value.parameter.partition(".")
        if kind in ("stated", "fallback", "published"):
            assert row.value.gsd_basis == "pedigree" and registry.gsd(row.value) > 1
        if kind == "stated":
            assert name in arguments | others, name
    for name in ("goods_mass", "package", "place.city", "place.province", "place.country"):
        assert registry.parameter(f"fallback.{name}", "GB", 2025) is not None


def test_the_numbers_of_a_usual_round_are_known_everywhere(registry):
    """Proves that a usual round lacks a factor where a recorded one does, and nowhere else (`carbon.engine.sharing`)."""
    for region in (*registry.regions, "GLO"):
        for name in ("round.distance", "round.stops", "first_delivery_failure"):
            assert registry.parameter(name, region, 2025) is not None, (region, name)
