"""`carbon footprints`, `carbon intensities` and `carbon shipments`: what suppliers and carriers send."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from carbon.cli.common import AsJson, app, note, out, print_json
from carbon.cli.layout import say, table_of
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

    made = carrier_table(files, distance_basis)
    write_whole(output, made.text)
    if rejects is not None:
        write_whole(rejects, rejects_text(made.rejects))
    if as_json:
        print_json({"found": made.found, "rows": made.rows, "output": str(output), "rejects": _plain(made.rejects)})
        return
    say(f"{made.found:,} categories: {made.rows:,} rows, two a category, written to {output}")
    _say_rejects(made.rejects)


@app.command("shipments")
def shipments_command(
    files: Files,
    orders: Annotated[Path, typer.Option(help="Orders file: CSV or Parquet.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="The same file with the carrier's figures filled.")],
    by: Annotated[
        str, typer.Option(help="Column with the shipment's or consignment's number: parcel_id, order_id or your own.")
    ] = "parcel_id",
    rejects: NotTakenFile = None,
    as_json: AsJson = False,
) -> None:
    """Take what a carrier reports for shipments (iLEAP: ShipmentFootprint) into the orders that were shipped."""
    from carbon import rejects_text, with_shipments

    made = with_shipments(orders, files, output, by)
    if rejects is not None:
        write_whole(rejects, rejects_text(made.rejects))
    if as_json:
        rows = [
            {"order": each.order, "footprint_id": each.footprint.id, "shipment": each.footprint.shipment_id,
             "carrier": each.footprint.company, "elements": each.footprint.elements, "reported_co2e_kg": each.footprint.wtw_kg,
             "reported_ttw_co2e_kg": each.footprint.ttw_kg, "primary_share": each.footprint.primary_share,
             "rows": each.rows}
            for each in made.taken
        ]  # fmt: skip
        print_json({"footprints": made.found, "rows": made.rows, "rows_filled": made.filled,
                    "rows_replaced": made.replaced, "taken": rows, "rejects": _plain(made.rejects)})  # fmt: skip
        return
    out.print(table_of(("order", "carrier", "rows", "elements", "kg CO2e WTW", "of it TTW", "primary"), [
        (each.order, each.footprint.company, f"{each.rows:,}", f"{each.footprint.elements:,}",
         f"{each.footprint.wtw_kg:,.4g}", f"{each.footprint.ttw_kg:,.4g}",
         "not stated" if each.footprint.primary_share is None else f"{each.footprint.primary_share:.0%}")
        for each in made.taken[:_SHOWN]
    ], left=2))  # fmt: skip
    if len(made.taken) > _SHOWN:
        note(f"and {len(made.taken) - _SHOWN:,} more")
    say(
        f"footprints sent: {made.found:,}; taken: {len(made.taken):,}; "
        f"rows filled: {made.filled:,} of {made.rows:,} ({made.replaced:,} replaced)"
    )
    _say_rejects(made.rejects)
    note(f"wrote {output}; the figures count for services with `reported:` (boundary WTW) in the organisation file")


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
