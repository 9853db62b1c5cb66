"""Delivery rounds: planned in a thread beside the page, so that a plan can be watched, and stopped with the best kept."""

from __future__ import annotations

import json
import tempfile
import threading
import time
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from app import session
from app.access import needs
from app.people import Right
from carbon import route
from carbon.errors import CarbonError
from carbon.optimise.rounds.plan import Why
from carbon.optimise.rounds.words import why as said_why
from carbon.terms import Language

#: What a search may aim at, as `carbon.route` names it.
OBJECTIVES = ("co2e", "money", "weighted", "front")


@dataclass
class Search:
    """A search for rounds, under way or ended.

    Attributes
    ----------
    of : tuple
        The files and settings it was begun with.
    seconds : float
        Time it may take.
    found : list of (after_s, co2e_kg, money, unserved)
        Each better plan.
    result : Result or None
        Once it has ended well.
    error : Exception or None
        Once it has failed.
    """

    of: tuple
    seconds: float
    began_s: float = field(default_factory=time.monotonic)
    found: list[tuple[float, float, float, int]] = field(default_factory=list)
    result: Result | None = None
    error: Exception | None = None
    _stopped: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether it still looks."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def stopping(self) -> bool:
        """Whether it was told to end."""
        return self._stopped.is_set()

    @property
    def after_s(self) -> float:
        """Time since it began [s]."""
        return time.monotonic() - self.began_s

    def stop(self) -> None:
        """Let it end; the best plan so far is kept."""
        self._stopped.set()

    def wait(self, seconds: float) -> None:
        """Wait until it has ended, at most so long."""
        if self._thread is not None:
            self._thread.join(seconds)


@dataclass(frozen=True)
class Result:
    """Plans of a day, plain values: the first is the one that is driven.

    Attributes
    ----------
    plans : list of Plan
        Several of a front, by ascending kg CO2e.
    answer : mapping
        As `carbon route --json` prints it: counts, comparison with today, notes.
    orders : bytes or None
        The orders with their rounds, where the stops are from orders.
    """

    plans: list[Plan]
    answer: dict[str, Any]
    notes: list[str]
    currency: str
    depots: pd.DataFrame
    orders: bytes | None


@dataclass(frozen=True)
class Plan:
    """One plan: its figures, its files, and its lines and points."""

    co2e_kg: float
    money: float
    summary: dict[str, Any]
    csv: bytes
    geojson: bytes
    gpx: bytes

    @property
    def features(self) -> list[dict[str, Any]]:
        """The map's lines and points."""
        return json.loads(self.geojson)["features"]


@needs(Right.WORK)
def begin(files: dict[str, Path], of: tuple, seconds: float, language: str, **options: Any) -> Search:
    """Begin a search in a thread of its own.

    Parameters
    ----------
    files : mapping
        stops and fleet; optionally today, matrix, traffic, places.
    **options
        Of `carbon.route`: objective, carbon_price, day, services.
    """
    made = Search(of, seconds)
    organisation, factors = session.settings().organisation, session.own_factors()

    def progress(plan: Any) -> None:
        made.found.append((plan.after_s, plan.co2e_kg, plan.money, plan.unserved))

    def work() -> None:
        try:
            made.result = _planned(files, organisation, factors, seconds, language, made, progress, options)
        except (CarbonError, OSError, ValueError, AssertionError) as error:
            made.error = error

    made._thread = threading.Thread(target=work, daemon=True, name="carbon-route")
    made._thread.start()
    return made


def _planned(
    files: dict[str, Path], organisation: Path | None, factors: tuple[Path, ...], seconds: float, language: str,
    made: Search, progress: Any, options: dict[str, Any],
) -> Result:  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="carbon-route-") as folder:
        place = Path(folder)
        reading = {name: files[name] for name in ("matrix", "traffic", "places", "lines") if name in files}
        wants_orders = options.pop("of_orders", False)
        answer = route(
            files["stops"], files["fleet"], organisation, seconds=seconds, language=language,
            output=place / "plan.csv", geojson=place / "plan.geojson", gpx=place / "plan.gpx",
            orders_out=place / "orders-routed.csv" if wants_orders else None, today=files.get("today"),
            stop=lambda: made.stopping, progress=progress, factors=factors, **reading, **options,
        )  # fmt: skip
        planned = answer.day.planned
        plans = []
        for number, each in enumerate(planned, 1):
            ending = f"-{number}" if len(planned) > 1 else ""
            texts = [(place / f"plan{ending}.{kind}").read_bytes() for kind in ("csv", "geojson", "gpx")]
            plans.append(Plan(each.plan.co2e_kg, each.plan.money, answer.as_dict()["plans"][number - 1], *texts))
        problem = answer.rounds.problem
        depots = pd.DataFrame(
            [
                (name, float(problem.network.longitude[node]), float(problem.network.latitude[node]))
                for node, name in problem.depots.items()
            ],
            columns=["name", "longitude", "latitude"],
        )
        orders = (place / "orders-routed.csv").read_bytes() if wants_orders else None
        told = answer.rounds.as_dict() | answer.as_dict()
        notes = [*answer.rounds.notes, *answer.notes()]
        return Result(plans, told, notes, problem.currency or "", depots, orders)


def days_of(stops: Path) -> list[date]:
    """Return the days of an orders file, reading that column alone; empty for a stops file, which has no dates."""
    try:
        if stops.suffix == ".parquet":
            days = pd.read_parquet(stops, columns=["shipped_on"])["shipped_on"]
        else:
            days = pd.read_csv(stops, usecols=["shipped_on"], dtype=str)["shipped_on"]
    except (OSError, ValueError, KeyError):
        return []
    found = pd.to_datetime(days, errors="coerce").dropna()
    return sorted(set(found.dt.date))


def example_fleet() -> Path:
    """Return the fleet of the sample merchant, to be copied and changed."""
    return Path(__file__).parents[1] / "fleet_example.yaml"


def beside() -> dict[str, Path]:
    """Return files that lie beside the organisation file: stops or orders, and a fleet."""
    organisation = session.settings().organisation
    if organisation is None:
        return {}
    folder = organisation.parent
    stops = next(
        (folder / name for name in ("stops.csv", "orders.csv", "orders.parquet") if (folder / name).is_file()), None
    )
    fleet = folder / "fleet.yaml"
    return {role: path for role, path in (("stops", stops), ("fleet", fleet)) if path is not None and path.is_file()}


def why(code: str, language: Language) -> str:
    """Return why a stop is not served."""
    return said_why(Why(code), language)
