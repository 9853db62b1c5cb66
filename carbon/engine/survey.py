"""The first pass: what the plan must know of all orders before the first footprint."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.engine.context import Profile
from carbon.engine.duplicates import DuplicateFinder, hashes_of
from carbon.factors.registry import Registry
from carbon.orders.places import Places
from carbon.orders.table import OrdersInput


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
    """

    profile: Profile
    duplicates: Mapping[int, int]
    row_count: int


def survey(
    orders: OrdersInput,
    registry: Registry,
    places: Places,
    progress: Callable[[int], None] | None = None,
) -> Survey:
    """Read all orders once.

    Fallback weights are geometric means of what the file itself knows, by product category and overall.
    """
    finder, rows_seen = DuplicateFinder(), 0
    months: set[str] = set()
    countries: set[str] = set()
    regions: set[str] = set()
    categories: set[str] = set()
    currencies: set[str] = set()
    flags = dict.fromkeys(("round_id", "returned_on", "product_co2e_kg"), False)
    log_mass: dict[str, _LogMean] = defaultdict(_LogMean)
    log_density: dict[str, _LogMean] = defaultdict(_LogMean)
    log_days = _LogMean()
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
        log_days.add(table["storage_days"].cast(pa.float64()).drop_null().to_numpy())
    countries.discard(None)
    profile = Profile(
        months=tuple(sorted(month for month in months if month)),
        regions=tuple(sorted(regions | _with_parts(countries, registry))),
        categories=tuple(sorted(category for category in categories if category)),
        currencies=tuple(sorted(currency for currency in currencies if currency)),
        has_rounds=flags["round_id"],
        has_returns=flags["returned_on"],
        has_products=flags["product_co2e_kg"],
        log_mass={key: each.mean for key, each in log_mass.items() if each.count},
        log_density={key: each.mean for key, each in log_density.items() if each.count},
        log_storage_days=log_days.mean if log_days.count else None,
    )
    pairs = finder.candidates()
    return Survey(
        profile,
        dict(zip(pairs[:, 0].tolist(), pairs[:, 1].tolist(), strict=True)),
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
    lacking = pc.and_(
        pc.is_null(table[f"{end}_country"]),
        pc.or_(pc.is_valid(table[f"{end}_latitude"]), pc.is_valid(table[f"{end}_city"])),
    )
    if not pc.any(lacking).as_py():
        return set()
    part = table.filter(lacking)
    resolved = places.resolve(
        **{name: part[f"{end}_{name}"] for name in ("country", "postcode", "city", "latitude", "longitude")}
    )
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
