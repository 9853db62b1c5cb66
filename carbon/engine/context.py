"""What block builders share: organisation, registry, code lists and the profile of the orders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from carbon.engine.block import Value
from carbon.engine.packages import PackageSpec
from carbon.factors.registry import FactorMatch, Registry
from carbon.organisation import Organisation
from carbon.terms import DistanceBasis


@dataclass(frozen=True)
class LogNormal:
    """Numbers above zero: their mean, the standard deviation of their logarithm, and how many they are."""

    mean: float
    sigma: float
    count: int


@dataclass(frozen=True)
class Profile:
    """What the first pass over the orders found and the plan needs.

    Attributes
    ----------
    months : tuple of str
        ``2025-01`` ... of all shipments, in order.
    regions : tuple of str
        Codes of all origins and destinations.
    round_activities : tuple of str
        What rounds say they used: vehicles or energy carriers.
    lacking : frozenset of str
        What some row lacks, or may lack: ``goods_mass_kg``, ``package``; ``origin``, ``destination`` where a place is told
        by name alone.
    site_totals : mapping
        (site, month) to totals of parcels, goods mass [kg] and volume-days [m**3*day].
    masses, specific_volumes : mapping
        Category ("" for all) to goods mass [kg] and volume per mass [m**3/kg], for fallbacks.
    storage_days : LogNormal or None
        Days in store, likewise.
    alone : bool
        One shipment by itself: what a site used in a period cannot be shared among these orders.
    """

    months: tuple[str, ...]
    regions: tuple[str, ...]
    categories: tuple[str, ...] = ()
    currencies: tuple[str, ...] = ()
    round_activities: tuple[str, ...] = ()
    has_rounds: bool = False
    has_returns: bool = False
    has_products: bool = False
    has_reported_parts: bool = False
    has_reported_shares: bool = False
    has_weighed: bool = False
    lacking: frozenset[str] = frozenset()
    alone: bool = False
    site_totals: Mapping[tuple[str, str], tuple[float, float, float]] = field(default_factory=dict)
    masses: Mapping[str | None, LogNormal] = field(default_factory=dict)
    specific_volumes: Mapping[str | None, LogNormal] = field(default_factory=dict)
    storage_days: LogNormal | None = None

    @cached_property
    def years(self) -> tuple[int, ...]:
        """Years of all shipments, in order."""
        return tuple(sorted({int(month[:4]) for month in self.months}))


@dataclass(frozen=True)
class Context:
    """Everything a builder reads; codes are positions in these lists.

    `site_keys[0]` is "" and stands for parcels that leave from a place of their own. `known_shares` remembers which share
    of a material goes where.
    """

    organisation: Organisation
    registry: Registry
    profile: Profile
    regions: tuple[str, ...]
    packages: tuple[PackageSpec, ...]
    service_keys: tuple[str, ...]
    site_keys: tuple[str, ...]
    site_regions: Mapping[str, str]
    place_regions: Mapping[str, str]
    notes: list[str] = field(default_factory=list)
    known_shares: dict[tuple, Value] = field(default_factory=dict, repr=False)

    @property
    def years(self) -> tuple[int, ...]:
        """Years of the year axis."""
        return self.profile.years

    def edition(self, year: int) -> int:
        """Year whose editions serve: the organisation's replay edition, or the year itself."""
        return self.organisation.method.edition or year

    def factor(self, activity: str, unit: str, region: str, year: int) -> FactorMatch:
        """Resolve a factor."""
        return self.registry.resolve(activity, unit, region, self.edition(year))

    def parameter(self, name: str, region: str, year: int) -> Value:
        """Resolve a parameter that must exist."""
        return Value.of(self.registry.needed_parameter(name, region, self.edition(year)))

    def units_of(self, activity: str) -> set[str]:
        """Canonical units in which an activity, or a factor id, has factors."""
        if activity in self.registry.factors:
            return {self.registry.factors[activity].unit}
        return {
            unit
            for unit in ("kg*km", "km", "kg", "parcel", "kW*h", "m**3")
            if self.registry.has_activity(activity, unit)
        }

    @cached_property
    def round_uses(self) -> tuple[tuple[str, str], ...]:
        """What rounds say they used, and the canonical unit it is counted in; "" for what has no such factor.

        The first, "" itself, stands for rounds that say nothing.
        """
        return (("", ""), *((name, self._use_unit(name)) for name in self.profile.round_activities))

    def _use_unit(self, activity: str) -> str:
        units = self.units_of(activity)
        return next((unit for unit in ("kW*h", "m**3", "kg", "km") if unit in units), "")

    def note(self, text: str) -> None:
        """Record something a reader of the results must know, once."""
        if text not in self.notes:
            self.notes.append(text)

    def axis(self, name: str) -> int:
        """Length of an axis."""
        return {
            "service": len(self.service_keys),
            "package": len(self.packages),
            "site": len(self.site_keys),
            "origin_region": len(self.regions),
            "destination_region": len(self.regions),
            "year": len(self.years),
            "month": len(self.profile.months),
            "category": len(self.profile.categories),
            "currency": len(self.profile.currencies),
            "round_activity": len(self.round_uses),
        }[name]

    def axes(self, *names: str) -> dict[str, int]:
        """Axis lengths for `build`."""
        return {name: self.axis(name) for name in names}


def code_name(context: Context, axis: str, code: int) -> str:
    """Return the text behind an axis code, as the footprints hold it."""
    if axis == "package":
        return context.packages[code].key
    if axis == "round_activity":
        return context.round_uses[code][0]
    if axis == "year":
        return str(context.years[code])
    lists = {
        "service": context.service_keys,
        "site": context.site_keys,
        "origin_region": context.regions,
        "destination_region": context.regions,
        "category": context.profile.categories,
        "currency": context.profile.currencies,
        "month": context.profile.months,
    }
    return lists[axis][code]


@dataclass(frozen=True)
class NamedPlace:
    """A place or site of the organisation file with its coordinates."""

    latitude: float
    longitude: float
    scatter_km: float
    region: str
    match: str


@dataclass(frozen=True)
class Ends:
    """Where a leg starts and ends; a fixed distance stands in `distance_km`, `stated` where the organisation gives it."""

    start: str
    to: str
    distance_km: float | None
    basis: DistanceBasis
    stated: bool = False


@dataclass(frozen=True)
class Groundwork:
    """What is known before any factor is bound: enough to turn orders into kernel columns.

    Attributes
    ----------
    ends : mapping
        (service key, position) to the ends of each line haul.
    named : mapping
        Places and sites of the organisation by key.
    """

    context: Context
    ends: Mapping[tuple[str, int], Ends]
    named: Mapping[str, NamedPlace]
