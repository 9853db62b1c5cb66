"""Reports as files: the ESG report of every standard and edition, the ROI report, each once a state of the ledger."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from app import session
from carbon import read_organisation, read_sign_offs, review, subjects
from carbon.reports import PROFILES, build, build_roi, check_ledger, render, study_ledger
from carbon.reports.esg import former_year
from carbon.reports.planned import planned_measures
from carbon.reports.standard import Standard, load
from carbon.reports.words import Words
from carbon.terms import Language

ESG, ROI = "esg", "roi"


@dataclass(frozen=True)
class Made:
    """A report in its three forms.

    Attributes
    ----------
    html : str
        The same content as the PDF, accessible.
    data : bytes
        JSON: datapoints of the standard, or all figures of the study.
    """

    pdf: bytes
    html: str
    data: bytes


def standards() -> dict[str, Standard]:
    """Return the standards that a report can follow, by profile."""
    return {profile: load(profile) for profile in PROFILES}


def has_measures() -> bool:
    """Whether the organisation file names measures that an ROI report could judge."""
    path = session.settings().organisation
    return path is not None and bool(read_organisation(path).measures)


def stamp() -> str:
    """Return what reports depend on besides the ledger: the organisation file, for its measures, own factors, sign-offs."""
    paths = [session.settings().organisation, *session.own_factors(), session.sign_offs()]
    return " ".join(f"{path}:{path.stat().st_mtime_ns}" for path in paths if path is not None)


def esg(profile: str, edition: str, language: Language, period: str | None) -> Made:
    """Return the ESG report after a standard, with the measures of the organisation file.

    Raises
    ------
    ReportError, OrganisationError, RoiError
        If the ledger does not verify, or the organisation file cannot be used.
    InputError
        If the file of sign-offs cannot be used.
    """
    return _esg(str(session.settings().ledger), session.head(), stamp(), profile, edition, str(language), period)


@st.cache_data(show_spinner=False, max_entries=16)
def _esg(folder: str, head: str, stamp: str, profile: str, edition: str, language: str, period: str | None) -> Made:
    check_ledger(folder)
    found, measures = session.read_inventory(period), ()
    if found.parcels and has_measures():
        setup = read_organisation(session.settings().organisation)
        measures = planned_measures(setup, folder, period, Words(language), session.own_factors())
    path = session.sign_offs()
    signed = review(subjects(folder, period) if found.parcels else (), read_sign_offs(path) if path else None)
    former = former_year(folder, found) if load(profile).compares else None
    report = build(found, profile, language, edition=edition, measures=measures, signed=signed, former=former)
    return _made(report, report.data)


def roi(language: Language, period: str | None) -> Made:
    """Return the ROI report of the organisation's measures.

    Raises
    ------
    ReportError, OrganisationError, RoiError
        If the ledger does not verify, or the organisation file or the period cannot be used.
    """
    return _roi(str(session.settings().ledger), session.head(), stamp(), str(language), period)


@st.cache_data(show_spinner=False, max_entries=8)
def _roi(folder: str, head: str, stamp: str, language: str, period: str | None) -> Made:
    setup = read_organisation(session.settings().organisation)
    found = study_ledger(setup, Path(folder), period, factors=session.own_factors())
    return _made(build_roi(found, session.read_inventory(period), language), found.as_json())


def _made(report: object, data: object) -> Made:
    with tempfile.TemporaryDirectory(prefix="carbon-report-") as folder:
        pdf, html = (render(report, Path(folder) / f"report{suffix}").path for suffix in (".pdf", ".html"))
        text = json.dumps(data, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        return Made(pdf.read_bytes(), html.read_text(encoding="utf-8"), text.encode("utf-8"))
