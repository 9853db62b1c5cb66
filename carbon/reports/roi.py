"""The ROI report from a study, and from a ledger to a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from carbon.ledger import Inventory, inventory
from carbon.reports import framing, numbers, roi_curve, roi_pages, roi_plan, roi_registers, roi_summary
from carbon.reports import roi_tables as tables
from carbon.reports.checked import check_ledger
from carbon.reports.context import Context
from carbon.reports.rendering import form_of, render
from carbon.reports.report import Report
from carbon.reports.roi_context import RoiContext
from carbon.reports.words import RENDERER_WORDS, Words
from carbon.roi import Study, study_of

NAME = "roi"


def build_roi(
    found: Study, ledger: Inventory, language: str = "en", organisation: Mapping[str, Any] | None = None
) -> Report:
    """Return the content of the ROI report.

    Parameters
    ----------
    found : Study
    ledger : Inventory
        Of the same period: merchant, runs, hashes.
    language : str
        ``en`` or ``zh``.
    organisation : mapping, optional
        Takes the place of what the ledger recorded about the organisation, key by key.

    Raises
    ------
    ReportError
        If the language is unknown.
    """
    base = Context(ledger, Words(language), {**ledger.organisation, **(organisation or {})})
    context = RoiContext(base, found)
    words, terms = context.said, found.terms
    period = found.baseline.period
    run = ledger.runs[-1] if ledger.runs else context.words("words.none")
    rate = numbers.signed_percent(numbers.decimal(100 * terms.discount_rate, 1, context.language), context.language)
    return Report(
        profile=NAME,
        language=context.language,
        title=words("title"),
        subtitle=words("subtitle", period=period, years=terms.horizon_years),
        organisation=base.name,
        period=period,
        subject=words("subject"),
        head=words("head", organisation=base.name, period=period, run=run),
        foot=words("foot", year=terms.base_year, rate=rate, code=framing.code(base)),
        cover=roi_summary.cover(context),
        sections=(
            roi_summary.summary(context),
            roi_summary.method(context),
            tables.carbon(context),
            tables.money(context),
            roi_curve.curve(context),
            roi_plan.portfolio(context),
            *(roi_pages.page(context, entry) for entry in found.entries),
            roi_registers.inputs(context),
            roi_registers.absent(context),
            roi_registers.glossary(context),
        ),
        words={key: context.words(f"words.{key}") for key in RENDERER_WORDS},
        made_at=base.made_at,
    )


def study_ledger(
    organisation: Any,
    ledger_folder: Path | str,
    period: str | None = None,
    *,
    factors: Iterable[Path | str] = (),
) -> Study:
    """Return the study of a ledger that verifies.

    Raises
    ------
    ReportError
        If the ledger does not verify.
    OrganisationError, RoiError, InputError, LedgerError
        If the organisation file, the period or the ledger cannot be used.
    """
    check_ledger(ledger_folder)
    return study_of(organisation, ledger_folder, period, factors=factors)


def write_roi(
    organisation: Any,
    ledger_folder: Path | str,
    *,
    language: str = "en",
    period: str | None = None,
    output: Path | str,
    factors: Iterable[Path | str] = (),
) -> tuple[Path, Study]:
    """Write the ROI report of a ledger, as PDF or as HTML.

    Parameters
    ----------
    organisation : Organisation or path
        Its `measures` and `finance`; the names of an Organisation take the place of what the ledger recorded.
    ledger_folder : path
    period : str, optional
        Whole months, such as ``2025`` or ``2025-01..2025-06``; the whole ledger by default.
    output : path
        Its suffix says the form: ``.pdf`` or ``.html``.
    factors : iterable of path
        The merchant's own factor files.

    Returns
    -------
    Path, Study
        Of the file, and what is in it.

    Raises
    ------
    ReportError
        If the ledger does not verify, the language is unknown, or the file cannot be written.
    OrganisationError, RoiError, InputError, LedgerError
        If the organisation file, the period or the ledger cannot be used.
    """
    Words(language)
    form_of(output)
    found = study_ledger(organisation, ledger_folder, period, factors=factors)
    given = None if isinstance(organisation, (str, Path)) else organisation.model_dump(mode="json", by_alias=True)
    report = build_roi(found, inventory(ledger_folder, period), language, given)
    return render(report, output).path, found
