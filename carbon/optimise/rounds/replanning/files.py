"""The re-planned day as files: the whole day leg by leg, the changes, and what is still to be driven on a map."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

from carbon.errors import InputError, Where
from carbon.optimise.rounds.replanning.changes import changes_csv
from carbon.optimise.rounds.replanning.plan_file import AS_OF, STATE
from carbon.optimise.rounds.replanning.replan import Replanned
from carbon.optimise.rounds.replanning.whole import held_row, on_board, row_of, without_homes
from carbon.optimise.rounds.words import COLUMNS
from carbon.optimise.rounds.writing import write_plan
from carbon.orders.rejects import neutral
from carbon.whole import write_whole

_BOM = "\ufeff"


def write_day(
    told: Replanned, output: Path, changes: Path | None, geojson: Path | None = None, gpx: Path | None = None
) -> tuple[Path, ...]:
    """Write the files that are named.

    Parameters
    ----------
    output : Path
        CSV, in the columns of a plan, so that it can be re-planned again.

    Raises
    ------
    InputError
        If a name's ending is not that of its format, or the plan would be written over the one it is from.
    """
    for path in (output, changes):
        if path is not None and path.suffix.lower() != ".csv":
            raise InputError(
                "a re-planned day and its changes are written as CSV", found=path.name, expected="a name that ends in .csv",
                where=Where(str(path)),
            )  # fmt: skip
    written = [output]
    write_whole(output, _BOM + day_csv(told))
    if changes is not None:
        write_whole(changes, _BOM + changes_csv(told.changes))
        written.append(changes)
    left = told.situation.left
    drawn = replace(
        told.decision.plan, duties=tuple(without_homes(each, left.homes) for each in told.decision.plan.duties)
    )
    for path in (geojson, gpx):
        if path is not None:
            write_plan(path, left.problem, drawn)
            written.append(path)
    return tuple(written)


def day_csv(told: Replanned) -> str:
    """Return the whole day as CSV, a row a leg."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow([*(key for key, _ in COLUMNS), STATE, AS_OF])
    situation = told.situation
    problem, types = situation.rounds.problem, {duty.number: duty.vehicle for duty in situation.duties}
    rows = [row_of(leg, problem, situation.now_s) for leg in told.legs]
    rows += [
        held_row(number, round_, problem.fleet[types[number]].id, stop)
        for number, round_, stop in on_board(problem, situation.duties, situation.left, told.decision.plan)
    ]
    for row in rows:
        writer.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in row.values()])
    return target.getvalue()
