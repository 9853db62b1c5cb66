"""A day of rounds from files to an answer: the public door, as `carbon route` is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from carbon.organisation import Organisation
from carbon.organisation.fleet import Fleet

if TYPE_CHECKING:
    from carbon.optimise.rounds.answer import Answer
    from carbon.optimise.routing import Progress


def route(
    stops: Any,
    fleet: Path | str | Fleet,
    organisation: Path | str | Organisation | None = None,
    *,
    objective: str = "co2e",
    carbon_price: str | None = None,
    seconds: float = 30.0,
    seed: int = 1,
    output: Path | str | None = None,
    geojson: Path | str | None = None,
    gpx: Path | str | None = None,
    orders_out: Path | str | None = None,
    today: Path | str | None = None,
    language: str = "en",
    stop: Callable[[], bool] | None = None,
    progress: Callable[[Progress], None] | None = None,
    **reading: Any,
) -> Answer:
    """Plan delivery rounds by kg CO2e, money or both.

    Parameters
    ----------
    stops : path, pandas.DataFrame or pyarrow.Table
        A stops file, or an orders file.
    fleet : path or Fleet
    organisation : path or Organisation, optional
        For an orders file, and for depots that are its sites.
    objective : {"co2e", "money", "weighted", "front"}
    carbon_price : str, optional
        Such as ``"90 EUR/t"``, for money or weighted.
    seconds : float
        To look for a better plan.
    output, geojson, gpx, orders_out : path, optional
        Files to write: the plan leg by leg (CSV or JSON), a map, a folder of tracks, the orders with their rounds.
    today : path, optional
        Today's plan to compare with; nearest neighbour otherwise.
    stop, progress : callable, optional
        Asked whether to end the search; told of each better plan.
    **reading
        Options of `carbon.optimise.rounds.intake.read_rounds`: day, services, returns, matrix, osrm, traffic, factors, places,
        mapping, lines, rejects_file ...

    Returns
    -------
    Answer
        Its plans have passed the verifier.

    Raises
    ------
    InputError
        Of what is wrong with the files or the options.
    """
    # The solvers load here: most who import the package plan no rounds.
    from carbon.optimise.rounds.aims import objective_of
    from carbon.optimise.rounds.answer import answer
    from carbon.optimise.rounds.day_plan import plan_day
    from carbon.optimise.rounds.goal import Goal
    from carbon.optimise.rounds.intake import read_rounds

    goal = Goal(objective)
    rounds = read_rounds(stops, fleet, organisation, **reading)
    wanted = objective_of(goal, carbon_price, rounds)
    day = plan_day(rounds, wanted, front=goal is Goal.FRONT, seconds=seconds, seed=seed, stop=stop, progress=progress)

    def path(given: Path | str | None) -> Path | None:
        return None if given is None else Path(given)

    return answer(
        rounds, day, path(output), geojson=path(geojson), gpx=path(gpx), orders=stops, orders_out=path(orders_out),
        mapping=path(reading.get("mapping")), today=path(today), language=language,
    )  # fmt: skip
