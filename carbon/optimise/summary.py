"""What came of packing an orders file, in sums."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from carbon.engine.uncertainty import Difference
from carbon.optimise.catalogue import Catalogue
from carbon.optimise.items import Parcel
from carbon.optimise.loads import Holder, Load
from carbon.optimise.options import EMPTY_SHARE_LIMIT, Decision, Today, empty_share_of


@dataclass
class Packing:
    """What came of packing an orders file.

    Attributes
    ----------
    orders, packed, kept, refused : int
        Rows in = packed + kept as they were + refused as no calculation can use them.
    parcels, sheets : int
        Rows that packed orders became; step sheets written.
    co2e_kg, today_co2e_kg, money, today_money : float
        Of packed orders, with the same goods.
    difference : Difference
        What the whole file's next inventory changes by, with its paired 95 % range [kg CO2e]. What is shared among
        parcels, as a site's energy, is shared among more of them where orders are split: `shared_co2e_kg`.
    questions : int
        Placings that were looked for, by all processes together.
    today_does_not_fit, unfit_co2e_kg : int, float
        Orders whose package of today does not hold their items by the stated sizes, and what packing them right adds.
    empty_share, today_empty_share : float or None
        By volume, over parcels that the EU's rule applies to.
    """

    objective: str
    currency: str
    orders: int = 0
    packed: int = 0
    kept: int = 0
    refused: int = 0
    parcels: int = 0
    sheets: int = 0
    changed: int = 0
    several: int = 0
    own_container: int = 0
    reusable: int = 0
    co2e_kg: float = 0.0
    today_co2e_kg: float = 0.0
    money: float = 0.0
    today_money: float = 0.0
    flagged: int = 0
    today_flagged: int = 0
    today_unknown: int = 0
    today_does_not_fit: int = 0
    unfit_co2e_kg: float = 0.0
    options: int = 0
    sizes_stood_in: int = 0
    masses_differ: int = 0
    timed_out: int = 0
    questions: int = 0
    packages: Counter = field(default_factory=Counter)
    reasons: Counter = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    difference: Difference | None = None
    before_co2e_kg: float = 0.0
    after_co2e_kg: float = 0.0
    _volumes: dict[str, float] = field(default_factory=lambda: Counter())

    @property
    def saving_co2e_kg(self) -> float:
        """What packing changes, today's package against the chosen one, the goods being the same."""
        return self.today_co2e_kg - self.co2e_kg

    @property
    def shared_co2e_kg(self) -> float:
        """The rest of the difference: shares of sites and rounds, and what items say of goods that orders leave open."""
        return (self.after_co2e_kg - self.before_co2e_kg) + self.saving_co2e_kg

    @property
    def empty_share(self) -> float | None:
        """Share of the packages' volume that is empty."""
        return _share(self._volumes, "")

    @property
    def today_empty_share(self) -> float | None:
        """The same of today's packages."""
        return _share(self._volumes, "today ")

    def take(self, decision: Decision, catalogue: Catalogue, holder: Holder, load: Load) -> None:
        """Add one order."""
        chosen, today = decision.chosen, decision.today
        self.packed += 1
        self.parcels += len(chosen.filled)
        self.several += len(chosen.filled) > 1
        self.changed += chosen.packages != (today.package,)
        self.co2e_kg += chosen.co2e_kg
        if np.isnan(today.co2e_kg):  # the row's package is not known: nothing to compare with
            self.today_unknown += 1
        self.today_co2e_kg += chosen.co2e_kg if np.isnan(today.co2e_kg) else today.co2e_kg
        self.money += chosen.money
        self.today_money += today.money if np.isfinite(today.money) else chosen.money
        if today.fits is False:
            self.today_does_not_fit += 1
            self.unfit_co2e_kg += chosen.co2e_kg - today.co2e_kg if np.isfinite(today.co2e_kg) else 0.0
        self.options += len(decision.front)
        self.packages.update(chosen.packages)
        self.reusable += any(key in catalogue.reusable for key in chosen.packages)
        self.own_container += any(each.parcel.box not in catalogue.boxes for each in chosen.filled)
        share, inside_m3 = _today_empty(today, catalogue, holder, load)
        for each in chosen.filled:
            self.flagged += each.flagged
        # Compared are orders whose parcels the rule applies to both today and after.
        if share is not None and all(each.empty_share is not None for each in chosen.filled):
            self.today_flagged += share > EMPTY_SHARE_LIMIT
            self._volumes["today inside"] += inside_m3
            self._volumes["today goods"] += load.volume_m3
            for each in chosen.filled:
                self._volumes["inside"] += each.load.volume_m3 / (1 - each.empty_share)
                self._volumes["goods"] += each.load.volume_m3

    def merge(self, part: Packing) -> None:
        """Add what came of some more orders."""
        for name in _SUMMED:
            setattr(self, name, getattr(self, name) + getattr(part, name))
        for name in ("packages", "reasons", "_volumes"):
            getattr(self, name).update(getattr(part, name))

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        found = {name: getattr(self, name) for name in self.__dataclass_fields__ if not name.startswith("_")}
        del found["questions"]  # each process asks for itself, so that it goes with their number
        found |= {name: dict(found[name]) for name in ("packages", "reasons")}
        found["difference"] = None if self.difference is None else vars(self.difference)
        extra = ("saving_co2e_kg", "shared_co2e_kg", "empty_share", "today_empty_share")
        return found | {name: getattr(self, name) for name in extra}


#: Numbers that add up over orders.
_SUMMED = tuple(
    name for name, each in Packing.__dataclass_fields__.items()
    if each.type in ("int", "float") and name not in ("before_co2e_kg", "after_co2e_kg")
)  # fmt: skip


def _today_empty(today: Today, catalogue: Catalogue, holder: Holder, load: Load) -> tuple[float | None, float]:
    """Empty share of today's package and the volume inside; None where the rule does not apply or nothing is known."""
    box = catalogue.box(today.package) if today.package else None
    if box is None or box.key in catalogue.reusable:
        return None, 0.0
    if not box.flexible:
        share = max(1 - load.volume_m3 / box.inner_m3, 0.0)
        return share, load.volume_m3 / (1 - share) if share < 1 else box.inner_m3
    if not today.fits:
        return None, 0.0
    parcel = holder.held(load, box)
    share = empty_share_of(load, parcel, False) if isinstance(parcel, Parcel) else None
    return (None, 0.0) if share is None or share >= 1 else (share, load.volume_m3 / (1 - share))


def _share(volumes: dict[str, float], prefix: str) -> float | None:
    inside_m3 = volumes.get(f"{prefix}inside", 0.0)
    return 1 - volumes[f"{prefix}goods"] / inside_m3 if inside_m3 > 0 else None
