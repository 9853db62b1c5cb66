"""The one place where the app meets the library: settings, cached reads of the ledger, and the work itself.

Everything read is cached by the hash of the ledger's newest manifest, so a new run shows at once and nothing is
read twice. No function here loads the parcels of a ledger.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from app.access import needs, require
from app.people import Right
from carbon import (
    ORDER_COLUMNS,
    Calculation,
    Cells,
    Explanation,
    Inventory,
    Ledger,
    Manifest,
    OrdersInput,
    calculate,
    connect,
    explain,
    fallback_names,
    inventory,
    near_ids,
    neutral,
    reason_titles,
    rejects_csv,
    write_sample,
)
from carbon.reports import causes as named_causes
from carbon.reports.context import Context
from carbon.reports.context import place_name as named_place
from carbon.reports.recorded import said
from carbon.reports.words import Words
from carbon.terms import Language

__all__ = [
    "ORDER_COLUMNS",
    "Calculation",
    "Explanation",
    "Inventory",
    "Manifest",
    "OrdersInput",
    "fallback_names",
    "reason_titles",
]

SAMPLE_KEY = "sample"
_SAMPLE_FOLDER = "sample_merchant"
#: The organisation's own factors: a file beside the organisation file.
OWN_FACTORS = "own_factors.yaml"
SIGN_OFFS = "sign_offs.yaml"


@dataclass(frozen=True)
class Settings:
    """Where the session reads and writes.

    Attributes
    ----------
    organisation : Path or None
        The organisation file, where there is one.
    organisation_path : Path
        Where it is, or would be.
    """

    ledger: Path
    organisation: Path | None
    organisation_path: Path
    sample: bool = False


def settings() -> Settings:
    """Return the session's ledger and organisation file: from the command line, else the environment.

    While the session looks at the sample merchant these are the sample's own, so that nothing invented
    is ever recorded in the user's ledger.
    """
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--ledger", default=os.environ.get("CARBON_LEDGER", "ledger"))
    parser.add_argument("--organisation", default=os.environ.get("CARBON_ORGANISATION", "organisation.yaml"))
    given, _ = parser.parse_known_args(sys.argv[1:])
    wanted = Path(given.organisation)
    chosen = Settings(Path(given.ledger), wanted if wanted.is_file() else None, wanted)
    if st.session_state.get(SAMPLE_KEY):
        folder = chosen.ledger.parent / _SAMPLE_FOLDER
        own = folder / "organisation.yaml"
        return replace(chosen, ledger=folder / "ledger", organisation=own, organisation_path=own, sample=True)
    return chosen


def organisation_path() -> Path:
    """Return where the organisation file is, or would be."""
    return settings().organisation_path


def own_factors_path() -> Path | None:
    """Return where the organisation's own factors are, or would be; None without an organisation file."""
    organisation = settings().organisation
    return organisation.parent / OWN_FACTORS if organisation is not None else None


def own_factors() -> tuple[Path, ...]:
    """Return the organisation's own factor files."""
    path = own_factors_path()
    return (path,) if path is not None and path.is_file() else ()


def sign_offs() -> Path | None:
    """Return the organisation's file of sign-offs, where it has one."""
    organisation = settings().organisation
    path = organisation.parent / SIGN_OFFS if organisation is not None else None
    return path if path is not None and path.is_file() else None


def head() -> str:
    """Return the hash of the ledger's newest manifest; empty while nothing is recorded."""
    return Ledger(settings().ledger).head_sha256()


# Reading, cached -----------------------------------------------------------------------------------


def read_inventory(period: str | None = None) -> Inventory:
    """Return the ledger rolled up over a period, or over everything."""
    return _inventory(str(settings().ledger), head(), period)


@st.cache_resource(show_spinner=False, max_entries=64)
def _inventory(folder: str, head: str, period: str | None) -> Inventory:
    return inventory(folder, period, cells=cells())


@st.cache_resource(show_spinner=False)
def cells() -> Cells:
    """Return what parcels that are alike add up to, of every run that was asked about; one for all pages, periods and sessions."""
    return Cells()


def months() -> list[str]:
    """Return the months that the ledger holds, in order."""
    return _months(str(settings().ledger), head())


@st.cache_data(show_spinner=False, max_entries=16)
def _months(folder: str, head: str) -> list[str]:
    with connect(folder, cells=cells()) as connection:
        found = connection.execute("SELECT DISTINCT month::VARCHAR FROM cells ORDER BY 1").fetchall()
    return [month for (month,) in found if month]


def current_runs() -> list[Manifest]:
    """Return the runs that count, newest first."""
    return _current(str(settings().ledger), head())


@st.cache_resource(show_spinner=False, max_entries=16)
def _current(folder: str, head: str) -> list[Manifest]:
    return Ledger(folder).current()[::-1]


def organisation_of(run: str) -> dict[str, Any]:
    """Return the set-up that a run was made with."""
    return next((each.organisation for each in current_runs() if each.run == run), {})


def near(text: str) -> list[str]:
    """Return recorded ids most like a text."""
    return _near(str(settings().ledger), head(), text.strip())


@st.cache_data(show_spinner=False, max_entries=256)
def _near(folder: str, head: str, text: str) -> list[str]:
    with connect(folder) as connection:
        return near_ids(connection, text)


def explained(text: str) -> list[Explanation]:
    """Return the calculation of each parcel of an order, line by line."""
    return _explained(str(settings().ledger), head(), text)


@st.cache_resource(show_spinner=False, max_entries=64)
def _explained(folder: str, head: str, text: str) -> list[Explanation]:
    return explain(folder, text)


# Work ----------------------------------------------------------------------------------------------


@needs(Right.WORK)
def write_sample_merchant(progress: Callable[[str, int, int], None]) -> None:
    """Make the sample merchant beside the user's ledger, calculate it once, and look at it from now on."""
    folder = settings().ledger.parent / _SAMPLE_FOLDER
    if Ledger(folder / "ledger").head() is None:
        orders, lines, organisation = write_sample(folder)
        calculate(orders, organisation, lines=lines, ledger=folder / "ledger", progress=progress)
    st.session_state[SAMPLE_KEY] = True


def sample_organisation() -> bytes:
    """Return the sample merchant's organisation file, to be copied and changed."""
    return resources.files("carbon.sample").joinpath("organisation.yaml").read_bytes()


def leave_sample() -> None:
    """Go back to the user's own ledger."""
    st.session_state[SAMPLE_KEY] = False


@needs(Right.WORK)
def keep_upload(upload: Any, role: str) -> Path:
    """Write an uploaded file to the session's temporary folder, under a name that cannot leave it.

    Parameters
    ----------
    upload : UploadedFile
    role : str
        Subfolder, so that files of the same name stay apart.
    """
    if "uploads" not in st.session_state:
        st.session_state["uploads"] = tempfile.TemporaryDirectory(prefix="carbon-app-")
    folder = Path(st.session_state["uploads"].name) / role
    folder.mkdir(exist_ok=True)
    safe = re.sub(r"[^\w.\- ()]", "_", Path(upload.name.replace("\\", "/")).name).lstrip(".")[-120:] or role
    path = folder / safe
    path.write_bytes(upload.getbuffer())
    return path


def without_folder(text: object) -> str:
    """Return a message without the temporary folder of uploads, so that a file shows under the user's own name."""
    uploads = st.session_state.get("uploads")
    return re.sub(re.escape(uploads.name) + r"[/\\]\w+[/\\]", "", str(text)) if uploads else str(text)


def without_ledger(text: object) -> str:
    """Return a message without the way to the ledger: its own folder and file are enough."""
    return str(text).replace(f"{settings().ledger.resolve()}/", "").replace(f"{settings().ledger}/", "")


@needs(Right.WORK)
def record(
    orders: Path, organisation: Path, restate: str | None, progress: Callable[[str, int, int], None], **inputs: Any
) -> Calculation:
    """Calculate orders into the ledger with the organisation's own factors on top of the shipped ones.

    A file that takes the place of an earlier one brings late data; that, and another organisation file, is for admins.
    """
    if restate or organisation != settings().organisation:
        require(Right.MANAGE)
    reason, ledger = ("late_data" if restate else None), settings().ledger
    options = {"ledger": ledger, "restate": restate, "reason": reason, "factors": own_factors()}
    return calculate(orders, organisation, progress=progress, **options, **inputs)


def run_rejects(run: str) -> bytes:
    """Return a run's rejects as CSV, its cells harmless to spreadsheets; empty where there are none."""
    import pyarrow.parquet as pq

    path = Ledger(settings().ledger).rejects_file(run)
    return csv_of_rejects(pq.read_table(path)) if path.exists() else b""


def csv_of_rejects(rejects: Any) -> bytes:
    """Return rejects as CSV (UTF-8 with byte-order mark)."""
    text = io.StringIO()
    rejects_csv(rejects, text)
    return text.getvalue().encode("utf-8-sig")


def csv_of(frame: pd.DataFrame) -> bytes:
    """Return a table as CSV at full precision, its text cells harmless to spreadsheets."""
    safe = frame.copy()
    for name in safe.columns:
        if not pd.api.types.is_numeric_dtype(safe[name]):
            safe[name] = safe[name].map(lambda cell: "" if cell is None or cell != cell else neutral(cell))
    return safe.to_csv(index=False).encode("utf-8-sig")


# Report --------------------------------------------------------------------------------------------


def causes(found: Inventory, language: Language) -> list[tuple[str, str, float]]:
    """Return key, name and share of the variance of what makes most of it, as the report names them."""
    return list(named_causes.variance(_context(found, language)))


def gaps(found: Inventory, language: Language) -> list[tuple[str, int, float, float]]:
    """Return the worst data gaps as the report words them: sentence, parcels, emissions [kg CO2e], narrowing share."""
    return list(named_causes.gaps(_context(found, language)))


def note(text: str, language: Language) -> str:
    """Return a note that a run recorded, as the report says it."""
    return said(_context(read_inventory(), language), text)


def activity_name(code: str, language: Language) -> str:
    """Return an activity as the report names it."""
    return named_causes.activity_name(Words(language), code)


def place_name(code: object, language: Language) -> str:
    """Return a country or region as the report names it."""
    return named_place(str(code or ""), language)


def category_name(category: str, language: Language) -> str:
    """Return a category of scope 3 with its number, as the report names it."""
    return f"{category} {Words(language)(f'categories.{category}')}"


def boundary_name(code: object, language: Language) -> str:
    """Return what a factor covers as the report names it."""
    return Words(language).named("boundaries", str(code or ""))


def _context(found: Inventory, language: Language) -> Context:
    return Context(found, Words(language), found.organisation)
