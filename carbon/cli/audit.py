"""`carbon audit`."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from carbon.cli.common import AsJson, LedgerDir, app, json_text, mass_text, out, print_json
from carbon.cli.layout import say, table_of
from carbon.errors import InputError


class Strata(StrEnum):
    """Parts of the ledger that are drawn from one by one."""

    NONE = "none"
    STAGE = "stage"
    MONTH = "month"


@app.command("audit")
def audit_command(
    output: Annotated[
        list[Path] | None,
        typer.Option("-o", "--output", help="File to write: name.csv (one row a step) or name.json; repeatable."),
    ] = None,
    ledger: LedgerDir = Path("ledger"),
    count: Annotated[int, typer.Option(help="Parcels to draw.")] = 25,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of the draw; default: follows from the ledger head's hash.")
    ] = None,
    by: Annotated[Strata, typer.Option(help="Strata: each stage, or each month, gets draws of its own.")] = Strata.NONE,
    period: Annotated[str | None, typer.Option(help="Such as 2025 or 2025-01..2025-06; default: everything.")] = None,
    as_json: AsJson = False,
) -> None:
    """Draw parcels for an auditor, more likely the more they emit, each with its whole calculation."""
    wrong = next((path for path in output or () if path.suffix.lower() not in (".csv", ".json")), None)
    if wrong is not None:
        raise InputError("unknown form", found=str(wrong), expected="a name that ends in .csv or .json")
    if not output and not as_json:
        raise InputError("nothing to write", expected="-o FILE.csv, -o FILE.json or --json", mend="add one of them")
    from carbon import audit_sample
    from carbon.whole import write_whole

    found = audit_sample(ledger, count, seed=seed, by=str(by), period=period)
    for path in output or ():
        write_whole(path, _csv(found) if path.suffix.lower() == ".csv" else json_text(found.as_json()))
    if as_json:
        print_json(found.as_json())
    else:
        _print(found)
        for path in output or ():
            out.print(f"wrote {path}", markup=False)
    if not found.agrees:
        sys.exit(1)


def _csv(found: Any) -> str:
    """Return one row for each step of each parcel, so that a spreadsheet can multiply amount by factor."""
    from carbon import neutral

    text = io.StringIO()
    rows = list(_rows(found))
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: neutral(cell) if isinstance(cell, str) else cell for name, cell in row.items()})
    return text.getvalue()


def _rows(found: Any) -> Iterator[dict[str, Any]]:
    for each in found.parcels:
        told = each.explanation
        for number, line in enumerate(told.lines, 1):
            yield {
                "stratum": each.stratum,
                "parcel_id": told.parcel["parcel_id"],
                "order_id": told.parcel["order_id"],
                "run": told.run,
                "shipped_on": told.parcel["shipped_on"],
                "size_kg": each.size_kg,
                "inclusion_probability": each.probability,
                "weight": each.weight,
                "recorded_total_kg": told.stored_total_kg,
                "recomputed_total_kg": told.total_kg,
                "agrees": "yes" if told.agrees else "no",
                "fallbacks": "; ".join(told.fallbacks),
                "step": number,
                "stage": line.stage,
                "accounting": line.accounting,
                "name": line.name,
                "activity": line.activity,
                "amount": line.amount,
                "unit": line.unit,
                "factor_value": line.factor_value,
                "factor_unit": line.factor_unit,
                "co2e_kg": line.co2e_kg,
                "factor_id": line.factor_id,
                "edition": line.edition,
                "source": line.source,
                "locator": line.locator,
                "boundary": line.boundary,
                "gas_basis": line.gas_basis,
                "gwp_set": line.gwp_set,
                "region": line.region,
                "match": line.match,
                "data_type": line.data_type,
                "formula": line.formula,
                "inputs": "; ".join(
                    f"{item.name} = {item.value!r} {item.unit} <{item.origin}>" for item in line.inputs
                ),
                "flags": "; ".join(line.flags),
            }


def _print(found: Any) -> None:
    say(f"ledger head {found.head_sha256}, seed {found.seed}, {len(found.parcels)} parcels drawn")
    heads = ("stratum", "parcels", "without emissions", "emissions", "drawn", "for certain", "estimated parcels")
    rows = [
        (
            each.name,
            f"{each.parcels:,}",
            f"{each.without:,}",
            mass_text(each.total_kg),
            f"{each.drawn:,}",
            f"{each.certain:,}",
            f"{each.estimated_parcels:,.0f}",
        )
        for each in found.strata
    ]
    out.print(table_of(heads, rows))
    word = "repeats" if found.agrees else "DOES NOT REPEAT"
    say(f"the calculation of every drawn parcel {word} what is recorded, to 1e-9")
    say("what is found in a parcel, times its weight, adds up to an estimate for its stratum")
