"""A plan of rounds as a file, in the format that its name's ending says; it appears whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from carbon.errors import InputError, Where
from carbon.optimise.rounds.output import plan_csv, plan_summary
from carbon.optimise.rounds.plan import RoundPlan
from carbon.optimise.rounds.problem import Problem
from carbon.optimise.rounds.tracks import plan_geojson, plan_gpx
from carbon.whole import write_whole

_BOM = "\ufeff"


def write_plan(path: Path | str, problem: Problem, plan: RoundPlan, language: str = "en") -> None:
    """Write a plan in the format that the name's ending says: .csv, .json, .geojson or .gpx.

    Raises
    ------
    InputError
        For another ending, or places without coordinates where lines are to be drawn.
    """
    path = Path(path)
    made = {
        ".csv": lambda: _BOM + plan_csv(problem, plan, language),  # the mark lets Excel read Chinese
        ".json": lambda: _json(plan_summary(problem, plan, language)),
        ".geojson": lambda: _json(plan_geojson(problem, plan, language)),
        ".gpx": lambda: plan_gpx(problem, plan, language),
    }
    if path.suffix.lower() not in made:
        raise InputError(
            "a plan of rounds is written as CSV, JSON, GeoJSON or GPX",
            found=path.name,
            expected=f"a name that ends in {', '.join(made)}",
            where=Where(str(path)),
        )
    write_whole(path, made[path.suffix.lower()]())


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=1) + "\n"
