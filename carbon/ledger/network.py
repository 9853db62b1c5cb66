"""The transport network of a ledger: flows between places, and modes, services and sites compared, with ranges."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from carbon.engine.kernel import TOTAL, stage_column
from carbon.engine.uncertainty import DRAWS, SEED, Terms, ranges
from carbon.ledger import accounts
from carbon.ledger.cells import Cells
from carbon.ledger.period import Period
from carbon.ledger.query import as_ledger, connect
from carbon.ledger.store import Ledger
from carbon.terms import TRANSPORT_STAGES, Mode, Stage

#: Modes beside those of `carbon.terms.Mode`: hub operations, vehicles known by their energy alone, carriers' own figures.
HUBS, BY_ENERGY, REPORTED = "hubs", "by_energy", "reported"
_VEHICLE = r"^[^/]*/(?:\d+ )?(?:line haul|last mile|customer trip|hub) ([a-z0-9][a-z0-9_.+-]*)"
_TRANSPORT = " + ".join(stage_column(stage) for stage in TRANSPORT_STAGES)
_ENDS = ["low_kg", "high_kg"]


@dataclass(frozen=True)
class Network:
    """Outbound transport (line haul, hubs, last mile; well-to-wheel, without returns) of the runs that count.

    Attributes
    ----------
    flows : pandas.DataFrame
        origin (site, else area), origin_region, destination (postcode area or city), destination_region, parcels,
        gross_mass_kg, transport_kg, co2e_kg (delivery, as in the total); most emissions first.
    left_out_kg, left_out_parcels : float, int
        Of the flows beyond the limit.
    modes : pandas.DataFrame
        mode, vehicle, legs (parcels times legs), tonne_km (of what is accounted by mass and distance), tonne_km_kg (its
        emissions), kg_per_tonne_km, co2e_kg, low_kg, high_kg.
    services, sites : pandas.DataFrame
        service or site, parcels, tonne_km, kg_per_tonne_km, co2e_kg, low_kg, high_kg, kg_per_parcel; of sites with
        warehousing_kg, which is not in co2e_kg.
    seed, draws : int
        Behind all ranges.
    """

    flows: pd.DataFrame
    left_out_kg: float
    left_out_parcels: int
    modes: pd.DataFrame
    services: pd.DataFrame
    sites: pd.DataFrame
    seed: int = SEED
    draws: int = DRAWS


def network(
    folder: Ledger | Path | str, period: Period | str | None = None, *, limit: int = 200, cells: Cells | None = None
) -> Network:
    """Return flows, and modes, services and sites compared.

    Parameters
    ----------
    folder : path or Ledger
    period : Period or str, optional
        Only parcels shipped in it; the whole ledger by default.
    limit : int
        How many flows are listed.
    cells : Cells, optional
        As of `inventory`.

    Raises
    ------
    LedgerError
        If the ledger holds no run.
    """
    with connect(as_ledger(folder), period=period, cells=cells) as connection:
        activity, terms = accounts.activity_terms(connection)
        flows, others = _flows(connection, limit)
        counts = {name: _counts(connection, name) for name in ("service", "site")}
    chain = outbound(activity)
    activity = activity.assign(vehicle=_vehicles(activity))
    activity["mode"] = _modes(activity)
    return Network(
        flows=flows,
        left_out_kg=max(0.0, others[0]),
        left_out_parcels=others[1],
        modes=compared(activity, terms, chain, ["mode", "vehicle"]),
        services=_per_parcel(compared(activity, terms, chain, ["service"]), counts["service"], "service"),
        sites=_per_parcel(compared(activity, terms, chain, ["site"]), counts["site"], "site"),
    )


def _flows(connection: duckdb.DuckDBPyConnection, limit: int) -> tuple[pd.DataFrame, tuple[float, int]]:
    """The heaviest flows, and emissions [kg CO2e] and parcels of the others: a marketplace has too many to list."""
    flows = connection.execute(
        "SELECT coalesce(nullif(site, ''), origin) AS origin, any_value(origin_region) AS origin_region, destination, "
        f"destination_region, count(*) AS parcels, sum(gross_mass_kg) AS gross_mass_kg, sum({_TRANSPORT}) AS transport_kg, "
        f"sum({TOTAL}) AS co2e_kg FROM footprints GROUP BY 1, 3, 4 "
        "ORDER BY co2e_kg DESC, 1, 3, 4 LIMIT $limit",
        {"limit": limit},
    ).df()
    whole_kg, parcels = connection.execute(
        f"SELECT coalesce(sum({TOTAL}), 0), coalesce(sum(parcels), 0) FROM cells"
    ).fetchone()
    return flows, (float(whole_kg - flows["co2e_kg"].sum()), int(parcels - flows["parcels"].sum()))


def _counts(connection: duckdb.DuckDBPyConnection, column: str) -> pd.DataFrame:
    return connection.execute(
        f"SELECT coalesce({column}, '') AS {column}, sum(parcels)::BIGINT AS parcels, "
        f"sum({stage_column(Stage.WAREHOUSING)}) AS warehousing_kg FROM cells GROUP BY 1"
    ).df()


def _vehicles(activity: pd.DataFrame) -> pd.Series:
    """The vehicle or hub a term is named after; a term that names none is known by its activity."""
    named = activity["block"].astype(str).str.extract(_VEHICLE)[0]
    return named.where(named.notna(), activity["activity"]).astype(object)


def _modes(activity: pd.DataFrame) -> list[str]:
    first = activity["vehicle"].astype(str).str.partition(".")[0]
    reported = activity["activity"].astype(str).str.startswith("reported.")
    return [
        HUBS if stage == Stage.HUBS else REPORTED if carrier else word if word in list(Mode) else BY_ENERGY
        for stage, carrier, word in zip(activity["stage"], reported, first, strict=True)
    ]


def outbound(activity: pd.DataFrame) -> np.ndarray:
    """Return which rows are outbound transport in the total: line haul, hubs, last mile."""
    return accounts.counted(activity) & activity["stage"].isin(TRANSPORT_STAGES).to_numpy(dtype=bool)


def masks_of(activity: pd.DataFrame, chain: np.ndarray, by: list[str]) -> dict[tuple, np.ndarray]:
    """Return which rows of a chain belong to each group of some columns."""
    mine = activity[chain]
    masks: dict[tuple, np.ndarray] = {}
    for name, rows in mine.groupby(by if len(by) > 1 else by[0], sort=True, dropna=False).groups.items():
        mask = np.zeros(len(activity), dtype=bool)
        mask[activity.index.get_indexer(rows)] = True
        masks[name if isinstance(name, tuple) else (name,)] = mask
    return masks


def compared(activity: pd.DataFrame, terms: Terms, chain: np.ndarray, by: list[str]) -> pd.DataFrame:
    """Return emissions with their range and tonne-kilometres of the groups of some columns."""
    masks = masks_of(activity, chain, by)
    drawn = ranges(terms, masks) if masks else {}
    found = []
    for name, mask in masks.items():
        # The parts of a factor (WTT, TTW) share one amount; lines of different kinds have different units.
        lines = accounts.lines(activity[mask])
        by_distance = lines[lines["unit"] == "kg*km"]
        tonne_km, tonne_km_kg = float(by_distance["amount"].sum()) / 1000, float(by_distance["co2e_kg"].sum())
        each = drawn[name]
        found.append(
            {
                **dict(zip(by, name, strict=True)),
                "legs": int(lines["parcels"].sum()),
                "tonne_km": tonne_km,
                "tonne_km_kg": tonne_km_kg,
                "kg_per_tonne_km": tonne_km_kg / tonne_km if tonne_km > 0 else float("nan"),
                "co2e_kg": each.value_kg,
                "low_kg": each.low_kg,
                "high_kg": each.high_kg,
            }
        )
    columns = [*by, "legs", "tonne_km", "tonne_km_kg", "kg_per_tonne_km", "co2e_kg", *_ENDS]
    frame = pd.DataFrame(found, columns=columns).astype(dict.fromkeys(_ENDS, float))
    return frame.sort_values(["co2e_kg", *by], ascending=[False, *[True] * len(by)], ignore_index=True)


def _per_parcel(compared: pd.DataFrame, counts: pd.DataFrame, column: str) -> pd.DataFrame:
    """Add parcels, and what one of them makes on average."""
    found = compared.drop(columns=["legs"]).merge(counts, on=column, how="left")
    found["kg_per_parcel"] = found["co2e_kg"] / found["parcels"]
    return found if column == "site" else found.drop(columns=["warehousing_kg"])
