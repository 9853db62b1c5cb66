"""What a row lacks gets a labelled default that is counted; what cannot be helped is rejected with its reason."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from carbon import calculate, explain
from carbon.engine.columns import Fallback, fallback_names
from carbon.engine.packages import AVERAGE, DEFAULT_PREFIX
from carbon.orders.cities import cities
from carbon.orders.distance import great_circle_km
from tests.engine.small import (
    COVENTRY,
    HUB,
    LINE_HAUL,
    VAN,
    is_close,
    merchant,
    only,
    orders,
    parcel,
    planned,
    ran,
    run,
)


def _flags(row) -> set[str]:
    return set(fallback_names(int(row["fallbacks"])))


def test_a_complete_row_has_no_fallback_but_a_volume():
    """Proves that nothing is flagged that was given."""
    assert _flags(only(parcel(goods_volume_m3=0.003))) == set()
    assert _flags(only(parcel())) == {"goods_volume"}


def test_missing_mass_is_the_category_s_mean():
    """Proves the fallback weight: the mean of the category, of all where it is unknown; counted."""
    known = [parcel(f"R{n}", goods_mass_kg=mass, product_category="rugs") for n, mass in enumerate((2.0, 8.0))]
    known += [parcel(f"C{n}", goods_mass_kg=mass, product_category="cups") for n, mass in enumerate((0.5, 0.5))]
    lacking = [parcel("rug", goods_mass_kg=None, product_category="rugs"), parcel("thing", goods_mass_kg=None)]
    running, chunks = ran([*known, *lacking])
    found = chunks[0].kept.to_pandas().set_index("parcel_id")
    assert is_close(found.loc["rug", "goods_mass_kg"], 5.0)
    assert is_close(found.loc["thing", "goods_mass_kg"], (2 + 8 + 0.5 + 0.5) / 4)
    assert running.fallbacks["goods_mass"] == 2
    assert "goods_mass" in _flags(found.loc["rug"]) and "goods_mass" not in _flags(found.loc["R0"])


def test_missing_mass_is_the_organisation_s_default_first():
    """Proves that a default the merchant names wins over the file's own mean."""
    found = run(
        [parcel("a", goods_mass_kg=9.0), parcel("b", goods_mass_kg=None)], merchant(defaults={"goods_mass": "1400 g"})
    )
    assert is_close(found.footprints.set_index("parcel_id").loc["b", "goods_mass_kg"], 1.4)


def test_missing_volume_follows_from_the_density():
    """Proves that a missing volume comes from mass and the file's mean density."""
    found = run(
        [parcel("a", goods_mass_kg=2.0, goods_volume_m3=0.01), parcel("b", goods_mass_kg=5.0)]
    ).footprints.set_index("parcel_id")
    assert is_close(found.loc["b", "goods_volume_m3"], 5 / 200)


def test_missing_service_and_site_take_the_only_one_or_the_named_default():
    """Proves that one service, one site need no default, that several do, and that it is counted."""
    found = only(parcel(service=None, origin_site=None))
    assert (found.service, found.site) == ("road", "coventry") and {"service", "site"} <= _flags(found)
    two = {
        "services": {"road": {"chain": [VAN]}, "rail": {"chain": [VAN]}},
        "sites": {"coventry": {"place": COVENTRY}, "york": {"place": {"country": "GB", "city": "York"}}},
    }
    rejected = run([parcel("ok"), parcel("a", service=None), parcel("b", origin_site=None)], merchant(**two)).rejects
    assert dict(zip(rejected.parcel_id, rejected.reason, strict=True)) == {"a": "no_service", "b": "no_origin"}
    named = merchant(**two, defaults={"service": "rail", "site": "york"})
    found = only(parcel(service=None, origin_site=None), named)
    assert (found.service, found.site) == ("rail", "york") and {"service", "site"} <= _flags(found)


def test_default_package_is_the_smallest_that_holds_the_goods():
    """Proves choice by size: at the sourced empty space, the largest where nothing holds them, the average without a volume."""
    american = merchant(country="US")
    packages = planned([parcel()], american).context.packages
    specs = [spec for spec in packages if spec.key.startswith(DEFAULT_PREFIX) and spec.key != AVERAGE]
    assert specs == sorted(specs, key=lambda spec: spec.inner_m3) and len(specs) > 3
    found = run(
        [
            parcel("small", package=None, goods_volume_m3=specs[0].inner_m3 / 1000),
            parcel("huge", package=None, goods_volume_m3=50.0),
            *(parcel(f"m{n}", package=None, goods_volume_m3=volume) for n, volume in enumerate((0.001, 0.004, 0.02))),
        ],
        american,
    ).footprints.set_index("parcel_id")
    assert found.loc["small", "package"] == specs[0].key and found.loc["huge", "package"] == specs[-1].key
    inner = {spec.key: spec.inner_m3 for spec in specs}
    for name in ("m0", "m1", "m2"):
        chosen, volume = found.loc[name, "package"], found.loc[name, "goods_volume_m3"]
        smaller = [key for key in inner if inner[key] < inner[chosen]]
        assert inner[chosen] > volume and all(inner[key] < volume * 2.5 for key in smaller)
    assert all("package" in _flags(row) for _, row in found.iterrows())
    assert only(parcel(package=None)).package == AVERAGE


def test_named_default_package():
    """Proves that the merchant's default package is taken before any shipped carton."""
    found = only(parcel(package=None), merchant(defaults={"package": "box"}))
    assert found.package == "box" and "package" in _flags(found)


def test_a_shipped_default_may_not_be_ordered():
    """Proves that the labels of defaults are none that an orders file needs: an unknown package names the merchant's own."""
    rejected = run([parcel("ok"), parcel("x", package="boxx")]).rejects.iloc[0]
    assert rejected.reason == "unknown_package" and "box" in rejected.mend and DEFAULT_PREFIX not in rejected.mend


def test_a_city_or_a_country_is_enough_and_is_counted():
    """Proves that a coarse place is flagged as such."""
    gone = {"destination_latitude": None, "destination_longitude": None}
    city = only(parcel(destination_city="London", **gone))
    country = only(parcel(**gone))
    assert "destination_city" in _flags(city) and "destination_country" in _flags(country)
    assert city.leg1_km == pytest.approx(only(parcel()).leg1_km, rel=0.1)


def test_a_country_alone_is_as_far_as_its_people():
    """Proves that a place of which only the country is known is no point: from a site in its middle the way is the mean one to its
    people, two such places are no 0 km apart, and a site that is known by its country only is as far from everything."""
    gone = {"destination_latitude": None, "destination_longitude": None}
    centre = cities().centres["GB"]
    away_km = float(great_circle_km(COVENTRY["latitude"], COVENTRY["longitude"], *centre[:2]))
    wanted_km = math.hypot(away_km, centre.scatter_km)
    assert only(parcel(**gone)).leg1_km == pytest.approx(wanted_km, rel=1e-12) and wanted_km > 4 * away_km
    both = only(parcel(**gone, origin_site=None, origin_country="GB"))
    assert both.leg1_km == pytest.approx(math.sqrt(2) * centre.scatter_km, rel=1e-12)
    setup = merchant(sites={"coventry": {"place": {"country": "GB"}}})
    assert only(parcel(**gone), setup).leg1_km == pytest.approx(both.leg1_km, rel=1e-12)
    named = merchant([LINE_HAUL | {"to": "depot"}, VAN], places={"depot": {"country": "GB"}})
    assert only(parcel(), named).leg1_km == pytest.approx(wanted_km, rel=1e-12)
    fixed = merchant([LINE_HAUL | {"from": "coventry", "to": "depot"}, VAN], places={"depot": {"country": "GB"}})
    found = calculate(orders(parcel()), fixed)
    again = calculate(
        orders(parcel()), merchant([LINE_HAUL | {"to": "depot"}, VAN], places={"depot": {"country": "GB"}})
    )
    assert is_close(found.footprints["line_haul_co2e_kg"][0], again.footprints["line_haul_co2e_kg"][0])


def test_an_origin_of_its_own():
    """Proves that a marketplace's seller starts from its own place, which counts as no site."""
    found = only(parcel(origin_site=None, origin_country="GB", origin_latitude=53.48, origin_longitude=-2.24))
    assert found.site == "" and found.leg1_km > 200 and found.warehousing_co2e_kg > 0


@pytest.mark.parametrize(
    ("column", "value", "reason", "says"),
    [
        ("service", "raod", "unknown_service", "road"),
        ("origin_site", "coventri", "unknown_site", "coventry"),
        ("package", "bax", "unknown_package", "box"),
        ("destination_city", "Nowhere-on-Sea-upon-Nothing", "unknown_place", "city"),
    ],
)
def test_unknown_names_are_rejected_with_the_way_out(column, value, reason, says):
    """Proves code, column, cell and a suggestion for each name that the set-up lacks."""
    row = parcel("bad", **{column: value})
    if column == "destination_city":
        row = {
            key: item
            for key, item in row.items()
            if key not in ("destination_latitude", "destination_longitude", "destination_country")
        }
    found = run([parcel("ok"), row])
    rejected = found.rejects.iloc[0]
    assert (rejected.parcel_id, rejected.reason, rejected["row"]) == ("bad", reason, 2)
    assert says in rejected.mend and found.counts == {"rows": 2, "footprints": 1, "rejects": 1}
    if column != "destination_city":
        assert (rejected.column, rejected.found) == (column, value)


def test_no_mass_anywhere_is_a_reject():
    """Proves that a weight is not made of nothing."""
    found = run(orders(parcel("a", goods_mass_kg=None)))
    assert found.rejects.reason.tolist() == ["no_mass"] and found.footprints.empty


def test_no_factor_is_a_reject_that_names_block_and_place():
    """Proves that only the parcels of the region without a factor are rejected."""
    chain = [
        LINE_HAUL,
        HUB,
        {"stage": "last_mile", "energy": {"activity": "electricity.residual", "per_distance": "0.2 kW*h/km"}},
    ]
    china = {"destination_country": "CN", "destination_latitude": 31.2, "destination_longitude": 121.5}
    found = run([parcel("gb"), parcel("cn", **china)], merchant(chain))
    assert found.footprints.parcel_id.tolist() == ["cn"]
    rejected = found.rejects.iloc[0]
    assert (
        (rejected.parcel_id, rejected.reason) == ("gb", "no_factor")
        and "electricity.residual" in rejected.mend
        and "GB" in rejected.mend
    )


def test_every_flag_has_a_name_of_its_own():
    """Proves that flags are single bits, so that they can be added and told apart."""
    values = [int(flag) for flag in Fallback if flag]
    assert all(value & (value - 1) == 0 for value in values) and len(set(values)) == len(values)
    assert fallback_names(sum(values)) == [flag.name.lower() for flag in Fallback if flag] and fallback_names(0) == []


def test_weighed_packaging_scales_the_catalogue():
    """Proves that a weighed package changes gross mass and materials alike, and one without parts still weighs."""
    found = only(parcel(packaging_mass_kg=0.236))
    plain = only(parcel())
    assert is_close(found.gross_mass_kg, 1.436) and is_close(found.packaging_co2e_kg, 2 * plain.packaging_co2e_kg)
    bare = only(parcel(package="own", packaging_mass_kg=0.2), merchant(packages={"own": {"kind": "own_container"}}))
    assert is_close(bare.gross_mass_kg, 1.4) and math.isfinite(bare.total_co2e_kg)


def _twice_over():
    """Parcels by category, with and without weight, volume and days in store."""
    rows = [
        parcel(f"R{n}", goods_mass_kg=mass, goods_volume_m3=mass / 150, storage_days=n, product_category="rugs")
        for n, mass in enumerate((0.7, 2.1, 9.4))
    ]
    rows += [parcel(f"C{n}", goods_mass_kg=0.3 + n, goods_volume_m3=0.004, product_category="cups") for n in range(2)]
    return [*rows, *(parcel(f"L{name}", goods_mass_kg=None, product_category=name) for name in ("rugs", "cups", None))]


def test_rows_that_stand_twice_count_once_in_the_means():
    """Proves that means of weight, density and days are those of the parcels that count: each row twice, or some of them."""
    setup = merchant(method={"warehouse_allocation": "volume_days"})
    rows = _twice_over()
    once = planned(rows, setup).profile
    for more in (rows, rows[:1], [rows[2], rows[4], rows[2]]):
        again = planned([*rows, *more], setup).profile
        for name in ("masses", "specific_volumes"):
            mine, wanted = getattr(again, name), getattr(once, name)
            assert mine.keys() == wanted.keys()
            assert all(mine[key].mean == pytest.approx(wanted[key].mean, rel=1e-12) for key in wanted)
            assert all(mine[key].count == wanted[key].count for key in wanted)
        assert again.storage_days == once.storage_days


def test_rows_that_an_earlier_run_holds_count_in_no_mean(tmp_path):
    """Proves that an overlapping file gives its new parcels the footprints that a file of these alone gives."""
    held = [
        parcel("old", goods_mass_kg=40.0, product_category="rugs", shipped_on="2024-02-01"),
        *_twice_over()[:1],
    ]
    new = _twice_over()[1:]
    for name, first in (("alone", [parcel("other")]), ("overlapping", held)):
        calculate(orders(*first), merchant(), ledger=tmp_path / name)
    alone = calculate(orders(*new), merchant(), ledger=tmp_path / "alone", collect=True).footprints
    found = calculate(orders(*held, *new), merchant(), ledger=tmp_path / "overlapping", collect=True)
    assert found.counts == {"rows": len(new) + 2, "footprints": len(new), "rejects": 2}
    pd.testing.assert_frame_equal(
        found.footprints.drop(columns="row"), alone.drop(columns="row"), rtol=1e-12, check_categorical=False
    )
    assert all(each.agrees for row in new for each in explain(tmp_path / "overlapping", row["parcel_id"]))
