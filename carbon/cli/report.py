"""`carbon report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from carbon.cli.common import AsJson, FactorFiles, LedgerDir, OrganisationFile, SignOffsFile, app, out, print_json
from carbon.errors import InputError
from carbon.terms import Language

report_app = typer.Typer(no_args_is_help=True, help="Reports of the ledger.", rich_markup_mode=None)
app.add_typer(report_app, name="report")


@report_app.callback()
def _report() -> None:
    """Reports of the ledger."""


@report_app.command("esg")
def esg_command(
    output: Annotated[Path, typer.Option("-o", "--output", help="File to write: name.pdf or name.html.")],
    ledger: LedgerDir = Path("ledger"),
    profile: Annotated[
        str,
        typer.Option(
            help="Standard: ghg-protocol, gri, esrs, vsme, ifrs-s2, china, sasb; transport, or secr (UK energy table)."
        ),
    ] = "ghg-protocol",
    edition: Annotated[
        str | None,
        typer.Option(help="Of the standard: 2023 or 2026 of esrs, 2016 or 2025 of gri; its default otherwise."),
    ] = None,
    language: Annotated[Language, typer.Option(help="Language of the report.")] = Language.EN,
    period: Annotated[str | None, typer.Option(help="Such as 2025 or 2025-01..2025-06; default: everything.")] = None,
    organisation: Annotated[
        Path | None,
        typer.Option("--organisation", help="Take names, targets, revenue and measures from here instead."),
    ] = None,
    factors: FactorFiles = None,
    sign_offs: SignOffsFile = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="JSON file to write: the datapoints with ids, editions and units.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the ESG report as PDF, or as one accessible HTML file."""
    import pyarrow as pa

    # What the ledger's files took is given back before figures are drawn and pages set: arrow's own pool would keep it.
    pa.set_memory_pool(pa.system_memory_pool())
    from carbon import read_organisation, read_sign_offs
    from carbon.reports import write_esg

    setup = read_organisation(organisation) if organisation else None
    path = write_esg(
        ledger,
        profile=profile,
        language=str(language),
        period=period,
        output=output,
        organisation=setup,
        factors=factors or (),
        edition=edition,
        data=data,
        sign_offs=read_sign_offs(sign_offs) if sign_offs else None,
    )
    if as_json:
        print_json({"output": str(path), **({"data": str(data)} if data else {})})
        return
    out.print(f"wrote {path}", markup=False)
    if data:
        out.print(f"wrote {data}", markup=False)


@report_app.command("roi")
def roi_command(
    output: Annotated[Path | None, typer.Option("-o", "--output", help="File to write: name.pdf or name.html.")] = None,
    organisation: OrganisationFile = Path("organisation.yaml"),
    ledger: LedgerDir = Path("ledger"),
    language: Annotated[Language, typer.Option(help="Language of the report.")] = Language.EN,
    period: Annotated[
        str | None, typer.Option(help="Whole months, such as 2025 or 2025-01..2025-06; default: everything.")
    ] = None,
    factors: FactorFiles = None,
    as_json: AsJson = False,
) -> None:
    """Write the ROI report as PDF or HTML: which measure to do first, and why. With --json, all figures."""
    from carbon import read_organisation
    from carbon.reports import study_ledger, write_roi

    if output is None and not as_json:
        raise InputError(
            "nothing to write", expected="-o FILE.pdf or FILE.html, or --json for the figures", mend="add one of them"
        )
    setup = read_organisation(organisation)
    if output is None:
        print_json(study_ledger(setup, ledger, period, factors=factors or ()).as_json())
        return
    path, found = write_roi(setup, ledger, language=str(language), period=period, output=output, factors=factors or ())
    if as_json:
        print_json({"output": str(path), **found.as_json()})
    else:
        out.print(f"wrote {path}", markup=False)
