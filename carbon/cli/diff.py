"""`carbon diff`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from carbon.cli.common import AsJson, LedgerDir, app, out, print_json

_FACTORS_SHOWN = 10


@app.command("diff")
def diff_command(
    a: Annotated[str, typer.Argument(metavar="RUN_A", help="Run id, or a period such as 2024: the runs that count.")],
    b: Annotated[str, typer.Argument(metavar="RUN_B", help="Run id or period to compare with it.")],
    ledger: LedgerDir = Path("ledger"),
    as_json: AsJson = False,
) -> None:
    """Split the change of the total into volume, mix, distance, factor edition, method and data effects."""
    from carbon import diff

    found = diff(ledger, a, b)
    if as_json:
        print_json(asdict(found))
        return
    out.print(_waterfall(found))
    out.print(
        f"check: {found.total_a_kg:,.6f} + effects = {found.total_a_kg + sum(found.effects_kg.values()):,.6f} kg CO2e",
        markup=False,
    )
    out.print(_range(found), markup=False)
    out.print(
        f"{found.parcels_a:,} and {found.parcels_b:,} parcels; {found.same_parcels:,} are in both and were compared one "
        "by one, the others by lane and package",
        markup=False,
    )
    for change in found.method_changes:
        out.print(f"method: {change}", markup=False)
    if found.factor_changes:
        out.print(_factors(found))
    for label in found.sensitivity:
        out.print(f"{label} is a sensitivity: it counts in no inventory", markup=False)
    for text in found.notes:
        out.print(f"note: {text}", markup=False)


def _waterfall(found) -> Table:
    table = _table("", "kg CO2e", "of run A", "running total")
    first, running = found.total_a_kg, found.total_a_kg
    _add(table, _labelled("run A", found.a, found), f"{first:,.3f}", "", f"{first:,.3f}")
    for name, kg in found.effects_kg.items():
        running += kg
        share = f"{kg / first:+.1%}" if first else ""
        _add(table, f"  {name.replace('_', ' ')}", f"{kg:+,.3f}", share, f"{running:,.3f}")
    share = f"{found.difference_kg / first:+.1%}" if first else ""
    _add(table, "  difference", f"{found.difference_kg:+,.3f}", share, "")
    _add(table, _labelled("run B", found.b, found), f"{found.total_b_kg:,.3f}", "", f"{found.total_b_kg:,.3f}")
    return table


def _labelled(which: str, label: str, found) -> str:
    return f"{which} {label}" + (" (sensitivity)" if label in found.sensitivity else "")


def _range(found) -> str:
    if found.low_kg is None:
        return "95 % range of the difference: unknown, a run recorded no spreads"
    word = "clear" if found.clear else "not clear: zero lies inside"
    return f"95 % range of the difference: {found.low_kg:+,.3f} to {found.high_kg:+,.3f} kg CO2e ({word})"


def _factors(found) -> Table:
    table = _table("factor edition: activity", "in run A", "in run B", "per unit", "kg CO2e in run A", left=3)
    for row in found.factor_changes[:_FACTORS_SHOWN]:
        change = f"{row['kg_per_unit_b'] / row['kg_per_unit_a'] - 1:+.1%}" if row["kg_per_unit_a"] else ""
        where = f"{row['activity']} ({row['region']})"
        _add(table, where, row["factor_a"], row["factor_b"], change, f"{row['co2e_kg']:,.3f}")
    return table


def _table(*names: str, left: int = 1) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for position, name in enumerate(names):
        table.add_column(name, justify="left" if position < left else "right")
    return table


def _add(table: Table, *cells: str) -> None:
    """Add a row of plain text: labels are the user's own, never markup."""
    table.add_row(*(Text(cell) for cell in cells))
