"""`carbon diff`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from carbon.cli.common import AsJson, LedgerDir, app, out, print_json
from carbon.cli.layout import say, table_of

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
    say(
        f"check: {found.total_a_kg:,.6f} + effects = {found.total_a_kg + math.fsum(found.effects_kg.values()):,.6f} kg CO2e"
    )
    say(_range(found))
    out.print()
    for part in _by_stage(found):
        out.print(part)
    say(
        f"{found.parcels_a:,} and {found.parcels_b:,} parcels; {found.same_parcels:,} are in both and were compared one "
        "by one, the others by lane and package"
    )
    for change in found.method_changes:
        say(change, lead="method: ")
    if found.factor_changes:
        out.print()
        out.print(_factors(found))
    for label in found.sensitivity:
        say(f"{label} is a sensitivity: it counts in no inventory")
    for text in found.notes:
        say(text, lead="note: ")


def _waterfall(found) -> Table:
    first, running = found.total_a_kg, found.total_a_kg
    rows = [(_labelled("run A", found.a, found), f"{first:,.3f}", "", f"{first:,.3f}")]
    for name, kg in found.effects_kg.items():
        running += kg
        share = f"{kg / first:+.1%}" if first else ""
        rows.append((f"  {name.replace('_', ' ')}", f"{kg:+,.3f}", share, f"{running:,.3f}"))
    share = f"{found.difference_kg / first:+.1%}" if first else ""
    rows.append(("  difference", f"{found.difference_kg:+,.3f}", share, ""))
    rows.append((_labelled("run B", found.b, found), f"{found.total_b_kg:,.3f}", "", f"{found.total_b_kg:,.3f}"))
    return table_of(("", "kg CO2e", "of run A", "running total"), rows)


def _labelled(which: str, label: str, found) -> str:
    return f"{which} {label}" + (" (sensitivity)" if label in found.sensitivity else "")


def _by_stage(found) -> Iterator[Table | Text]:
    """Effects by stage; whatever changed nothing anywhere is left out."""
    effects = [name for name, kg in found.effects_kg.items() if kg or any(s[name] for s in found.stages_kg.values())]
    stages = {name: [kg[each] for each in effects] for name, kg in found.stages_kg.items() if any(kg.values())}
    if not stages:
        return
    sums = [found.effects_kg[each] for each in effects]
    lines = {**stages, "all stages": sums}
    most_kg = max(abs(kg) for line in [*lines.values(), [found.difference_kg]] for kg in line)
    text, unit = _scale(most_kg)
    rows = [(name.replace("_", " "), *map(text, line), text(math.fsum(line))) for name, line in stages.items()]
    rows.append(("all stages", *map(text, sums), text(found.difference_kg)))
    yield Text(f"effects by stage, {unit} CO2e", style="bold")
    yield table_of(("", *(each.replace("_", "\n") for each in effects), "together"), rows)
    yield Text()


def _scale(most_kg: float) -> tuple[Callable[[float], str], str]:
    """Return how to write masses up to some size in nine columns, and their unit."""
    unit, size = ("t", 1000.0) if most_kg >= 1e6 else ("kg", 1.0)
    digits = next((digits for limit, digits in ((1e2, 3), (1e3, 2), (1e4, 1)) if most_kg / size < limit), 0)

    def text(kg: float) -> str:
        shown = round(kg / size, digits)
        return "0" if kg == 0 else f"{shown:+,.{digits}f}" if shown else f"{0:.{digits}f}"

    return text, unit


def _range(found) -> str:
    if found.low_kg is None:
        return "95 % range of the difference: unknown, a run recorded no spreads"
    word = "clear" if found.clear else "not clear: zero lies inside"
    return f"95 % range of the difference: {found.low_kg:+,.3f} to {found.high_kg:+,.3f} kg CO2e ({word})"


def _factors(found) -> Table:
    rows = []
    for row in found.factor_changes[:_FACTORS_SHOWN]:
        change = f"{row['kg_per_unit_b'] / row['kg_per_unit_a'] - 1:+.1%}" if row["kg_per_unit_a"] else ""
        ids = f"\n  A: {row['factor_a']}\n  B: {row['factor_b']}"
        rows.append((f"{row['activity']} ({row['region']}){ids}", change, f"{row['co2e_kg']:,.3f}"))
    return table_of(("factor edition", "per unit", "kg CO2e in run A"), rows)
