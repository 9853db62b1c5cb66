"""Warehouses of a ledger: energy by site and month, location- and market-based, meters against the parcels' shares."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from carbon.engine.block import IN_TOTAL
from carbon.engine.claims import claimable_kwh, claims_of
from carbon.engine.uncertainty import DRAWS, SEED, ranges
from carbon.ledger import accounts, evidence
from carbon.ledger.cells import Cells
from carbon.ledger.period import Period
from carbon.ledger.query import as_ledger, connect, overlapping
from carbon.ledger.store import Ledger
from carbon.terms import DataType, Stage

_SITE_COLUMNS = [
    "site",
    "parcels",
    "location_kg",
    "location_low_kg",
    "location_high_kg",
    "market_kg",
    "market_low_kg",
    "market_high_kg",
    "kg_per_parcel",
    "primary_share",
]
_OWN = r"\(own generation\)"


@dataclass(frozen=True)
class Warehouses:
    """What warehousing made; returns and hubs of carriers are not in it.

    Attributes
    ----------
    sites : pandas.DataFrame
        site (empty where parcels name none), parcels, location_kg and market_kg with their 95 % ranges (None where a run
        recorded no spreads), kg_per_parcel (location-based), primary_share.
    energy : pandas.DataFrame
        site, month, meter (activity), own_generation, estimated, amount (the parcels' share), unit, co2e_kg
        (location-based).
    meters : pandas.DataFrame
        As `Inventory.sites`, with own_generation and instruments (keys of those that cover some of it, or None): what was
        metered, what parcels and other channels took of it, and the rest, which nobody bears.
    market_missing : list of (site, meter)
        Where the grid's average stands in the market-based view.
    """

    sites: pd.DataFrame
    energy: pd.DataFrame
    meters: pd.DataFrame
    market_missing: list[tuple[str, str]]
    seed: int = SEED
    draws: int = DRAWS


def warehouses(
    folder: Ledger | Path | str, period: Period | str | None = None, *, cells: Cells | None = None
) -> Warehouses:
    """Return the warehouses of the runs that count.

    Parameters
    ----------
    folder : path or Ledger
    period : Period or str, optional
        Only parcels shipped in it; the whole ledger by default.
    cells : Cells, optional
        As of `inventory`.

    Raises
    ------
    LedgerError
        If the ledger holds no run.
    """
    ledger = as_ledger(folder)
    wanted = Period.from_text(period) if period is not None else None
    current = ledger.current()
    with connect(ledger, period=wanted, cells=cells) as connection:
        activity, terms = accounts.activity_terms(connection)
        parcels = connection.execute(
            "SELECT coalesce(site, '') AS site, sum(parcels)::BIGINT AS parcels FROM cells GROUP BY 1"
        ).df()
    market, missing = accounts.market_view(activity)
    stored = (activity["stage"] == Stage.WAREHOUSING).to_numpy(dtype=bool)
    located = accounts.counted(activity) & stored
    contracted = activity.index.isin(market.index) & stored
    own = activity["site"].fillna("").to_numpy(dtype=object)
    masks: dict[Hashable, np.ndarray] = {}
    for site in sorted(set(own[located | contracted])):
        masks["location", site] = located & (own == site)
        masks["market", site] = contracted & (own == site)
    drawn = ranges(terms, masks) if masks else {}
    rows = []
    for site in sorted({site for _, site in masks}):
        first, second = drawn["location", site], drawn["market", site]
        shares = accounts.quality_of(activity[masks["location", site]])
        rows.append(
            {
                "site": site,
                "location_kg": first.value_kg,
                "location_low_kg": first.low_kg,
                "location_high_kg": first.high_kg,
                "market_kg": second.value_kg,
                "market_low_kg": second.low_kg,
                "market_high_kg": second.high_kg,
                "primary_share": shares[DataType.PRIMARY],
            }
        )
    sites = pd.DataFrame(rows, columns=[each for each in _SITE_COLUMNS if each not in ("parcels", "kg_per_parcel")])
    sites = sites.merge(parcels, on="site", how="left")
    sites["kg_per_parcel"] = sites["location_kg"] / sites["parcels"]
    sites = sites[_SITE_COLUMNS].sort_values(["location_kg", "site"], ascending=[False, True], ignore_index=True)
    return Warehouses(
        sites=sites,
        energy=_energy(activity[located]),
        meters=_meters(ledger, overlapping(current, wanted), activity, wanted),
        market_missing=missing,
    )


def _energy(rows: pd.DataFrame) -> pd.DataFrame:
    """Amounts and emissions by site, month and meter; the parts of a factor share one amount."""
    names = ["site", "month", "meter", "own_generation", "estimated"]
    blocks = rows["block"].astype(str)
    rows = rows.assign(
        site=rows["site"].fillna(""),
        meter=rows["activity"],
        own_generation=blocks.str.contains(_OWN),
        estimated=blocks.str.startswith("site/estimated") | blocks.str.contains("by mass"),
    )
    if rows.empty:
        return pd.DataFrame(columns=[*names, "amount", "unit", "co2e_kg"])
    lines = accounts.lines(rows).merge(
        rows[["block", "site", "month", "own_generation", "estimated"]].drop_duplicates(), on=["block", "site", "month"]
    )
    found = lines.rename(columns={"activity": "meter"}).groupby([*names, "unit"], as_index=False)
    return found.agg(amount=("amount", "sum"), co2e_kg=("co2e_kg", "sum"))


def _meters(ledger: Ledger, manifests: list, activity: pd.DataFrame, period: Period | None) -> pd.DataFrame:
    """Readings reconciled with the parcels' shares, with what the organisation file says of each."""
    found = evidence.sites(ledger, manifests, activity[activity["accounting"] == IN_TOTAL], period)
    said = {}
    for manifest in manifests:
        claims = claims_of(manifest.organisation)
        for site, setup in claims.sites.items():
            for energy in setup.energy:
                years = sorted({int(month[:4]) for month in energy.months}) if claimable_kwh(energy) else ()
                covering = dict.fromkeys(key for year in years for key in claims.shares.get((site, year), {}))
                key = (site, energy.activity, str(energy.first_day), str(energy.last_day))
                said[key] = (energy.own_generation, ", ".join(covering) or None)
    keys = zip(found["site"], found["activity"], found["first_day"], found["last_day"], strict=True)
    told = [said.get(key, (False, None)) for key in keys]
    return found.assign(own_generation=[each[0] for each in told], instruments=[each[1] for each in told])
