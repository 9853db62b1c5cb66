"""Plans of small random days with everything at once: windows, rests, traffic, reloads, two depots, collections, prizes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from carbon.optimise.rounds.problem import Break, Network, Objective, Problem, Stop, Traffic, VehicleType
from carbon.optimise.rounds.verifying import verify
from carbon.optimise.routing import plan_rounds

HOUR_S = 3600.0


def day(seed: int, most: int = 13) -> Problem:
    """Return a random day: two depots, two vans, an electric van, two bikes that reload."""
    draw = np.random.default_rng(seed)
    stops, first = int(draw.integers(4, most)), 2
    places = draw.uniform(0, 12, (stops + first, 2))
    metres = 1300 * np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    zones = tuple("c" if number >= first and draw.random() < 0.3 else None for number in range(stops + first))
    fleet = (
        VehicleType(
            "van", 2, 0, 0, 500.0, range_km=150.0, shift=(7 * HOUR_S, 18 * HOUR_S), longest_s=9 * HOUR_S,
            rest=Break(1800.0, 11 * HOUR_S, 13 * HOUR_S) if draw.random() < 0.5 else None,
            energy_unit="l", energy_per_km=0.1, energy_per_km_kg=3e-5, co2e_kg_per_energy=2.5,
            money_per_km=0.2, money_per_hour=18.0, money_per_use=40.0, waiting_is_paid=bool(draw.random() < 0.5),
            skills=frozenset(["lift"]), forbidden_zones=frozenset(["c"]) if draw.random() < 0.5 else frozenset(),
        ),
        VehicleType(
            "bike", 2, 1, 1, 60.0, profile=1, volume_m3=0.3, range_km=45.0, shift=(8 * HOUR_S, 17 * HOUR_S),
            energy_unit="kWh", energy_per_km=0.012, energy_per_km_kg=2e-5, co2e_kg_per_energy=0.2, money_per_km=0.05,
            money_per_hour=15.0, money_per_use=10.0, reload_at=(1,), reload_s=600.0,
            recharges=bool(draw.random() < 0.5), most_rounds=3,
        ),
        VehicleType(
            "electric", 1, 0, 0, 300.0, range_km=100.0, shift=(7 * HOUR_S, 18 * HOUR_S), energy_unit="kWh",
            energy_per_km=0.2, energy_per_km_kg=5e-5, co2e_kg_per_energy=0.2, money_per_km=0.1, money_per_hour=18.0,
            money_per_use=50.0,
        ),
    )  # fmt: skip
    rush = {
        "": tuple(1.5 if 7 <= hour < 10 else 1.0 for hour in range(24)),
        "c": tuple(2.0 if 8 <= hour < 18 else 1.0 for hour in range(24)),
    }
    unknown = np.full(stops + first, np.nan)
    return Problem(
        tuple(_stop(draw, number, first, zones) for number in range(stops)),
        fleet,
        Network(unknown, unknown, zones, np.stack([metres, metres]), np.stack([metres / 8, metres / 4.5])),
        Traffic(rush) if draw.random() < 0.5 else Traffic(),
        {0: "one", 1: "two"},
        "GBP",
    )


def _stop(draw: np.random.Generator, number: int, first: int, zones) -> Stop:
    windows: tuple[tuple[float, float], ...] = ()
    if draw.random() < 0.6:
        opens = float(draw.uniform(8, 14)) * HOUR_S
        windows = ((opens, opens + 7200.0),)
        if draw.random() < 0.4:
            windows += ((opens + 10_000.0, opens + 14_000.0),)
    return Stop(
        f"s{number}",
        first + number,
        delivery_kg=float(draw.uniform(0, 40)),
        delivery_m3=float(draw.uniform(0, 0.1)),
        collection_kg=float(draw.uniform(0, 20)) if draw.random() < 0.3 else 0.0,
        windows=windows,
        service_s=float(draw.uniform(60, 400)),
        ready_s=float(draw.choice([0, 0, 30_600])),
        prize_money=float(draw.uniform(5, 60)) if draw.random() < 0.15 else None,
        skills=frozenset(["lift"]) if draw.random() < 0.1 else frozenset(),
        zone=zones[first + number],
        depot=int(draw.integers(0, 2)) if draw.random() < 0.2 else None,
    )


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("objective", [Objective(), Objective(0.1, 1.0)], ids=["co2e", "both"])
def test_the_verifier_accepts_every_plan(seed, objective):
    """Proves on days with every feature that a plan keeps each rule and states the verifier's own figures."""
    problem = day(seed)
    plan = plan_rounds(problem, objective, iterations=40, seed=1)
    assert verify(problem, plan) == []
    assert plan.duties and len({stop for duty in plan.duties for stop in duty.duty.stops}) + len(plan.unserved) == len(
        problem.stops
    )


def test_a_broken_plan_is_never_returned(monkeypatch):
    """Proves that a plan whose figures are wrong by a millionth ends in an error, and is not handed out."""
    from carbon.errors import WorkError
    from carbon.optimise import routing

    right = routing.Task.plan
    monkeypatch.setattr(
        routing.Task, "plan", lambda *given: replace(made := right(*given), co2e_kg=made.co2e_kg * 1.000001)
    )
    with pytest.raises(WorkError, match="report"):
        plan_rounds(day(0), Objective(), iterations=10, seed=1)
