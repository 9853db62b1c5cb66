"""The carton suite: how near the chosen set is to the proven bound, and how long it takes from orders to set."""

from __future__ import annotations

import csv
import gzip
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks import packing_data as data
from benchmarks.conditions import Conditions
from benchmarks.measure import BenchmarkError, Measure
from carbon.factors.registry import Registry
from carbon.optimise.cartons import MOST_SIZES, History, best_set, curve, history
from carbon.optimise.items import Item, Size
from carbon.optimise.placing import Search, fit
from carbon.optimise.suites.choice import SuiteProblem, suite_problem
from carbon.optimise.suites.fits import Fits, by_blocks, by_packing, fit_matrix
from carbon.optimise.suites.plain_costs import CartonCosts, sourced_board
from carbon.optimise.suites.polishing import polished
from carbon.optimise.suites.sizes import PlantLimits, candidate_sizes

GOAL_ORDERS, GOAL_SIZES = 1_000, 500
GOAL_GAP_PERCENT, GOAL_SECONDS = 1.0, 10.0
COUNTS = (3, 8, 20)
_CHOICE_SECONDS = 10.0
_SEED = 20_260
#: Nothing has to be supported here, so that pieces side by side as blocks are a packing, too.
_SEARCH = Search(support_share=0, tries=100)

_REGION, _YEAR = "GB", 2024
_FREIGHT_KM = 300
#: An assumption of this benchmark, not of the project: loosely crumpled paper.
_FILL_KG_PER_M3 = 12


def run(folder: Path | None, smoke: bool, say: Callable[[str], None]) -> list[Measure]:
    """Measure the choice among the orders of a folder; without one, among drawn orders."""
    conditions = Conditions()
    orders = _drawn(GOAL_ORDERS) if folder is None else _read(folder)
    found = _chosen(history(orders), 60 if smoke else GOAL_ORDERS)
    sizes = 60 if smoke else GOAL_SIZES
    # To compile takes longer than all that a smoke run packs.
    search = replace(_SEARCH, compiled=False) if smoke else _SEARCH
    packer = "compiled" if search.is_compiled else "not compiled" + ("" if smoke else ": the extra 'fast' is missing")
    say(
        f"{len(orders):,} orders, {len(found.orders):,} different ones looked at, at most {sizes} sizes; packer {packer}"
    )
    # What numba compiles, it compiles before the clock starts.
    fit_matrix([(Item("", (1000, 1000, 1000), 1.0, 2),)], [(2000, 1000, 1000)], _packer(search))
    given = _prepared(found, sizes, search, say)
    goals = given.problem.cost.shape == (GOAL_ORDERS, GOAL_SIZES)
    measures = given.measures
    for count in (2, 5) if smoke else COUNTS:
        measures += _one(given, count, goals, not smoke, say)
    measures += _whole_curve(given.problem, 6 if smoke else MOST_SIZES, say)
    return measures + conditions.measures()


def _packer(search: Search) -> Fits:
    return by_packing(lambda items, box: fit(items, box, search))


def _drawn(orders: int) -> list[tuple[Item, ...]]:
    """Draw orders of our own: one to four kinds of pieces, two fifths of them single pieces."""
    draw = np.random.default_rng(_SEED)
    found = []
    for _ in range(orders):
        kinds = int(draw.choice([1, 2, 3, 4], p=[0.5, 0.25, 0.15, 0.1]))
        items = []
        for kind in range(kinds):
            sides_mm = np.clip(draw.lognormal(np.log(110), 0.5, 3), 15, 450)
            quantity = int(draw.choice([1, 2, 3], p=[0.8, 0.15, 0.05]))
            mass_kg = float(np.prod(sides_mm) / 1e9 * draw.uniform(100, 500))
            items.append(Item(str(kind), tuple(int(10 * round(side)) for side in sides_mm), mass_kg, quantity))
        found.append(tuple(items))
    return found


def _read(folder: Path) -> list[tuple[Item, ...]]:
    """Read the orders of the sets that a folder has."""
    if not folder.is_dir():
        raise BenchmarkError(f"{folder} is no folder")
    orders: list[tuple[Item, ...]] = []
    if (folder / data.CARTONISATION).exists():
        orders += [tuple(items) for items in data.read_cartons(folder / data.CARTONISATION).orders]
    if (folder / data.ORDERS).exists():
        orders += _read_orders(folder / data.ORDERS)
    if not orders:
        raise BenchmarkError(f"{folder} has none of the sets: {data.CARTONISATION}; {data.ORDERS}")
    return orders


def _read_orders(path: Path) -> list[tuple[Item, ...]]:
    orders: dict[str, list[Item]] = {}
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                size = tuple(round(10 * float(row[name])) for name in ("length_mm", "width_mm", "depth_mm"))
                item = Item(row["item"], size, float(row["weight_g"]) / 1000, int(row["qty"]))
                orders.setdefault(row["order"], []).append(item)
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise BenchmarkError(f"{path.name} cannot be read: {error!r}") from error
    return [tuple(items) for items in orders.values()]


def _chosen(whole: History, most: int) -> History:
    """Take at most so many of the different orders, by lot, the same ones in every run."""
    if len(whole.orders) <= most:
        return whole
    taken = np.sort(np.random.default_rng(_SEED).choice(len(whole.orders), most, replace=False))
    orders = tuple(whole.orders[order] for order in taken)
    return History(orders, whole.times[taken], np.flatnonzero(np.isin(whole.order_of, taken)))


@dataclass(frozen=True, eq=False)
class _Prepared:
    """Candidates and what every order costs in each; how long that took."""

    sizes: list[Size]
    problem: SuiteProblem
    limits: PlantLimits
    cost_of: Callable[[list[Size]], np.ndarray]
    measures: list[Measure]
    seconds: float
    processor_s: float


def _prepared(found: History, most: int, search: Search, say: Callable[[str], None]) -> _Prepared:
    registry = Registry.load()
    board = sourced_board(registry, _REGION, _YEAR)
    costs = _costs(registry)
    limits = PlantLimits(
        (1000, 600, 200), (8000, 6000, 6000), grid=50, board=board.thickness, joint=board.joint, blank=(32_000, 16_000)
    )

    def fits(sizes: list[Size]) -> np.ndarray:
        return fit_matrix(found.orders, sizes, _packer(search), by_blocks)

    clock, processor_s = [time.perf_counter()], time.process_time()
    sizes = candidate_sizes(found.orders, found.times, limits, most=most)
    clock.append(time.perf_counter())
    held = fits(sizes)
    clock.append(time.perf_counter())
    problem = suite_problem(costs.matrix(found.orders, sizes, board, held), found.times)
    clock.append(time.perf_counter())
    seconds = [end - begin for begin, end in pairwise(clock)]
    say(f"{len(sizes)} sizes; {len(problem.homeless)} orders are larger than any carton the plant makes")
    name = "carton suite: "
    measures = [
        Measure(name + "different orders", len(found.orders), "1"),
        Measure(name + "candidate sizes", len(sizes), "1"),
        Measure(name + "orders that no candidate holds", len(problem.homeless), "1"),
        Measure(name + "candidates", seconds[0], "s"),
        Measure(name + "what fits into what", seconds[1], "s"),
        Measure(name + "costs", seconds[2], "s"),
    ]
    return _Prepared(
        sizes,
        problem,
        limits,
        lambda new: costs.matrix(found.orders, new, board, fits(new)),
        measures,
        sum(seconds),
        time.process_time() - processor_s,
    )


def _costs(registry: Registry) -> CartonCosts:
    """Return kg CO2e by the factor tables: board and filling of recycled fibre, freight by lorry."""

    def co2e_kg(activity: str, unit: str) -> float:
        return registry.resolve(activity, unit, _REGION, _YEAR).factor.co2e_kg

    return CartonCosts(
        board_cost_per_kg=co2e_kg("packaging.corrugated_board.recycled", "kg"),
        void_fill_cost_per_m3=_FILL_KG_PER_M3 * co2e_kg("packaging.paper.recycled", "kg"),
        freight_cost_per_kg=_FREIGHT_KM * co2e_kg("road.hgv.all.average", "kg*km"),
        volumetric_kg_per_m3=200,
    )


def _one(given: _Prepared, count: int, goals: bool, gap_goal: bool, say: Callable[[str], None]) -> list[Measure]:
    """Measure one number of sizes: each step of the search against the bound, the clock, and what polishing adds."""
    processor_s = time.process_time()
    found = best_set(given.problem, count, GOAL_GAP_PERCENT / 100, _CHOICE_SECONDS)
    processor_s = time.process_time() - processor_s
    say(f"{count} sizes: bound by {found.bound.by}, of {found.bound.of}")
    began = time.perf_counter()
    better = polished(given.sizes, given.problem, found, given.limits, given.cost_of)
    polish_s = time.perf_counter() - began
    saved_percent = 100 * (1 - better.set.outcome.total / found.outcome.total)
    name = f"carton suite, {count} sizes: "
    return [
        Measure(name + "greedy above the bound", 100 * found.bound.gap(found.greedy_total), "%"),
        Measure(name + "greedy and swap above the bound", 100 * found.bound.gap(found.swap_total), "%"),
        _goal(name + "gap to the proven bound", 100 * found.gap, "%", GOAL_GAP_PERCENT, gap_goal),
        Measure(name + "orders left without a size", found.outcome.left_out_times, "1"),
        _goal(name + "choice and bound", found.seconds, "s", GOAL_SECONDS, goals),
        Measure(name + "choice and bound, processor time", processor_s, "s"),
        _goal(name + "from orders to set and bound", given.seconds + found.seconds, "s", GOAL_SECONDS, goals),
        Measure(name + "from orders to set and bound, processor time", given.processor_s + processor_s, "s"),
        Measure(name + "polishing lowers the cost by", saved_percent, "%"),
        Measure(name + "polishing", polish_s, "s"),
    ]


def _whole_curve(problem: SuiteProblem, most: int, say: Callable[[str], None]) -> list[Measure]:
    began = time.perf_counter()
    steps = curve(problem, most, GOAL_GAP_PERCENT / 100, say=lambda done, of: say(f"curve: {done} of {of}"))
    seconds = time.perf_counter() - began
    ranks = [step.set.outcome.rank for step in steps]
    rises = sum(later > earlier for earlier, later in pairwise(ranks))
    name = f"carton suite, 1 to {most} sizes: "
    return [
        Measure(name + "whole curve", seconds, "s"),
        Measure(name + "largest gap", 100 * max(step.set.gap for step in steps), "%"),
        _goal(name + "steps at which the curve rises", rises, "1", 0, True),
    ]


def _goal(name: str, value: float, unit: str, most: float, told: bool) -> Measure:
    return Measure(name, value, unit, f"<= {most:g}", value <= most if told else None)
