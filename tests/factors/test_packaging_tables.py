"""Packaging, end of life, products, hubs and parameters: every shipped figure against its publisher's file.

Where the publishers' files are not at hand (environment variable CARBON_REFERENCE, else ../shared/reference/raw
beside the repository), the comparisons are skipped and say so; everything else always runs.
"""

from __future__ import annotations

import csv
import math
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from carbon.factors import tables
from carbon.factors.registry import Registry
from carbon.terms import PLAUSIBILITY_BOUNDARIES
from carbon.units import parse_quantity

ROOT = Path(__file__).resolve().parents[2]
RAW = Path(os.environ.get("CARBON_REFERENCE", ROOT.parent / "shared" / "reference" / "raw"))
DESNZ = {
    "desnz_2024": "desnz-2024-v1.1-ghg-conversion-factors-flat.csv",
    "desnz_2025": "desnz-2025-ghg-conversion-factors-flat.csv",
}
HUB = "epa-2025-ghg-emission-factors-hub.csv"
SUPPLY_CHAIN = "epa-supply-chain-ghg-factors-v1.3.0-naics-co2e-usd2022.csv"
FAMILIES = ("packaging.", "end_of_life.", "product.", "hub.")
ROW_ID = re.compile(r"\d+_\d+_\d+_\d+_\d+")
#: What the publisher writes for a way of sourcing or treating, by the last word of our activity.
WORDS = {
    "virgin": {"Primary material production"},
    "recycled": {"Closed-loop source"},
    "reused": {"Re-used"},
    "recycling": {"Closed-loop", "Recycled"},
    "recycling_open_loop": {"Open-loop"},
    "incineration": {"Combustion", "Incineration with Energy Recovery", "Combusted"},
    "composting": {"Composting", "Composted"},
    "landfill": {"Landfill", "Landfilled"},
    "anaerobic_digestion": {"Anaerobic digestion"},
}


@pytest.fixture(scope="module")
def shipped():
    return tables.load()


@pytest.fixture(scope="module")
def registry(shipped):
    return Registry(shipped)


@pytest.fixture(scope="module")
def factors(shipped):
    return [row.value for row in shipped.factors if row.value.activity_key.startswith(FAMILIES)]


@pytest.fixture(scope="module")
def parameters(shipped):
    return [row.value for row in shipped.parameters]


def lines(name):
    """Return all records of a publisher's file, or skip with the reason."""
    path = RAW / name
    if not path.exists():
        pytest.skip(f"the publisher's file {name} is not at hand: set CARBON_REFERENCE to the folder that holds it")
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def desnz(source):
    """Return a UK flat file as {row id: {column: text}}, its value under ``value``."""
    head, *body = lines(DESNZ[source])
    rows = {}
    for record in body:
        row = dict(zip(head, record, strict=False))
        rows[row["ID"]] = row | {"value": record[len(head) - 1].strip()}
    return rows


def hub_table(number):
    """Return one table of the EPA Hub as its header and {label: record}."""
    records = lines(HUB)
    titles = [at for at, record in enumerate(records) if len(record) > 1 and re.fullmatch(r"Table \d+", record[1])]
    start = next(at for at in titles if records[at][1] == f"Table {number}")
    stop = next((at for at in titles if at > start), len(records))
    found: dict[str, list[str]] = {}
    for record in records[start:stop]:
        if len(record) > 2 and record[2]:
            found.setdefault(record[2], record)
    return found


@pytest.mark.parametrize("source", sorted(DESNZ))
def test_uk_rows_are_the_published_ones(source, factors):
    published = desnz(source)
    compared = 0
    for factor in factors:
        if factor.source != source:
            continue
        row = published[factor.locator]
        assert (row["UOM"], row["GHG/Unit"], factor.unit) == ("tonnes", "kg CO2e", "kg/t"), factor.id
        assert factor.value == float(row["value"]), factor.id
        way = factor.activity_key.rsplit(".", 1)[1]
        assert row["Column Text"] in WORDS.get(way, {"Primary material production"}), factor.id
        sheet = "Waste disposal" if factor.activity_key.startswith("end_of_life.") else "Material use"
        assert row["Level 1"] == sheet, factor.id
        compared += 1
    assert compared >= 149, compared


@pytest.mark.parametrize("source", sorted(DESNZ))
def test_no_uk_packaging_material_is_left_out(source, factors):
    published = {
        key
        for key, row in desnz(source).items()
        if row["Level 1"] in ("Material use", "Waste disposal")
        and row["Level 2"] in ("Paper", "Plastic", "Metal")
        and row["value"]
        and not (row["Level 1"] == "Material use" and row["Level 3"] == "Metal: scrap metal")
    }
    assert published <= {factor.locator for factor in factors if factor.source == source}


def test_us_waste_rows_are_the_published_ones(factors):
    table = hub_table(9)
    columns = ("Recycled", "Landfilled", "Combusted", "Composted")
    compared = 0
    for factor in factors:
        if factor.source != "epa_hub_2025":
            continue
        label, column = re.fullmatch(r"Table 9, row (.+), column (\w+)", factor.locator).groups()
        assert column in WORDS[factor.activity_key.rsplit(".", 1)[1]], factor.id
        assert factor.value == float(table[label][3 + columns.index(column)]), factor.id
        assert factor.unit == "t/short_ton", factor.id
        compared += 1
    assert compared >= 60, compared


def test_us_spend_rows_are_the_published_ones_and_all_of_them(factors):
    head, *body = lines(SUPPLY_CHAIN)
    column = head.index("Supply Chain Emission Factors with Margins")
    published = {record[0]: float(record[column]) for record in body}
    shipped = {
        factor.activity_key.removeprefix("product.spend.naics_"): factor
        for factor in factors
        if factor.source == "epa_supply_chain_1_3"
    }
    assert shipped.keys() == published.keys() and len(shipped) == 1016
    for code, factor in shipped.items():
        assert factor.value == published[code], factor.id
        assert (factor.unit, factor.price_year, factor.price_basis) == ("kg/USD", 2022, "purchaser"), factor.id
        assert factor.locator.startswith(f"NAICS {code};"), factor.id


@pytest.mark.parametrize("source", sorted(DESNZ))
def test_derived_parameters_follow_from_the_rows_they_name(source, parameters):
    published = desnz(source)
    compared = 0
    for row in parameters:
        if row.source != source or not ROW_ID.search(row.locator):
            continue
        sum_of = ROW_ID.sub(lambda found: published[found[0]]["value"], row.locator.removeprefix("derived "))
        assert re.fullmatch(r"[0-9.()+*/ -]+", sum_of), row.id
        digits = len(str(row.value).partition(".")[2])
        assert row.value == pytest.approx(eval(sum_of), abs=0.51 * 10**-digits), row.id
        compared += 1
    assert compared >= 40, compared


def test_us_grid_losses_are_the_published_ones(parameters):
    table = hub_table(6)
    compared = 0
    for row in parameters:
        if row.parameter == "grid_losses" and row.source == "epa_hub_2025":
            label = re.fullmatch(r"Table 6, row (.+), column Grid Gross Loss", row.locator)[1]
            assert row.value == float(table[label][10]), row.id
            assert row.region == ("US" if label == "US Average" else f"US-EGRID-{label}")
            compared += 1
    assert compared >= 27, compared


def test_every_row_says_where_it_is_from_and_how_sure_it_is(shipped, registry, factors, parameters):
    for row in [*factors, *parameters]:
        assert row.source in shipped.sources, f"{row.id}: source {row.source}"
        assert row.locator and row.name, row.id
        assert row.region in shipped.regions, f"{row.id}: region {row.region}"
        assert row.gsd_basis and (row.gsd is not None or row.pedigree), row.id
        assert (row.gsd_basis == "pedigree") == (row.gsd is None), row.id
        assert 1 <= registry.gsd(row) <= 5, row.id


def test_one_row_per_region_and_edition(factors, parameters):
    ids = Counter(row.id for row in parameters) + Counter((row.id, row.boundary, row.gas_basis) for row in factors)
    assert [key for key, count in ids.items() if count > 1] == []
    places = Counter((row.parameter, row.region, row.valid_from) for row in parameters)
    places += Counter((row.activity_key, row.unit, row.region, row.valid_from, row.boundary) for row in factors)
    assert [key for key, count in places.items() if count > 1] == []


def test_low_value_and_high_are_in_order(parameters):
    for row in parameters:
        assert row.low is None or row.low <= row.value, row.id
        assert row.high is None or row.value <= row.high, row.id


def test_no_whole_life_figure_among_components(factors):
    assert [factor.id for factor in factors if factor.boundary in PLAUSIBILITY_BOUNDARIES] == []


def test_every_parameter_resolves_in_canonical_units(registry, parameters):
    for row in parameters:
        found = registry.needed_parameter(row.parameter, row.region, (row.valid_from.year if row.valid_from else 2025))
        assert math.isfinite(found.value), row.id


def test_proxies_name_known_regions_and_keys(shipped, registry, parameters):
    keys = {row.value.activity_key for row in shipped.factors} | {f"parameters.{row.parameter}" for row in parameters}
    for proxy in (row.value for row in shipped.proxies):
        assert proxy.use in shipped.regions, proxy
        assert proxy.region == "*" or proxy.region in shipped.regions, proxy
        assert any(key == proxy.below or key.startswith(f"{proxy.below}.") for key in keys), proxy
        assert proxy.gsd > 1 and proxy.why, proxy
        assert not proxy.below.startswith(("electricity.grid", "parameters.grid_losses", "parameters.pv_yield")), proxy
        assert proxy.below != "electricity", proxy
    assert registry.parameter("grid_losses", "BR", 2023) is None, "a grid's losses are never another grid's"


def test_treatment_shares_are_shares(parameters):
    rest: dict[str, float] = {}
    for row in parameters:
        if row.parameter.startswith("end_of_life_share."):
            assert 0 <= row.value <= 1, row.id
            if ".residual_waste." in row.parameter:
                rest[row.region] = rest.get(row.region, 0) + row.value
    assert rest and all(total == pytest.approx(1, abs=1e-3) for total in rest.values()), rest


def test_packages_parse(shipped):
    assert len(shipped.packages) >= 25
    for key, package in shipped.packages.items():
        assert package["kind"] in ("box", "mailer", "bag", "format"), key
        assert package["region"] in shipped.regions and package["source"] in shipped.sources, key
        assert package["name_en"] and package["name_zh"] and package["locator"], key
        sides, unit = (package.get("inner") or package["outer"]).rsplit(" ", 1)
        metres = [parse_quantity(f"{side} {unit}", like="m").to("m").magnitude for side in sides.split("x")]
        assert len(metres) == 3 and all(0.001 < side < 1.5 for side in metres), key
        assert package["kind"] == "format" or package["material"] == "corrugated_board", key
        if "mass" in package:
            assert 0.001 < parse_quantity(package["mass"], like="kg").to("kg").magnitude < 5, key


def test_pedigree_is_ecoinvents_formula(registry, shipped):
    """GSD^2 = exp(sqrt(sum of ln(U)^2)) with U = 1.05 (basic), 1.05, 1.02, 1.10, 1, 1.2 for scores 2, 2, 3, 1, 3."""
    row = next(row.value for row in shipped.factors if row.value.pedigree == (2, 2, 3, 1, 3))
    squared = math.exp(math.sqrt(sum(math.log(u) ** 2 for u in (1.05, 1.05, 1.02, 1.10, 1.0, 1.2))))
    assert registry.gsd(row) == pytest.approx(math.sqrt(squared), rel=1e-5)
