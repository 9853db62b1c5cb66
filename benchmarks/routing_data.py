"""Instances of routing: the public ones as PyVRP reads them, the green ones as problems of ours."""

from __future__ import annotations

import csv
import json
import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.measure import BenchmarkError
from carbon.optimise.rounds.problem import Network, Problem, Stop, VehicleType

BEST_KNOWN = "best_known.csv"
FORMAT = "green-vrp-1"
_BEST = ".best.json"


@dataclass(frozen=True)
class Green:
    """An instance of the format ``green-vrp-1`` with the best plans known, where there are any.

    Attributes
    ----------
    best_co2e_kg, best_money : float or None
    """

    name: str
    problem: Problem
    best_co2e_kg: float | None = None
    best_money: float | None = None


@dataclass(frozen=True)
class Public:
    """A file that PyVRP reads.

    Attributes
    ----------
    rounding : str
        The name PyVRP gives the way of making whole numbers.
    best_known : int or None
        At that rounding.
    """

    path: Path
    kind: str
    rounding: str
    best_known: int | None


@dataclass(frozen=True)
class Instances:
    """What a folder holds; `unknown` are files of no format that is read here."""

    public: list[Public] = field(default_factory=list)
    green: list[Green] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def read(folder: Path) -> Instances:
    """Read a folder and the folders in it."""
    if not folder.is_dir():
        raise BenchmarkError(f"{folder} is no folder")
    found = Instances()
    known: dict[str, dict[str, str]] = {}
    for path in sorted(folder.rglob(BEST_KNOWN)):
        with path.open(encoding="utf-8", newline="") as stream:
            known |= {row["instance"]: row for row in csv.DictReader(stream)}
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        if path.suffix == ".vrp":
            row = known.get(path.stem, {})
            best = row.get("best_known_cost_integer")
            rounding = row.get("pyvrp_round_func") or ("exact" if path.stem[:2] in ("PR", "pr") else "round")
            found.public.append(Public(path, row.get("class") or "other", rounding, int(best) if best else None))
        elif path.suffix == ".json" and not path.name.endswith(_BEST):
            try:
                found.green.append(read_green(path))
            except (ValueError, KeyError, TypeError) as error:
                found.unknown.append(f"{path.name}: {error}")
        elif path.suffix not in (".sol", ".json", ".md") and path.name != BEST_KNOWN:
            found.unknown.append(path.name)
    return found


def read_green(path: Path) -> Green:
    """Read an instance and, beside it, what is known of it."""
    asked = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(asked, dict) or asked.get("format") != FORMAT:
        raise ValueError(f"is not of the format {FORMAT}")
    best = path.with_name(path.stem + _BEST)
    known = json.loads(best.read_text(encoding="utf-8")) if best.exists() else {}
    return Green(
        asked.get("name", path.stem),
        problem_of(asked),
        known.get("best_co2e", {}).get("kgco2e"),
        known.get("best_cost", {}).get("eur"),
    )


def problem_of(asked: dict) -> Problem:
    """Return an instance as a problem: its kg CO2e stand for its energy, a unit of energy for a kilogram."""
    places = [asked["depot"], *asked["customers"]]
    x, y = (np.array([place[axis] for place in places], dtype=float) for axis in ("x_km", "y_km"))
    metres = np.round(asked["circuity"] * 1000 * np.hypot(x[:, None] - x, y[:, None] - y))
    speeds = sorted({each["speed_kmh"] for each in asked["vehicle_types"]})
    seconds = np.stack([np.ceil(metres / (speed / 3.6)) for speed in speeds])
    nowhere = np.full(len(places), math.nan)
    stops = tuple(
        Stop(
            str(each["id"]),
            node,
            delivery_kg=each["demand_kg"],
            windows=((each["tw_start_s"], each["tw_end_s"]),),
            service_s=each["service_s"],
        )
        for node, each in enumerate(asked["customers"], 1)
    )
    fleet = tuple(
        VehicleType(
            each["id"],
            each["count"],
            0,
            0,
            each["payload_kg"],
            profile=speeds.index(each["speed_kmh"]),
            range_km=each["range_km"],
            shift=tuple(asked["shift_s"]),
            energy_per_km=each["kgco2e_per_km_empty"],
            energy_per_km_kg=each["kgco2e_per_km_per_kg"],
            co2e_kg_per_energy=1.0,
            co2e_kg_per_use=each["kgco2e_per_use"],
            money_per_km=each["eur_per_km"],
            money_per_hour=each["eur_per_h"],
            money_per_use=each["eur_per_use"],
            waiting_is_paid=False,
        )
        for each in asked["vehicle_types"]
    )
    network = Network(nowhere, nowhere, (None,) * len(places), np.stack([metres] * len(speeds)), seconds, "instance")
    return Problem(stops, fleet, network, depots={0: "depot"}, currency="EUR")
