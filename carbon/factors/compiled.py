"""From published rows to coefficients: the boundaries and gases of one factor under one GWP set."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from carbon.errors import FactorError, Where
from carbon.factors.factor import Factor
from carbon.factors.tables import Row
from carbon.terms import (
    BEFORE_USE_BOUNDARIES,
    DIRECT_BOUNDARIES,
    PLAUSIBILITY_BOUNDARIES,
    UPSTREAM_BOUNDARIES,
    Boundary,
    Gas,
    GwpSet,
)
from carbon.units import canonical_symbol

#: Activities whose factors are whole only with both WTT and TTW.
WELL_TO_WHEEL = ("road.", "rail.", "sea.", "air.", "fuel.")


@dataclass(frozen=True)
class Part:
    """One boundary of a factor in kg CO2e (or CO2, where nothing else is published)."""

    boundary: Boundary
    gas_basis: Gas
    co2e_kg: float
    rows: tuple[Factor, ...]


@dataclass(frozen=True)
class FactorSet:
    """All rows of one factor id, compiled into coefficients.

    Attributes
    ----------
    unit : str
        Canonical unit of the activity.
    parts : tuple of Part
        What the total adds up; never both a WTW row and its own WTT and TTW.
    co2e_kg : float
        [kg CO2e per canonical unit of activity].
    wtt_kg, ttw_kg : float or None
        None where the source does not give that part.
    flags : tuple of str
        What a reader must know: ``no WTT``, ``no TTW``, ``not split``, ``CO2 only``, ``GWP AR4`` ...
    """

    id: str
    activity: str
    unit: str
    region: str
    parts: tuple[Part, ...]
    co2e_kg: float
    wtt_kg: float | None
    ttw_kg: float | None
    flags: tuple[str, ...]

    @property
    def rows(self) -> tuple[Factor, ...]:
        """Every row behind the factor."""
        return tuple(row for part in self.parts for row in part.rows)

    @property
    def first(self) -> Factor:
        """The row that stands for the factor where one is enough (source, basis, price year)."""
        return self.parts[0].rows[0]

    @property
    def own(self) -> bool:
        """Whether the user supplied it."""
        return self.first.own

    @property
    def complete(self) -> bool:
        """Whether nothing of the wanted life cycle is missing."""
        return not any(flag.startswith("no ") for flag in self.flags)

    def of_energy_alone(self) -> FactorSet:
        """Return the factor without what comes before the energy: fuels' upstream and grid losses.

        Raises
        ------
        FactorError
            If nothing else is published.
        """
        kept = tuple(part for part in self.parts if part.boundary not in BEFORE_USE_BOUNDARIES)
        if not kept:
            raise FactorError(
                "a factor of electricity says nothing of its generation",
                found=", ".join(part.boundary for part in self.parts),
                expected="a row with boundary generation or life_cycle",
                mend=f"use another factor than '{self.id}'",
            )
        if len(kept) == len(self.parts):
            return self
        co2e_kg = sum(part.co2e_kg for part in kept)
        return replace(self, parts=kept, co2e_kg=co2e_kg, wtt_kg=co2e_kg, ttw_kg=None)


def compile_factor(name: str, rows: list[Row], gwp_set: GwpSet, gwps: Mapping[str, float]) -> FactorSet:
    """Make one factor of its rows.

    Parameters
    ----------
    name : str
    The id the rows share.
    rows : list of Row
    gwp_set, gwps : GwpSet, mapping
    The report's set, and the potential of each gas in it, by lower-case name.

    Raises
    ------
    FactorError
    If the rows do not belong together, or may not become a component.
    """
    factors = [row.value for row in rows]
    units = {canonical_symbol(factor.parsed_unit.canonical) for factor in factors}
    where = rows[0].where
    if len(units) != 1:
        raise FactorError("rows of one factor differ in dimension", found=", ".join(sorted(units)), where=where)
    by_boundary: dict[Boundary, list[Factor]] = defaultdict(list)
    for factor in factors:
        by_boundary[factor.boundary].append(factor)
    parts = {boundary: _part(boundary, group, where, gwp_set, gwps) for boundary, group in by_boundary.items()}
    _check_boundaries(set(parts), where)
    whole = parts.get(Boundary.WTW)
    split = [part for boundary, part in parts.items() if boundary is not Boundary.WTW]
    has_both = Boundary.WTT in parts and Boundary.TTW in parts
    used = split if (whole is None or has_both) else [whole]
    for part in used:
        if part.boundary in PLAUSIBILITY_BOUNDARIES:
            raise FactorError(
                "a cradle-to-grave figure cannot be a component of a footprint",
                found=name,
                expected="a factor with a component boundary",
                mend="use it to check plausibility only",
                where=where,
            )
    return FactorSet(
        id=name,
        activity=factors[0].activity_key,
        unit=units.pop(),
        region=factors[0].region,
        parts=tuple(used),
        co2e_kg=sum(part.co2e_kg for part in used),
        wtt_kg=_sum_of(parts, UPSTREAM_BOUNDARIES),
        ttw_kg=_direct(parts),
        flags=tuple(_flags(factors[0].activity_key, parts, used, gwp_set)),
    )


#: Figures of a whole life up to a point; another boundary beside one would count something twice.
_WHOLE = {
    Boundary.LIFE_CYCLE,
    Boundary.LIFE_CYCLE_PRODUCTION,
    Boundary.CRADLE_TO_GATE,
    Boundary.CRADLE_TO_SALE,
    Boundary.CRADLE_TO_GRAVE,
}


def _check_boundaries(present: set[Boundary], where: Where) -> None:
    if present & _WHOLE and len(present) > 1:
        raise FactorError(
            "a life-cycle figure beside another boundary would count twice",
            found=" + ".join(sorted(boundary.value for boundary in present)),
            expected="one life-cycle row, or the parts",
            mend="give the other rows an id of their own",
            where=where,
        )


def _part(boundary: Boundary, group: list[Factor], where: Where, gwp_set: GwpSet, gwps: Mapping[str, float]) -> Part:
    by_gas = {factor.gas_basis: factor for factor in group}
    if len(by_gas) != len(group):
        raise FactorError(
            f"two rows for boundary {boundary}",
            found=", ".join(factor.gas_basis for factor in group),
            expected="one row per boundary and gas",
            mend="give each edition or region an id of its own",
            where=where,
        )
    if Gas.CO2E in by_gas:
        if len(by_gas) > 1:
            raise FactorError(
                "single gases beside CO2e",
                found=", ".join(by_gas),
                expected="either CO2e, or the gases",
                mend="keep the gases: CO2e already contains them",
                where=where,
            )
        row = by_gas[Gas.CO2E]
        return Part(boundary, Gas.CO2E, row.kg_per_canonical, (row,))
    total = sum(factor.kg_per_canonical * _gwp(gas, where, gwp_set, gwps) for gas, factor in by_gas.items())
    return Part(boundary, Gas.CO2 if set(by_gas) == {Gas.CO2} else Gas.CO2E, total, tuple(by_gas.values()))


def _gwp(gas: Gas, where: Where, gwp_set: GwpSet, gwps: Mapping[str, float]) -> float:
    if gas is Gas.CO2:
        return 1.0
    try:
        return gwps[gas.value.lower()]
    except KeyError:
        raise FactorError(
            f"no GWP of {gas} in set {gwp_set}", expected="a row 'gas.*' in gwp.yaml", where=where
        ) from None


#: Parts of a figure that its reporter tells apart; the other part is another line of the same parcel.
_TOLD_APART = "reported.part."


def _flags(activity: str, parts: dict[Boundary, Part], used: list[Part], gwp_set: GwpSet) -> Iterable[str]:
    present = set(parts)
    if Boundary.WTW in present and len(used) == 1 and used[0].boundary is Boundary.WTW:
        yield "not split"
    elif Boundary.GENERATION in present:
        if Boundary.WTT not in present:
            yield "no WTT"
        if Boundary.GRID_LOSSES not in present:
            yield "no grid losses"
    elif not activity.startswith(("gas.", "refrigerant.", _TOLD_APART)) and (
        activity.startswith(WELL_TO_WHEEL) or present & {Boundary.WTT, Boundary.TTW}
    ):
        if Boundary.WTT not in present:
            yield "no WTT"
        if Boundary.TTW not in present:
            yield "no TTW"
    if any("radiative_forcing" in row.includes for part in used for row in part.rows):
        yield "radiative forcing inside"
    if Boundary.UNKNOWN in present:
        yield "boundary unknown"
    if any(part.gas_basis is Gas.CO2 for part in used):
        yield "CO2 only"
    sets = {row.gwp_set for part in used for row in part.rows if row.gas_basis is Gas.CO2E}
    for found in sorted(sets - {gwp_set, GwpSet.NOT_APPLICABLE}):
        yield f"GWP {found}"


def _sum_of(parts: dict[Boundary, Part], boundaries: frozenset[Boundary]) -> float | None:
    found = [part.co2e_kg for boundary, part in parts.items() if boundary in boundaries]
    return sum(found) if found else None


def _direct(parts: dict[Boundary, Part]) -> float | None:
    found = _sum_of(parts, DIRECT_BOUNDARIES)
    return 0.0 if found is None and _is_electric(parts) else found


def _is_electric(parts: dict[Boundary, Part]) -> bool:
    return bool(set(parts) & {Boundary.GENERATION, Boundary.LIFE_CYCLE, Boundary.LIFE_CYCLE_PRODUCTION})
