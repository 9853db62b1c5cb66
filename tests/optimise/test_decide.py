"""What is decided for an order, and why the alternatives lost."""

from __future__ import annotations

import math
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from carbon.calculate import calculate
from carbon.errors import InputError
from carbon.optimise import batches, packing
from carbon.optimise.checking import check
from carbon.optimise.loads import Holder
from carbon.optimise.options import Decision
from carbon.optimise.packing import pack
from carbon.optimise.placing.fitting import Fitting, fitting
from tests.engine.small import is_close, only, orders, parcel
from tests.optimise.shop import FILL, OWN, PACKAGES, REUSABLE, TARIFF, item, packed, priced, read, shop, write

_CARTONS = {key: PACKAGES[key] for key in ("small", "medium", "large")}


def _lost(plan, at=0):
    return {each["package"]: each for each in plan["orders"][at]["lost"]}


def test_the_chosen_package_is_the_best_of_all_that_hold_it(tmp_path):
    """Proves the choice against every single package counted by hand through the kernel."""
    thick = item(height_m=0.09, length_m=0.24, width_m=0.17)  # fits every carton, not the mailer
    done, plan = packed(tmp_path, [thick])
    volume_m3 = 0.24 * 0.17 * 0.09
    by_hand = {key: only(parcel(package=key, goods_volume_m3=volume_m3), shop()).total_co2e_kg for key in _CARTONS}
    order = plan["orders"][0]
    assert order["parcels"][0]["package"] == min(by_hand, key=by_hand.get) == "small"
    assert is_close(order["co2e_kg"], by_hand["small"]) and is_close(order["today"]["co2e_kg"], by_hand["large"])
    lost = _lost(plan)
    for key in ("medium", "large"):
        assert is_close(lost[key]["more_co2e_kg"], by_hand[key] - by_hand["small"], 1e-6)
    assert lost["mailer"]["code"] == "item_too_large" and "larger than the package" in lost["mailer"]["sentence"]
    assert done.packed == done.changed == 1 and order["today"]["holds_the_items"] is True


def test_options_that_nothing_beats_are_all_given(tmp_path):
    """Proves that a cheap heavy package and a light dear one are both options, and the objective chooses."""
    packages = {
        "light": {"inner": "320x220x80 mm", "mass": "90 g", "cost": "1.90 GBP"},
        "cheap": {"inner": "320x220x80 mm", "mass": "400 g", "cost": "0.20 GBP"},
        "worst": {"inner": "320x220x80 mm", "mass": "500 g", "cost": "2.20 GBP"},
    }
    setup = shop(packages, costs={"currency": "GBP"})
    chosen = {}
    for objective, price in (("co2e", None), ("cost", None), ("weighted", "1 GBP/kg"), ("weighted", "1000 GBP/kg")):
        _, plan = packed(
            tmp_path, [item()], [parcel("P1", package="worst")], setup, objective=objective, carbon_price=price
        )
        assert [each["packages"] for each in plan["orders"][0]["options"]] == [["light"], ["cheap"]]
        chosen[objective, price] = plan["orders"][0]["parcels"][0]["package"]
        worst = _lost(plan)["worst"]
        assert worst["code"] == "higher" and worst["more_cost"] > 0 and "dearer" in worst["sentence"]
    assert list(chosen.values()) == ["light", "cheap", "cheap", "light"]


def test_money_is_package_filling_labour_and_tariff(tmp_path):
    """Proves a cost by hand: carton, filling by volume, packing time, band by volumetric mass, another currency."""
    fill = FILL | {"price": "20 GBP/m**3"}
    box = {"inner": "400x300x200 mm", "outer": "500x400x200 mm", "mass": "300 g", "void_fill": fill,
           "cost": "0.50 GBP", "packing_time": "90 s"}  # fmt: skip
    tariff = {"volumetric_divisor": "5000 cm**3/kg",
              "bands": [{"up_to": "5 kg", "price": "3 GBP"}, {"up_to": "8 kg", "price": "4.50 GBP"}]}  # fmt: skip
    setup = shop({"box": box}, {"tariff": tariff}, costs={"currency": "GBP", "labour": "20 GBP/hour"})
    done, _ = packed(tmp_path, [item()], [parcel(package="box")], setup, objective="cost")
    empty_m3 = 0.4 * 0.3 * 0.2 - 0.3 * 0.2 * 0.06
    assert is_close(done.money, 0.50 + 20 * empty_m3 + 90 / 3600 * 20 + 4.50)  # 40 l over 5 l/kg: 8 kg billed
    assert done.currency == "GBP" and done.notes == []


def test_what_has_no_price_is_left_out_and_said(tmp_path):
    """Proves that a carton without a price is not taken for free: no package's cost counts then, and the note names it."""
    packages = priced() | {"gift": {"inner": "320x220x80 mm", "mass": "90 g"}}
    done, _ = packed(tmp_path, [item()], organisation=shop(packages, costs={"currency": "GBP"}))
    assert done.money == 0 and any("packages left out" in each and "gift" in each for each in done.notes)
    assert any("road has no tariff" in each for each in done.notes)


def test_a_money_objective_needs_prices(tmp_path):
    """Proves that an aim without figures is refused with the way out, and that prices need a currency."""
    with pytest.raises(InputError, match="needs prices"):
        packed(tmp_path, [item()], objective="cost")
    with pytest.raises(InputError, match="needs a price of CO2e"):
        packed(tmp_path, [item()], organisation=shop(priced(), costs={"currency": "GBP"}), objective="weighted")
    with pytest.raises(InputError, match="need a currency"):
        packed(tmp_path, [item()], organisation=shop(priced()))
    assert not (tmp_path / "packed.csv").exists()


def test_an_order_that_no_box_holds_goes_in_several(tmp_path):
    """Proves a split: ids follow the order's, masses, volumes, values and pieces add up, and each part is counted."""
    heavy = item(sku="H", length_m=0.4, width_m=0.3, height_m=0.25, unit_mass_kg=14.0, quantity=3)
    row = parcel("P1", order_id="O1", package="large", goods_mass_kg=42.5, goods_value=90.0, currency="GBP",
                 product_co2e_kg=6.0, item_count=3, packaging_mass_kg=2.0)  # fmt: skip
    done, plan = packed(tmp_path, [heavy], [row])
    written = read(tmp_path / "packed.csv")
    assert [each["parcel_id"] for each in written] == ["P1/1", "P1/2", "P1/3"] and done.several == 1
    assert {each["order_id"] for each in written} == {"O1"} and {each["packaging_mass_kg"] for each in written} == {""}
    for name, whole in (("goods_mass_kg", 42.5), ("goods_value", 90.0), ("product_co2e_kg", 6.0), ("item_count", 3)):
        assert is_close(sum(float(each[name]) for each in written), whole), name
    assert is_close(sum(float(each["goods_volume_m3"]) for each in written), 3 * 0.4 * 0.3 * 0.25)
    assert plan["orders"][0]["today"]["holds_the_items"] is False and done.today_does_not_fit == 1


def test_own_container_is_a_candidate_where_the_item_may_ship_so(tmp_path):
    """Proves that a product's own box wins where it may, is no option where it may not, and has no empty-space ratio."""
    setup = shop(PACKAGES | OWN)
    rows = [parcel("P1", package="large"), parcel("P2", package="large")]
    _, plan = packed(tmp_path, [item("P1", own_container="yes"), item("P2")], rows, setup)
    first, second = (each["parcels"][0] for each in plan["orders"])
    assert first["package"] == "own" and first["empty_share"] is None
    assert second["package"] != "own" and "own" not in _lost(plan, 1)


def test_a_reusable_box_counts_its_return_leg_and_has_no_ratio(tmp_path):
    """Proves that reuse enters through the kernel: expected uses, empty return; and that the ratio leaves it out."""
    setup = shop(REUSABLE | {"large": PACKAGES["large"]})
    done, plan = packed(tmp_path, [item(height_m=0.15)], organisation=setup)
    order = plan["orders"][0]
    counted = only(parcel(package="round_box", goods_volume_m3=0.3 * 0.2 * 0.15), setup)
    assert order["parcels"][0]["package"] == "round_box" and is_close(order["co2e_kg"], counted.total_co2e_kg)
    assert order["parcels"][0]["empty_share"] is None and done.reusable == 1


def test_where_a_package_is_at_hand_and_for_what(tmp_path):
    """Proves that sites and services limit a package, with the reason."""
    small = PACKAGES["small"] | {"sites": ["coventry"]}
    setup = shop({"small": small, "large": PACKAGES["large"], "medium": PACKAGES["medium"] | {"services": ["air"]}},
                 services={name: {"chain": [{"stage": "last_mile", "vehicle": "road.van.class_3.diesel"}]}
                           for name in ("road", "air")})  # fmt: skip
    thing = {"length_m": 0.24, "width_m": 0.17, "height_m": 0.09}
    rows = [parcel("P1", package="large"), parcel("P2", package="large", service="air")]
    _, plan = packed(tmp_path, [item("P1", **thing), item("P2", **thing, quantity=4)], rows, setup)
    assert plan["orders"][0]["parcels"][0]["package"] == "small"
    assert _lost(plan, 0)["medium"]["code"] == "not_for_this_service"
    assert plan["orders"][1]["parcels"][0]["package"] == "medium"


def test_a_package_without_stock_is_out_of_use_and_compared_with(tmp_path):
    """Proves that orders leave a package of which there is none, which shares nothing out and still says what today is."""
    packages = priced(PACKAGES | {"large": PACKAGES["large"] | {"stock": 0}})
    rows = [item(f"P{n}", length_m=0.2, width_m=0.15, height_m=0.08) for n in range(3)]
    done, plan = packed(tmp_path, rows, organisation=shop(packages, costs={"currency": "GBP"}))
    assert done.packed == done.changed == 3 and "large" not in done.packages
    assert _lost(plan, 0)["large"]["code"] == "out_of_stock" and not any("in stock" in note for note in done.notes)
    assert done.saving_co2e_kg > 0 and done.difference.high_kg < 0 and done.today_money == pytest.approx(3 * 0.88)
    whole, _ = packed(tmp_path, rows, organisation=shop(priced(), costs={"currency": "GBP"}))
    assert (done.today_co2e_kg, done.today_empty_share) == pytest.approx((whole.today_co2e_kg, whole.today_empty_share))


def test_no_more_is_used_than_there_is_in_stock(tmp_path):
    """Proves that no package is used more often than there is, that of equals the earlier order gets it, and the others say so."""
    packages = PACKAGES | {"small": PACKAGES["small"] | {"stock": 2}}
    thing = {"length_m": 0.24, "width_m": 0.17, "height_m": 0.09}
    done, plan = packed(tmp_path, [item(f"P{n}", **thing) for n in range(4)], organisation=shop(packages))
    assert done.packages["small"] == 2
    assert [each["parcels"][0]["package"] for each in plan["orders"]] == ["small", "small", "medium", "medium"]
    assert _lost(plan, 2)["small"]["code"] == "stock_to_others"
    assert any("package small: 4 wanted of 2 in stock" in note for note in done.notes)


def test_a_scarce_package_goes_where_it_gains_most(tmp_path):
    """Proves that an order which would need a far larger package gets the last one, though another comes first in the file."""
    setup = shop({"small": PACKAGES["small"] | {"stock": 1}, "large": PACKAGES["large"],
                  "medium": PACKAGES["medium"] | {"services": ["road"]}},
                 services={name: {"chain": [{"stage": "last_mile", "vehicle": "road.van.class_3.diesel"}]}
                           for name in ("road", "air")})  # fmt: skip
    thing = {"length_m": 0.24, "width_m": 0.17, "height_m": 0.09}
    rows = [parcel("P1", package="large", service="road"), parcel("P2", package="large", service="air")]
    done, plan = packed(tmp_path, [item("P1", **thing), item("P2", **thing)], rows, setup)
    assert [each["parcels"][0]["package"] for each in plan["orders"]] == ["medium", "small"]
    assert _lost(plan, 0)["small"]["code"] == "stock_to_others" and done.packed == 2 and done.kept == 0


def test_an_order_that_only_a_scarce_package_holds_comes_first(tmp_path):
    """Proves that what cannot be packed otherwise gets the last package, and that every order is answered."""
    setup = shop({"small": PACKAGES["small"] | {"stock": 1}, "medium": PACKAGES["medium"] | {"services": ["road"]}},
                 services={name: {"chain": [{"stage": "last_mile", "vehicle": "road.van.class_3.diesel"}]}
                           for name in ("road", "air")})  # fmt: skip
    thing = {"length_m": 0.24, "width_m": 0.17, "height_m": 0.09}
    rows = [parcel(name, package="medium", service=way) for name, way in (("P1", "road"), ("P2", "air"), ("P3", "air"))]
    done, plan = packed(tmp_path, [item(name, **thing) for name in ("P1", "P2", "P3")], rows, setup)
    found = {each["parcel_id"]: [part["package"] for part in each["parcels"]] for each in plan["orders"]}
    assert found == {"P1": ["medium"], "P2": ["small"], "P3": []}
    assert done.packed == 2 and done.kept == 1 and done.reasons["stock_to_others"] == 1


def test_above_the_last_band_is_not_carried(tmp_path):
    """Proves that a parcel above a tariff's last band is no option, and that parts below it are."""
    heavy = item(length_m=0.2, width_m=0.15, height_m=0.1, unit_mass_kg=20.0, quantity=2)
    packages = {key: each | {"max_load": "60 kg"} for key, each in priced(_CARTONS).items()}
    setup = shop(packages, {"tariff": TARIFF}, costs={"currency": "GBP"})
    done, plan = packed(tmp_path, [heavy], [parcel(package="large", goods_mass_kg=None)], setup)
    assert len(plan["orders"][0]["parcels"]) == 2 and math.isfinite(done.money)


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ({"sku": "A", "kind": "food", "keep_apart": ""}, "apart"),
        ({"sku": "A", "temperature": "chilled"}, "temperature"),
    ],
)
def test_what_must_travel_apart_does(tmp_path, more, wanted):
    """Proves that kinds kept apart and classes of temperature are never in one parcel."""
    packages = _CARTONS | {"cool": PACKAGES["medium"] | {"temperatures": ["chilled"]}}
    rows = [item(**more), item(sku="B", kind="chemical", keep_apart="food; tobacco")]
    done, plan = packed(tmp_path, rows, organisation=shop(packages))
    steps = [{each["sku"] for each in part["steps"]} for part in plan["orders"][0]["parcels"]]
    assert sorted(map(sorted, steps)) == [["A"], ["B"]] and done.several == 1
    if wanted == "temperature":
        assert {each["package"] for each in plan["orders"][0]["parcels"]} >= {"cool"}


def test_what_stays_together_does(tmp_path):
    """Proves that a group is never split, even where that would be better."""
    rows = [item(sku="A", keep_together="set", height_m=0.065), item(sku="B", keep_together="set", height_m=0.065)]
    _, plan = packed(tmp_path, rows)
    assert len(plan["orders"][0]["parcels"]) == 1
    _, plan = packed(tmp_path, [each | {"keep_together": ""} for each in rows])
    assert len(plan["orders"][0]["parcels"]) == 2  # two mailers beat a carton with filling


_IMPOSSIBLE = [
    ([item(length_m=1.4, sku="ROD")], "item_too_large", "ROD, 1400 x 200 x 60 mm"),
    ([item(unit_mass_kg=60.0, sku="ANVIL")], "item_too_heavy", "ANVIL: 60.000 kg, at most"),
    ([item(temperature="frozen")], "no_temperature", "frozen"),
    ([item(keep_together="g", quantity=40)], "group_does_not_fit", "g: 36.000 kg"),
    ([item(keep_together="g", sku="X", kind="food"), item(keep_together="g", sku="Y", keep_apart="food")],
     "group_conflict", "X"),
    ([item(unit_mass_kg="")], "no_item_mass", "A"),
    ([item(width_m="20 cm")], "bad_item", "holds a unit"),
    ([item(length_m=0.001, width_m=0.001, height_m=0.001)], "bad_item", "denser than any metal"),
    ([item(rotation="sideways")], "bad_item", "best_fit, this_way_up, never"),
    ([], "no_items", "nothing for this order"),
]  # fmt: skip


def test_what_cannot_be_packed_is_named_and_kept(tmp_path):
    """Proves that impossible orders keep their package, with a reason and what would make them feasible; none is lost."""
    table = [parcel(f"P{at}", package="large", packaging_mass_kg=0.6) for at in range(len(_IMPOSSIBLE) + 1)]
    things = [each | {"parcel_id": f"P{at}"} for at, (rows, _, _) in enumerate(_IMPOSSIBLE, 1) for each in rows]
    done, plan = packed(tmp_path, [item("P0"), *things], table)
    count = len(_IMPOSSIBLE)
    assert (done.orders, done.packed, done.kept, done.refused) == (count + 1, 1, count, 0)
    said = {each["parcel_id"]: each["not_packed"] for each in plan["orders"] if "not_packed" in each}
    written = {each["parcel_id"]: each for each in read(tmp_path / "packed.csv")}
    rejects = {each["parcel_id"]: each for each in read(tmp_path / "rejects.csv")}
    assert written.keys() == {each["parcel_id"] for each in table} and said.keys() == rejects.keys()
    for at, (_, code, named) in enumerate(_IMPOSSIBLE, 1):
        name = f"P{at}"
        assert said[name]["code"] == rejects[name]["reason"] == code
        assert named in said[name]["sentence"] + str(said[name]["found"]), said[name]
        assert written[name]["package"] == "large" and float(written[name]["packaging_mass_kg"]) == 0.6
        assert rejects[name]["row"] == str(at + 1) and "keeps its package" in rejects[name]["mend"]


def test_rows_that_no_calculation_takes_are_refused(tmp_path):
    """Proves orders in = packed + kept + refused with rows that the intake, the duplicates and the plan refuse."""
    rows = [parcel("P1", package="small"), parcel("P1", package="small"), parcel("P2", destination_country="Atlantis"),
            parcel("P3", service="drone", package="small")]  # fmt: skip
    done, _ = packed(tmp_path, [item("P1"), item("P3")], rows)
    assert (done.orders, done.packed, done.kept, done.refused) == (4, 1, 1, 2)
    assert dict(done.reasons) == {"duplicate": 1, "unknown_country": 1, "unknown_service": 1}
    assert [each["parcel_id"] for each in read(tmp_path / "packed.csv")] == ["P1", "P3"]


def test_a_missing_size_is_the_usual_one_or_a_reason(tmp_path):
    """Proves both ways: the category's median stands in, labelled and counted and scaled to a known volume; or nothing is packed."""
    known = [item("P0", product_category="x"), item("P0", sku="B", product_category="x", length_m=0.34)]
    lacking = item("P1", product_category="x", length_m=0, unit_volume_m3=0.32 * 0.2 * 0.06 / 8)
    done, plan = packed(tmp_path, [*known, lacking])
    (step,) = plan["orders"][1]["parcels"][0]["steps"]
    assert sorted(step["size_mm"]) == pytest.approx([30, 100, 160])
    assert plan["orders"][1]["notes"] == ["size of A: usual size of x"] and done.sizes_stood_in == 1
    done, plan = packed(tmp_path, [*known, lacking], fallback=False)
    assert dict(done.reasons) == {"no_size": 1} and "measure it" in plan["orders"][1]["not_packed"]["sentence"]


def test_a_row_in_an_unknown_package_is_packed_all_the_same(tmp_path):
    """Proves that a package the organisation file lacks hinders no decision: there is only nothing to compare with."""
    done, plan = packed(tmp_path, [item()], [parcel(package="gone")])
    assert done.packed == done.today_unknown == 1 and plan["orders"][0]["today"]["co2e_kg"] is None


def test_more_packages_never_give_a_worse_best(tmp_path):
    """Proves that a larger catalogue is never worse, for a handful of orders of all kinds."""
    things = [
        item("A", quantity=2),
        item("B", height_m=0.15, quantity=3),
        item("C", length_m=0.42),
        item("D", fragile="yes"),
    ]
    few, many = (
        packed(tmp_path, things, organisation=shop(packages))[1]["orders"]
        for packages in ({"large": PACKAGES["large"]}, PACKAGES)
    )
    assert all(b["co2e_kg"] <= a["co2e_kg"] * (1 + 1e-12) for a, b in zip(few, many, strict=True))


def test_the_empty_share_is_by_the_sales_packaging(tmp_path):
    """Proves the ratio of EU 2025/40: void fill counts as empty, above half is flagged."""
    done, plan = packed(tmp_path, [item(height_m=0.15)], organisation=shop({"large": PACKAGES["large"]}))
    part = plan["orders"][0]["parcels"][0]
    assert is_close(part["empty_share"], 1 - 0.3 * 0.2 * 0.15 / (0.45 * 0.35 * 0.3))
    assert part["more_empty_than_eu_2025_40"] and done.flagged == done.today_flagged == 1
    assert is_close(done.empty_share, part["empty_share"])


def test_only_where_needed_an_order_is_split(tmp_path):
    """Proves that splits for the better can be switched off."""
    rows = [item(sku="A", height_m=0.065), item(sku="B", height_m=0.065)]
    assert packed(tmp_path, rows)[0].several == 1
    assert packed(tmp_path, rows, several=False)[0].several == 0


def test_items_by_order(tmp_path):
    """Proves that items may name the order; an order of several parcels is named, since whose item is whose is unknown."""
    things = [{**item(), "order_id": "O1"}, {**item(), "order_id": "O2"}]
    for each in things:
        del each["parcel_id"]
    rows = [parcel("P1", order_id="O1"), parcel("P2", order_id="O2"), parcel("P3", order_id="O2")]
    done = pack(orders(*rows), write(tmp_path / "i.csv", things), shop(), tmp_path / "out.parquet")
    assert done.packed == 1 and dict(done.reasons) == {"several_parcels": 2}


def test_every_parcel_passes_the_independent_checker(tmp_path, monkeypatch):
    """Proves by the checker that shares no code with the search: bounds, overlap, support, loads, groups, counts."""
    things = [
        item("A", sku=f"A{n}", quantity=2, length_m=0.1 + 0.03 * n, height_m=0.04 + 0.02 * n,
             fragile="yes" if n == 1 else "", rotation="this_way_up" if n == 2 else "")
        for n in range(4)
    ]  # fmt: skip
    things += [item("B", quantity=300, length_m=0.1, width_m=0.08, height_m=0.05, unit_mass_kg=0.12)]
    seen: list[Decision] = []
    monkeypatch.setattr(batches, "plan_text", lambda parcel, order, decision, *more: seen.append(decision) or "{}")
    packed(tmp_path, things, time_limit_s=900)
    assert sorted(sum(each.load.pieces for each in decision.chosen.filled) for decision in seen) == [8, 300]
    for decision in seen:
        pieces = sum(each.load.pieces for each in decision.chosen.filled)
        for option in decision.front:
            assert sum(len(each.parcel.placements) for each in option.filled) == pieces
            for filled in option.filled:
                assert check(filled.load.items, [filled.parcel]) == []


def test_ten_thousand_pieces_in_an_order(tmp_path):
    """Proves that a very large order is packed, in as many parcels as its mass needs, or says that it is not."""
    dust = item(quantity=10_000, length_m=0.05, width_m=0.04, height_m=0.03, unit_mass_kg=0.018)
    done, plan = packed(tmp_path, [dust], [parcel(package="large", goods_mass_kg=None)], time_limit_s=60)
    assert done.packed == 1 and done.parcels >= 180 / 25
    assert sum(len(part["steps"]) for part in plan["orders"][0]["parcels"]) == 10_000


def test_running_out_of_time_is_said(tmp_path, monkeypatch):
    """Proves that a package whose search ran out of time is named, that others are still found, and that it is counted."""

    def slow(items, box, search):
        assert search.time_limit_s == 0.5
        return Fitting(box, None, timed_out=True) if box.key == "mailer" else fitting(items, box, search)

    monkeypatch.setattr(packing, "Holder", partial(Holder, fit=slow))
    done, plan = packed(tmp_path, [item()], time_limit_s=0.5)
    assert done.packed == done.timed_out == 1 and _lost(plan)["mailer"]["code"] == "time_ran_out"


def test_parquet_in_parquet_out(tmp_path):
    """Proves that orders of a Parquet file, words in codes, become one that says the same, and numbers stay numbers."""
    rows = [parcel(f"P{n}", package=("large", "medium")[n % 2], order_id=f"O{n}") for n in range(4)]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "orders.parquet")
    things = write(tmp_path / "items.csv", [item(f"P{n}") for n in range(3)])
    done = pack(tmp_path / "orders.parquet", things, shop(), tmp_path / "out.parquet")
    written = pq.read_table(tmp_path / "out.parquet")
    assert (done.packed, done.kept, written.num_rows) == (3, 1, 4)
    assert written["package"].to_pylist() == ["mailer", "mailer", "mailer", "medium"]
    assert written["goods_mass_kg"].to_pylist() == [1.2] * 4 and written.schema.field("service").type == pa.string()
    assert calculate(tmp_path / "out.parquet", shop()).counts["footprints"] == 4
