"""`carbon calculate`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from carbon.cli.common import (
    AsJson,
    FactorFiles,
    LedgerDir,
    OrganisationFile,
    PlacesFile,
    RejectsFile,
    app,
    mass_text,
    note,
    out,
    print_json,
    progress_bar,
)
from carbon.cli.layout import say

if TYPE_CHECKING:
    from carbon import Ledger, Manifest


@app.command("calculate")
def calculate_command(
    orders: Annotated[Path, typer.Argument(help="Orders: CSV, Excel, Parquet, or a folder of Parquet.")],
    organisation: OrganisationFile = Path("organisation.yaml"),
    ledger: LedgerDir = Path("ledger"),
    lines: Annotated[Path | None, typer.Option(help="Lines file: the items of each parcel.")] = None,
    articles: Annotated[
        Path | None, typer.Option(help="Articles file: suppliers' footprints of the lines' articles, by day.")
    ] = None,
    factors: FactorFiles = None,
    mapping: Annotated[Path | None, typer.Option(help="Mapping file for foreign headers and units.")] = None,
    places: PlacesFile = None,
    edition: Annotated[
        int | None,
        typer.Option(
            min=1990,
            max=2100,
            help="Factors of this year. Where the parcels are of other years the run is a sensitivity: it counts nowhere.",
        ),
    ] = None,
    restate: Annotated[list[str] | None, typer.Option(help="Run id that this run replaces; repeatable.")] = None,
    reason: Annotated[
        str | None,
        typer.Option(help="Why it restates: late_data (default), error, method_change or structural_change."),
    ] = None,
    rejects: RejectsFile = None,
    engine: Annotated[str, typer.Option(help="Where to compute: local, or spark.")] = "local",
    as_json: AsJson = False,
) -> None:
    """Compute the footprint of every parcel and record the run in the ledger."""
    from carbon import Ledger, calculate

    with progress_bar(as_json) as progress:
        done = calculate(
            orders,
            organisation,
            ledger=ledger,
            lines=lines,
            articles=articles,
            factors=factors or (),
            mapping=mapping,
            places=places,
            edition=edition,
            restate=restate,
            reason=reason,
            rejects_file=rejects,
            engine=engine,
            progress=progress,
        )
    if as_json:
        print_json(done.manifest.model_dump(mode="json"))
        return
    counts, manifest = done.counts, done.manifest
    label = "" if manifest.purpose == "inventory" else f" ({manifest.purpose}: it counts in no inventory)"
    out.print(f"run {manifest.run}{label}", markup=False)
    out.print(
        f"{counts['rows']:,} rows = {counts['footprints']:,} footprints + {counts['rejects']:,} rejects", markup=False
    )
    total = done.totals_kg.get("total_co2e_kg", 0.0)
    out.print(
        f"{mass_text(total)} CO2e in total, {mass_text(total / max(counts['footprints'], 1))} a parcel", markup=False
    )
    for line in _replaced(manifest, Ledger(ledger)):
        out.print(line, markup=False)
    for reason, count in sorted(manifest.reject_reasons.items(), key=lambda pair: -pair[1]):
        out.print(f"  rejected {count:,}: {reason}", markup=False)
    if done.recorded_in:
        say(f"already counting: {done.recorded_in}", lead="  ")
        say(done.recorded_in.advice, lead="  ")
    for text in done.notes:
        note(f"note: {text}")
    if counts["rejects"] and rejects is None:
        note("the refused rows with reasons: add --rejects rejects.csv")


def _replaced(manifest: Manifest, ledger: Ledger) -> Iterator[str]:
    """What a restatement did: which runs it replaces and why, parcels and total before and after."""
    if not manifest.supersedes:
        return
    old = [ledger.run(run) for run in manifest.supersedes]
    parcels = sum(each.counts["footprints"] for each in old)
    total = sum(each.totals_kg.get("total_co2e_kg", 0.0) for each in old)
    now = manifest.totals_kg.get("total_co2e_kg", 0.0)
    yield f"replaces {', '.join(manifest.supersedes)} ({manifest.reason or 'late_data'}):"
    yield f"  {mass_text(total)} -> {mass_text(now)} CO2e, {parcels:,} -> {manifest.counts['footprints']:,} parcels"
