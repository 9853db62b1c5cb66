"""Carriers and services of the ledger, read once a state of it, and what the set-up says of each."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from app import session
from carbon import Carriers, carriers

#: What a target of the organisation file covers where it names no part.
WHOLE = "total"


def read(period: str | None) -> Carriers:
    """Return the carriers of a period."""
    return _carriers(str(session.settings().ledger), session.head(), period)


@st.cache_resource(show_spinner=False, max_entries=32)
def _carriers(folder: str, head: str, period: str | None) -> Carriers:
    return carriers(folder, period, cells=session.cells())


def targets(organisation: dict[str, Any], carrier: str, services: list[str]) -> list[dict[str, Any]]:
    """Return the organisation's targets for a carrier: those that cover it by name, or one of its services by key."""
    covered = {*services, *([carrier] if carrier else [])}
    return [each for each in organisation.get("targets") or () if str(each.get("covers", WHOLE)) in covered]


def whole_targets(organisation: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the organisation's targets for all delivery emissions."""
    return [each for each in organisation.get("targets") or () if str(each.get("covers", WHOLE)) == WHOLE]


def year_kg(covers: str, year: int) -> float | None:
    """Return what a carrier, or a service, emitted in a year of the ledger [kg CO2e]; None where the year holds nothing."""
    if not any(month.startswith(f"{year}-") for month in session.months()):
        return None
    found = read(str(year))
    rows: pd.DataFrame = found.services[(found.services["carrier"] == covers) | (found.services["service"] == covers)]
    return float(rows["co2e_kg"].sum()) if len(rows) else None
