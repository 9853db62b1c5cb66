"""The carton suite and the advice on the shop's own orders: figures of the kernel, by hand where they can be."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pandas as pd
import pytest

from carbon.calculate import calculate
from carbon.engine.uncertainty import difference
from carbon.errors import InputError
from carbon.factors.registry import Registry
from carbon.optimise.advice import advise
from carbon.optimise.evaluate import Evaluator
from carbon.optimise.suites.columns import Plant, carton_plant
from carbon.optimise.suites.suite import carton_suite, few_orders
from carbon.orders.places import Places
from carbon.orders.table import OrdersInput
from carbon.organisation.packages import sizes_m
from tests.engine.small import is_close, only, orders, parcel
from tests.optimise.shop import OWN, PACKAGES, PRICES, REUSABLE, item, shop, write

_SIZES = ((0.2, 0.15, 0.1), (0.3, 0.2, 0.15), (0.4, 0.3, 0.2))
_PLANT = Plant(grid=500)


def _history(tmp_path, count=30):
    """Orders of three kinds of goods that no mailer takes."""
    rows = [
        parcel(f"P{n}", package="large", goods_mass_kg=1.0 + n % 3, shipped_on=f"2025-{1 + n % 4:02d}-10")
        for n in range(count)
    ]
    things = [
        item(f"P{n}", sku=f"S{n % 3}", unit_mass_kg=1.0 + n % 3,
             **dict(zip(("length_m", "width_m", "height_m"), _SIZES[n % 3], strict=True)))
        for n in range(count)
    ]  # fmt: skip
    return orders(*rows), write(tmp_path / "items.csv", things)


def test_sizes_that_fit_the_goods_are_found_and_counted_by_the_kernel(tmp_path):
    """Proves that three kinds of goods get their three sizes, and that the total is the one an inventory would have."""
    table, things = _history(tmp_path)
    suite = carton_suite(table, things, shop(), count=3, plant=_PLANT, seconds=2)
    keys = {tuple(sorted(sizes_m(each.inner))): key for key, each in suite.packages.items()}
    assert keys.keys() == {tuple(sorted(size)) for size in _SIZES} and suite.homeless == suite.elsewhere == 0
    setup = shop(
        PACKAGES | {key: each.model_dump(mode="json", exclude_none=True) for key, each in suite.packages.items()}
    )
    rows = table.assign(package=[keys[tuple(sorted(_SIZES[n % 3]))] for n in range(len(table))],
                        goods_volume_m3=[math.prod(_SIZES[n % 3]) for n in range(len(table))])  # fmt: skip
    assert is_close(suite.chosen.outcome.total, calculate(rows, setup).totals_kg["total_co2e_kg"])
    assert suite.chosen.gap <= 0.01 and suite.today.saved > 0
    assert sum(each.parcels for each in suite.by_month) == 30 == sum(each.parcels for each in suite.by_lane)


def test_sizes_near_the_chosen_ones_lower_the_total_and_the_bound_holds_for_all(tmp_path):
    """Proves that a coarse choice gets better, that the kernel counts the new sizes, and that the bound is over all of them."""
    table, things = _history(tmp_path)
    options = {"count": 3, "plant": Plant(), "candidates": 1, "seconds": 1}
    coarse = carton_suite(table, things, shop(), **options, polish=0)
    suite = carton_suite(table, things, shop(), **options, polish=20)
    assert coarse.polish is None and suite.polish.before == pytest.approx(coarse.chosen.outcome.total)
    assert suite.chosen.outcome.total == suite.polish.after < suite.polish.before and suite.polish.came
    assert suite.polish.saved == suite.polish.before - suite.polish.after
    assert suite.candidates == coarse.candidates + suite.polish.sizes
    assert suite.chosen.bound.total <= suite.chosen.outcome.total * (1 + 1e-9) and suite.chosen.gap < 0.01
    assert set(suite.polish.came) <= suite.packages.keys() and not set(suite.polish.left) & suite.packages.keys()
    # An inventory of the orders, each in the best of the set's cartons that hold it.
    adopted = {key: each.model_dump(mode="json", exclude_none=True) for key, each in suite.packages.items()}
    least = {}
    for key, each in suite.packages.items():
        rows = table.assign(package=key, goods_volume_m3=[math.prod(_SIZES[n % 3]) for n in range(len(table))])
        for n, kg in enumerate(calculate(rows, shop(PACKAGES | adopted)).footprints["total_co2e_kg"]):
            inside, goods = (sorted(lengths) for lengths in (sizes_m(each.inner), _SIZES[n % 3]))
            if all(a >= b - 1e-9 for a, b in zip(inside, goods, strict=True)):
                least[n] = min(kg, least.get(n, math.inf))
    assert len(least) == len(table) and is_close(suite.chosen.outcome.total, math.fsum(least.values()))


def test_odd_orders_take_up_a_set_unless_they_need_not_be_held(tmp_path):
    """Proves that one long order of 31 takes a size of two, and that with `cover` it goes first."""
    table, things = _history(tmp_path)
    long = item("P30", sku="long", unit_mass_kg=1.0, length_m=0.7, width_m=0.05, height_m=0.05)
    rows = pd.concat([table, orders(parcel("P30", package="large", goods_mass_kg=1.0))], ignore_index=True)
    with things.open("a", encoding="utf-8") as file:
        file.write(write(tmp_path / "odd.csv", [long]).read_text(encoding="utf-8").split("\n", 1)[1])
    options = {"count": 2, "plant": _PLANT, "seconds": 1, "polish": 0}
    every = carton_suite(rows, things, shop(), **options)
    longest = {key: max(sizes_m(each.inner)) for key, each in every.packages.items()}
    few = max(longest, key=longest.get)
    assert longest[few] >= 0.7 and every.chosen.outcome.left_out_times == 0
    most = carton_suite(rows, things, shop(), **options, cover=0.96)
    assert max(max(sizes_m(each.inner)) for each in most.packages.values()) < 0.7
    assert most.looked_at == most.orders == 31 and most.homeless == 0
    assert most.as_dict()["without_a_size"] == 1 and sum(most.used.values()) == pytest.approx(30)
    assert most.chosen.outcome.total < every.chosen.outcome.total
    with pytest.raises(InputError, match="share of orders to cover"):
        carton_suite(rows, things, shop(), **options, cover=0.0)


def test_sizes_that_are_there_for_few_orders_are_named():
    """Proves that a size of less than half a percent of the parcels is named with what would choose without it."""
    suite = SimpleNamespace(used={"a": 996.0, "b": 4.0}, orders=1_000)
    [note] = few_orders(suite)
    assert note.startswith("b: ") and "4 of 1,000" in note and "--cover" in note
    assert few_orders(SimpleNamespace(used={"a": 995.0, "b": 5.0}, orders=1_000)) == []


def test_without_time_no_size_is_looked_at(tmp_path):
    """Proves that the time bounds the polishing: with none to speak of, the first set and its bound stand."""
    table, things = _history(tmp_path, 9)
    suite = carton_suite(table, things, shop(), count=2, plant=_PLANT, seconds=1, polish=1e-6)
    assert suite.polish is None and suite.as_dict()["polish"] is None


def test_effects_are_those_of_all_orders(tmp_path):
    """Proves that effects are counted on the whole history, not on the orders drawn, or on so many evenly spread ones."""
    table, things = _history(tmp_path)
    options = {"count": 3, "plant": _PLANT, "seconds": 1, "polish": 0}
    few = carton_suite(table, things, shop(), **options, sample=9)
    assert few.looked_at == 9 and few.effects_of == few.orders == 30 == sum(each.parcels for each in few.by_month)
    adopted = {key: each.model_dump(mode="json", exclude_none=True) for key, each in few.packages.items()}
    keys = {tuple(sorted(sizes_m(each.inner))): key for key, each in few.packages.items()}
    rows = table.assign(package=[keys[tuple(sorted(_SIZES[n % 3]))] for n in range(len(table))],
                        goods_volume_m3=[math.prod(_SIZES[n % 3]) for n in range(len(table))])  # fmt: skip
    after = calculate(rows, shop(PACKAGES | adopted)).totals_kg["total_co2e_kg"]
    assert is_close(sum(each.after for each in few.by_month), after) and is_close(few.today.after, after)
    assert is_close(sum(each.before for each in few.by_lane), few.today.before)
    some = carton_suite(table, things, shop(), **options, effects=10)
    assert some.effects_of == 10 == sum(each.parcels for each in some.by_lane) and some.today.times == 30
    assert some.as_dict()["effects_of"] == 10


def test_adopting_a_set_is_the_paired_difference_of_two_inventories(tmp_path):
    """Proves kg with its range, money and empty space against two orders files that are counted whole, before and after."""
    table, things = _history(tmp_path)
    packages = {key: each | {"cost": PRICES[key]} for key, each in PACKAGES.items() if key != "mailer"}
    setup = shop(packages, costs={"currency": "GBP"})
    suite = carton_suite(table, things, setup, count=3, plant=_PLANT, seconds=1, polish=0)
    chosen = {
        key: each.model_dump(mode="json", exclude_none=True, by_alias=True) for key, each in suite.packages.items()
    }
    keys = {tuple(sorted(sizes_m(each.inner))): key for key, each in suite.packages.items()}
    todays = {tuple(sorted(size)): key for size, key in zip(_SIZES, ("small", "medium", "large"), strict=True)}
    both, counted = shop(packages | chosen, costs={"currency": "GBP"}), []
    for named in (todays, keys):
        kinds = [tuple(sorted(_SIZES[n % 3])) for n in range(len(table))]
        rows = table.assign(
            package=[named[kind] for kind in kinds], goods_volume_m3=[math.prod(kind) for kind in kinds]
        )
        opened = OrdersInput.open(rows)
        counted.append(Evaluator(opened, both, Registry.load(gwp_set=both.method.gwp_set), Places()).whole())
    found, paired = suite.adopting, difference(*(each.activity for each in counted))
    assert is_close(found.before_co2e_kg, counted[0].co2e_kg) and is_close(found.after_co2e_kg, counted[1].co2e_kg)
    assert found.difference.clear and found.difference.value_kg == pytest.approx(paired.value_kg)
    assert (found.difference.low_kg, found.difference.high_kg) == pytest.approx((paired.low_kg, paired.high_kg))
    assert found.difference.low_kg < found.difference.value_kg < found.difference.high_kg < 0
    assert (found.before_money, found.after_money) == pytest.approx([each.money for each in counted])
    # Goods fill the chosen sizes wholly; of today's cartons what they leave is by the sizes.
    inside_m3 = {"small": 0.25 * 0.18 * 0.1, "medium": 0.35 * 0.25 * 0.18, "large": 0.45 * 0.35 * 0.3}
    goods_m3 = sum(map(math.prod, _SIZES))
    assert found.before_empty_share == pytest.approx(1 - goods_m3 / sum(inside_m3.values()))
    assert found.after_empty_share == pytest.approx(0) and found.after_flagged == 0
    flagged = sum(1 - math.prod(size) / inside_m3[todays[tuple(sorted(size))]] > 0.5 for size in _SIZES)
    assert found.before_flagged == 10 * flagged and found.orders == 30
    some = carton_suite(table, things, setup, count=3, plant=_PLANT, seconds=1, polish=0, effects=15).adopting
    assert some.orders == 30 and some.difference.value_kg == pytest.approx(some.after_co2e_kg - some.before_co2e_kg)
    assert some.as_dict()["difference"]["low_kg"] == some.difference.low_kg


def test_the_curve_never_rises_and_what_stays_stays(tmp_path):
    """Proves that further sizes never cost more, and that a carton that stays is in every set."""
    table, things = _history(tmp_path)
    suite = carton_suite(table, things, shop(), count=2, stay=["large"], plant=_PLANT, seconds=2)
    totals = [step.set.outcome.total for step in suite.curve]
    assert totals == sorted(totals, reverse=True)
    assert "large" in suite.packages and len(suite.packages) <= 2
    assert suite.chosen.bound.total <= suite.chosen.outcome.total * (1 + 1e-9)


def test_new_sizes_are_priced_by_a_line_through_todays(tmp_path):
    """Proves the price of a new size: fitted over mass, printed, and used where money is to be low."""
    table, things = _history(tmp_path)
    packages = {key: each | {"cost": PRICES[key]} for key, each in PACKAGES.items()}
    suite = carton_suite(
        table, things, shop(packages, costs={"currency": "GBP"}), count=3, objective="cost", plant=_PLANT, seconds=2
    )
    assert suite.unit == "GBP" and any(note.startswith("prices of new sizes") for note in suite.notes)
    assert all(each.cost is not None and each.cost.value > 0 for each in suite.packages.values())


@pytest.mark.parametrize(
    ("options", "said"),
    [({"stay": ["box"]}, "--stay names no carton"), ({"like": "mailer"}, "--like names no carton"),
     ({"count": 1, "stay": ["small", "large"]}, "cannot be met")],
)  # fmt: skip
def test_what_cannot_be_is_named(tmp_path, options, said):
    """Proves that impossible wishes are errors that say what there is."""
    table, things = _history(tmp_path, 6)
    with pytest.raises(InputError) as error:
        carton_suite(table, things, shop(), **({"count": 3} | options), plant=_PLANT, seconds=1)
    assert said in str(error.value)


def test_a_plant_is_read_as_users_write_it():
    """Proves sizes with units, and that a grid finer than a tenth of a millimetre is refused."""
    assert carton_plant("10x8x4 cm", "80x60x60 cm", 2.5, "b") == Plant(
        (1000, 800, 400), (8000, 6000, 6000), 25, flute="b"
    )
    with pytest.raises(InputError, match="too fine"):
        carton_plant("10x8x4 cm", "80x60x60 cm", 0.01, "b")


def test_break_even_of_a_reusable_box_by_hand(tmp_path):
    """Proves making, return and break-even against the kernel: at the needed uses both packages emit the same."""
    table, _ = _history(tmp_path, 12)
    thing = write(tmp_path / "one.csv", [item(f"P{n}", height_m=0.15) for n in range(12)])
    setup = shop(REUSABLE | {"large": PACKAGES["large"]})
    (each,) = advise(table, thing, setup).reuse
    found = each.result.co2e
    assert each.orders == 12 and found.uses is not None and each.worth_it == (found.uses <= 50)
    row = parcel(goods_mass_kg=2.0, goods_volume_m3=0.3 * 0.2 * 0.15)
    single = only(row | {"package": "large"}, setup).total_co2e_kg

    def reused(uses):
        boxes = REUSABLE["round_box"] | {"reuse": REUSABLE["round_box"]["reuse"] | {"uses": uses}}
        return only(row | {"package": "round_box"}, shop({"round_box": boxes})).total_co2e_kg

    # The means of masses 1, 2 and 3 kg are those of 2 kg: everything is linear in mass.
    assert reused(found.uses) <= single + 1e-12 and (found.uses == 1 or reused(found.uses - 1) > single)


def test_own_containers_by_article(tmp_path):
    """Proves what an article saves in its own box, and the damage risk at which nothing is left, against the kernel."""
    table, things = _history(tmp_path, 9)
    setup = shop(PACKAGES | OWN)
    found = {each.sku.key: each for each in advise(table, things, setup).own}
    assert found.keys() == {"S0", "S1", "S2"} and all(each.sku.parcels == 3 for each in found.values())
    row = parcel(goods_mass_kg=1.0, goods_volume_m3=math.prod(_SIZES[0]))
    boxed, own = (only(row | {"package": key}, setup).total_co2e_kg for key in ("small", "own"))
    assert is_close(found["S0"].sku.saved_co2e_kg, boxed - own)
    assert is_close(found["S0"].most_risk_co2e, min((boxed - own) / own, 1.0)) and found["S0"].net_co2e_kg is None
    risky = {each.sku.key: each for each in advise(table, things, setup, damage_risk=0.02).own}
    assert is_close(risky["S0"].net_co2e_kg, 3 * (boxed - own - 0.02 * own))
    with pytest.raises(InputError, match="no share"):
        advise(table, things, setup, damage_risk=2)
