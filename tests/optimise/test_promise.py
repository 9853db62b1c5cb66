"""What packing promises is what the next inventory counts."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from carbon.calculate import calculate
from carbon.engine.uncertainty import difference
from carbon.optimise.packing import pack
from carbon.sample import write_sample
from tests.engine.small import BOX, COVENTRY, is_close, only, orders, parcel, ran
from tests.optimise.shop import OWN, PACKAGES, REUSABLE, item, packed, read, shop

_DIVISOR = {"allocation": "volumetric", "volumetric_divisor": "5000 cm**3/kg"}


def _rows():
    return [
        parcel("A", package="large"), parcel("B", package="medium", goods_mass_kg=4.0, returned_on="2025-07-09"),
        parcel("C", package="small", goods_mass_kg=0.5), parcel("D", package=None, goods_mass_kg=20.0),
    ]  # fmt: skip


def _items():
    return [
        item("A"), item("B", sku="B", quantity=4), item("C", sku="C", length_m=0.2, height_m=0.02, unit_mass_kg=0.5),
        item("D", sku="D", length_m=0.44, width_m=0.34, height_m=0.29, unit_mass_kg=10.0, quantity=2),
    ]  # fmt: skip


@pytest.mark.parametrize("service", [{}, _DIVISOR], ids=["by mass", "by volumetric mass"])
def test_adopting_the_plan_changes_the_inventory_by_what_was_promised(tmp_path, service):
    """Proves promise = next total - last total to 1e-9, with returns, defaults, volumetric freight and a split."""
    setup = shop(PACKAGES | REUSABLE | OWN, service)
    # The goods' volumes are in both files, so that nothing but packages differs.
    rows = [row | {"goods_volume_m3": 0.004 * (at + 1)} for at, row in enumerate(_rows())]
    done, plan = packed(tmp_path, _items(), rows, setup)
    assert done.packed == 4 and done.several >= 1
    before = calculate(orders(*rows), setup).totals_kg["total_co2e_kg"]
    after = calculate(tmp_path / "packed.csv", setup).totals_kg["total_co2e_kg"]
    promised = math.fsum(each["co2e_kg"] - each["today"]["co2e_kg"] for each in plan["orders"])
    assert is_close(after - before, promised)
    assert is_close(done.difference.value_kg, promised)
    assert is_close(done.saving_co2e_kg, -promised) and abs(done.shared_co2e_kg) < 1e-9


def test_each_parcel_is_counted_as_promised(tmp_path):
    """Proves the same parcel by parcel: each written row's footprint is the one its order was decided by."""
    _, plan = packed(tmp_path, _items(), _rows(), shop(PACKAGES | REUSABLE, _DIVISOR))
    promised = {each["parcel_id"]: each["co2e_kg"] for order in plan["orders"] for each in order["parcels"]}
    found = calculate(tmp_path / "packed.csv", shop(PACKAGES | REUSABLE, _DIVISOR)).footprints
    assert dict(zip(found.parcel_id, found.total_co2e_kg, strict=True)).keys() == promised.keys()
    for name, kg in zip(found.parcel_id, found.total_co2e_kg, strict=True):
        assert is_close(kg, promised[name])


def test_shared_meters_and_rounds_are_counted_whole(tmp_path):
    """Proves that the promise for the whole file holds where splits change what site energy and rounds are shared among."""
    meter = {"activity": "electricity.grid", "quantity": "900 kW*h", "from": "2025-06-01", "to": "2025-06-30"}
    setup = shop(sites={"coventry": {"place": COVENTRY, "energy": [meter | {"outbound": {"parcels": 4}}]}},
                 method={"round_allocation": "mass_distance"})  # fmt: skip
    rows = [row | {"round_id": "R1", "round_distance_km": 60.0, "goods_volume_m3": 0.01} for row in _rows()]
    done, _ = packed(tmp_path, _items(), rows, setup)
    before = calculate(orders(*rows), setup).totals_kg["total_co2e_kg"]
    after = calculate(tmp_path / "packed.csv", setup).totals_kg["total_co2e_kg"]
    assert done.several >= 1 and abs(done.shared_co2e_kg) > 1e-6
    assert is_close(done.difference.value_kg, after - before, 1e-8)


def test_the_range_is_that_of_the_pair(tmp_path):
    """Proves that the range of the difference is drawn as a pair from the two runs' own activity, not from two ranges."""
    rows, setup = _rows(), shop()
    done, _ = packed(tmp_path, _items(), rows, setup)
    before, after = (ran(table, setup)[0] for table in (orders(*rows), pd.read_csv(tmp_path / "packed.csv")))
    wanted = difference(before.activity_table(), after.activity_table())
    assert is_close(done.difference.low_kg, wanted.low_kg) and is_close(done.difference.high_kg, wanted.high_kg)
    assert done.difference.low_kg < done.difference.value_kg < done.difference.high_kg


def test_an_orders_range_is_that_of_its_own_pair(tmp_path):
    """Proves that the range told of one order is the paired one of its two rows, and only of orders that change."""
    setup, rows = shop(), [parcel("A", package="large", goods_volume_m3=0.0036), parcel("B", package="mailer")]
    _, plan = packed(tmp_path, [item("A"), item("B")], rows, setup, ranges=True)
    found = {each["parcel_id"]: each.get("difference") for each in plan["orders"]}
    chosen = plan["orders"][0]["parcels"][0]["package"]
    pair = [ran(orders(rows[0] | {"package": package}), setup)[0].activity_table() for package in ("large", chosen)]
    wanted = difference(*pair, draws=2000)
    assert found["B"] is None and is_close(found["A"]["value_kg"], wanted.value_kg)
    assert is_close(found["A"]["low_kg"], wanted.low_kg) and is_close(found["A"]["high_kg"], wanted.high_kg)


def test_the_outer_size_is_what_volumetric_freight_counts():
    """Proves that a parcel is measured from outside where the organisation file says how large it is there."""
    row = parcel(goods_mass_kg=0.1, goods_volume_m3=0.001)
    inner = only(row, shop({"box": BOX}, _DIVISOR))
    outer = only(row, shop({"box": BOX | {"outer": "258x188x116 mm"}}, _DIVISOR))
    assert outer.line_haul_co2e_kg / inner.line_haul_co2e_kg == pytest.approx(
        0.258 * 0.188 * 0.116 / (0.25 * 0.18 * 0.1)
    )


def test_the_sample_merchant_saves(tmp_path, capsys):
    """Proves what adopting the optimiser saves the sample merchant, by the next inventory, and prints it."""
    write_sample(tmp_path, 300)
    files = {"lines": tmp_path / "lines.csv"}
    done = pack(tmp_path / "orders.csv", tmp_path / "lines.csv", tmp_path / "organisation.yaml",
                tmp_path / "packed.csv", **files)  # fmt: skip
    before = calculate(tmp_path / "orders.csv", tmp_path / "organisation.yaml", **files)
    after = calculate(tmp_path / "packed.csv", tmp_path / "organisation.yaml", **files)
    change = after.totals_kg["total_co2e_kg"] - before.totals_kg["total_co2e_kg"]
    assert is_close(done.difference.value_kg, change, 1e-9)
    assert done.orders == 300 == done.packed + done.kept + done.refused
    assert done.difference.value_kg < 0 and done.difference.clear
    assert done.empty_share < done.today_empty_share
    assert len(read(tmp_path / "packed.csv")) == done.parcels + done.kept
    with capsys.disabled():
        print(f"\nsample merchant: {-change:.1f} of {done.before_co2e_kg:.0f} kg CO2e, "
              f"{done.today_money - done.money:.0f} {done.currency}, empty space {done.today_empty_share:.0%} -> "
              f"{done.empty_share:.0%}")  # fmt: skip
