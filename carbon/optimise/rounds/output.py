"""A plan of rounds as CSV for who drives it and as JSON for who reads on; files appear whole or not at all."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

from carbon.optimise.rounds.metrics import of_duty, of_plan, rounds_of
from carbon.optimise.rounds.plan import Leg, RoundPlan, Timed
from carbon.optimise.rounds.problem import DAY_S, Problem
from carbon.optimise.rounds.words import COLUMNS, WORDS, heading, why
from carbon.orders.rejects import neutral

_M_PER_KM = 1_000.0
_MINUTE, _HOUR, _DAY = 60, 3_600, int(DAY_S)


def clock(time_s: float) -> str:
    """Return a time of day: HH:MM:SS, and the day where it is another one (+1).

    Rounded to the second; ``24:00:00`` and later belong to the next day.
    """
    days, left = divmod(round(time_s), _DAY)
    hours, left = divmod(left, _HOUR)
    minutes, seconds = divmod(left, _MINUTE)
    text = f"{hours:02d}:{minutes:02d}:{seconds:02d}"
    return f"{text} {days:+d}" if days else text


def plan_rows(problem: Problem, plan: RoundPlan, language: str = "en") -> list[dict[str, Any]]:
    """Return a plan leg by leg, by the keys of `carbon.optimise.rounds.words.COLUMNS`.

    `sequence` counts the stops of a round; the leg back has the next number and the depot's name. Hours and use of a
    vehicle are no leg's: `money` and `co2e_kg` here are those of the legs' km and energy.
    """
    return [
        _row(problem, timed, leg, number, position, sequence, language)
        for number, timed in enumerate(plan.duties, 1)
        for position, legs in enumerate(rounds_of(timed), 1)
        for sequence, leg in enumerate(legs, 1)
    ]


def _row(
    problem: Problem, timed: Timed, leg: Leg, duty: int, round_: int, sequence: int, language: str
) -> dict[str, Any]:
    vehicle = problem.fleet[timed.duty.vehicle]
    stop = None if leg.stop is None else problem.stops[leg.stop]
    return {
        "duty": duty,
        "vehicle": vehicle.id,
        "round": round_,
        "sequence": sequence,
        "stop": place_name(problem, leg, language),
        "parcels": "" if stop is None else " ".join(stop.parcels),
        "depart": clock(leg.depart_s),
        "arrive": clock(leg.arrive_s),
        "begin": clock(leg.begin_s),
        "leave": clock(leg.leave_s),
        "depart_s": leg.depart_s,
        "arrive_s": leg.arrive_s,
        "begin_s": leg.begin_s,
        "leave_s": leg.leave_s,
        "rest_s": leg.rest_s,
        "delivery_kg": 0.0 if stop is None else stop.delivery_kg,
        "collection_kg": 0.0 if stop is None else stop.collection_kg,
        "load_kg": leg.load_kg,
        "load_m3": leg.load_m3,
        "distance_km": leg.distance_m / _M_PER_KM,
        "energy": leg.energy,
        "energy_unit": vehicle.energy_unit,
        "carrier": vehicle.carrier,
        "co2e_kg": leg.co2e_kg,
        "money": leg.money if problem.currency else None,
        "currency": problem.currency,
    }


def place_name(problem: Problem, leg: Leg, language: str) -> str:
    """Return the id of the stop a leg leads to, or the depot's name."""
    if leg.stop is not None:
        return problem.stops[leg.stop].id
    return problem.depots.get(leg.end) or WORDS[language]["depot"]


def plan_csv(problem: Problem, plan: RoundPlan, language: str = "en") -> str:
    """Return a plan as CSV, a row a leg; text that a spreadsheet would run as a formula gets an apostrophe."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow([heading(key, language) for key, _ in COLUMNS])
    for row in plan_rows(problem, plan, language):
        writer.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in row.values()])
    return target.getvalue()


def plan_summary(problem: Problem, plan: RoundPlan, language: str = "en") -> dict[str, Any]:
    """Return a plan's figures, its duties', and the stops that are left out, as plain values for JSON."""
    return _finite(
        {
            "co2e_kg": plan.co2e_kg,
            "money": _money(problem, plan.money),
            "currency": problem.currency or None,
            "vehicles": len(plan.duties),
            "network": problem.network.basis or None,
            "figures": of_plan(problem, plan).as_dict(),
            "duties": [_duty(problem, timed, number, language) for number, timed in enumerate(plan.duties, 1)],
            "unserved": [
                {
                    "stop": problem.stops[each.stop].id,
                    "parcels": list(problem.stops[each.stop].parcels),
                    "code": str(each.why),
                    "why": why(each.why, language),
                    "would_serve": each.would_serve,
                }
                for each in plan.unserved
            ],
            "notes": list(plan.notes),
        }
    )


def _duty(problem: Problem, timed: Timed, number: int, language: str) -> dict[str, Any]:
    vehicle = problem.fleet[timed.duty.vehicle]
    return {
        "duty": number,
        "vehicle": vehicle.id,
        "departs": clock(timed.legs[0].depart_s),
        "returns": clock(timed.legs[-1].arrive_s),
        "depart_s": timed.legs[0].depart_s,
        "return_s": timed.legs[-1].arrive_s,
        "paid_h": timed.paid_s / _HOUR,
        "co2e_kg": timed.co2e_kg,
        "money": _money(problem, timed.money),
        "energy": timed.energy,
        "energy_unit": vehicle.energy_unit or None,
        "carrier": vehicle.carrier or None,
        "figures": of_duty(problem, timed).as_dict(),
        "rounds": [[place_name(problem, leg, language) for leg in legs] for legs in rounds_of(timed)],
    }


def _money(problem: Problem, value: float) -> float | None:
    return value if problem.currency else None


def _finite(value: Any) -> Any:
    """Return plain values, None for what is not finite: JSON has no word for it."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_finite(each) for each in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
