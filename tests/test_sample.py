"""The sample merchant: the same bytes from the same seed, and every trait the demo is meant to show."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date

import pytest

from carbon import organisation
from carbon.errors import InputError
from carbon.orders import places, table
from carbon.sample import LINE_COLUMNS, ORDER_COLUMNS, write_sample


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder with the sample in it."""
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder)
    return folder


@pytest.fixture(scope="module")
def orders(folder) -> list[dict[str, str]]:
    """Return the rows of orders.csv."""
    with (folder / "orders.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def lines(folder) -> list[dict[str, str]]:
    """Return the rows of lines.csv."""
    with (folder / "lines.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def merchant(folder) -> organisation.Organisation:
    """Return the organisation file as the project reads it."""
    return organisation.read(folder / "organisation.yaml")


def _good(orders):
    return [row for row in orders if row["destination_country"] in ("GB", "DE", "US") and row["service"] != "gb_drone"]


def test_exactly_three_files(folder):
    """Proves that `carbon init` gives one orders file, one lines file and one organisation file."""
    assert sorted(path.name for path in folder.iterdir()) == ["lines.csv", "orders.csv", "organisation.yaml"]


def test_the_same_seed_gives_the_same_bytes(folder, tmp_path):
    """Proves that no clock or hash order enters, and that another seed gives another year."""
    again, other = write_sample(tmp_path / "again"), write_sample(tmp_path / "other", seed=1)
    assert all(path.read_bytes() == (folder / path.name).read_bytes() for path in again)
    assert other[0].read_bytes() != (folder / "orders.csv").read_bytes()


@pytest.mark.parametrize("parcels", [100, 777])
def test_the_size_is_the_one_asked_for(tmp_path, parcels):
    """Proves that rows = parcels at small sizes too."""
    path = write_sample(tmp_path, parcels)[0]
    assert len(path.read_text(encoding="utf-8").splitlines()) == parcels + 1


def test_too_few_parcels_are_refused(tmp_path):
    """Proves that a sample too small to show anything is an error that says the least."""
    with pytest.raises(InputError, match="at least 100"):
        write_sample(tmp_path, 5)


def test_columns_are_canonical(orders, lines):
    """Proves that the sample needs no mapping file."""
    assert tuple(orders[0]) == ORDER_COLUMNS and tuple(lines[0]) == LINE_COLUMNS
    assert set(ORDER_COLUMNS) <= {column.name for column in table.COLUMNS}


def test_every_key_of_the_orders_is_in_the_organisation(orders, merchant):
    """Proves that services, sites, packages and categories of the rows are defined, the drone apart."""
    used = {
        name: {row[name] for row in orders} - {""} for name in ("service", "origin_site", "package", "product_category")
    }
    assert used["service"] - set(merchant.services) == {"gb_drone"}
    assert used["origin_site"] == set(merchant.sites)
    assert used["package"] == set(merchant.packages)
    assert used["product_category"] == set(merchant.categories)
    assert used["service"] - {"gb_drone"} == set(merchant.services)


def test_own_and_third_party_sites_and_the_lanes(orders, merchant):
    """Proves three countries, own and third-party sites, an air lane across a border and a sea lane."""
    assert {site.party.value for site in merchant.sites.values()} == {"own", "carrier"}
    assert {row["destination_country"] for row in _good(orders)} == {"GB", "DE", "US"}
    lanes = Counter((row["service"], row["origin_site"], row["destination_country"]) for row in _good(orders))
    assert lanes["us_express_air", "coventry", "US"] > 100
    assert lanes["direct_from_china", "ningbo", "GB"] > 100
    vehicles = {
        leg.vehicle for service in merchant.services.values() for leg in service.chain if getattr(leg, "vehicle", None)
    }
    assert {name.split(".")[0] for name in vehicles} == {"road", "air", "sea"}


def test_eight_rows_are_wrong_each_in_its_own_way(orders):
    """Proves the planted faults that the demo's rejects come from."""
    twice = [name for name, count in Counter(row["parcel_id"] for row in orders).items() if count > 1]
    masses = [float(row["goods_mass_kg"]) for row in orders if row["goods_mass_kg"]]
    assert len(twice) == 1
    assert sum(row["destination_country"] == "Atlantis" for row in orders) == 1
    assert sum(mass < 0 for mass in masses) == 1 and sum(mass > 1000 for mass in masses) == 1
    assert sum(row["shipped_on"] == "2025-02-30" for row in orders) == 1
    assert sum(row["destination_city"].startswith("=") for row in orders) == 1
    assert sum(row["service"] == "gb_drone" for row in orders) == 1
    assert sum(not row["destination_country"] for row in orders) == 1


def test_the_intake_takes_all_but_the_wrong_rows(folder):
    """Proves that the intake rejects six of the eight; the service and the twin parcel are left to the run."""
    opened = table.OrdersInput.open(folder / "orders.csv", lines=folder / "lines.csv")
    (chunk,) = opened.chunks()
    reasons = ["formula", "no_destination", "not_a_date", "too_high", "too_low", "unknown_country"]
    assert sorted(reject.reason for reject in chunk.rejects) == reasons
    assert chunk.table.num_rows == 6000 - len(reasons)
    assert 50 < chunk.table["goods_mass_kg"].null_count < 200
    assert 50 < chunk.table["goods_volume_m3"].null_count < 200
    columns = [f"destination_{name}" for name in ("country", "postcode", "city", "latitude", "longitude")]
    found = places.Places().resolve(*(chunk.table[name] for name in columns))
    assert {places.PlaceMatch(int(code)) for code in set(found.match)} == {
        places.PlaceMatch.COORDINATES,
        places.PlaceMatch.CITY,
    }


@pytest.mark.parametrize("column", ["goods_mass_kg", "goods_volume_m3", "package"])
def test_gaps_are_a_few_per_cent(orders, column):
    """Proves that fallbacks occur, but do not rule."""
    assert 0.02 <= sum(not row[column] for row in orders) / len(orders) <= 0.05


def test_lines_agree_with_orders(orders, lines):
    """Proves that a parcel's mass, volume, items and value are the sums of its lines."""
    sums: dict[str, list[float]] = {}
    for line in lines:
        total = sums.setdefault(line["parcel_id"], [0.0, 0.0, 0.0])
        quantity = int(line["quantity"])
        total[0] += quantity * float(line["unit_mass_kg"] or "nan")
        total[1] += quantity
        total[2] += quantity * float(line["unit_value"])
    once = Counter(row["parcel_id"] for row in orders)
    compared = 0
    for row in _good(orders):
        mass_kg, items, value = sums.get(row["parcel_id"], (None,) * 3)
        # Rows with a planted fault have no lines, or a mass that is wrong on purpose.
        if (
            items is None
            or once[row["parcel_id"]] > 1
            or not row["goods_mass_kg"]
            or not 0 < float(row["goods_mass_kg"]) < 1000
        ):
            continue
        assert mass_kg == pytest.approx(float(row["goods_mass_kg"]), abs=2e-3)
        assert (items, round(value, 2)) == (int(row["item_count"]), float(row["goods_value"]))
        compared += 1
    assert compared > 5000
    assert any(not line["unit_mass_kg"] for line in lines)


def test_the_year_has_a_peak_and_weekends(orders):
    """Proves seasonality: November and December lead, Sundays hardly ship, all in 2025."""
    days = [date.fromisoformat(row["shipped_on"]) for row in orders if row["shipped_on"] != "2025-02-30"]
    months, weekdays = Counter(day.month for day in days), Counter(day.weekday() for day in days)
    assert {day.year for day in days} == {2025}
    assert {month for month, _ in months.most_common(2)} == {11, 12}
    assert weekdays[6] < weekdays[5] < min(weekdays[number] for number in range(5))


def test_loungewear_comes_back_most(orders):
    """Proves return rates by category, and that nothing returns before it left."""
    sent = Counter(row["product_category"] for row in _good(orders))
    back = Counter(row["product_category"] for row in _good(orders) if row["returned_on"])
    rates = {name: back[name] / sent[name] for name in sent if name}
    assert max(rates, key=rates.get) == "loungewear" and 0.2 < rates["loungewear"] < 0.32
    assert all(
        row["returned_on"] > row["shipped_on"]
        for row in orders
        if row["returned_on"] and row["shipped_on"] != "2025-02-30"
    )


def test_parcels_of_an_order_travel_together(orders):
    """Proves that an order of two parcels goes to one place on one day."""
    by_order: dict[str, set[tuple[str, ...]]] = {}
    for row in _good(orders):
        key = (row["shipped_on"], row["destination_country"], row["destination_city"], row["currency"])
        by_order.setdefault(row["order_id"], set()).add(key)
    spoiled = [order for order, places in by_order.items() if len(places) > 1]
    # At most the rows spoiled on purpose differ from their fellow parcel.
    assert len(spoiled) <= 2
    assert Counter(row["order_id"] for row in orders).most_common(1)[0][1] == 2


def test_rounds_of_the_own_van_have_one_distance(orders):
    """Proves that a round's driven distance is one figure, shared by its drops."""
    rounds: dict[str, set[str]] = {}
    for row in orders:
        if row["round_id"]:
            rounds.setdefault(row["round_id"], set()).add(row["round_distance_km"])
            assert row["service"] == "gb_own_van" and row["destination_latitude"]
    assert len(rounds) > 60 and all(len(distances) == 1 for distances in rounds.values())


def test_every_factor_the_organisation_names_is_shipped(merchant):
    """Proves that the demo runs on shipped tables: every activity of the file is one they hold."""
    from carbon.factors.registry import Registry

    registry = Registry.load()
    known = {row.activity for factor in registry.factors.values() for row in factor.rows}
    wanted = {each.activity for each in merchant.categories.values()}
    wanted |= {energy.activity for site in merchant.sites.values() for energy in site.energy}
    for package in merchant.packages.values():
        parts = [package, *package.extras, *([package.void_fill] if package.void_fill else [])]
        if package.kind != "own_container":
            wanted |= {f"packaging.{part.material}.virgin" for part in parts}
        wanted |= {f"packaging.{part.material}.recycled" for part in parts if part.recycled_content}
        wanted |= {amount.activity for amount in package.reuse.washing} if package.reuse else set()
    for service in merchant.services.values():
        legs = service.chain
        wanted |= {leg.activity for leg in legs if getattr(leg, "activity", None)}
        wanted |= {leg.energy.activity for leg in legs if getattr(leg, "energy", None)}
        # A battery vehicle is its consumption, a parameter, on the local grid.
        wanted |= {leg.vehicle for leg in legs if getattr(leg, "vehicle", None) and "battery" not in leg.vehicle}
    assert sorted(name for name in wanted if name not in known) == []


def test_every_meter_has_a_factor_at_its_site(merchant):
    """Proves that each metered amount finds a factor of its unit for the site's country, at worst by a proxy."""
    from carbon.factors.registry import Registry
    from carbon.units import canonical_symbol, canonical_unit, parse_quantity

    registry = Registry.load()
    for site in merchant.sites.values():
        for energy in site.energy:
            unit = canonical_symbol(canonical_unit(parse_quantity(energy.quantity).units))
            assert registry.resolve(energy.activity, unit, site.place.country, energy.first_day.year)
