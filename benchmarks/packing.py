"""How good and how fast packing is: single cartons, several boxes, full containers."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import packing_data as data
from benchmarks.measure import BenchmarkError, Measure
from carbon.optimise.checking import check
from carbon.optimise.items import Item, Parcel, Rotation
from carbon.optimise.placing import Search, compiled, fill, left_out_counts, smallest, smallest_many, split, split_many

GOAL_OPTIMAL_PERCENT, GOAL_EXCESS_PERCENT = 99.0, 0.3
GOAL_PLAIN, GOAL_COMPILED = 500, 5000
GOAL_LOAD_PERCENT = 86.0
_ROUNDS = 5
#: How often the orders are packed, each time as other orders, to keep all cores busy.
_COPIES = 20
#: The public sets have no rule on support.
SEARCH = Search(support_share=0)


def run(folder: Path | None, smoke: bool, say: Callable[[str], None]) -> list[Measure]:
    """Measure what a folder has files for; without one, orders of our own."""
    if folder is None:
        say("orders cut from cartons, containers drawn: no set was given")
        measures = cartons(data.cut_cartons(20 if smoke else 400), goals=False, say=say)
        measures += loads(data.cut_loads(2 if smoke else 20), goal=False, say=say)
        return measures + varied((80,) if smoke else (300, 600, 1000, 2000), 1 if smoke else 3, say)
    if not folder.is_dir():
        raise BenchmarkError(f"{folder} is no folder")
    measures = []
    if (folder / data.CARTONISATION).exists():
        measures += cartons(_few(data.read_cartons(folder / data.CARTONISATION), smoke), not smoke, say)
    if (folder / data.ORDERS).exists():
        measures += shipments(_few_shipments(data.read_shipments(folder), smoke), not smoke, say)
    for path in sorted(folder.glob("BR*.txt"), key=lambda path: (len(path.name), path.name)):
        found = data.read_loads(path)
        if smoke:
            found = replace(found, problems=found.problems[:2], best_known_percent=found.best_known_percent[:2])
        measures += loads(found, goal=not smoke and found.name == "BR1", say=say)
    if not measures:
        expected = f"{data.CARTONISATION}; {data.ORDERS}, {data.BOXES}, {data.EXPECTED}; BR*.txt, {data.BEST_KNOWN}"
        raise BenchmarkError(f"{folder} has none of the sets: {expected}")
    return measures


def _few(given: data.Cartons, smoke: bool) -> data.Cartons:
    return data.Cartons(given.boxes, given.orders[:40], given.optimal[:40]) if smoke else given


def _few_shipments(given: data.Shipments, smoke: bool) -> data.Shipments:
    return replace(given, orders=dict(list(given.orders.items())[:40])) if smoke else given


def cartons(given: data.Cartons, goals: bool, say: Callable[[str], None]) -> list[Measure]:
    """Measure the choice of single cartons: against the proven answer, and by the clock."""
    say(f"single cartons: {len(given.orders)} orders, {len(given.boxes)} cartons")
    choices = [smallest(items, given.boxes, SEARCH) for items in given.orders]
    volume_m3 = {box.key: box.inner_m3 for box in given.boxes}
    right = none = none_right = faults = 0
    excess = []
    for items, wanted, choice in zip(given.orders, given.optimal, choices, strict=True):
        found = None if choice.parcel is None else choice.parcel.box.key
        right += found == wanted
        none += wanted is None
        none_right += wanted is None and found is None
        if wanted is not None:
            # An order that finds no carton is as bad as the largest one.
            excess.append(volume_m3.get(found, max(volume_m3.values())) / volume_m3[wanted] - 1)
        if choice.parcel is not None:
            faults += len(check(items, [choice.parcel], support_share=0))
    name = "cartons: "
    percent = 100 * right / len(given.orders)
    excess_percent = 100 * statistics.fmean(excess) if excess else 0.0
    measures = [
        _goal(name + "orders at the optimal carton", percent, "%", ">=", GOAL_OPTIMAL_PERCENT, goals),
        _goal(name + "mean excess volume", excess_percent, "%", "<=", GOAL_EXCESS_PERCENT, goals),
        Measure(name + "orders", len(given.orders), "orders"),
        Measure(name + "orders that no carton holds", none, "orders"),
        _goal(name + "of these recognised", none_right, "orders", ">=", none, True),
        _goal(name + "faults found by the checker", faults, "faults", "<=", 0, True),
    ]
    for compiled_, goal in ((False, GOAL_PLAIN), (True, GOAL_COMPILED)):
        word = "compiled" if compiled_ else "plain"
        if compiled_ and not compiled.is_available():
            say("the compiled search is left out: numba is not installed (the extra 'fast')")
            continue
        per_second = _orders_per_second(given, replace(SEARCH, compiled=compiled_))
        measures.append(_goal(f"{name}speed, one core, {word}", per_second, "orders/s", ">=", goal, goals))
    measures.append(Measure(name + "speed of a batch, one process", _batch(given, 1), "orders/s"))
    measures.append(Measure(name + "speed of a batch, all cores", _batch(given, os.cpu_count() or 1), "orders/s"))
    return measures


def _orders_per_second(given: data.Cartons, search: Search) -> float:
    """Return orders in a second of one core's own time, compiling and caches of earlier answers apart."""
    rounds = []
    for _ in range(_ROUNDS + 1):
        started = time.process_time()
        for items in given.orders:
            smallest(items, given.boxes, search)
        rounds.append(time.process_time() - started)
    return len(given.orders) / statistics.median(rounds[1:])


def _batch(given: data.Cartons, cores: int) -> float:
    """Return orders in a second of the clock, all different; processes are running, where they are used at all."""
    orders: list[list[Item]] = []
    for number in range(_COPIES):
        # Another mass is another order; it changes nothing here.
        orders += [[replace(item, mass_kg=item.mass_kg + number) for item in items] for items in given.orders]
    done = smallest_many(iter(orders), given.boxes, SEARCH, cores=cores)
    warm = len(orders) // 4
    for _ in range(warm):
        next(done)
    started = time.perf_counter()
    rest = sum(1 for _ in done)
    return rest / (time.perf_counter() - started)


def shipments(given: data.Shipments, goals: bool, say: Callable[[str], None]) -> list[Measure]:
    """Measure orders in several boxes beside what BoxPacker needs for them."""
    measures = []
    for word, expected, rotation in (
        ("turned freely", given.expected, Rotation.BEST_FIT),
        ("kept flat", given.expected_flat, Rotation.THIS_WAY_UP),
    ):
        say(f"several boxes: {len(given.orders)} orders, {word}")
        orders = {order: [replace(item, rotation=rotation) for item in items] for order, items in given.orders.items()}
        started = time.perf_counter()
        boxes = least = more = faults = left_out = 0
        for (order, items), found in zip(orders.items(), split_many(orders.values(), given.boxes, SEARCH), strict=True):
            boxes += len(found.parcels)
            least += found.least
            more += len(found.parcels) > expected[order]
            left_out += sum(each.quantity for each in found.left_out)
            faults += len(check(items, found.parcels, left_out_counts(found), support_share=0))
        seconds = time.perf_counter() - started
        total = sum(expected[order] for order in orders)
        name = f"boxes, {word}: "
        measures += [
            _goal(name + "in all", boxes, "boxes", "<=", total, goals),
            Measure(name + "no fewer than", least, "boxes"),
            Measure(name + "orders with more boxes than BoxPacker", more, "orders"),
            Measure(name + "pieces left out", left_out, "pieces"),
            _goal(name + "faults found by the checker", faults, "faults", "<=", 0, True),
            Measure(name + "speed, all cores", len(orders) / seconds, "orders/s"),
        ]
    return measures


def varied(sizes: Sequence[int], count: int, say: Callable[[str], None]) -> list[Measure]:
    """Measure orders of hundreds of different pieces that must rest on something: boxes, their volume, how full they are."""
    measures = []
    for pieces in sizes:
        for loaded in (False, True):
            given = data.varied_orders(count, pieces, loaded)
            for share in (0.75, 1.0):
                word = f"{pieces:,} different pieces, {share:.0%} supported" + (", loads" if loaded else "")
                say(f"{word}: {count} orders")
                boxes = faults = left_out = 0
                goods_m3 = inner_m3 = 0.0
                started = time.process_time()
                ways = [
                    split(items, given.boxes, replace(SEARCH, support_share=share)) for items in given.orders.values()
                ]
                seconds = (time.process_time() - started) / count
                for items, way in zip(given.orders.values(), ways, strict=True):
                    boxes += len(way.parcels)
                    goods_m3 += sum(parcel.goods_m3() for parcel in way.parcels)
                    inner_m3 += sum(parcel.box.inner_m3 for parcel in way.parcels)
                    left_out += sum(each.quantity for each in way.left_out)
                    faults += len(check(items, way.parcels, left_out_counts(way), support_share=share))
                measures += [
                    Measure(f"{word}: boxes", boxes, "boxes"),
                    Measure(f"{word}: volume of the boxes", inner_m3, "m3"),
                    Measure(f"{word}: utilisation", 100 * goods_m3 / inner_m3, "%"),
                    Measure(f"{word}: pieces left out", left_out, "pieces"),
                    _goal(f"{word}: faults found by the checker", faults, "faults", "<=", 0, True),
                    Measure(f"{word}: own time per order", seconds, "s"),
                ]
    return measures


def loads(given: data.Loads, goal: bool, say: Callable[[str], None]) -> list[Measure]:
    """Measure how full containers get; with everything resting on something, too."""
    say(f"full containers: {given.name}, {len(given.problems)} problems")
    measures = []
    for word, share in (("", 0.0), (", every base wholly supported", 1.0)):
        shares, faults = [], 0
        started = time.perf_counter()
        for items, box in given.problems:
            found = fill(items, box, replace(SEARCH, support_share=share))
            parcels: list[Parcel] = [] if found.parcel is None else [found.parcel]
            shares.append(100 * sum(parcel.goods_m3() for parcel in parcels) / box.inner_m3)
            faults += len(check(items, parcels, found.left_out, support_share=share))
        seconds = (time.perf_counter() - started) / len(given.problems)
        name = f"{given.name}{word}: "
        percent = statistics.fmean(shares)
        with_goal = goal and share == 0
        measures += [
            _goal(name + "mean utilisation", percent, "%", ">=", GOAL_LOAD_PERCENT, True)
            if with_goal else Measure(name + "mean utilisation", percent, "%"),
            Measure(name + "least utilisation", min(shares), "%"),
            _goal(name + "faults found by the checker", faults, "faults", "<=", 0, True),
            Measure(name + "seconds per problem", seconds, "s"),
        ]  # fmt: skip
        if given.best_known_percent and share == 0:
            measures.append(
                Measure(name + "best known mean utilisation", statistics.fmean(given.best_known_percent), "%")
            )
    return measures


def _goal(name: str, value: float, unit: str, sign: str, goal: float, told: bool) -> Measure:
    holds = value >= goal if sign == ">=" else value <= goal
    word = "at least" if sign == ">=" else "at most"
    return Measure(name, value, unit, f"{word} {goal:,g}", holds if told else None)
