"""Certificates and contracts of bought electricity, and own power with the certificates sold of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from carbon.engine.claims import Claims, claimable_kwh, claims_of
from carbon.units import parse_quantity

INSTRUMENT_COLUMNS = [
    "key",
    "name",
    "name_zh",
    "kind",
    "sites",
    "quantity_kwh",
    "issued_in",
    "vintage",
    "applied_to",
    "status",
    "failed",
    "covered_kwh",
]
OWN_COLUMNS = ["site", "generated_kwh", "sold_kwh"]


@dataclass(frozen=True)
class Power:
    """What the newest run's organisation says of its electricity; whole instruments and readings, not the parcels' share.

    Attributes
    ----------
    instruments : pandas.DataFrame
        Certificates and contracts claimed for years of the period: key, names, kind, sites, quantity_kwh (empty where a
        supplier's rate covers all), issued_in, vintage, applied_to, status, failed (numbers of the quality criteria that
        are not met: Scope 2 Guidance, table 7.1), covered_kwh (0 where one is not met).
    own : pandas.DataFrame
        Own power by site: site, generated_kwh, sold_kwh (certificates sold), of readings that touch the period.
    bought_kwh, covered_kwh : float
        Electricity that own sites bought in the years of the period, and what of all that can be claimed is covered.
    claimable_kwh : float
        Bought, and own power whose certificates were sold.
    """

    instruments: pd.DataFrame
    own: pd.DataFrame
    bought_kwh: float = 0.0
    claimable_kwh: float = 0.0

    @property
    def covered_kwh(self) -> float:
        """What instruments that count cover."""
        return float(self.instruments["covered_kwh"].sum())

    @classmethod
    def none(cls) -> Power:
        """Return that of an organisation without any."""
        return cls(pd.DataFrame(columns=INSTRUMENT_COLUMNS), pd.DataFrame(columns=OWN_COLUMNS))


def power_of(organisation: Mapping[str, Any], first_month: str, last_month: str) -> Power:
    """Return what is claimed in a period.

    Parameters
    ----------
    organisation : mapping
        As in a manifest.
    first_month, last_month : str
        Such as ``2025-01``; instruments are of whole years.
    """
    claims = claims_of(organisation)
    years = range(int(first_month[:4]), int(last_month[:4]) + 1)
    rows = [_row(claims, key) for key, each in claims.instruments.items() if each.year in years]
    usable_kwh = math.fsum(claims.kwh(site, year) for site in claims.sites for year in years)
    own = _own(claims, first_month, last_month)
    return Power(
        pd.DataFrame(rows, columns=INSTRUMENT_COLUMNS),
        own,
        usable_kwh - math.fsum(claims.sold_kwh(site, year) for site in claims.sites for year in years),
        usable_kwh,
    )


def _row(claims: Claims, key: str) -> dict[str, Any]:
    each = claims.instruments[key]
    covered = [
        claims.shares.get((site, each.year), {}).get(key, 0.0) * claims.kwh(site, each.year) for site in each.sites
    ]
    return {
        "key": key,
        "name": each.name or key,
        "name_zh": each.name_zh or each.name or key,
        "kind": each.kind,
        "sites": each.sites,
        "quantity_kwh": each.kwh,
        "issued_in": each.issued_in,
        "vintage": each.vintage,
        "applied_to": each.year,
        "status": each.status,
        "failed": each.failed(claims.countries),
        "covered_kwh": math.fsum(covered),
    }


def _own(claims: Claims, first_month: str, last_month: str) -> pd.DataFrame:
    rows = []
    for site, setup in claims.sites.items():
        mine = [
            energy
            for energy in setup.energy
            if energy.own_generation
            and energy.is_electricity
            and energy.months[0] <= last_month
            and energy.months[-1] >= first_month
        ]
        if mine:
            generated = math.fsum(float(parse_quantity(each.quantity).to("kW*h").magnitude) for each in mine)
            rows.append(
                {"site": site, "generated_kwh": generated, "sold_kwh": math.fsum(claimable_kwh(each) for each in mine)}
            )
    return pd.DataFrame(rows, columns=OWN_COLUMNS)
