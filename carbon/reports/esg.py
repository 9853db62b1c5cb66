"""The ESG report from an inventory, and from a ledger to a file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from carbon.errors import ReportError
from carbon.ledger import Inventory, Review, SignOffs, inventory, review, subjects
from carbon.reports import machine
from carbon.reports.checked import check_ledger
from carbon.reports.context import Context, Measure
from carbon.reports.planned import planned_measures
from carbon.reports.profile import content
from carbon.reports.rendering import form_of, render
from carbon.reports.report import Report
from carbon.reports.standard import TABLES, load
from carbon.reports.words import Words

#: A standard is a table of this name in ``disclosures/``.
PROFILES: tuple[str, ...] = TABLES
_DEFAULT = "ghg-protocol"


def build(
    found: Inventory,
    profile: str = _DEFAULT,
    language: str = "en",
    organisation: Mapping[str, Any] | None = None,
    *,
    edition: str | None = None,
    measures: Sequence[Measure] = (),
    signed: Review | None = None,
    former: Inventory | None = None,
) -> Report:
    """Return a report's content.

    Parameters
    ----------
    found : Inventory
    profile : str
        One of `PROFILES`.
    language : str
        ``en`` or ``zh``.
    organisation : mapping, optional
        Takes the place of what the ledger recorded about the organisation, key by key.
    edition : str, optional
        Of the standard, such as ``2023`` or ``2026`` of ESRS; its default otherwise.
    measures : sequence of Measure
        What is done or planned, with its effect.
    signed : Review, optional
        Who signed for which assumption or factor, and what is material without.
    former : Inventory, optional
        Of the year before, for standards that set one beside the other.

    Raises
    ------
    InputError
        If the profile or its edition is unknown.
    ReportError
        If the language is unknown.
    """
    standard = load(profile)
    chosen = standard.edition(edition)
    known = {**found.organisation, **(organisation or {})}
    return content(
        Context(found, Words(language), known, standard, chosen, tuple(measures), review=signed, former=former)
    )


def write_esg(
    ledger_folder: Path | str,
    *,
    profile: str = _DEFAULT,
    language: str = "en",
    period: str | None = None,
    output: Path | str,
    organisation: Any | None = None,
    factors: Iterable[Path | str] = (),
    edition: str | None = None,
    data: Path | str | None = None,
    sign_offs: SignOffs | None = None,
) -> Path:
    """Write the ESG report of a ledger, as PDF or as HTML.

    Parameters
    ----------
    ledger_folder : path
    period : str, optional
        Such as ``2025`` or ``2025-01..2025-06``; the whole ledger by default.
    output : path
        Its suffix says the form: ``.pdf`` or ``.html``.
    organisation : Organisation, optional
        Takes the place of what the ledger recorded about the organisation, and says which measures are considered.
    factors : iterable of path
        The merchant's own factor files, which measures may name.
    edition : str, optional
        Of the standard.
    data : path, optional
        Where the answers to the standard's datapoints go as JSON: PDF/A-2 admits no such attachment.
    sign_offs : SignOffs, optional
        Who signed for which assumption or factor.

    Returns
    -------
    Path
        Of the report.

    Raises
    ------
    ReportError
        If the ledger does not verify, the language is unknown, or a file cannot be written.
    InputError, LedgerError
        If profile, edition, period, ledger or the output's suffix are not as they should be.
    RoiError
        If measures cannot be reckoned.
    """
    load(profile).edition(edition)
    words = Words(language)
    form_of(output)
    check_ledger(ledger_folder)
    found, given, measures = inventory(ledger_folder, period), None, ()
    if organisation is not None:
        given = organisation.model_dump(mode="json", by_alias=True)
        measures = planned_measures(organisation, ledger_folder, period, words, factors) if found.parcels else ()
    signed = review(subjects(ledger_folder, period) if found.parcels else (), sign_offs)
    former = former_year(ledger_folder, found) if load(profile).compares else None
    report = build(found, profile, language, given, edition=edition, measures=measures, signed=signed, former=former)
    path = render(report, output).path
    if data is not None:
        _write_data(report, data)
    return path


def former_year(ledger_folder: Path | str, found: Inventory) -> Inventory | None:
    """Return the inventory of the year before, where the period is a year and the ledger holds parcels of both."""
    if not found.parcels or not (found.period.isdigit() and len(found.period) == len("2025")):
        return None
    former = inventory(ledger_folder, str(int(found.period) - 1))
    return former if former.parcels else None


def _write_data(report: Report, path: Path | str) -> None:
    try:
        machine.write(report.data, path)
    except OSError as error:
        raise ReportError(
            f"{path}: the data cannot be written\n  found:    {error.strerror or error}\n"
            "  expected: a folder that exists, with the right to write\n  mend:     name another file with --data"
        ) from error
