"""What `carbon route` answers: plans written to files, the orders with their rounds, and today's plan beside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from carbon.errors import InputError
from carbon.optimise.output import OrdersWriter
from carbon.optimise.rounds.intake import Rounds
from carbon.optimise.rounds.metrics import of_plan
from carbon.optimise.rounds.output import plan_summary
from carbon.optimise.rounds.plan import RoundPlan
from carbon.optimise.rounds.sharing import orders_columns, unshared, untold
from carbon.optimise.rounds.today import Comparison, compare, nearest_neighbour, read_today
from carbon.optimise.rounds.writing import write_plan
from carbon.orders.table import OrdersInput

#: Columns of the orders that a planned round fills; what stood there before is of another round.
_ROUND_COLUMNS = (
    "round_id", "round_distance_km", "round_activity", "round_electricity_kwh", "round_fuel_l", "round_fuel_kg", "round_basis",
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """Plans of one problem, the first the one that is driven, and how it compares with today's.

    Attributes
    ----------
    plans : tuple of RoundPlan
        Several where the front was asked for, the least kg CO2e first.
    parcels_told : int or None
        Of the orders file, those that got their round; None where none was written.
    """

    rounds: Rounds
    plans: tuple[RoundPlan, ...]
    files: tuple[Path, ...]
    comparison: Comparison
    parcels_told: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        problem = self.rounds.problem
        return {
            "plans": [plan_summary(problem, plan) for plan in self.plans],
            "files": [str(path) for path in self.files],
            "today": self.comparison.as_dict(),
            "parcels_told": self.parcels_told,
        }

    def notes(self) -> Iterator[str]:
        """Yield what a reader of the figures must know."""
        for plan in self.plans[:1]:
            lost = unshared(self.rounds.problem, plan)
            if lost:
                yield f"rounds that only collect, whose kg CO2e no parcel delivered shares: {len(lost):,}"
            if self.parcels_told is not None:
                silent = untold(self.rounds.problem, plan)
                if silent:
                    yield f"parcels whose round uses no energy, so that the orders cannot tell it: {len(silent):,}"

    def metrics(self) -> Any:
        """Return how well the vehicles of the first plan are used."""
        return of_plan(self.rounds.problem, self.plans[0])


def answer(
    rounds: Rounds,
    plans: Sequence[RoundPlan],
    output: Path,
    *,
    geojson: Path | None = None,
    gpx: Path | None = None,
    orders: Path | None = None,
    orders_out: Path | None = None,
    mapping: Path | None = None,
    today: Path | None = None,
    language: str = "en",
) -> Answer:
    """Write plans and compare the first with today's.

    Parameters
    ----------
    output : Path
        CSV or JSON. Of a front each plan gets a file of its own: ``plan-1.csv``, ``plan-2.csv`` ...
    orders, orders_out : Path, optional
        The orders file the stops are from, and where it is written once more with the first plan's rounds.
    today : Path, optional
        Today's plan; without it, nearest neighbour.

    Raises
    ------
    InputError
        If `orders_out` is asked for and the stops are not from orders, or a name's ending is unknown.
    """
    problem, files = rounds.problem, []
    if orders_out is not None and not rounds.of_orders:
        raise InputError(
            "there are no orders to write the rounds into",
            found="a stops file",
            expected="an orders file in its place, for --orders-out",
        )
    for number, plan in enumerate(plans, 1):
        for path in (output, geojson, gpx):
            if path is not None:
                own = path if len(plans) == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")
                write_plan(own, problem, plan, language)
                files.append(own)
    told = None
    if orders_out is not None:
        told = _write_orders(rounds, plans[0], Path(orders), Path(orders_out), mapping)
        files.append(Path(orders_out))
    beside = read_today(problem, today) if today is not None else nearest_neighbour(problem)
    return Answer(rounds, tuple(plans), tuple(files), compare(plans[0], beside), told)


def _write_orders(rounds: Rounds, plan: RoundPlan, source: Path, target: Path, mapping: Path | None) -> int:
    """Write every row that can be read, those that are on a planned round with what the round uses; return how many are."""
    columns = orders_columns(rounds.problem, plan)
    opened = OrdersInput.open(source, mapping=mapping)
    told = 0
    with OrdersWriter(target, opened.given, _ROUND_COLUMNS) as writer:
        for chunk in opened.chunks():
            table = chunk.table
            ids = table["parcel_id"].to_pylist()
            mine = [columns.get(each) for each in ids]
            told += sum(each is not None for each in mine)
            for name in _ROUND_COLUMNS:
                place = table.schema.get_field_index(name)
                field = table.schema.field(place)
                before = table[name].to_pylist()
                values = [old if new is None else new.get(name) for old, new in zip(before, mine, strict=True)]
                table = table.set_column(place, field.name, pa.array(values, _plain(field.type)))
            writer.write(table)
    return told


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind
