"""Measures and scenarios: judged once a state of ledger, organisation file and scenario; scenarios saved beside that file."""

from __future__ import annotations

import json
from pathlib import Path

import streamlit as st

from app import session
from app.access import needs
from app.people import Right
from app.reading import reports, versions
from carbon import documents
from carbon.errors import InputError, RoiError
from carbon.reports.context import Context
from carbon.reports.roi_context import RoiContext
from carbon.reports.words import Words
from carbon.roi import (
    Answer,
    Block,
    LeftOut,
    Readings,
    Scenario,
    Study,
    Workbench,
    Workshop,
    abatement_curve,
    terms_of,
)
from carbon.terms import Language

SAVED = "scenarios.json"


def bench(period: str | None) -> Workbench:
    """Return what scenarios of a period are about.

    Raises
    ------
    OrganisationError, RoiError
        If the organisation file gives no rate or currency, or the period cannot be used.
    """
    return _bench(str(session.settings().ledger), session.head(), reports.stamp(), period)


@st.cache_resource(show_spinner=False, max_entries=8)
def _bench(folder: str, head: str, stamp: str, period: str | None) -> Workbench:
    return _workshop(folder, head, stamp).bench(period)


@st.cache_resource(show_spinner=False, max_entries=2)
def _workshop(folder: str, head: str, stamp: str) -> Workshop:
    return Workshop(session.settings().organisation, folder, factors=session.own_factors(), readings=_readings())


@st.cache_resource(show_spinner=False)
def _readings() -> Readings:
    """Return what parcels of every run that was asked about add up to; one for all periods and sessions."""
    return Readings()


def answer(scenario: Scenario, period: str | None) -> Answer:
    """Return what comes of a scenario; its name changes nothing.

    Raises
    ------
    OrganisationError, RoiError
        As `bench`, or if a value of the scenario cannot be.
    """
    text = json.dumps(scenario.as_json() | {"name": ""}, sort_keys=True)
    return _answer(str(session.settings().ledger), session.head(), reports.stamp(), text, period)


@st.cache_resource(show_spinner=False, max_entries=32)
def _answer(folder: str, head: str, stamp: str, scenario: str, period: str | None) -> Answer:
    return bench(period).answer(Scenario.from_json(json.loads(scenario)))


def best(limit: int) -> tuple[tuple[Block, ...], str]:
    """Return the first measures of the abatement curve on the whole ledger, and the currency; errors as of `bench`.

    What pays most comes first, then what costs least by mass of CO2e.
    """
    blocks, currency = _blocks(str(session.settings().ledger), session.head(), reports.stamp())
    return blocks[:limit], currency


@st.cache_resource(show_spinner=False, max_entries=4)
def _blocks(folder: str, head: str, stamp: str) -> tuple[tuple[Block, ...], str]:
    found = bench(None)
    baseline = found.considered.baseline
    terms = terms_of(found.organisation, baseline.currency, baseline.year)
    return abatement_curve(found.considered.applicable, baseline, terms).blocks, terms.currency


def printed(study: Study | None, language: Language) -> RoiContext:
    """Return the words and figures of the ROI report, so that page and report cannot disagree.

    Of the ledger it needs names alone; the newest run has them, and what all months add up to is read once for all periods.
    """
    ledger = session.read_inventory()
    return RoiContext(Context(ledger, Words(language), ledger.organisation), study)


def why(found: LeftOut, language: Language) -> str:
    """Return in the report's words why a measure does not apply; that needs no study."""
    return printed(None, language).remark(found.why)


def measure_name(key: str, language: Language) -> str:
    """Return a measure as the report names it."""
    return Words(language)(f"roi.measures.{key}.name")


# Saved scenarios -----------------------------------------------------------------------------------


def place() -> Path:
    """Return where scenarios are saved, or would be."""
    return session.organisation_path().parent / SAVED


def saved() -> dict[str, Scenario]:
    """Return the saved scenarios by name.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    if not place().is_file():
        return {}
    found = documents.read(place())
    rows = found.get("scenarios") if isinstance(found, dict) else None
    if not isinstance(rows, list):
        raise InputError(
            "this is no file of scenarios",
            found=type(found).__name__,
            expected='{"scenarios": [...]}',
            mend="bring a former version back, or delete the file",
        )
    scenarios = [Scenario.from_json(each) for each in rows]
    return {each.name: each for each in scenarios}


@needs(Right.WORK)
def save(scenario: Scenario) -> None:
    """Save a scenario under its name; one of the same name is replaced, and stays among the versions.

    Raises
    ------
    RoiError
        If it has no name.
    """
    if not scenario.name.strip():
        raise RoiError("a scenario needs a name to be saved", found="nothing", expected="a name", mend="give it one")
    _write({**saved(), scenario.name: scenario})


@needs(Right.WORK)
def delete(name: str) -> None:
    """Take a scenario out; it stays among the versions."""
    _write({key: each for key, each in saved().items() if key != name})


def can_undo() -> bool:
    """Whether there is a former state of the saved scenarios."""
    return len(versions.history(place())) > 1


@needs(Right.WORK)
def undo() -> None:
    """Bring the state before the last change back; once more, and the change is there again."""
    versions.restore(place(), versions.history(place())[1])


def _write(scenarios: dict[str, Scenario]) -> None:
    if not place().is_file():
        versions.save(place(), _text({}))
    versions.save(place(), _text(scenarios))


def _text(scenarios: dict[str, Scenario]) -> str:
    rows = [each.as_json() for each in scenarios.values()]
    return json.dumps({"scenarios": rows}, ensure_ascii=False, indent=2) + "\n"
