"""Packaging: what the ledger's parcels are packed in, and what better packing, other cartons and boxes would change."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from app import session
from app.access import needs
from app.people import Right
from app.reading import setup
from carbon import Advice, Packing, Suite, advise, carton_suite, connect, pack
from carbon.optimise.reasons import REASONS
from carbon.optimise.reuse import Trips, reusable_co2e_kg
from carbon.terms import Language

Progress = Callable[[str, int, int], None]
#: As `carbon init` writes them beside the organisation file.
_BESIDE = {
    "orders": ("orders.csv", "orders.parquet", "orders.xlsx"),
    "items": ("items.csv", "lines.csv", "items.parquet"),
}


def used(period: str | None) -> pd.DataFrame:
    """Return packages with parcels, packaging_kg (making and end of life), packaging_mass_kg, empty_share, gross_mass_kg."""
    return _used(str(session.settings().ledger), session.head(), period)


@st.cache_data(show_spinner=False, max_entries=32)
def _used(folder: str, head: str, period: str | None) -> pd.DataFrame:
    with connect(folder, period=period, cells=session.cells()) as connection:
        return connection.execute(
            "SELECT coalesce(package, '') AS package, sum(parcels)::BIGINT AS parcels, "
            "sum(packaging_co2e_kg + end_of_life_co2e_kg) AS packaging_kg, sum(packaging_mass_kg) AS packaging_mass_kg, "
            "sum(empty_volume_m3) / nullif(sum(inner_volume_m3), 0) AS empty_share, "
            "sum(gross_mass_kg) AS gross_mass_kg, sum(empty_volume_m3) AS empty_m3 "
            "FROM cells GROUP BY 1 ORDER BY packaging_kg DESC, 1"
        ).df()


def beside() -> dict[str, Path]:
    """Return orders and items as they lie beside the organisation file; empty unless both do."""
    organisation = session.settings().organisation
    if organisation is None:
        return {}
    found = {
        role: next((organisation.parent / name for name in names if (organisation.parent / name).is_file()), None)
        for role, names in _BESIDE.items()
    }
    return {role: path for role, path in found.items() if path} if all(found.values()) else {}


@needs(Right.WORK)
def packed(
    files: dict[str, Path], objective: str, carbon_price: str | None, progress: Progress
) -> tuple[Packing, bytes]:
    """Decide how each order is packed; return what it changes, and the orders file that follows."""
    with tempfile.TemporaryDirectory(prefix="carbon-pack-") as made:
        output = Path(made) / "orders-packed.csv"
        found = pack(
            files["orders"],
            files["items"],
            session.settings().organisation,
            output,
            objective=objective,
            carbon_price=carbon_price,
            lines=files.get("lines"),
            factors=session.own_factors(),
            progress=progress,
        )
        return found, output.read_bytes()


@needs(Right.WORK)
def cartons(
    files: dict[str, Path], count: int, objective: str, seconds: float, progress: Progress, **more: Any
) -> Suite:
    """Choose the carton sizes that the orders need."""
    return carton_suite(
        files["orders"],
        files["items"],
        session.settings().organisation,
        count=count,
        objective=objective,
        seconds=seconds,
        lines=files.get("lines"),
        factors=session.own_factors(),
        progress=progress,
        **more,
    )


@needs(Right.WORK)
def advice(files: dict[str, Path], damage_risk: float | None) -> Advice:
    """Return from how many uses reusable boxes are better, and which articles could ship in their own box."""
    return advise(
        files["orders"],
        files["items"],
        session.settings().organisation,
        damage_risk=damage_risk,
        lines=files.get("lines"),
        factors=session.own_factors(),
    )


def per_trip_kg(trips: Trips, uses: int, loss_rate: float) -> float:
    """Return what a reusable package makes per trip if it may be used so often [kg CO2e]."""
    return float(reusable_co2e_kg(trips.making, trips.per_trip, 0.0, uses, loss_rate))


@needs(Right.MANAGE)
def adopt(suite: Suite, retired: list[str]) -> setup.Problem | None:
    """Put the chosen sizes into the organisation file, and take cartons out that are no longer wanted."""
    changes: list[setup.Change] = [
        (("packages", key), package.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude_none=True))
        for key, package in suite.packages.items()
        if key not in (setup.data().get("packages") or {})
    ]
    changes += [(("packages", key), None) for key in retired]
    return setup.change(changes)


def retirable(suite: Suite) -> list[str]:
    """Return boxes of the organisation file that are not among the chosen sizes; reusable ones stay."""
    return [
        str(key)
        for key, entry in (setup.data().get("packages") or {}).items()
        if key not in suite.packages and (entry.get("kind") or "box") == "box" and not entry.get("reuse")
    ]


def reason(code: str, language: Language) -> str:
    """Return why orders are not packed; of a row that was refused as the check says it."""
    if code not in REASONS:
        return session.reason_titles(code)[language is Language.ZH]
    return REASONS[code][language is Language.ZH]
