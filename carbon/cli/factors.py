"""`carbon factors list|show|check|diff`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from carbon.cli.common import AsJson, FactorFiles, app, out, print_json, say_error
from carbon.cli.layout import LIST_COLUMNS, say

_WIDE = 150

factors_app = typer.Typer(no_args_is_help=True, help="The factor tables.", rich_markup_mode=None)
app.add_typer(factors_app, name="factors")


@factors_app.command("list")
def list_command(
    text: Annotated[
        list[str] | None, typer.Argument(help="Words that must all stand in id, activity, region or name.")
    ] = None,
    factors: FactorFiles = None,
    as_json: AsJson = False,
) -> None:
    """List factors: id, value, unit, boundary, region, edition, source."""
    from carbon import Registry

    registry, wanted = Registry.load(factors or ()), " ".join(text or ()).lower().split()
    rows = []
    for factor in registry.factors.values():
        for row in factor.rows:
            about = f"{row.id} {row.activity_key} {row.region} {row.name or ''}".lower()
            if all(word in about for word in wanted):
                source = registry.source(row)
                rows.append(
                    {
                        "id": row.id,
                        "activity": row.activity_key,
                        "value": row.value,
                        "unit": row.unit,
                        "boundary": str(row.boundary),
                        "gas_basis": str(row.gas_basis),
                        "region": row.region,
                        "edition": source.edition,
                        "source": row.source,
                    }
                )
    if as_json:
        print_json(rows)
        return
    # On a narrow terminal the two names stand below each other, and the edition is left to `factors show`.
    narrow = out.is_terminal and out.width < _WIDE
    names = ("activity, id",) if narrow else ("id", "activity")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in (*names, "value", "unit", "boundary", "gas", "region", *(() if narrow else ("edition",))):
        table.add_column(name, overflow="fold", justify="right" if name == "value" else "left", no_wrap=name == "value")
    for row in rows:
        cells = (
            *((f"{row['activity']}\n  {row['id']}",) if narrow else (row["id"], row["activity"])),
            f"{row['value']:g}",
            row["unit"],
            row["boundary"],
            row["gas_basis"],
            row["region"],
            *(() if narrow else (row["edition"],)),
        )
        table.add_row(*(Text(str(cell)) for cell in cells))
    _print_list(table)
    out.print(f"{len(rows):,} rows", markup=False)


@factors_app.command("show")
def show_command(
    factor: Annotated[str, typer.Argument(help="Factor id, or an activity (then every factor of it).")],
    factors: FactorFiles = None,
    as_json: AsJson = False,
) -> None:
    """Show a factor with everything an auditor asks about it."""
    from carbon import Registry

    registry = Registry.load(factors or ())
    found = [each for each in registry.factors.values() if factor in (each.id, each.activity)]
    if not found:
        registry.factor(factor)
    documents = []
    for each in found:
        for row in each.rows:
            source = registry.source(row)
            documents.append(
                {
                    **row.model_dump(mode="json", exclude_none=True),
                    "gsd_used": registry.gsd(row),
                    "flags": list(each.flags),
                    "source_title": source.title,
                    "publisher": source.publisher,
                    "edition": source.edition,
                    "licence": source.licence,
                    "attribution": source.attribution,
                }
            )
    if as_json:
        print_json(documents)
        return
    for document in documents:
        for key, value in document.items():
            if value not in (None, [], ""):
                say(str(value), lead=f"{key:<14} ")
        out.print()


@factors_app.command("check")
def check_command(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Your own factor files; default: the shipped tables.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check tables; every problem is named with file, row and key."""
    from carbon import Registry, check_tables

    problems = check_tables(files or None)
    if as_json:
        print_json(
            [
                {
                    "file": p.where.file,
                    "line": p.where.row,
                    "key": p.where.column,
                    "problem": p.problem,
                    "found": p.found,
                    "expected": p.expected,
                }
                for p in problems
            ]
        )
    elif problems:
        for problem in problems:
            say_error(str(problem))
    else:
        count = f"{len(Registry.load().factors):,} factors" if not files else ", ".join(str(file) for file in files)
        out.print(f"no problem found in {count}", markup=False)
    if problems:
        sys.exit(2)


@factors_app.command("diff")
def diff_command(
    old: Annotated[Path, typer.Argument(help="Folder or file of the older tables.")],
    new: Annotated[Path | None, typer.Argument(help="The newer ones; default: the shipped tables.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare two releases of tables row by row."""
    from carbon import compare_tables, shipped_folder

    changes = compare_tables(old, new or shipped_folder("factors"))
    if as_json:
        print_json([asdict(change) for change in changes])
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("id", "boundary", "gas", "what", "old", "new", "ratio"):
        table.add_column(name, overflow="fold")
    for change in changes:
        ratio = "" if change.ratio is None else f"{change.ratio:.4f}"
        table.add_row(
            *(
                Text(cell)
                for cell in (change.id, change.boundary, change.gas_basis, change.what, change.old, change.new, ratio)
            )
        )
    _print_list(table)
    out.print(f"{len(changes):,} changes", markup=False)


def _print_list(table: Table) -> None:
    """Print a table; in a file or pipe its lines stay whole, so that other programs can search them."""
    where = out if out.is_terminal else Console(file=out.file, width=LIST_COLUMNS, highlight=False)
    where.print(table)
