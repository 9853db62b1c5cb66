"""How good planned rounds are: public instances beside plain PyVRP, green ones beside the best plans known."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from benchmarks import routing_data as data
from benchmarks import routing_public as public
from benchmarks.measure import BenchmarkError, Measure
from carbon.optimise.rounds.costing import Costing
from carbon.optimise.rounds.plan import RoundPlan
from carbon.optimise.rounds.problem import Objective, Problem
from carbon.optimise.routing import plan_rounds

GOAL_PERCENT = 1.0
SECONDS = 30.0
_SMOKE_SECONDS = 1.0
_LEAST = 1e-4
_KG, _MONEY = Objective(1.0, 0.0), Objective(0.0, 1.0)


def run(
    folder: Path, seconds: float, seed: int, smoke: bool, save: Path | None, say: Callable[[str], None]
) -> list[Measure]:
    """Measure all instances of a folder, each on one thread, one after the other."""
    found = data.read(folder)
    for each in found.unknown:
        say(f"left out: {each}")
    if not found.public and not found.green:
        raise BenchmarkError(f"{folder} has no instance: *.vrp, or *.json of the format {data.FORMAT}")
    if smoke:
        seconds = min(seconds, _SMOKE_SECONDS)
    measures = [] if not found.public else _public(found.public, seconds, seed, smoke, say)
    for each in found.green:
        measures += _green(each, seconds, seed, smoke, save, say)
    return measures


def _public(
    given: list[data.Public], seconds: float, seed: int, smoke: bool, say: Callable[[str], None]
) -> list[Measure]:
    measures: list[Measure] = []
    gaps: dict[str, list[tuple[float, float]]] = {}
    for each in given:
        try:
            ours, alone = public.both(
                each, seconds, seed, lambda problem: plan_rounds(problem, _MONEY, seconds=seconds, seed=seed)
            )
        except (ValueError, KeyError, RuntimeError) as error:
            say(f"left out: {each.path.name}: {error}")
            continue
        say(f"{each.path.stem}: ours {ours}, PyVRP alone {alone}, best known {each.best_known}")
        best = each.best_known or min((value for value in (ours, alone) if value is not None), default=None)
        pair = [None if value is None or not best else 100 * (value / best - 1) for value in (ours, alone)]
        name = f"rounds, {each.kind} {each.path.stem}"
        measures.append(Measure(f"{name}: above the best known", pair[0], "%"))
        measures.append(Measure(f"{name}: PyVRP alone above the best known", pair[1], "%"))
        if None not in pair:
            gaps.setdefault(each.kind, []).append((pair[0], pair[1]))
    for kind, pairs in sorted(gaps.items()):
        mean, alone = (statistics.fmean(values) for values in zip(*pairs, strict=True))
        holds = None if smoke else mean <= alone + _LEAST
        measures.append(Measure(f"rounds, {kind}: mean above the best known", mean, "%"))
        measures.append(Measure(f"rounds, {kind}: mean above PyVRP alone", mean - alone, "%-points", "<= 0", holds))
    return measures


def _green(
    given: data.Green, seconds: float, seed: int, smoke: bool, save: Path | None, say: Callable[[str], None]
) -> list[Measure]:
    plans = {
        "kg CO2e": plan_rounds(given.problem, _KG, seconds=seconds, seed=seed),
        "EUR": plan_rounds(given.problem, _MONEY, seconds=seconds, seed=seed),
        "km": plan_rounds(by_distance(given.problem), _MONEY, seconds=seconds, seed=seed),
    }
    figures = {name: _figures(given.problem, plan) for name, plan in plans.items()}
    measures = []
    for name, known, place in (("kg CO2e", given.best_co2e_kg, 0), ("EUR", given.best_money, 1)):
        value, left = figures[name][place], len(plans[name].unserved)
        say(f"{given.name}: {value:.4f} {name}, best known {known}, {left} stops not served")
        gap = None if not known or left else 100 * (value / known - 1)
        holds = None if smoke or not known else gap is not None and gap <= GOAL_PERCENT
        measures.append(
            Measure(f"rounds, {given.name}: {name} above the best known", gap, "%", f"<= {GOAL_PERCENT:g}", holds)
        )
        if save is not None and not left and (not known or value < known - _LEAST):
            _save(save, given.name, name, plans[name], figures[name])
    for name, (co2e_kg, money, km) in figures.items():
        for value, unit in ((co2e_kg, "kg CO2e"), (money, "EUR"), (km, "km")):
            measures.append(Measure(f"rounds, {given.name}: {unit} of the plan with the fewest {name}", value, unit))
    return measures


def by_distance(problem: Problem) -> Problem:
    """Return a problem whose money is km alone."""
    return problem.with_fleet(
        [
            replace(each, money_per_km=1.0, money_per_hour=0.0, money_per_use=0.0, money_per_energy=0.0)
            for each in problem.fleet
        ]
    )


def _figures(problem: Problem, plan: RoundPlan) -> tuple[float, float, float]:
    """Return kg CO2e, money and km of a plan, by the instance's own prices."""
    costing = Costing(problem)
    timed = [costing.timed(each.duty) for each in plan.duties]
    return (
        sum(each.co2e_kg for each in timed),
        sum(each.money for each in timed),
        sum(each.distance_m for each in timed) / 1000,
    )


def _save(folder: Path, name: str, unit: str, plan: RoundPlan, figures: tuple[float, float, float]) -> None:
    """Write a plan that is better than the best known, with the customers' numbers of the instance."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.{'co2e' if unit.startswith('kg') else 'cost'}.json"
    routes = [[each.duty.vehicle, [stop + 1 for stop in each.duty.stops]] for each in plan.duties]
    found = {"name": name, "kgco2e": figures[0], "eur": figures[1], "routes": routes}
    path.write_text(json.dumps(found) + "\n", encoding="utf-8")
