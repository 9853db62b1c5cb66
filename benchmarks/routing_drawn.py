"""Large days of rounds, drawn: no public set of this size has mixed fleets, loads that cost energy, and kg CO2e.

The vehicles' figures are test values, those of the instances of the format `green-vrp-1`, not emission factors.
"""

from __future__ import annotations

import numpy as np

from carbon.optimise.rounds.problem import Network, Problem, Stop, VehicleType

#: Metres driven for a metre of straight line.
_CIRCUITY = 1.3
_SIDE_KM = 50.0
_SHIFT_S = (0.0, 28_800.0)
_DEPOTS_KM = ((13.0, 17.0), (36.0, 31.0))
#: Share of the stops that lie in towns, have a window, need a tail lift, have their goods at one depot.
_IN_TOWN, _WINDOW, _LIFT, _ONE_DEPOT = 0.75, 0.35, 0.05, 0.1
#: Payload [kg], range and speed [km, km/h], kg CO2e per km and per km and kg, per use; EUR per km, hour, use; one of so many stops.
_KINDS = {
    "diesel": (1000, 400, 28, 0.27, 3.2e-5, 4.0, 0.32, 28, 45, 50),
    "ev": (800, 140, 28, 0.07, 1.3e-5, 6.0, 0.14, 28, 60, 100),
    "h2": (900, 350, 28, 0.12, 1.6e-5, 6.5, 0.45, 28, 80, 250),
    "bike": (125, 45, 15, 0.005, 2e-5, 0.15, 0.05, 24, 12, 100),
}


def mixed(stops: int, seed: int = 1) -> Problem:
    """Return a day of two depots, eight vehicle types, windows, skills and goods that lie at one depot."""
    rng = np.random.default_rng(seed)
    x, y = _places(rng, stops)
    speeds = sorted({kind[2] for kind in _KINDS.values()})
    metres = _metres(x, y)
    seconds = np.stack([np.ceil(metres / (speed / 3.6)) for speed in speeds])
    made = []
    for number in range(stops):
        opens = rng.uniform(_SHIFT_S[0] + 3600, _SHIFT_S[1] - 9000)
        windowed, lift, bound = rng.random(3) < (_WINDOW, _LIFT, _ONE_DEPOT)
        made.append(
            Stop(
                f"s{number + 1}",
                number + len(_DEPOTS_KM),
                delivery_kg=round(float(rng.gamma(1.5, 8.0)) + 0.1, 1),
                windows=((round(opens), round(opens + rng.choice([3600, 5400, 7200]))),) if windowed else (),
                service_s=float(rng.integers(150, 330)),
                skills=frozenset({"lift"}) if lift else frozenset(),
                depot=int(rng.integers(len(_DEPOTS_KM))) if bound else None,
            )
        )
    fleet = [
        _vehicle(f"{name}_{depot}", depot, kind, speeds, stops)
        for depot in range(len(_DEPOTS_KM))
        for name, kind in _KINDS.items()
    ]
    nowhere = np.full(len(x), np.nan)
    network = Network(nowhere, nowhere, (None,) * len(x), np.stack([metres] * len(speeds)), seconds, "drawn")
    return Problem(tuple(made), tuple(fleet), network, depots={0: "west", 1: "east"}, currency="EUR")


def plain(stops: int, seed: int = 1) -> Problem:
    """Return a day of one depot and one vehicle type whose money is its metres: the engine sees all there is."""
    rng = np.random.default_rng(seed)
    x, y = (np.concatenate([each[:1], each[len(_DEPOTS_KM) :]]) for each in _places(rng, stops))
    metres = np.round(_metres(x, y))
    wanted = rng.integers(1, 100, stops).astype(float)
    made = tuple(Stop(f"s{number + 1}", number + 1, delivery_kg=wanted[number]) for number in range(stops))
    holds = float(np.ceil(15 * wanted.mean()))
    fleet = (VehicleType("van", stops, 0, 0, holds, money_per_km=1000.0, waiting_is_paid=False),)
    nowhere = np.full(len(x), np.nan)
    network = Network(nowhere, nowhere, (None,) * len(x), metres[None], metres[None] / 10.0, "drawn")
    return Problem(made, fleet, network, depots={0: "depot"}, currency="EUR")


def _places(rng: np.random.Generator, stops: int) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y [km] of the depots and the stops: towns, and the country between them."""
    towns = rng.uniform(0.1 * _SIDE_KM, 0.9 * _SIDE_KM, (max(3, stops // 120), 2))
    town = rng.integers(len(towns), size=stops)
    spots = np.where(
        (rng.random(stops) < _IN_TOWN)[:, None],
        towns[town] + rng.normal(0.0, 1.8, (stops, 2)),
        rng.uniform(0.0, _SIDE_KM, (stops, 2)),
    )
    both = np.concatenate([np.array(_DEPOTS_KM), spots]).clip(0.0, _SIDE_KM)
    return both[:, 0], both[:, 1]


def _metres(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.round(_CIRCUITY * 1000 * np.hypot(x[:, None] - x, y[:, None] - y))


def _vehicle(name: str, depot: int, kind: tuple, speeds: list[int], stops: int) -> VehicleType:
    payload, reach, speed, per_km, per_km_kg, per_use, money_km, money_hour, money_use, one_of = kind
    return VehicleType(
        name,
        max(1, round(stops / one_of)),
        depot,
        depot,
        float(payload),
        profile=speeds.index(speed),
        range_km=float(reach),
        shift=_SHIFT_S,
        energy_per_km=per_km,
        energy_per_km_kg=per_km_kg,
        co2e_kg_per_energy=1.0,
        co2e_kg_per_use=per_use,
        money_per_km=money_km,
        money_per_hour=float(money_hour),
        money_per_use=float(money_use),
        waiting_is_paid=False,
        skills=frozenset({"lift"}) if name.startswith(("diesel", "h2")) else frozenset(),
    )
