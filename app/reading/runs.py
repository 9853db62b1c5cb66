"""Runs and what became of them: verification, differences, undoing, closed periods, and who did what when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from app import session
from app.access import needs
from app.people import Right
from app.reading import versions
from carbon import Comparison, Ledger, Manifest, Restatement, Verification, connect, diff, restatements, undo, verify
from carbon.terms import Stage

#: What became of a run.
COUNTS, RESTATED, SENSITIVITY = "counts", "restated", "sensitivity"


def ledger() -> Ledger:
    """Return the session's ledger."""
    return Ledger(session.settings().ledger)


def all_runs() -> list[Manifest]:
    """Return every run, newest first, those that no longer count included."""
    return _all(str(session.settings().ledger), session.head())


@st.cache_resource(show_spinner=False, max_entries=16)
def _all(folder: str, head: str) -> list[Manifest]:
    return Ledger(folder).runs()[::-1]


def standing() -> dict[str, str]:
    """Return what became of each run: it counts, is restated, or is a sensitivity."""
    runs = all_runs()
    gone = {each for manifest in runs for each in manifest.supersedes}
    return {
        each.run: SENSITIVITY if each.purpose == SENSITIVITY else RESTATED if each.run in gone else COUNTS
        for each in runs
    }


def sha256_of(run: str) -> str:
    """Return the hash of a run's manifest, as the file stands."""
    import hashlib

    return hashlib.sha256((ledger().run_folder(run) / "manifest.json").read_bytes()).hexdigest()


def manifest_file(run: str) -> bytes:
    """Return a run's manifest as it stands on the disk."""
    return (ledger().run_folder(run) / "manifest.json").read_bytes()


def check(head_sha256: str | None, progress: Callable[[str, int, int], None]) -> Verification:
    """Recompute every hash, the chain, counts and sums."""
    return verify(session.settings().ledger, head_sha256=head_sha256 or None, progress=progress)


def compare(a: str, b: str) -> Comparison:
    """Return why two runs or periods differ."""
    return _compare(str(session.settings().ledger), session.head(), a, b)


@st.cache_resource(show_spinner=False, max_entries=16)
def _compare(folder: str, head: str, a: str, b: str) -> Comparison:
    return diff(folder, a, b)


@needs(Right.MANAGE)
def undo_run(run: str) -> Manifest:
    """Record a run that takes the place of another and brings back what counted before it."""
    return undo(session.settings().ledger, run)


def base_year() -> list[Restatement]:
    """Return every change of the base year's figure by a restating run, oldest first."""
    return _base_year(str(session.settings().ledger), session.head())


@st.cache_resource(show_spinner=False, max_entries=8)
def _base_year(folder: str, head: str) -> list[Restatement]:
    return list(restatements(folder))


@needs(Right.MANAGE)
def close(period: str, why: str) -> None:
    """Close a period: no run may add or change parcels shipped in it."""
    ledger().close(period, why or None)


@needs(Right.MANAGE)
def reopen(period: str, why: str) -> None:
    """Open a closed period again."""
    ledger().reopen(period, why or None)


def closed() -> list[str]:
    """Return the closed periods."""
    return [each.label for each in ledger().closed_periods()]


def log() -> pd.DataFrame:
    """Return who did what and when, newest first: at, who, what (a code), of (what it was done to), more."""
    rows: list[tuple[str, str, str, str, str]] = []
    for each in all_runs():
        what = "undone" if any(note.startswith("undoes run ") for note in each.notes) else (
            "restated" if each.supersedes else "sensitivity" if each.purpose == SENSITIVITY else "recorded"
        )  # fmt: skip
        more = ", ".join(each.supersedes) or each.input_name
        rows.append((each.created_at, each.who, what, each.run, more))
    for entry in ledger().closing_history():
        what = "closed" if entry["action"] == "close" else "reopened"
        rows.append((entry["at"], entry["who"], what, entry["period"], entry.get("why", "")))
    # Set-up, own factors, suppliers' footprints, scenarios, base map: whatever the app wrote beside the organisation file.
    for path in versions.written(session.organisation_path().parent):
        rows += [
            (each.saved_at, each.who, f"file_{each.what}", path.name, each.sha256[:12])
            for each in versions.history(path)
            if each.saved_at
        ]
    frame = pd.DataFrame(rows, columns=["at", "who", "what", "of", "more"])
    return frame.sort_values("at", ascending=False, kind="stable", ignore_index=True)


# The walk down ---------------------------------------------------------------------------------------


def behind(stage: str, period: str | None) -> pd.DataFrame:
    """Return the factors behind a stage's figure: activity, factor_id, boundary, match, parcels, co2e_kg, title, edition,
    locator; most emissions first.
    """
    return _behind(str(session.settings().ledger), session.head(), stage, period)


@st.cache_data(show_spinner=False, max_entries=64)
def _behind(folder: str, head: str, stage: str, period: str | None) -> pd.DataFrame:
    with connect(folder, period=period) as connection:
        rows = connection.execute(
            "SELECT activity, factor_id, boundary, match, any_value(unit) AS unit, sum(amount) AS amount, "
            "sum(co2e_kg) AS co2e_kg FROM activity WHERE accounting = 'total' AND stage = $stage GROUP BY 1, 2, 3, 4 "
            "ORDER BY co2e_kg DESC, factor_id, boundary",
            {"stage": stage},
        ).df()
    keys = ["factor_id", "boundary", "match"]
    cited = session.read_inventory(period).factors
    return rows.merge(cited[[*keys, "title", "edition", "locator", "value"]], on=keys, how="left")


def heaviest_of(stage: str, period: str | None) -> pd.DataFrame:
    """Return the parcels to which a stage adds most: parcel_id, co2e_kg."""
    return _heaviest_of(str(session.settings().ledger), session.head(), str(Stage(stage)), period)


@st.cache_data(show_spinner=False, max_entries=64)
def _heaviest_of(folder: str, head: str, stage: str, period: str | None) -> pd.DataFrame:
    with connect(folder, period=period) as connection:
        return connection.execute(
            f'SELECT parcel_id, "{stage}_co2e_kg" AS co2e_kg FROM footprints ORDER BY 2 DESC, 1 LIMIT 5'
        ).df()


def changes(found: Comparison) -> list[dict[str, Any]]:
    """Return the factors that differ between two runs."""
    return [dict(each) for each in found.factor_changes]
