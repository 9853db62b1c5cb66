"""The first pass: what the plan must know of all orders before the first footprint.

Fallback weights are means of what the file itself knows, by product category and overall. Which rows stand twice, or in an
earlier run, is known at the end of the pass; only where there are such rows the others are weighed once more, so that a
file that overlaps another gives the same means as its new rows alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.engine.context import LogNormal, Profile
from carbon.engine.duplicates import DuplicateFinder, Duplicates, Recorded, partitioned
from carbon.engine.months import distinct, month_numbers, month_text
from carbon.factors.registry import Registry
from carbon.orders.places import Places
from carbon.orders.pseudonym import pseudonymise
from carbon.orders.table import OrdersChunk

#: Called with the number of rows just done.
Done = Callable[[int], None]
_SETS = ("months", "countries", "regions", "categories", "currencies", "round_activities", "present", "lacking")
_PRESENT = ("round_id", "returned_on", "product_co2e_kg", "product_footprint", "packaging_mass_kg",
            "reported_ttw_co2e_kg", "reported_primary_share")  # fmt: skip


@dataclass
class LogSums:
    """Sums from which mean and spread of positive numbers follow."""

    total: float = 0.0
    log_total: float = 0.0
    log_squares: float = 0.0
    count: int = 0

    def add(self, values: np.ndarray) -> None:
        """Add numbers; those that are not above zero are left out."""
        usable = values[values > 0]
        logs = np.log(usable)
        self.total += float(usable.sum())
        self.log_total += float(logs.sum())
        self.log_squares += float((logs * logs).sum())
        self.count += usable.size

    def merge(self, other: LogSums) -> None:
        """Add another's sums."""
        self.total += other.total
        self.log_total += other.log_total
        self.log_squares += other.log_squares
        self.count += other.count

    def fitted(self) -> LogNormal:
        """Return mean and spread; one number alone has no spread."""
        mean_log = self.log_total / self.count
        variance = self.log_squares / self.count - mean_log**2
        return LogNormal(self.total / self.count, max(variance, 0.0) ** 0.5, self.count)


@dataclass
class SurveyPart:
    """What one piece of the orders adds to the survey; pieces are merged in any order."""

    row_count: int = 0
    months: set[int] = field(default_factory=set)
    countries: set[str | None] = field(default_factory=set)
    regions: set[str] = field(default_factory=set)
    categories: set[str | None] = field(default_factory=set)
    currencies: set[str | None] = field(default_factory=set)
    round_activities: set[str | None] = field(default_factory=set)
    present: set[str] = field(default_factory=set)
    lacking: set[str] = field(default_factory=set)
    masses: dict[str | None, LogSums] = field(default_factory=dict)
    specific_volumes: dict[str | None, LogSums] = field(default_factory=dict)
    storage_days: LogSums = field(default_factory=LogSums)

    @classmethod
    def of(cls, chunk: OrdersChunk, places: Places) -> SurveyPart:
        """Look at one chunk."""
        table, part = chunk.table, cls(len(chunk.rows) + len(chunk.rejects))
        if table.num_rows == 0:
            return part
        part.months.update(distinct(month_numbers(table["shipped_on"])))
        for end in ("origin", "destination"):
            part.countries.update(pc.unique(table[f"{end}_country"]).to_pylist())
            part.regions.update(_regions_without_country(table, end, places))
        part.categories.update(pc.unique(table["product_category"]).to_pylist())
        if "line_categories" in table.column_names:
            part.categories.update(pc.unique(pc.list_flatten(table["line_categories"].combine_chunks())).to_pylist())
        for found, column in ((part.currencies, "currency"), (part.round_activities, "round_activity")):
            found.update(pc.unique(table[column]).to_pylist())
        part.present.update(name for name in _PRESENT if table[name].null_count < table.num_rows)
        part.lacking.update(_lacking(table))
        part._add_means(table)
        return part

    @classmethod
    def of_counting(cls, chunk: OrdersChunk, duplicates: Duplicates) -> SurveyPart:
        """Weigh the rows of one chunk that will count: what serves means, and nothing else."""
        count = (duplicates.first_rows(chunk.rows) == 0) & (duplicates.held_by(chunk.rows) == 0)
        part = cls()
        part._add_means(chunk.table.filter(pa.array(count)))
        return part

    def merge(self, other: SurveyPart) -> None:
        """Add what another piece found."""
        self.row_count += other.row_count
        for name in _SETS:
            getattr(self, name).update(getattr(other, name))
        for name in ("masses", "specific_volumes"):
            for key, sums in getattr(other, name).items():
                getattr(self, name).setdefault(key, LogSums()).merge(sums)
        self.storage_days.merge(other.storage_days)

    def profile(self, registry: Registry) -> Profile:
        """Return what the plan needs of it."""
        countries = self.countries - {None}
        return Profile(
            months=tuple(month_text(number) for number in sorted(self.months)),
            regions=tuple(sorted(self.regions | _with_parts(countries, registry))),
            categories=tuple(sorted(name for name in self.categories if name)),
            currencies=tuple(sorted(name for name in self.currencies if name)),
            round_activities=tuple(sorted(name for name in self.round_activities if name)),
            has_rounds="round_id" in self.present,
            has_returns="returned_on" in self.present,
            has_products=not self.present.isdisjoint(("product_co2e_kg", "product_footprint")),
            has_reported_parts="reported_ttw_co2e_kg" in self.present,
            has_reported_shares="reported_primary_share" in self.present,
            has_weighed="packaging_mass_kg" in self.present,
            lacking=frozenset(self.lacking),
            masses={key: sums.fitted() for key, sums in self.masses.items() if sums.count},
            specific_volumes={key: sums.fitted() for key, sums in self.specific_volumes.items() if sums.count},
            storage_days=self.storage_days.fitted() if self.storage_days.count else None,
        )

    def _add_means(self, table: pa.Table) -> None:
        self.storage_days.add(table["storage_days"].cast(pa.float64()).drop_null().to_numpy())
        mass_kg = table["goods_mass_kg"].to_numpy()
        m3_per_kg = table["goods_volume_m3"].to_numpy() / mass_kg
        known, measured = ~np.isnan(mass_kg), ~np.isnan(m3_per_kg)
        self.masses.setdefault("", LogSums()).add(mass_kg[known])
        self.specific_volumes.setdefault("", LogSums()).add(m3_per_kg[measured])
        if table["product_category"].null_count == table.num_rows:
            return
        encoded = table["product_category"].combine_chunks().dictionary_encode()
        codes = encoded.indices.to_numpy(zero_copy_only=False)
        for code, category in enumerate(encoded.dictionary.to_pylist()):
            mine = codes == code
            self.masses.setdefault(category, LogSums()).add(mass_kg[mine & known])
            self.specific_volumes.setdefault(category, LogSums()).add(m3_per_kg[mine & measured])


@dataclass(frozen=True)
class Survey:
    """Result of the first pass."""

    profile: Profile
    duplicates: Duplicates
    row_count: int

    @classmethod
    def of(
        cls, whole: SurveyPart, duplicates: Duplicates, registry: Registry, look_again: Callable[[], SurveyPart]
    ) -> Survey:
        """Take what all rows gave; where some must not count, `look_again` gives what the others weigh."""
        profile = whole.profile(registry)
        if duplicates:
            others = look_again().profile(registry)
            profile = replace(
                profile,
                masses=others.masses,
                specific_volumes=others.specific_volumes,
                storage_days=others.storage_days,
            )
        return cls(profile, duplicates, whole.row_count)


class Surveyor:
    """Compares the ids of a run with each other and with what earlier runs hold.

    Parameters
    ----------
    recorded : mapping, optional
        Earlier runs to their parcel ids, in pieces.
    key : bytes, optional
        Ids are compared as pseudonyms made with it.
    """

    def __init__(self, recorded: Recorded | None = None, key: bytes | None = None):
        self._finder, self._key = DuplicateFinder(), key
        for run, ids in (recorded or {}).items():
            self._finder.hold(run, ids)

    def partitioned(self, chunk: OrdersChunk) -> tuple[list[pa.RecordBatch | None], int]:
        """Prepare a chunk's ids; needs no order, so that threads may do it. Returns them and the last row."""
        if self._key is not None:
            ids = pseudonymise(chunk.table.select(["parcel_id", "order_id"]), self._key)["parcel_id"]
        else:
            ids = chunk.table["parcel_id"]
        return partitioned(ids, chunk.rows), int(chunk.rows[-1]) if len(chunk.rows) else 0

    def add(self, batches: list[pa.RecordBatch | None], last_row: int) -> None:
        """Take what `partitioned` prepared, in the order of the rows."""
        self._finder.add_partitioned(batches, last_row)

    def finish(self) -> Duplicates:
        """Return the rows that must not count."""
        return self._finder.finish()


def _with_parts(countries: set[str], registry: Registry) -> set[str]:
    parts = {code for code, region in registry.regions.items() if region.parent in countries and region.parent == "CN"}
    return set(countries) | parts


def _lacking(table: pa.Table) -> Iterator[str]:
    """Yield what some row lacks and something may stand in for."""
    yield from (name for name in ("goods_mass_kg", "package") if table[name].null_count)
    for end in ("origin", "destination"):
        told = any(table[f"{end}_{part}"].null_count < table.num_rows for part in ("country", "postcode", "city"))
        if told and any(table[f"{end}_{part}"].null_count for part in ("latitude", "longitude")):
            yield end


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
    return {resolved.region_names[code] for code in distinct(resolved.region_codes) if code >= 0}
