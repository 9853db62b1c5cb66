"""Carriers of a ledger: what each carried, at which intensity, resting on which data, month by month."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from carbon.engine.uncertainty import DRAWS, SEED, Terms
from carbon.ledger import accounts
from carbon.ledger.cells import Cells
from carbon.ledger.manifest import Manifest
from carbon.ledger.network import compared, masks_of, outbound
from carbon.ledger.period import Period
from carbon.ledger.quality import QUALITY_COLUMNS, Quality
from carbon.ledger.query import as_ledger, connect
from carbon.ledger.store import Ledger
from carbon.terms import Party

#: Whose figures a service's are: the named carrier's, the merchant's own, or nobody's that is named.
_CARRIER = ["carrier", "own"]
_ENDS = ["low_kg", "high_kg"]
_REPORTED = "reported."


@dataclass(frozen=True)
class Carriers:
    """Outbound transport (line haul, hubs, last mile; well-to-wheel, without returns) of the runs that count, by who carries.

    Attributes
    ----------
    carriers : pandas.DataFrame
        carrier (empty where the set-up names none), own (whether the merchant carries), parcels, tonne_km, tonne_km_kg,
        kg_per_tonne_km (of what is accounted by mass and distance), co2e_kg, low_kg, high_kg, kg_per_parcel, shares of
        data types, ratings (PACT 3.0), rated_share, reported_share (of emissions: the carrier's own figures). Most
        emissions first.
    services : pandas.DataFrame
        The same by service, with its carrier; `reports` says whether the set-up takes the carrier's own figures.
    months : pandas.DataFrame
        carrier, own, month, parcels, co2e_kg, low_kg, high_kg, kg_per_parcel with low_per_parcel_kg, high_per_parcel_kg.
    seed, draws : int
        Behind all ranges.
    """

    carriers: pd.DataFrame
    services: pd.DataFrame
    months: pd.DataFrame
    seed: int = SEED
    draws: int = DRAWS


def carriers(
    folder: Ledger | Path | str, period: Period | str | None = None, *, cells: Cells | None = None
) -> Carriers:
    """Return what each carrier and service of a ledger carried.

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
    setups = services_of(ledger.current())
    with connect(ledger, period=period, cells=cells) as connection:
        activity, terms = accounts.activity_terms(connection)
        counts = connection.execute(
            "SELECT coalesce(service::VARCHAR, '') AS service, month::VARCHAR AS month, "
            "sum(parcels)::BIGINT AS parcels FROM cells GROUP BY 1, 2"
        ).df()
    chain, activity, counts = outbound(activity), _carried(activity, setups), _carried(counts, setups)
    by_service = [*_CARRIER, "service"]
    services = _scored(activity, terms, chain, counts, by_service)
    months = _with_parcels(compared(activity, terms, chain, [*_CARRIER, "month"]), counts, [*_CARRIER, "month"])
    months["low_per_parcel_kg"], months["high_per_parcel_kg"] = (months[end] / months["parcels"] for end in _ENDS)
    shown = [
        *_CARRIER,
        "month",
        "parcels",
        "co2e_kg",
        *_ENDS,
        "kg_per_parcel",
        "low_per_parcel_kg",
        "high_per_parcel_kg",
    ]
    return Carriers(
        carriers=_scored(activity, terms, chain, counts, _CARRIER),
        services=services.assign(reports=[bool(setups.get(each, {}).get("reported")) for each in services["service"]]),
        months=months[shown].sort_values([*_CARRIER, "month"], ignore_index=True),
    )


def services_of(manifests: Iterable[Manifest]) -> dict[str, Mapping[str, Any]]:
    """Return the set-up of every service of some runs; where they differ, that of the newest."""
    found: dict[str, Mapping[str, Any]] = {}
    for manifest in manifests:
        found |= manifest.organisation.get("services") or {}
    return found


def _carried(rows: pd.DataFrame, setups: Mapping[str, Mapping[str, Any]]) -> pd.DataFrame:
    """Add who carries."""
    keys = [each if isinstance(each, str) else "" for each in rows["service"]]
    mine = [setups.get(each, {}) for each in keys]
    own = [setup.get("party") == Party.OWN for setup in mine]
    named = ["" if is_own else str(setup.get("carrier") or "") for setup, is_own in zip(mine, own, strict=True)]
    return rows.assign(
        service=pd.array(keys, dtype=object), carrier=pd.array(named, dtype=object), own=np.array(own, dtype=bool)
    )


def _scored(
    activity: pd.DataFrame, terms: Terms, chain: np.ndarray, counts: pd.DataFrame, by: list[str]
) -> pd.DataFrame:
    """Return a comparison with what it rests on."""
    rows = _with_parcels(compared(activity, terms, chain, by), counts, by)
    quality = Quality(activity)
    reported = activity["activity"].astype(str).str.startswith(_REPORTED).to_numpy()
    weight_kg = activity["co2e_kg"].abs().to_numpy(dtype=float)
    scores = []
    for name, mask in masks_of(activity, chain, by).items():
        whole_kg = float(weight_kg[mask].sum())
        share = float(weight_kg[mask & reported].sum()) / whole_kg if whole_kg else None
        key = dict(zip(by, name, strict=True))
        scores.append(key | quality.shares(mask) | quality.ratings(mask) | {"reported_share": share})
    found = [*QUALITY_COLUMNS, "reported_share"]
    scored = pd.DataFrame(scores, columns=[*by, *found]).astype(dict.fromkeys(found, float))
    return rows.merge(scored, on=by, how="left")


def _with_parcels(rows: pd.DataFrame, counts: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Add parcels, and what one of them makes on average."""
    parcels = counts.groupby(by, as_index=False)["parcels"].sum()
    found = rows.drop(columns=["legs"]).merge(parcels, on=by, how="left")
    return found.assign(kg_per_parcel=found["co2e_kg"] / found["parcels"])
