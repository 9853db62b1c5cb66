"""`carbon footprints` and `carbon intensities`: what suppliers and carriers send."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from carbon.cli.common import AsJson, app, note, out, print_json
from carbon.cli.layout import say, table_of
from carbon.errors import InputError
from carbon.whole import write_whole

_SHOWN = 20
Files = Annotated[list[Path], typer.Argument(help="JSON files: a footprint, a list, or a service's answer.")]
NotTakenFile = Annotated[Path | None, typer.Option(help="Write what is not taken, with reasons (CSV).")]


@app.command("footprints")
def footprints_command(
    files: Files,
    articles: Annotated[
        Path, typer.Option(help="Articles, items or lines file: CSV or Parquet with sku, gtin or product_id.")
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The same file with unit_co2e_kg and its days filled.")
    ],
    rejects: NotTakenFile = None,
    as_json: AsJson = False,
) -> None:
    """Take suppliers' product footprints (PACT 2.0 to 2.3, 3.0) into the articles they are for."""
    from carbon import rejects_text, supplier_footprints, with_footprints

    read = supplier_footprints(files)
    filled = with_footprints(articles, read, output)
    refused = [*read.rejects, *filled.rejects]
    if rejects is not None:
        write_whole(rejects, rejects_text(refused))
    if as_json:
        rows = [
            {"article": each.article, "footprint_id": each.footprint.id, "declared": each.footprint.declared,
             "pieces": each.pieces, "unit_co2e_kg": each.unit_co2e_kg, "primary_share": each.footprint.primary_share,
             "valid_from": each.valid_from, "valid_to": each.valid_to, "source": each.footprint.source}
            for each in filled.taken
        ]  # fmt: skip
        print_json({"footprints": read.found, "rows": filled.rows, "rows_filled": filled.filled,
                    "rows_replaced": filled.replaced, "taken": rows, "rejects": _plain(refused)})  # fmt: skip
        return
    out.print(table_of(("article", "supplier", "from", "to", "declared for", "kg CO2e a piece", "primary"), [
        (each.article, each.footprint.company, f"{each.valid_from}", f"{each.valid_to}", each.footprint.declared, f"{each.unit_co2e_kg:,.4g}",
         "not stated" if each.footprint.primary_share is None else f"{each.footprint.primary_share:.0%}")
        for each in filled.taken[:_SHOWN]
    ], left=5))  # fmt: skip
    if len(filled.taken) > _SHOWN:
        note(f"and {len(filled.taken) - _SHOWN:,} more")
    say(
        f"footprints sent: {read.found:,}; articles that take some: {len({each.article for each in filled.taken}):,}; "
        f"rows filled: {filled.filled:,} of {filled.rows:,} ({filled.replaced:,} replaced)"
    )
    _say_rejects(refused)
    note(f"wrote {output}")


@app.command("intensities")
def intensities_command(
    files: Files,
    distance_basis: Annotated[
        str, typer.Option(help="Distance the carrier divided by: shortest_feasible, great_circle or actual.")
    ],
    output: Annotated[Path, typer.Option("-o", "--output", help="Carrier's table to write (CSV).")],
    rejects: NotTakenFile = None,
    as_json: AsJson = False,
) -> None:
    """Take a carrier's intensities (iLEAP: TOC, HOC) into a table, of which the app makes own factors."""
    from carbon import carrier_table, rejects_text

    try:
        made = carrier_table(files, distance_basis)
    except ValueError:
        raise InputError(
            "unknown distance", found=distance_basis, expected="shortest_feasible, great_circle or actual"
        ) from None
    write_whole(output, made.text)
    if rejects is not None:
        write_whole(rejects, rejects_text(made.rejects))
    if as_json:
        print_json({"found": made.found, "rows": made.rows, "output": str(output), "rejects": _plain(made.rejects)})
        return
    say(f"{made.found:,} categories: {made.rows:,} rows, two a category, written to {output}")
    _say_rejects(made.rejects)


def _plain(rejects: Iterable[Any]) -> list[dict[str, Any]]:
    return [
        {"file": each.file, "number": each.number, "footprint_id": each.id, "product": each.product,
         "article": each.article, "reason": each.reason, "problem": each.problem, "found": each.found, "mend": each.mend}
        for each in rejects
    ]  # fmt: skip


def _say_rejects(rejects: Iterable[Any]) -> None:
    refused = list(rejects)
    for each in refused[:_SHOWN]:
        name = " ".join(
            filter(None, (each.file, f"({each.number})" if each.number else "", each.product, each.article))
        )
        say(f"not taken: {name}: {each.problem}; found: {each.found}; mend: {each.mend}")
    if len(refused) > _SHOWN:
        say(f"and {len(refused) - _SHOWN:,} more: --rejects FILE writes them all")
