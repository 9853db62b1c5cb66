"""The factor tables: search, editions side by side, what an edition changes, and the organisation's own factors."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from app import session
from app.access import needs
from app.people import Right
from app.reading import versions
from carbon import EditionEffect, Registry, check_tables, edition_effect, file_text
from carbon.errors import CarbonError, FactorError
from carbon.terms import Boundary, Gas, GwpSet

#: Choices of a factor's fields, as the tables spell them.
BOUNDARIES = [str(each) for each in Boundary]
GASES = [str(each) for each in Gas]
GWP_SETS = [str(each) for each in GwpSet]

COLUMNS = ["id", "activity", "name", "region", "value", "unit", "boundary", "source", "title", "publisher", "edition",
           "licence", "locator", "valid_from", "valid_to", "gsd", "pedigree", "gas_basis", "gwp_set", "note", "own",
           "flags", "kg_per_unit", "canonical"]  # fmt: skip


def gwp_set() -> str:
    """Return the GWP set of the newest run, else the method's default."""
    runs = session.current_runs() if session.head() else []
    return runs[0].gwp_set if runs else "AR5"


def registry() -> Registry:
    """Return the shipped tables with the organisation's own on top."""
    own = session.own_factors()
    return _registry(gwp_set(), *(str(each) for each in own), changed=tuple(each.stat().st_mtime_ns for each in own))


@st.cache_resource(show_spinner=False, max_entries=4)
def _registry(gwp_set: str, *own: str, changed: tuple[int, ...]) -> Registry:
    return Registry.load(own, gwp_set=gwp_set)


def rows() -> pd.DataFrame:
    """Return every published row of every factor: `COLUMNS`; WTT and TTW of a factor are rows of their own."""
    return _rows(registry())


@st.cache_resource(show_spinner=False, max_entries=4, hash_funcs={Registry: lambda each: each.hash})
def _rows(known: Registry) -> pd.DataFrame:
    found = []
    for factor in known.factors.values():
        for row in factor.rows:
            source = known.source(row)
            found.append(
                (row.id, row.activity_key, row.name, row.region, row.value, row.unit, str(row.boundary), row.source,
                 source.title, source.publisher, source.edition, source.licence, row.locator, row.valid_from,
                 row.valid_to, row.gsd, row.pedigree, str(row.gas_basis), str(row.gwp_set), row.note, row.own,
                 ", ".join(factor.flags), factor.co2e_kg, factor.unit)
            )  # fmt: skip
    frame = pd.DataFrame(found, columns=COLUMNS)
    text = frame[["id", "activity", "name", "region", "title", "publisher", "edition"]].fillna("").agg(" ".join, axis=1)
    return frame.assign(text=text.str.lower())


def search(text: str, region: str = "", source: str = "") -> pd.DataFrame:
    """Return the rows that hold every word of a text, of a region and a source where these are given."""
    frame = rows()
    keep = pd.Series(True, index=frame.index)
    for word in text.lower().split():
        keep &= frame["text"].str.contains(word, regex=False)
    if region:
        keep &= frame["region"] == region
    if source:
        keep &= frame["source"] == source
    return frame[keep]


def editions(activity: str, canonical: str) -> pd.DataFrame:
    """Return every factor of an activity, by region and year: one row a factor, `kg_per_unit` its total."""
    frame = rows()
    mine = frame[(frame["activity"] == activity) & (frame["canonical"] == canonical)].drop_duplicates("id")
    years = pd.to_datetime(mine["valid_from"]).dt.year
    return mine.assign(year=years).sort_values(["region", "year", "id"], ignore_index=True)


def years() -> list[int]:
    """Return the years that editions of the tables begin in, newest first."""
    found = pd.to_datetime(rows()["valid_from"]).dt.year.dropna()
    counts = found.value_counts()
    return sorted((int(year) for year, count in counts.items() if count >= 20), reverse=True)


def effect(year: int, period: str | None) -> EditionEffect:
    """Return what the edition of a year changes in the ledger's total."""
    return _effect(str(session.settings().ledger), session.head(), registry(), year, period)


@st.cache_resource(show_spinner=False, max_entries=32, hash_funcs={Registry: lambda each: each.hash})
def _effect(folder: str, head: str, known: Registry, year: int, period: str | None) -> EditionEffect:
    return edition_effect(folder, known, year, period)


# The organisation's own -----------------------------------------------------------------------------


def own_rows() -> list[dict[str, Any]]:
    """Return the rows of the organisation's own file."""
    from carbon import documents

    path = session.own_factors_path()
    if path is None or not path.is_file():
        return []
    return [dict(row) for row in (documents.read(path) or {}).get("factors") or []]


def problems(rows: list[dict[str, Any]]) -> list[FactorError]:
    """Return what is wrong with own rows, by the same check as `carbon factors check`."""
    with tempfile.TemporaryDirectory(prefix="carbon-factors-") as made:
        path = Path(made) / session.OWN_FACTORS
        path.write_text(file_text({"factors": rows}), encoding="utf-8")
        try:
            found = check_tables([path])
            if not found:
                Registry.load([path], gwp_set=gwp_set())
        except CarbonError as error:
            found = [error] if isinstance(error, FactorError) else [FactorError(str(error))]
    return found


@needs(Right.MANAGE)
def save_own(rows: list[dict[str, Any]]) -> None:
    """Make these the organisation's own factors; the former file is kept."""
    path = session.own_factors_path()
    if path is not None:
        versions.save(path, file_text({"factors": rows}))


def history() -> list[versions.Version]:
    """Return the versions of the organisation's own file."""
    path = session.own_factors_path()
    return versions.history(path) if path is not None else []


@needs(Right.MANAGE)
def restore(version: versions.Version) -> None:
    """Bring a former file back."""
    path = session.own_factors_path()
    if path is not None:
        versions.restore(path, version)
