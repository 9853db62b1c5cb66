"""Options of an order, what they cause and cost, and why others lost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from carbon.errors import InputError
from carbon.optimise.items import TENTHS_PER_M, Box, Parcel
from carbon.optimise.loads import Load
from carbon.optimise.reasons import sentence

#: EU 2025/40, article 24: at most this share of transport and e-commerce packaging may be empty.
EMPTY_SHARE_LIMIT = 0.5


class Objective(StrEnum):
    """What is to be low."""

    CO2E = "co2e"
    COST = "cost"
    WEIGHTED = "weighted"


@dataclass(frozen=True)
class Aim:
    """An objective with the price of a kilogram of CO2e that a weighted one needs.

    Attributes
    ----------
    per_kg : float
        [currency per kg CO2e].
    """

    objective: Objective = Objective.CO2E
    per_kg: float = 0.0

    def value(self, co2e_kg: float, money: float) -> float:
        """Return the figure to be low."""
        if self.objective is Objective.CO2E:
            return co2e_kg
        return money + (self.per_kg * co2e_kg if self.objective is Objective.WEIGHTED else 0.0)

    def check(self, priced: bool, currency: str) -> None:
        """Refuse an aim that the organisation file gives no figures for."""
        if self.objective is not Objective.CO2E and not priced:
            raise InputError(
                f"objective '{self.objective}' needs prices, and the organisation file has none",
                expected="`cost` of packages, `tariff` of services, `costs`",
                mend="add them, or choose --objective co2e",
            )
        if self.objective is Objective.WEIGHTED and not self.per_kg > 0:
            raise InputError(
                "objective 'weighted' needs a price of CO2e",
                expected=f"--carbon-price '90 {currency or 'EUR'}/t', or costs.carbon_price in the organisation file",
            )


@dataclass(frozen=True)
class Filled:
    """A load in a package.

    Attributes
    ----------
    empty_share : float or None
        Of the volume inside, void fill counted as empty (EU 2025/40); None where the rule does not apply: reusable
        packages, and products in their own container.
    """

    load: Load
    parcel: Parcel
    co2e_kg: float
    money: float
    empty_share: float | None

    @property
    def package(self) -> str:
        """Key of the package."""
        return self.parcel.box.key

    @property
    def flagged(self) -> bool:
        """Whether more is empty than EU 2025/40 allows."""
        return self.empty_share is not None and self.empty_share > EMPTY_SHARE_LIMIT


@dataclass(frozen=True)
class Option:
    """A way to send an order: one parcel or several."""

    filled: tuple[Filled, ...]

    @property
    def co2e_kg(self) -> float:
        """Of all parcels."""
        return math.fsum(each.co2e_kg for each in self.filled)

    @property
    def money(self) -> float:
        """Of all parcels, as far as prices are known."""
        return math.fsum(each.money for each in self.filled)

    @property
    def packages(self) -> tuple[str, ...]:
        """Keys, one for each parcel."""
        return tuple(each.package for each in self.filled)


@dataclass(frozen=True)
class Lost:
    """A package, or sending several parcels, that was not chosen.

    Attributes
    ----------
    package : str
        Key, or ``several_parcels``.
    co2e_kg, money : float or None
        More than the chosen option; None where it is no option at all.
    tried : bool
        Whether it was found to fit. What causes more than another is not tried.
    """

    package: str
    code: str
    detail: str = ""
    co2e_kg: float | None = None
    money: float | None = None
    tried: bool = False

    def sentence(self, currency: str) -> str:
        """Return why, in one English sentence."""
        if self.co2e_kg is None:
            return sentence(self.code, self.detail)
        parts = [f"{abs(self.co2e_kg) * 1000:,.1f} g CO2e {'more' if self.co2e_kg >= 0 else 'less'}"]
        if currency and self.money is not None:
            parts.append(f"{abs(self.money):,.2f} {currency} {'dearer' if self.money >= 0 else 'cheaper'}")
        return ", ".join(parts) + ("" if self.tried else "; whether it fits was not tried")


@dataclass(frozen=True)
class Today:
    """The order as it stands in the orders file, with the same goods.

    Attributes
    ----------
    fits : bool or None
        Whether the package holds the items by their sizes; None where that cannot be told.
    """

    package: str | None
    co2e_kg: float
    money: float
    fits: bool | None


@dataclass(frozen=True)
class Decision:
    """What was decided for an order.

    Attributes
    ----------
    chosen : Option
    front : tuple of Option
        All options that no other beats in both figures; the chosen one is among them.
    lost : tuple of Lost
    """

    position: int
    chosen: Option
    front: tuple[Option, ...]
    lost: tuple[Lost, ...]
    today: Today
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unpacked:
    """An order for which nothing was decided; it keeps its package."""

    position: int
    code: str
    detail: str = ""
    text: str = ""

    @property
    def sentence(self) -> str:
        """Why, what was found, and what would make it feasible."""
        return self.text or sentence(self.code, self.detail)


@dataclass
class Stock:
    """What is left of limited packages."""

    left: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, boxes: Sequence[Box]) -> Stock:
        """Return a full store."""
        return cls({box.key: box.supply for box in boxes if box.supply is not None})

    def holds(self, packages: Sequence[str]) -> bool:
        """Whether there are enough of all."""
        return all(self.left.get(key, math.inf) >= packages.count(key) for key in set(packages))

    def take(self, packages: Sequence[str]) -> None:
        """Take one of each."""
        for key in packages:
            if key in self.left:
                self.left[key] -= 1


def empty_share_of(load: Load, parcel: Parcel, exempt: bool) -> float | None:
    """Return the share of a parcel that is empty, by the volume of the sales packaging inside.

    References
    ----------
    Regulation (EU) 2025/40, article 24: void fill counts as empty; reusable packaging, and sales packaging used as
    e-commerce packaging, are exempt.
    """
    if exempt:
        return None
    inside_m3 = math.prod(parcel.inside) / TENTHS_PER_M**3
    return 1 - load.volume_m3 / inside_m3 if inside_m3 > 0 else None
