"""Arithmetic of reuse, own containers and materials: when each of them is worth it, and when not.

All of it is linear, so that anybody can repeat it with a pencil. Nothing is assumed to be zero because it is not known.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from carbon.engine.packages import expected_uses
from carbon.errors import InputError

#: Uses are whole; a quotient that rounding lifts above a whole number is that number.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Trips:
    """A reusable package against a single-use one, in one measure: kg CO2e, or money.

    Attributes
    ----------
    unit : str
    single_use, making, per_trip : float
        Of one single-use package; of making and disposing of a reusable one; of washing and bringing one back, once.
    needed_uses : float or None
        Trips that a reusable package must make on average; None where no number is enough.
    uses : int or None
        Trips it must be able to make, so that with losses it makes the needed ones on average.
    why : str
        In numbers.
    """

    unit: str
    single_use: float
    making: float
    per_trip: float
    needed_uses: float | None
    uses: int | None
    why: str


@dataclass(frozen=True)
class BreakEven:
    """Break-even in kg CO2e, and in money where prices are known."""

    co2e: Trips
    money: Trips | None


def break_even(
    single_use_co2e_kg: float,
    making_co2e_kg: float,
    washing_co2e_kg: float,
    return_co2e_kg: float,
    loss_rate: float = 0.0,
    single_use_money: float | None = None,
    making_money: float | None = None,
    washing_money: float | None = None,
    return_money: float | None = None,
    currency: str = "money",
) -> BreakEven:
    """Return from how many uses on a reusable package is better than a single-use one.

    A package that may make n trips and is lost on each with probability l makes ``u(n) = (1 - (1 - l)**n) / l`` on
    average (n without losses). A trip then costs ``making / u(n) + washing + return``. It is at most `single_use` where

        u(n) >= making / (single_use - washing - return)

    so that there is no break-even if washing and return alone reach the single-use package, nor if the right side
    is above ``1 / l``, the most trips that a package can make on average before it is lost.

    Parameters
    ----------
    single_use_co2e_kg, single_use_money : float
        Of one single-use package with its end of life.
    making_co2e_kg, making_money : float
        Of making one reusable package and of its end of life.
    washing_co2e_kg, washing_money, return_co2e_kg, return_money : float
        Once per trip.
    loss_rate : float
        Share of packages lost on each trip.
    currency : str
        Of the money; all four sums, or none, are given.

    Raises
    ------
    InputError
        If a number is below zero, the loss rate is no share, or only some of the sums of money are given.
    """
    money = (single_use_money, making_money, washing_money, return_money)
    known = [each for each in money if each is not None]
    if known and len(known) < len(money):
        raise InputError(
            "break-even in money needs all four sums",
            found=f"{len(known)} of 4",
            expected="single use, making, washing and return",
            mend="give the missing ones, 0 where there is no cost",
        )
    if not 0 <= loss_rate <= 1:
        raise InputError("the loss rate is no share", found=loss_rate, expected="0 to 1")
    co2e = _trips(single_use_co2e_kg, making_co2e_kg, washing_co2e_kg, return_co2e_kg, loss_rate, "kg CO2e")
    return BreakEven(co2e, _trips(*known, loss_rate, currency) if known else None)


def _trips(single_use: float, making: float, washing: float, bringing: float, loss_rate: float, unit: str) -> Trips:
    for name, value in (("single use", single_use), ("making", making), ("washing", washing), ("return", bringing)):
        if not 0 <= value < math.inf:
            raise InputError(f"{name} is no amount", found=f"{value} {unit}", expected="0 or more")
    per_trip = washing + bringing
    left = single_use - per_trip
    said = f"washing {washing:.4g} and return {bringing:.4g} {unit} per trip"
    if left <= 0:
        why = f"none: {said} reach the {single_use:.4g} {unit} of a single-use package"
        return Trips(unit, single_use, making, per_trip, None, None, why)
    needed = max(making / left, 1.0)
    # Rounding must not make a trip more of it.
    needed = float(round(needed)) if abs(needed - round(needed)) <= _ROUNDING * needed else needed
    if loss_rate and needed > 1 and needed * loss_rate >= 1:
        why = (
            f"none: {needed:.4g} uses are needed ({making:.4g} / ({single_use:.4g} - {per_trip:.4g})), but with "
            f"{loss_rate:.2%} lost per trip a package makes fewer than {1 / loss_rate:.4g} on average"
        )
        return Trips(unit, single_use, making, per_trip, None, None, why)
    uses = _least_uses(needed, loss_rate)
    why = f"{making:.4g} / ({single_use:.4g} - {per_trip:.4g}) = {needed:.4g} uses on average; {said}"
    return Trips(unit, single_use, making, per_trip, needed, uses, why)


def _least_uses(needed: float, loss_rate: float) -> int:
    """Return the fewest trips a package must be able to make: ``ln(1 - l u) / ln(1 - l)``, rounded up."""
    if loss_rate in (0, 1):
        return math.ceil(needed)
    uses = max(math.floor(math.log1p(-loss_rate * needed) / math.log1p(-loss_rate)), 1)
    while float(expected_uses(uses, loss_rate)) < needed * (1 - _ROUNDING):
        uses += 1
    return uses


def reusable_co2e_kg(
    making_co2e_kg: float, washing_co2e_kg: float, return_co2e_kg: float, uses: int, loss_rate: float
) -> float:
    """Return what a reusable package emits per trip: making shared among its expected uses, washing, return.

    Parameters
    ----------
    uses : int
        Most trips a package lasts.
    loss_rate : float
        Share lost on each trip.
    """
    return making_co2e_kg / float(expected_uses(uses, loss_rate)) + washing_co2e_kg + return_co2e_kg


@dataclass(frozen=True)
class Sku:
    """An article that could ship in its own box.

    Attributes
    ----------
    key : str
    parcels : float
        That it ships in alone.
    saved_co2e_kg, saved_money : float, float or None
        Per parcel: the shipment packaging that is not needed and the freight of its mass and volume, less the label
        or sleeve that is needed instead.
    damaged_co2e_kg, damaged_money : float, float or None
        If a parcel is damaged: the product that replaces it, and its delivery.
    damage_risk : float or None
        How much more often a parcel is damaged without shipment packaging; None where it is not known.
    """

    key: str
    parcels: float
    saved_co2e_kg: float
    damaged_co2e_kg: float
    damage_risk: float | None = None
    saved_money: float | None = None
    damaged_money: float | None = None


@dataclass(frozen=True)
class OwnContainer:
    """What shipping an article in its own box is worth.

    Attributes
    ----------
    net_co2e_kg, net_money : float or None
        Saved over all its parcels, less the expected damage; None where the risk, or the money, is not known.
    most_risk_co2e, most_risk_money : float or None
        Damage risk at which nothing is left of the saving; 1 where even certain damage would not use it up, 0 where
        there is nothing to save.
    """

    sku: Sku
    net_co2e_kg: float | None
    net_money: float | None
    most_risk_co2e: float
    most_risk_money: float | None


def own_containers(skus: Iterable[Sku]) -> list[OwnContainer]:
    """Return what own containers are worth, the largest saving of kg CO2e first, articles of unknown risk last.

    Expected damage is ``risk * (replacement product + its delivery)``; a parcel saves ``saved - risk * damaged``, and
    nothing any more at ``risk = saved / damaged``.

    Raises
    ------
    InputError
        If a risk is no share, or damage or the number of parcels is below zero.
    """
    found = []
    for sku in skus:
        if sku.damage_risk is not None and not 0 <= sku.damage_risk <= 1:
            raise InputError(f"the damage risk of {sku.key} is no share", found=sku.damage_risk, expected="0 to 1")
        for value in (sku.parcels, sku.damaged_co2e_kg, sku.damaged_money or 0.0):
            if not value >= 0:
                raise InputError(f"a number of {sku.key} is below zero", found=value, expected="0 or more")
        money = sku.saved_money is not None and sku.damaged_money is not None
        found.append(
            OwnContainer(
                sku,
                _net(sku.parcels, sku.saved_co2e_kg, sku.damaged_co2e_kg, sku.damage_risk),
                _net(sku.parcels, sku.saved_money, sku.damaged_money, sku.damage_risk) if money else None,
                _most_risk(sku.saved_co2e_kg, sku.damaged_co2e_kg),
                _most_risk(sku.saved_money, sku.damaged_money) if money else None,
            )
        )
    unknown_last = -math.inf
    return sorted(found, key=lambda each: -(unknown_last if each.net_co2e_kg is None else each.net_co2e_kg))


def _net(parcels: float, saved: float, damaged: float, risk: float | None) -> float | None:
    return None if risk is None else parcels * (saved - risk * damaged)


def _most_risk(saved: float, damaged: float) -> float:
    if saved <= 0:
        return 0.0
    return 1.0 if saved >= damaged else saved / damaged


@dataclass(frozen=True)
class MaterialOption:
    """A package of one material that does the job.

    Attributes
    ----------
    key : str
    mass_kg : float
        Of the package that does the same job as the others.
    virgin_co2e_kg_per_kg, recycled_co2e_kg_per_kg : float or None
        Making a kilogram; None where no source gives it.
    recycled_content : float
        Share that is recycled.
    end_of_life_co2e_kg : float or None
        Of the package, without credit; shown, never ranked by; None where no source gives it.
    source : str
        Of the factors.
    """

    key: str
    mass_kg: float
    virgin_co2e_kg_per_kg: float | None
    recycled_co2e_kg_per_kg: float | None
    recycled_content: float
    end_of_life_co2e_kg: float | None
    source: str

    def production_co2e_kg(self) -> float:
        """Return ``mass * ((1 - r) * virgin + r * recycled)``: recycled content carries its own benefit.

        Raises
        ------
        InputError
            If a factor that is needed is missing, a share is none, or end of life is credited.
        """
        if not 0 <= self.recycled_content <= 1:
            raise InputError(
                f"{self.key}: the recycled content is no share", found=self.recycled_content, expected="0 to 1"
            )
        if self.end_of_life_co2e_kg is not None and self.end_of_life_co2e_kg < 0:
            raise InputError(
                f"{self.key}: its end of life is credited",
                found=f"{self.end_of_life_co2e_kg} kg CO2e",
                expected="0 or more: by cut-off, recycling is credited where the recycled material is used",
            )
        if not 0 < self.mass_kg < math.inf:
            raise InputError(f"{self.key}: it has no mass", found=self.mass_kg, expected="above 0 kg")
        parts = (("virgin", 1 - self.recycled_content, self.virgin_co2e_kg_per_kg),)
        parts += (("recycled", self.recycled_content, self.recycled_co2e_kg_per_kg),)
        for name, share, each in parts:
            if share and each is None:
                raise InputError(
                    f"{self.key}: no factor for its {name} material",
                    expected=f"kg CO2e per kg, since {share:.0%} of it is {name}",
                    mend="add a sourced factor; another material's must not stand in silently",
                )
        return self.mass_kg * math.fsum(share * each for _, share, each in parts if share)


@dataclass(frozen=True)
class Swap:
    """One material against today's.

    Attributes
    ----------
    saved_co2e_kg : float
        Of production, per package; below zero where it emits more.
    rank : int or None
        1 for the least production; None where only the end of life could tell it from another option.
    same_source : bool
        Whether today's factors and this one's are by one source, and so by one method.
    why : str
    """

    option: MaterialOption
    production_co2e_kg: float
    saved_co2e_kg: float
    rank: int | None
    same_source: bool
    why: str


def material_swaps(today: MaterialOption, options: Sequence[MaterialOption]) -> list[Swap]:
    """Compare materials for the same job by their production.

    By cut-off the benefit of recycling is in the recycled material, and waste treatment gets no credit. The factors
    that publishers give for waste are for counting, not for choosing between treatments, so that they rank nothing
    here: options that differ in their end of life only get no rank.

    Parameters
    ----------
    today : MaterialOption
    options : sequence of MaterialOption

    Returns
    -------
    list of Swap
        Today's and the options, least production first.
    """
    made_kg = sorted(
        ((option.production_co2e_kg(), place, option) for place, option in enumerate([today, *options])),
        key=lambda each: each[:2],
    )
    now_kg = today.production_co2e_kg()
    swaps = []
    for own_kg, _, option in made_kg:
        equal = [
            other.key for other_kg, _, other in made_kg
            if other is not option and abs(other_kg - own_kg) <= _ROUNDING * max(own_kg, other_kg)
        ]  # fmt: skip
        better = sum(1 for other_kg, _, _ in made_kg if other_kg < own_kg)
        saved_kg = now_kg - own_kg
        why = f"production {own_kg:.4g} kg CO2e against {now_kg:.4g}"
        if equal:
            why += f"; equal to {', '.join(equal)}, and end of life does not rank"
            saved_kg = 0.0 if today is option or today.key in equal else saved_kg
        rank = None if equal else better + 1
        swaps.append(Swap(option, own_kg, saved_kg, rank, option.source == today.source, why))
    return swaps
