"""What `carbon route` answers: plans written to files, the orders with their rounds, and today's plan beside."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from carbon.errors import InputError
from carbon.optimise.output import OrdersWriter
from carbon.optimise.rounds.day_plan import DayPlan
from carbon.optimise.rounds.intake import Rounds
from carbon.optimise.rounds.metrics import of_plan
from carbon.optimise.rounds.output import plan_summary
from carbon.optimise.rounds.sharing import brought, orders_columns, unshared, untold
from carbon.optimise.rounds.today import Comparison, compare, nearest_neighbour, read_today
from carbon.optimise.rounds.writing import write_plan
from carbon.orders.table import OrdersInput

#: Columns of the orders that a planned round fills; what stood there before is of another round.
_ROUND_COLUMNS = (
    "round_id", "round_distance_km", "round_activity", "round_electricity_kwh", "round_fuel_l", "round_fuel_kg", "round_basis",
)  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """Plans of a day, the first the one that is driven, and how it compares with today's.

    Attributes
    ----------
    day : DayPlan
    parcels_told : int or None
        Of the orders file, those that got their round; None where none was written.
    """

    rounds: Rounds
    day: DayPlan
    files: tuple[Path, ...]
    comparison: Comparison
    parcels_told: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "plans": [plan_summary(each.problem, each.plan) for each in self.day.planned],
            "pickup_points": self._at_points(),
            "files": [str(path) for path in self.files],
            "today": self.comparison.as_dict(),
            "parcels_told": self.parcels_told,
        }

    def _at_points(self) -> dict[str, Any] | None:
        found = self.day.at_points
        if found is None:
            return None
        return {
            "moved": dict(found.moved),
            "customers_trips_co2e_kg": found.trips_co2e_kg,
            "saved_co2e_kg": found.saved_co2e_kg,
        }

    def notes(self) -> Iterator[str]:
        """Yield what a reader of the figures must know."""
        if self.rounds.willing and self.day.at_points is None:
            yield "a front leaves every stop at its door: customers' trips to pick-up points have no price"
        first = self.day.planned[0]
        lost = unshared(first.problem, first.plan)
        if lost:
            yield f"rounds that only collect, whose kg CO2e no parcel delivered shares: {len(lost):,}"
        if self.parcels_told is None:
            return
        silent = untold(first.problem, first.plan)
        if silent:
            yield f"parcels whose round uses no energy, so that the orders cannot tell it: {len(silent):,}"
        line_haul_kg = brought(first.problem, first.plan, *_rule(self.rounds))
        if line_haul_kg:
            yield (
                f"bringing goods to satellites causes {line_haul_kg:,.3g} kg CO2e, which the orders cannot tell: give the service "
                "of these parcels a line-haul leg to the satellite"
            )
        found = self.day.at_points
        if found is not None and found.moved and self.rounds.fleet.pickup.service is None:
            yield (
                "the orders keep their service, so that the ledger does not count customers' trips to pick-up points: name a "
                "service with a customer_trip as pickup.service of the fleet file"
            )

    def metrics(self) -> Any:
        """Return how well the vehicles of the first plan are used."""
        return of_plan(self.day.planned[0].problem, self.day.planned[0].plan)


def answer(
    rounds: Rounds,
    day: DayPlan,
    output: Path | None,
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
    files = []
    if orders_out is not None and not rounds.of_orders:
        raise InputError(
            "there are no orders to write the rounds into",
            found="a stops file",
            expected="an orders file in its place, for --orders-out",
        )
    for number, each in enumerate(day.planned, 1):
        for path in (output, geojson, gpx):
            if path is not None:
                own = path if len(day.planned) == 1 else path.with_name(f"{path.stem}-{number}{path.suffix}")
                write_plan(own, each.problem, each.plan, language)
                files.append(own)
    told = None
    if orders_out is not None:
        told = _write_orders(rounds, day, Path(orders), Path(orders_out), mapping)
        files.append(Path(orders_out))
    beside = (
        read_today(rounds.problem, today)
        if today is not None
        else nearest_neighbour(day.doors or day.planned[0].problem)
    )
    return Answer(rounds, day, tuple(files), compare(day.planned[0].plan, beside, day.trips_co2e_kg), told)


def _rule(rounds: Rounds) -> tuple[str, dict[str, float] | None]:
    """Return how the organisation shares a round, and each parcel's mass where it is known."""
    method = rounds.organisation.method if rounds.organisation else None
    return (str(method.round_allocation) if method else "parcel"), rounds.parcel_kg or None


def _write_orders(rounds: Rounds, day: DayPlan, source: Path, target: Path, mapping: Path | None) -> int:
    """Write every row that can be read, those that are on a planned round with what the round uses; return how many are."""
    first = day.planned[0]
    columns = orders_columns(first.problem, first.plan, *_rule(rounds))
    written, service = _ROUND_COLUMNS, rounds.fleet.pickup.service
    if day.at_points is not None and service is not None:
        moved = set(day.at_points.moved)
        for stop in rounds.problem.stops:
            if stop.id in moved:
                for parcel in stop.parcels:
                    columns.setdefault(parcel, {})["service"] = service
        written = (*written, "service")
    opened = OrdersInput.open(source, mapping=mapping)
    told = 0
    with OrdersWriter(target, opened.given, written) as writer:
        for chunk in opened.chunks():
            table = chunk.table
            ids = table["parcel_id"].to_pylist()
            mine = [columns.get(each) for each in ids]
            told += sum(each is not None for each in mine)
            for name in written:
                place = table.schema.get_field_index(name)
                field = table.schema.field(place)
                before = table[name].to_pylist()
                values = [
                    old if new is None else new.get(name, old if name == "service" else None)
                    for old, new in zip(before, mine, strict=True)
                ]
                table = table.set_column(place, field.name, pa.array(values, _plain(field.type)))
            writer.write(table)
    return told


def _plain(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind
