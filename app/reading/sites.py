"""Warehouses: what the ledger holds of them, and what lamps, temperature and roofs would change by sourced figures."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from app import session
from carbon import Registry, Warehouses, warehouses

_ELECTRICITY = "electricity.grid"


def read(period: str | None) -> Warehouses:
    """Return the warehouses of a period."""
    return _warehouses(str(session.settings().ledger), session.head(), period)


@st.cache_resource(show_spinner=False, max_entries=32)
def _warehouses(folder: str, head: str, period: str | None) -> Warehouses:
    return warehouses(folder, period, cells=session.cells())


@st.cache_resource(show_spinner=False, max_entries=4)
def registry(gwp_set: str) -> Registry:
    """Return the shipped factors and parameters under a GWP set."""
    return Registry.load(gwp_set=gwp_set)


@dataclass(frozen=True)
class Setting:
    """What a setting of a site would change, as far as a sourced figure tells.

    Attributes
    ----------
    kind : str
        ``led``, ``led_in_place``, ``degree``, ``roof``.
    saved_kg, low_kg, high_kg : float or None
        Less per period [kg CO2e]; the ends where the source gives them.
    share : float or None
        Of the site's warehousing emissions.
    sources : tuple of str
        Publications and pages behind it; the organisation's own figure where empty.
    """

    site: str
    kind: str
    saved_kg: float | None
    low_kg: float | None
    high_kg: float | None
    share: float | None
    sources: tuple[str, ...]


def settings(found: Warehouses, organisation: dict[str, Any], year: int) -> list[Setting]:
    """Return the settings of every site that a figure is known for.

    Parameters
    ----------
    found : Warehouses
    organisation : mapping
        As in the newest manifest.
    year : int
        Whose edition of the parameters is taken.
    """
    known = registry((organisation.get("method") or {}).get("gwp_set") or "AR5")
    rows: list[Setting] = []
    for site, setup in (organisation.get("sites") or {}).items():
        mine = found.energy[found.energy["site"] == site]
        whole_kg = float(mine["co2e_kg"].sum())
        if whole_kg <= 0:
            continue
        region = setup.get("grid_region") or (setup.get("place") or {}).get("country") or "GLO"
        grid = mine[(mine["meter"] == _ELECTRICITY) & ~mine["own_generation"]]
        estimate = setup.get("estimate") if not setup.get("energy") else None
        rows += _lamps(known, site, region, year, float(grid["co2e_kg"].sum()), whole_kg, estimate)
        rows += _degree(site, whole_kg, estimate)
        rows += _roof(known, site, region, year, grid)
    return rows


def _lamps(
    known: Registry, site: str, region: str, year: int, grid_kg: float, whole_kg: float, estimate: dict | None
) -> list[Setting]:
    lighting, saving = known.parameter("lighting_share", region, year), known.parameter("led_saving", region, year)
    if lighting is None or saving is None or grid_kg <= 0:
        return []
    each = lighting.parameter, saving.parameter
    shares = [
        (first or each[0].value) * (second or each[1].value)
        for first, second in (
            (each[0].value, each[1].value),
            (each[0].low, each[1].low),
            (each[0].high, each[1].high),
        )
    ]
    in_place = bool(estimate) and estimate.get("lighting") == "led"
    # What LED lamps save now is a share of what the site would use without them.
    base = grid_kg / (1 - shares[0]) if in_place else grid_kg
    value, low, high = (base * share for share in shares)
    ranged = each[1].low is not None or each[0].low is not None
    cited = tuple(
        f"{known.source(row).title}, {known.source(row).edition}, {row.locator or row.id} ({row.region})"
        for row in each
    )
    return [
        Setting(
            site,
            "led_in_place" if in_place else "led",
            value,
            low if ranged else None,
            high if ranged else None,
            value / whole_kg,
            cited,
        )
    ]


def _degree(site: str, whole_kg: float, estimate: dict | None) -> list[Setting]:
    per_degree = (estimate or {}).get("saving_per_degc") or 0.0
    if not per_degree:
        return []
    now = min(per_degree * ((estimate or {}).get("setpoint_change_degc") or 0.0), 1.0)
    if now >= 1:
        return []
    saved_kg = whole_kg * per_degree / (1 - now)
    return [Setting(site, "degree", saved_kg, None, None, saved_kg / whole_kg, ())]


def _roof(known: Registry, site: str, region: str, year: int, grid: pd.DataFrame) -> list[Setting]:
    """A year of one kilowatt of peak power on the roof, all used on site, in the place of the grid."""
    pv_yield = known.parameter("pv_yield", region, year)
    amount = float(grid["amount"].sum())
    if pv_yield is None or amount <= 0 or set(grid["unit"]) != {"kW*h"}:
        return []
    per_kwh = float(grid["co2e_kg"].sum()) / amount
    own = _own_power(known, region, year)
    row = pv_yield.parameter
    net = max(0.0, per_kwh - own)
    ends = [None if each is None else each * net for each in (row.low, row.high)]
    cited = f"{known.source(row).title}, {known.source(row).edition}, {row.locator or row.id} ({row.region})"
    return [Setting(site, "roof", row.value * net, *ends, None, (cited,))]


def _own_power(known: Registry, region: str, year: int) -> float:
    """Life-cycle emissions of solar power [kg CO2e/kWh]; 0 where no factor is known."""
    if not known.has_activity("electricity.solar_pv"):
        return 0.0
    return known.resolve("electricity.solar_pv", "kW*h", region, year).factor.co2e_kg
