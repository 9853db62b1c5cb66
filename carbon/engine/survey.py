"""The first pass: what the plan must know of all orders before the first footprint."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.engine.context import Profile
from carbon.engine.duplicates import DuplicateFinder, hashes_of
from carbon.factors.registry import Registry
from carbon.orders.places import Places
from carbon.orders.table import OrdersInput
from carbon.organisation import Organisation

__all__ = ["Survey", "survey"]



@dataclass
class _LogMean:
    total: float = 0.0
    count: int = 0

    def add(self, values: np.ndarray) -> None:
        usable = values[values > 0]
        self.total += float(np.log(usable).sum())
        self.count += usable.size

    @property
    def mean(self) -> float:
        return self.total / self.count


@dataclass(frozen=True)
class Survey:
    """Result of the first pass.

    Attributes
    ----------
    profile : Profile
    duplicates : mapping
        Row to the earlier row whose id has the same hash; compared exactly in the second pass.
    recorded : mapping
        Row numbers with ids that an earlier run holds, by hash only; compared exactly later.
    rounds : mapping
        Round id to (parcels, sum of goods mass x distance placeholder, driven km or NaN).
    """

    profile: Profile
    duplicates: Mapping[int, int]
    rounds: Mapping[str, tuple[float, float]]
    row_count: int
    hashes: np.ndarray | None = field(default=None, repr=False)


def survey(
    orders: OrdersInput,
    organisation: Organisation,
    registry: Registry,
    places: Places,
    progress: Callable[[int], None] | None = None,
) -> Survey:
    """Read all orders once.

    Fallback weights are geometric means of what the file itself knows, by product category and overall;
    totals per site and month are what metered energy is shared among.
    """
    finder, rows_seen = DuplicateFinder(), 0
    months: set[str] = set()
    countries: set[str] = set()
    regions: set[str] = set()
    categories: set[str] = set()
    currencies: set[str] = set()
    flags = dict.fromkeys(("round_id", "returned_on", "reported_co2e_kg", "product_co2e_kg"), False)
    log_mass: dict[str, _LogMean] = defaultdict(_LogMean)
    log_density: dict[str, _LogMean] = defaultdict(_LogMean)
    sites: dict[tuple[str, str], np.ndarray] = defaultdict(lambda: np.zeros(3))
    rounds: dict[str, list[float]] = {}
    for chunk in orders.chunks():
        table = chunk.table
        rows_seen += table.num_rows + len(chunk.rejects)
        if progress:
            progress(table.num_rows + len(chunk.rejects))
        if table.num_rows == 0:
            continue
        finder.add(hashes_of(table["parcel_id"]), chunk.rows)
        month = month_texts(table["shipped_on"])
        months.update(pc.unique(month).to_pylist())
        for end in ("origin", "destination"):
            countries.update(pc.unique(table[f"{end}_country"]).to_pylist())
            regions.update(_regions_without_country(table, end, places))
        categories.update(pc.unique(table["product_category"]).to_pylist())
        if "line_categories" in table.column_names:
            categories.update(pc.unique(pc.list_flatten(table["line_categories"].combine_chunks())).to_pylist())
        currencies.update(pc.unique(table["currency"]).to_pylist())
        for name in flags:
            flags[name] = flags[name] or table[name].null_count < table.num_rows
        _add_masses(table, log_mass, log_density)
        _add_sites(table, month, organisation, sites)
        if flags["round_id"]:
            _add_rounds(table, rounds)
    countries.discard(None)
    profile = Profile(
        months=tuple(sorted(month for month in months if month)),
        regions=tuple(sorted(regions | _with_parts(countries, registry))),
        categories=tuple(sorted(category for category in categories if category)),
        currencies=tuple(sorted(currency for currency in currencies if currency)),
        has_rounds=flags["round_id"],
        has_returns=flags["returned_on"],
        has_reported=flags["reported_co2e_kg"],
        has_products=flags["product_co2e_kg"],
        site_totals={key: tuple(totals) for key, totals in sites.items()},
        log_mass={key: each.mean for key, each in log_mass.items() if each.count},
        log_density={key: each.mean for key, each in log_density.items() if each.count},
    )
    pairs = finder.candidates()
    return Survey(
        profile,
        dict(zip(pairs[:, 0].tolist(), pairs[:, 1].tolist(), strict=True)),
        {key: (count, km) for key, (count, km) in rounds.items()},
        rows_seen,
    )


def month_texts(dates: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return ``2025-06`` for each date."""
    return pc.strftime(pc.cast(dates, pa.timestamp("s")), format="%Y-%m")


def _with_parts(countries: set[str], registry: Registry) -> set[str]:
    parts = {code for code, region in registry.regions.items() if region.parent in countries and region.parent == "CN"}
    return set(countries) | parts


def _regions_without_country(table: pa.Table, end: str, places: Places) -> set[str]:
    """Regions of rows that give coordinates or a city but no country."""
    lacking = pc.and_(pc.is_null(table[f"{end}_country"]), pc.or_(
        pc.is_valid(table[f"{end}_latitude"]), pc.is_valid(table[f"{end}_city"])
    ))
    if not pc.any(lacking).as_py():
        return set()
    part = table.filter(lacking)
    resolved = places.resolve(**{
        name: part[f"{end}_{name}"] for name in ("country", "postcode", "city", "latitude", "longitude")
    })
    return {resolved.region_names[code] for code in np.unique(resolved.region_codes).tolist() if code >= 0}


def _add_masses(table: pa.Table, log_mass: dict[str, _LogMean], log_density: dict[str, _LogMean]) -> None:
    mass = table["goods_mass_kg"].to_numpy()
    density = mass / table["goods_volume_m3"].to_numpy()
    log_mass[""].add(mass[~np.isnan(mass)])
    log_density[""].add(density[~np.isnan(density)])
    encoded = table["product_category"].combine_chunks().dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    for code, category in enumerate(encoded.dictionary.to_pylist()):
        mine = codes == code
        log_mass[category].add(mass[mine & ~np.isnan(mass)])
        log_density[category].add(density[mine & ~np.isnan(density)])


def _add_sites(table: pa.Table, month: pa.ChunkedArray, organisation: Organisation, sites: dict) -> None:
    site = table["origin_site"]
    if organisation.defaults.site is not None:
        no_place = pc.is_null(pc.coalesce(table["origin_country"], table["origin_postcode"], table["origin_city"]))
        site = pc.if_else(pc.and_(pc.is_null(site), no_place), organisation.defaults.site, site)
    days = table["storage_days"]
    frame = pa.table({
        "site": site, "month": month, "mass": table["goods_mass_kg"],
        "volume_days": pc.multiply(table["goods_volume_m3"], days.cast(pa.float64())),
    })
    grouped = frame.group_by(["site", "month"]).aggregate([([], "count_all"), ("mass", "sum"), ("volume_days", "sum")])
    for row in grouped.to_pylist():
        if row["site"] is not None:
            sites[row["site"], row["month"]] += [row["count_all"], row["mass_sum"] or 0.0, row["volume_days_sum"] or 0.0]


def _add_rounds(table: pa.Table, rounds: dict[str, list[float]]) -> None:
    frame = table.select(["round_id", "round_distance_km"]).filter(pc.is_valid(table["round_id"]))
    grouped = frame.group_by("round_id").aggregate([([], "count_all"), ("round_distance_km", "max")])
    for row in grouped.to_pylist():
        entry = rounds.setdefault(row["round_id"], [0.0, math.nan])
        entry[0] += row["count_all"]
        if row["round_distance_km_max"] is not None:
            entry[1] = np.fmax(entry[1], row["round_distance_km_max"])
