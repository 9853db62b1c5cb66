"""The frozen, hashed set of factors, and how an activity finds the right one.

Order of resolution: the user's own rows win; then a factor that covers the wanted boundary comes before
one that does not; then region > parent > global > proxy; then the edition nearest in time. How a factor
matched travels with it, is counted in the manifest and printed.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from carbon.documents import no_collector
from carbon.errors import FactorError
from carbon.factors import tables as _tables
from carbon.factors.compiled import WELL_TO_WHEEL, FactorSet, Part, compile_factor
from carbon.factors.factor import Factor, Parameter, Source
from carbon.factors.quality import factor_spreads, gsd_of, parameter_spreads
from carbon.factors.spread import Spread, joined
from carbon.terms import Boundary, GwpSet, Match
from carbon.units import canonical_symbol, canonical_unit, parse_unit, to_canonical

GLOBAL = "GLO"


@dataclass(frozen=True)
class FactorMatch:
    """A factor, how it was found, and how far it may be off."""

    factor: FactorSet
    match: Match
    edition_gap_years: int
    wanted_region: str
    proxy_gsd: float = 1.0
    why: str | None = None
    spreads: tuple[Spread, ...] = ()


@dataclass(frozen=True)
class ParameterMatch:
    """A parameter, how it was found, and how far it may be off; `value` is in canonical units."""

    parameter: Parameter
    value: float
    unit: str
    match: Match
    edition_gap_years: int
    wanted_region: str
    proxy_gsd: float = 1.0
    why: str | None = None
    spreads: tuple[Spread, ...] = ()


#: Canonical unit of energy.
_ENERGY = "kW*h"


class Registry:
    """Frozen set of factors and parameters under one GWP set.

    Parameters
    ----------
    tables : Tables
        From `carbon.factors.tables.load`.
    gwp_set : GwpSet
        Gases are converted with it; published CO2e of another set is kept and flagged.
    """

    def __init__(self, tables: _tables.Tables, gwp_set: GwpSet = GwpSet.AR5):
        self._tables = tables
        self.gwp_set = GwpSet(gwp_set)
        self.sources = tables.sources
        self.regions = tables.regions
        self.packages = tables.packages
        #: Material to the one whose end of life it shares, where waste statistics do not tell them apart.
        self.materials = tables.materials
        self._gwp_rows = {
            row.value.activity_key.removeprefix("gas."): row.value.value
            for row in tables.factors
            if row.value.activity_key.startswith("gas.") and row.value.gwp_set is self.gwp_set
        }
        by_id: dict[tuple[bool, str], list[_tables.Row]] = defaultdict(list)
        for row in tables.factors:
            by_id[row.value.own, row.value.id].append(row)
        own_ids = {name for own, name in by_id if own}
        self._sets: dict[str, FactorSet] = {}
        self._unfit: dict[str, FactorError] = {}
        for (own, name), rows in by_id.items():
            if not own and name in own_ids:
                continue
            try:
                self._sets[name] = compile_factor(name, rows, self.gwp_set, self._gwp_rows)
            except FactorError as error:
                self._unfit[name] = error
        self._by_activity: dict[tuple[str, str], list[FactorSet]] = defaultdict(list)
        for factor in self._sets.values():
            self._by_activity[factor.activity, factor.unit].append(factor)
        self._keep_gwp_set()
        self._parameters: dict[str, list[Parameter]] = defaultdict(list)
        for row in tables.parameters:
            self._parameters[row.value.parameter].append(row.value)
        self._proxies = sorted((row.value for row in tables.proxies), key=lambda proxy: -len(proxy.below))
        self._resolved: dict[tuple, FactorMatch | None] = {}
        self._resolved_parameters: dict[tuple, ParameterMatch | None] = {}

    @classmethod
    def load(
        cls,
        own_files: Iterable[Path | str] = (),
        *,
        folder: Path | None = None,
        gwp_set: GwpSet | str = GwpSet.AR5,
    ) -> Registry:
        """Read the shipped tables (or `folder`) with the user's own files on top."""
        with no_collector():
            return cls(_tables.load(folder, tuple(map(Path, own_files))), GwpSet(gwp_set))

    @property
    def factors(self) -> dict[str, FactorSet]:
        """Every factor by id."""
        return dict(self._sets)

    @cached_property
    def hash(self) -> str:
        """SHA-256 over the tables and the GWP set."""
        return hashlib.sha256(f"{self._tables.release}:{self.gwp_set}".encode()).hexdigest()

    def source(self, row: Factor | Parameter) -> Source:
        """Return the publication a row cites; free text becomes a source of that title."""
        known = self.sources.get(row.source)
        if known:
            return known
        return Source(title=row.source, publisher="own data", edition="n/a", licence="own data")

    def factor(self, name: str) -> FactorSet:
        """Return a factor by id.

        Raises
        ------
        FactorError
            If no such factor exists, naming the nearest ones, or if it may not become a component.
        """
        if name in self._sets:
            return self._sets[name]
        if name in self._unfit:
            raise self._unfit[name]
        raise FactorError(
            "no such factor",
            found=name,
            expected="an id from `carbon factors list`",
            mend=self._suggest(name, self._sets),
        )

    def has_activity(self, activity: str, unit: str | None = None) -> bool:
        """Whether any factor, in any region, serves an activity (in a canonical unit)."""
        if unit is not None:
            return (activity, unit) in self._by_activity
        return any(known == activity for known, _ in self._by_activity)

    def activities(self, unit: str | None = None) -> list[str]:
        """Return the activity keys that have factors."""
        return sorted({known for known, known_unit in self._by_activity if unit in (None, known_unit)})

    def resolve(self, activity: str, unit: str, region: str, year: int) -> FactorMatch:
        """Return the best factor for an activity in a region and year.

        Parameters
        ----------
        activity : str
            An activity key, or the id of one factor.
        unit : str
            Canonical unit of the amount, such as ``kg*km``.
        region : str
            Code from ``regions.yaml``.
        year : int
            Year of the activity.

        Raises
        ------
        FactorError
            If no region, parent, global row or named proxy serves the activity.
        """
        key = (activity, unit, region, year)
        if key not in self._resolved:
            found = self._resolve(*key)
            self._resolved[key] = found and self._with_spreads(self._with_grid_losses(found, year))
        found = self._resolved[key]
        if found is None:
            units = sorted({known_unit for known, known_unit in self._by_activity if known == activity})
            raise FactorError(
                f"no factor for '{activity}' per {unit} in {region} ({year})",
                found=f"this activity per {', '.join(units)}" if units else None,
                expected="a row of that activity for the region, a parent, GLO or a named proxy",
                mend=self._suggest(activity, {a for a, _ in self._by_activity})
                if not units
                else "add a row in your own factor file",
            )
        return found

    def parameter(self, name: str, region: str, year: int) -> ParameterMatch | None:
        """Return the best row of a parameter, or None where no region, parent, global row or proxy has it."""
        key = (name, region, year)
        if key not in self._resolved_parameters:
            self._resolved_parameters[key] = self._find_parameter(*key)
        return self._resolved_parameters[key]

    def needed_parameter(self, name: str, region: str, year: int) -> ParameterMatch:
        """Like `parameter`, but an absent one is an error."""
        found = self.parameter(name, region, year)
        if found is None:
            raise FactorError(
                f"no value for parameter '{name}' in {region} ({year})",
                expected="a row in factors/parameters or in your own file",
                mend=self._suggest(name, self._parameters),
            )
        return found

    def parameters_below(self, prefix: str) -> list[str]:
        """Return the names of parameters that begin so, without the prefix."""
        return sorted(name.removeprefix(prefix) for name in self._parameters if name.startswith(prefix))

    def gsd(self, row: Factor | Parameter) -> float | None:
        """Return a row's geometric standard deviation, published or by its pedigree; None where neither is given."""
        return gsd_of(row, self._parameters)

    def region_chain(self, region: str) -> list[str]:
        """Return a region, its parents and the world, nearest first."""
        chain = []
        while region and region not in chain:
            chain.append(region)
            known = self.regions.get(region)
            region = known.parent if known and known.parent else (GLOBAL if region != GLOBAL else "")
        return chain

    def _keep_gwp_set(self) -> None:
        """Where gases and refrigerants have a row of the report's GWP set, the other sets' rows do not compete."""
        for (activity, unit), found in self._by_activity.items():
            if activity.startswith(("gas.", "refrigerant.")):
                fitting = [factor for factor in found if factor.own or factor.first.gwp_set is self.gwp_set]
                self._by_activity[activity, unit] = fitting or found

    def _places(self, activity: str, region: str) -> list[tuple[str, Match, float, str | None]]:
        """Regions to look in, best first, with the match each would be."""
        places = []
        for step, code in enumerate(self.region_chain(region)):
            match = Match.REGION if step == 0 else Match.GLOBAL if code == GLOBAL else Match.PARENT
            places.append((code, match, 1.0, None))
        seen = {code for code, *_ in places}
        chain = {code for code in seen} | {"*"}
        for proxy in self._proxies:
            if (
                proxy.region in chain
                and proxy.use not in seen
                and (proxy.below == "*" or activity == proxy.below or activity.startswith(proxy.below + "."))
            ):
                seen.add(proxy.use)
                places.append((proxy.use, Match.PROXY, proxy.gsd, proxy.why))
        return places

    def _resolve(self, activity: str, unit: str, region: str, year: int) -> FactorMatch | None:
        named = self._sets.get(activity)
        if named is not None and named.unit == unit:
            match = (
                Match.OWN if named.own else Match.REGION if named.region in self.region_chain(region) else Match.PROXY
            )
            return FactorMatch(named, match, _gap(named, year), region)
        candidates = self._by_activity.get((activity, unit), [])
        ranked = []
        for level, (code, match, gsd, why) in enumerate(self._places(activity, region)):
            for factor in candidates:
                if factor.region != code:
                    continue
                mine = factor.own and match is not Match.PROXY
                found = FactorMatch(factor, Match.OWN if mine else match, _gap(factor, year), region, gsd, why)
                # A fuel's missing half is worth another region; a grid's is only worth another year of the same.
                lacks = not factor.complete and activity.startswith(WELL_TO_WHEEL)
                lacks_here = not factor.complete and activity.startswith("electricity.")
                newest = -(factor.first.valid_from.year if factor.first.valid_from else 0)
                rank = (not mine, lacks, level, lacks_here, found.edition_gap_years, newest, factor.id)
                ranked.append((rank, found))
        return min(ranked, key=lambda pair: pair[0])[1] if ranked else None

    def _with_grid_losses(self, found: FactorMatch, year: int) -> FactorMatch:
        """Add the losses between plant and plug where only their share is published, not a factor of their own."""
        factor = found.factor
        generation = next((part for part in factor.parts if part.boundary is Boundary.GENERATION), None)
        electricity = factor.activity.startswith("electricity.")
        if generation is None or not electricity or "no grid losses" not in factor.flags:
            return found
        losses = self.parameter("grid_losses", factor.region, year)
        if losses is None:
            return found
        lost = generation.co2e_kg * losses.value / (1 - losses.value)
        part = Part(Boundary.GRID_LOSSES, generation.gas_basis, lost, generation.rows)
        flags = (*(flag for flag in factor.flags if flag != "no grid losses"), f"grid losses by {losses.parameter.id}")
        whole = replace(
            factor,
            parts=(*factor.parts, part),
            co2e_kg=factor.co2e_kg + lost,
            wtt_kg=(factor.wtt_kg or 0.0) + lost,
            flags=flags,
        )
        # The share lost is a parameter; of the whole only what it adds varies with it.
        share = lost / whole.co2e_kg if whole.co2e_kg else 0.0
        power = share / (1 - losses.value)
        return replace(found, factor=whole, spreads=tuple(spread.raised(power) for spread in losses.spreads))

    def _with_spreads(self, found: FactorMatch) -> FactorMatch:
        spreads = factor_spreads(found.factor, self._parameters, found.edition_gap_years, found.proxy_gsd)
        return replace(found, spreads=joined([*found.spreads, *spreads]))

    def _find_parameter(self, name: str, region: str, year: int) -> ParameterMatch | None:
        ranked = []
        for level, (code, match, gsd, why) in enumerate(self._places(f"parameters.{name}", region)):
            for row in self._parameters.get(name, []):
                if row.region != code:
                    continue
                mine = row.own and match is not Match.PROXY
                newest = -(row.valid_from.year if row.valid_from else 0)
                rank = (not mine, level, row.gap_years(year), newest, row.id)
                ranked.append((rank, row, Match.OWN if mine else match, gsd, why))
        if not ranked:
            return None
        _, row, match, gsd, why = min(ranked, key=lambda entry: entry[0])
        value, unit = _canonical_value(row)
        gap = row.gap_years(year)
        spreads = joined(parameter_spreads(row, self._parameters, gap, gsd))
        return ParameterMatch(row, value, unit, match, gap, region, gsd, why, spreads)

    def _suggest(self, name: str, known: Iterable[str]) -> str | None:
        near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.5)
        return "did you mean " + " or ".join(near) + "?" if near else None

    def per_energy(self, ids: Iterable[str]) -> set[str]:
        """Return the factors per gross kWh of fuels that the given ones count by volume or mass, of the same publication.

        The two together tell the fuel's calorific value: kg CO2e per litre over kg CO2e per kWh.
        """
        found = set()
        for each in map(self.factor, set(ids)):
            for other in self._by_activity.get((f"{each.activity}.gross", _ENERGY), ()):
                same = ("source", "region", "valid_from")
                if all(getattr(each.first, name) == getattr(other.first, name) for name in same):
                    found.add(other.id)
        return found

    def as_json(self, ids: Iterable[str]) -> str:
        """Return the rows of the given factors with their sources, for the ledger's ``factors.json``."""
        rows, sources = [], {}
        for name in sorted(set(ids)):
            for row in self.factor(name).rows:
                rows.append(row.model_dump(mode="json", exclude_none=True) | {"own": row.own})
                sources[row.source] = self.source(row).model_dump(mode="json", exclude_none=True)
        return json.dumps(
            {"gwp_set": self.gwp_set, "gwps": self._gwp_rows, "factors": rows, "sources": sources},
            ensure_ascii=False,
            indent=1,
            sort_keys=True,
        )


def _gap(factor: FactorSet, year: int) -> int:
    return factor.first.gap_years(year)


def _canonical_value(row: Parameter) -> tuple[float, str]:
    if row.unit == "dimensionless":
        return row.value, "1"
    sides = [parse_unit(part.strip().removeprefix("(").removesuffix(")")) for part in row.unit.split("/", 1)]
    if len(sides) == 1:
        return row.value * to_canonical(1 * sides[0]), canonical_symbol(canonical_unit(sides[0]))
    top, below = (canonical_symbol(canonical_unit(side)) for side in sides)
    value = row.value * to_canonical(1 * sides[0]) / to_canonical(1 * sides[1])
    return value, f"{top}/({below})" if "*" in below else f"{top}/{below}"
