"""The ESG report from an inventory, and from a ledger to a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from carbon.errors import InputError, ReportError
from carbon.ledger import Inventory, inventory, verify
from carbon.reports import ghg_protocol
from carbon.reports.context import Context
from carbon.reports.rendering import form_of, render
from carbon.reports.report import Report
from carbon.reports.words import Words

#: A standard is one file and one line here.
PROFILES: dict[str, Callable[[Context], Report]] = {
    ghg_protocol.NAME: ghg_protocol.content,
}


def build(
    found: Inventory,
    profile: str = ghg_protocol.NAME,
    language: str = "en",
    organisation: Mapping[str, Any] | None = None,
) -> Report:
    """Return a report's content.

    Parameters
    ----------
    found : Inventory
    profile : str
        A key of `PROFILES`.
    language : str
        ``en`` or ``zh``.
    organisation : mapping, optional
        Takes the place of what the ledger recorded about the organisation, key by key.

    Raises
    ------
    ReportError
        If the profile or the language is unknown.
    """
    if profile not in PROFILES:
        raise _unknown_profile(profile)
    return PROFILES[profile](Context(found, Words(language), {**found.organisation, **(organisation or {})}))


def write_esg(
    ledger_folder: Path | str,
    *,
    profile: str = ghg_protocol.NAME,
    language: str = "en",
    period: str | None = None,
    output: Path | str,
    organisation: Mapping[str, Any] | None = None,
) -> Path:
    """Write the ESG report of a ledger, as PDF or as HTML.

    Parameters
    ----------
    ledger_folder : path
    period : str, optional
        Such as ``2025`` or ``2025-01..2025-06``; the whole ledger by default.
    output : path
        Its suffix says the form: ``.pdf`` or ``.html``.

    Returns
    -------
    Path
        Of the file.

    Raises
    ------
    ReportError
        If the ledger does not verify, the profile or language is unknown, or the file cannot be written.
    InputError, LedgerError
        If the period or the ledger cannot be read, or the output's suffix names no form.
    """
    if profile not in PROFILES:
        raise _unknown_profile(profile)
    Words(language)
    form_of(output)
    checked = verify(ledger_folder)
    if not checked.ok and checked.runs:
        raise ReportError(
            f"{ledger_folder}: the ledger does not verify, so no report is made of it\n  found:    {'; '.join(checked.problems[:3])}\n"
            "  expected: every hash, count and sum as recorded\n  mend:     see `carbon verify`, and restore the ledger from a copy"
        )
    report = build(inventory(ledger_folder, period), profile, language, organisation)
    return render(report, output).path


def _unknown_profile(profile: str) -> InputError:
    return InputError("unknown profile", found=profile, expected=f"one of {', '.join(PROFILES)}")
