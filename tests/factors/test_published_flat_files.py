"""Every shipped UK, US, Ember and GWP row against the publisher's own file, and laws of these tables.

The files are looked for in the folder named by CARBON_REFERENCE, else in ``../shared/reference/raw``
beside the repository; without them the comparisons are skipped, the laws are not.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from carbon.factors import tables
from carbon.terms import Boundary, Gas
from carbon.units import parse_factor_unit

ROOT = Path(__file__).resolve().parents[2]
FILES = (
    "electricity.yaml", "fuels.yaml", "gwp.yaml", "transport.yaml",
    "transport_rail_sea_air_2024.yaml", "transport_rail_sea_air_2025.yaml",
    "transport_road_2024.yaml", "transport_road_2025.yaml",
)  # fmt: skip
UK_FILES = {
    "desnz_2024": "desnz-2024-v1.1-ghg-conversion-factors-flat.csv",
    "desnz_2025": "desnz-2025-ghg-conversion-factors-flat.csv",
}
EPA_FILE = "epa-2025-ghg-emission-factors-hub.csv"
EMBER_FILE = "ember-average-intensities-co2js-v0.19.json"
GWP_FILE = "globalwarmingpotentials.csv"
#: The flat file's units of measure, as denominators of ours.
UK_UNITS = {
    "tonne.km": "t*km", "km": "km", "kWh": "kW*h", "kWh (Net CV)": "kW*h", "kWh (Gross CV)": "kW*h",
    "litres": "l", "tonnes": "t", "cubic metres": "m**3", "kg": "kg", "GJ": "GJ",
}  # fmt: skip
#: Units in the heads of the EPA tables, by table and column; g for CH4 and N2O.
EPA_UNITS = {
    (1, "EFG"): "million_btu", (2, "D"): None, (5, "EF"): "US_liquid_gallon", (6, "EFG"): "MW*h",
    (7, "DEF"): "million_btu", (8, "DEF"): None,
}  # fmt: skip
EPA_WORDS = {"gallon": "US_liquid_gallon", "scf": "ft**3", "vehicle-mile": "mile", "short ton-mile": "short_ton*mile"}
ROW_ID = re.compile(r"^\d+_\d+_\d+_\d+_\d+$")
CELL = re.compile(r"^Table (\d+), cell ([A-Z])(\d+)$")


def raw_file(name: str) -> Path:
    """Return a publisher's file, or skip where the folder is absent."""
    folder = Path(os.environ.get("CARBON_REFERENCE") or ROOT.parent / "shared" / "reference" / "raw")
    if not (folder / name).exists():
        pytest.skip(f"publishers' files are not here ({name} in CARBON_REFERENCE or ../shared/reference/raw)")
    return folder / name


def raw_csv(name: str) -> list[list[str]]:
    """Return the records of a publisher's CSV."""
    with raw_file(name).open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.reader(stream))


@pytest.fixture(scope="module")
def shipped() -> list[tables.Row]:
    """Every shipped factor row."""
    return tables.load().factors


@pytest.fixture(scope="module")
def mine(shipped) -> list[tables.Row]:
    """Rows of the transport, fuel, electricity and GWP tables."""
    return [row for row in shipped if row.where.file in FILES]


def uk_rows(edition: str) -> dict[str, list[str]]:
    """Return the flat file's kg CO2e rows that have a figure, by row id."""
    return {
        record[0]: [cell.strip() for cell in record]
        for record in raw_csv(UK_FILES[edition])[1:]
        if len(record) > 9 and record[8].strip() == "kg CO2e" and record[9].strip()
    }


def same_unit(row, denominator: str, numerator: str = "kg") -> bool:
    """Whether a factor's unit has the value of `numerator`/`denominator`."""
    wanted, found = parse_factor_unit(f"{numerator}/({denominator})"), row.parsed_unit
    return found.canonical == wanted.canonical and found.scale == pytest.approx(wanted.scale, rel=1e-12)


@pytest.mark.parametrize(("edition", "floor"), [("desnz_2024", 750), ("desnz_2025", 850)])
def test_every_uk_row_is_the_publishers(shipped, record_property, edition, floor):
    published, wrong, compared = uk_rows(edition), [], 0
    for row in (row for row in shipped if row.value.source == edition):
        factor = row.value
        record = published.get(factor.locator or "") if ROW_ID.match(factor.locator or "") else None
        if record is None:
            wrong.append(f"{row.where}: locator {factor.locator!r} is no row with a figure")
        elif factor.value != float(record[9]) or not same_unit(factor, UK_UNITS[record[7]]):
            wrong.append(f"{row.where}: {factor.value} {factor.unit}, published {record[9]} kg CO2e per {record[7]}")
        else:
            is_upstream = record[2].startswith("WTT-")
            upstream = (Boundary.WTT, Boundary.WTT_GRID_LOSSES)
            if is_upstream != (factor.boundary in upstream):
                wrong.append(f"{row.where}: boundary {factor.boundary}, published under '{record[2]}'")
        compared += 1
    record_property("rows_compared", compared)
    print(f"{edition}: {compared} rows compared")
    assert not wrong, "\n".join(wrong[:20])
    assert compared >= floor


@pytest.mark.parametrize("edition", UK_FILES)
def test_uk_freight_is_complete(shipped, edition):
    published = uk_rows(edition)
    known = {row.value.locator for row in shipped if row.value.source == edition}
    missing = []
    for name, record in published.items():
        if record[2] not in ("Freighting goods", "WTT- delivery vehs & freight") or record[7] == "miles":
            continue
        # The sum of a battery van's two electricity rows is not shipped: its parts are.
        rest = name.split("_", 1)[1]
        is_sum = record[2] == "Freighting goods" and record[6] == "Battery Electric Vehicle"
        if not ({f"8_{rest}", f"14_{rest}"} <= known if is_sum else name in known):
            missing.append(name)
    assert not missing


def test_every_epa_row_is_the_publishers(shipped, record_property):
    sheet, wrong, compared = raw_csv(EPA_FILE), [], 0
    heads = {int(r[1].split()[1]): n for n, r in enumerate(sheet, 1) if re.match(r"Table \d+$", r[1].strip())}
    for row in (row for row in shipped if row.value.source == "epa_hub_2025"):
        factor = row.value
        match = CELL.match(factor.locator or "")
        if not match:
            # Waste (Table 9) and later tables have a test and a way of citing of their own.
            if row.where.file in FILES:
                wrong.append(f"{row.where}: locator {factor.locator!r} is no cell")
            continue
        table, column, line = int(match[1]), match[2], int(match[3])
        record = sheet[line - 1]
        if not heads[table] < line < heads[table + 1]:
            wrong.append(f"{row.where}: row {line} is not in table {table}")
        if factor.value != float(record[ord(column) - ord("A")]):
            wrong.append(f"{row.where}: {factor.value}, published {record[ord(column) - ord('A')]}")
        elif not same_unit(factor, epa_denominator(table, column, line, sheet), epa_numerator(table, factor.gas_basis)):
            wrong.append(f"{row.where}: unit {factor.unit} is not the table's")
        compared += 1
    record_property("rows_compared", compared)
    print(f"epa_hub_2025: {compared} rows compared")
    assert not wrong, "\n".join(wrong[:20])
    assert compared >= 160


def epa_numerator(table: int, gas: Gas) -> str:
    """Return the mass unit of a gas in an EPA table."""
    return "lb" if table == 6 else "kg" if gas is Gas.CO2 else "g"


def epa_denominator(table: int, column: str, line: int, sheet: list[list[str]]) -> str:
    """Return the activity unit of a cell in an EPA table."""
    if table == 1 and column in "HIJ":
        heads = [r[7] for r in sheet[:line] if r[7].startswith("kg CO2 per")]
        return EPA_WORDS[heads[-1].removeprefix("kg CO2 per ")]
    if table == 2:
        return EPA_WORDS[sheet[line - 1][4]]
    if table == 8:
        return EPA_WORDS[sheet[line - 1][6]]
    return next(unit for (number, columns), unit in EPA_UNITS.items() if number == table and column in columns)


@pytest.mark.parametrize(("gas", "column"), [("CO2", 4), ("CH4", 5), ("N2O", 6)])
def test_every_egrid_subregion_is_there(shipped, gas, column):
    published = {r[2]: float(r[column]) for r in raw_csv(EPA_FILE)[338:366]}
    found = {
        row.value.region.removeprefix("US-EGRID-"): row.value.value
        for row in shipped
        if row.value.id.startswith("egrid_2023.") and row.value.gas_basis == gas
    }
    assert len(published) == 28
    assert found == {{"US Average": "US", "PRMS": "PR"}.get(name, name): value for name, value in published.items()}


def test_every_ember_row_is_the_publishers(shipped):
    published = json.loads(raw_file(EMBER_FILE).read_text(encoding="utf-8"))
    rows = [row.value for row in shipped if row.value.source == "ember"]
    for row in rows:
        record = published[row.locator]
        assert row.value == record["emissions_intensity_gco2_per_kwh"], row.id
        assert row.valid_from.year == row.valid_to.year == record["year"], row.id
        assert row.boundary is Boundary.LIFE_CYCLE_PRODUCTION, row.id
    assert len(rows) >= 200


def test_every_tabulated_gwp_is_the_publishers(shipped):
    records = [r for r in raw_csv(GWP_FILE) if not r[0].startswith("#")]
    published = {record[0]: dict(zip(records[0], record, strict=True)) for record in records[1:]}
    compared = 0
    for row in (row.value for row in shipped if row.value.source.startswith("ipcc_")):
        column, _, species = row.locator.partition(", ")
        if species in published:
            assert row.value == float(published[species][column]), row.id
            assert column == f"{row.gwp_set}GWP100"
            compared += 1
    assert compared >= 120


def test_every_row_is_cited_and_has_a_range(mine):
    sources = tables.load().sources
    bare = [row.value.id for row in mine if row.value.source not in sources or not row.value.locator]
    assert not bare
    no_range = [row.value.id for row in mine if row.value.gsd is None and row.value.pedigree is None]
    assert not no_range
    assert all(row.value.gsd_basis for row in mine)
    assert len(mine) >= 2000


def test_ids_are_unique_per_boundary_and_gas(shipped):
    keys = Counter((row.value.id, row.value.boundary, row.value.gas_basis) for row in shipped)
    assert [key for key, count in keys.items() if count > 1] == []


def test_one_factor_per_activity_unit_region_and_edition(mine):
    """Two factors that nothing but their ids tells apart would be chosen between by the alphabet."""
    found = defaultdict(set)
    for row in (row.value for row in mine):
        place = (row.activity_key, str(row.parsed_unit.canonical), row.region, row.valid_from, row.gwp_set)
        if row.activity_key.startswith(("gas.", "refrigerant.")):
            found[place].add(row.id)
        else:
            found[place[:4]].add(row.id)
    assert {place: ids for place, ids in found.items() if len(ids) > 1} == {}


def test_parts_of_a_factor_share_unit_region_and_activity(mine):
    by_id = defaultdict(list)
    for row in mine:
        by_id[row.value.id].append(row.value)
    for name, rows in by_id.items():
        assert len({(row.region, row.activity_key, row.parsed_unit.canonical) for row in rows}) == 1, name
        assert len({row.unit for row in rows if row.gas_basis is Gas.CO2E}) <= 1, name
        assert len({(row.distance_basis, row.includes) for row in rows}) == 1, name


def test_uk_transport_has_both_halves(mine):
    """Each UK vehicle, ship and flight has its WTT beside its TTW, or beside its electricity."""
    halves = defaultdict(set)
    for row in (row.value for row in mine):
        if row.source.startswith("desnz_") and row.activity_key.startswith(("road.", "rail.", "sea.", "air.", "fuel.")):
            halves[row.id].add(row.boundary)
    electric = {Boundary.GENERATION, Boundary.GRID_LOSSES, Boundary.WTT}
    odd = {name: found for name, found in halves.items() if found not in ({Boundary.TTW, Boundary.WTT}, electric)}
    assert not odd
    assert len(halves) >= 700


def test_foreign_grids_stay_at_home(mine):
    """A row that holds UK electricity says so in its activity, so that no model asks for it elsewhere."""
    for row in (row.value for row in mine):
        if row.activity_key.startswith("road.") and re.search(r"battery_electric|plug_in_hybrid", row.activity_key):
            assert row.activity_key.endswith(".uk_grid") and row.region == "GB", row.id


def test_every_region_is_known(shipped):
    regions = tables.load().regions
    assert {row.value.region for row in shipped} <= set(regions)
    assert {region.parent for region in regions.values() if region.parent} <= set(regions)
    assert sum(region.parent == "EU" for region in regions.values()) == 27
    assert all(re.search(r"[\u4e00-\u9fff]", region.name_zh) for region in regions.values())
