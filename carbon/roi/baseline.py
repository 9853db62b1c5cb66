"""A year's activity of a ledger as lines: what a measure changes, and what is left for the next one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from carbon.roi.remark import Remark

#: What tells a line of a baseline; `amount` [unit] and `co2e_kg` are its figures.
LINE = (
    "stage",
    "scope",
    "category",
    "service",
    "site",
    "package",
    "part",
    "block",
    "kind",
    "party",
    "activity",
    "factor_id",
    "boundary",
    "region",
    "unit",
)

#: What tells an activity, all parts of its factor together.
WHOLE = tuple(name for name in LINE if name not in ("boundary", "scope", "category"))

#: What of a package, or of what is carried, a line is about (`part`); empty where a line is about none.
BOX, EXTRAS, FILLING, GOODS, VOLUME, REUSE = "box", "extras", "filling", "goods", "volume", "reuse"

#: What tells a group of parcels.
GROUP = ("service", "package", "site", "origin_region", "destination_region")

#: Columns of `Baseline.groups` that add up.
SUMS = (
    "parcels",
    "returned",
    "goods_mass_kg",
    "packaging_mass_kg",
    "gross_mass_kg",
    "goods_volume_m3",
    "empty_volume_m3",
)


@dataclass(frozen=True)
class Baseline:
    """A year's emissions, line by line, products left out.

    Attributes
    ----------
    period : str
        What of the ledger it was read from.
    months : int
        Of that period; figures are made a year's by twelve over this.
    currency : str
        Of all money: the organisation's.
    year : int
        Whose money it is, and whose factors serve what a measure adds.
    lines : pandas.DataFrame
        `LINE`, amount, co2e_kg. What is made of or carried in a package is split by `package` and `part`.
    groups : pandas.DataFrame
        service, package, site, origin_region, destination_region and `SUMS`: what was sent.
    fills : pandas.DataFrame
        service, package, fill (bin of the goods' share of the inner volume), parcels, goods_volume_m3, inner_volume_m3.
    volumetric : pandas.DataFrame
        Of parcels carried by their volumetric mass: service, package, fill (-1 where it is not known), gross (bin of the gross over the
        volumetric mass), freight_mass_kg, gross_mass_kg.
    split : pandas.DataFrame
        service, parcels beyond the first of an order that left the same day, from the same site, by the same service.
    catalogue : pandas.DataFrame
        What one parcel in a package causes, its filling left out, by the newest run's plan: package, part, origin_region,
        destination_region (empty where it does not matter), stage, block, factor_id, region, unit, kind, party, per_parcel,
        co2e_kg, and whether it is of `kept` parcels only.
    uses : mapping
        What vehicles that a measure has brought use per km, by block and region: the next measure may ask for their km.
    notes : tuple of Remark
        What was assumed in reading it.
    """

    period: str
    currency: str
    year: int
    lines: pd.DataFrame
    months: int = 12
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)
    fills: pd.DataFrame = field(default_factory=pd.DataFrame)
    volumetric: pd.DataFrame = field(default_factory=pd.DataFrame)
    split: pd.DataFrame = field(default_factory=pd.DataFrame)
    catalogue: pd.DataFrame = field(default_factory=pd.DataFrame)
    uses: Mapping[tuple[str, str], float] = field(default_factory=dict)
    notes: tuple[Remark, ...] = ()
    #: What measures worked out of it once, since they are asked about one baseline many times.
    known: dict[Any, Any] = field(init=False, default_factory=dict, repr=False, compare=False)
    #: The same of texts of lines and groups: what is left for the next measure has them, too.
    _texts: dict[tuple[str, str], _Texts] = field(init=False, default_factory=dict, repr=False, compare=False)

    @property
    def total_kg(self) -> float:
        """All lines together [kg CO2e]."""
        return float(self.lines["co2e_kg"].sum())

    @property
    def stages_kg(self) -> dict[str, float]:
        """Emissions by stage [kg CO2e]."""
        return _sums(self.lines, "stage")

    @property
    def scopes_kg(self) -> dict[str, float]:
        """Emissions by scope [kg CO2e]."""
        return _sums(self.lines, "scope")

    def where(self, **wanted: str | Iterable[str]) -> np.ndarray:
        """Return which lines have these values: a text, or any of several, for each named column."""
        return self._where("lines", wanted)

    def groups_where(self, **wanted: str | Iterable[str]) -> np.ndarray:
        """Return which groups have these values."""
        return self._where("groups", wanted)

    def _where(self, table: str, wanted: dict[str, str | Iterable[str]]) -> np.ndarray:
        # Draws, ends of ranges and steps to a root ask the same of one baseline again and again.
        asked = tuple((name, each if isinstance(each, str) else tuple(each)) for name, each in wanted.items())
        found = self.known.get((table, asked))
        if found is None:
            found = self.known[table, asked] = self._told(table, asked)
        return found.copy()

    def _told(self, table: str, asked: Iterable[tuple[str, str | tuple[str, ...]]]) -> np.ndarray:
        found = np.ones(len(getattr(self, table)), dtype=bool)
        for name, values in asked:
            codes, names = self.texts(table, name)
            if isinstance(values, str):
                found &= codes == names.get(values, -1)
            else:
                chosen = np.zeros(len(names) + 1, dtype=bool)
                chosen[[names[str(each)] for each in values if str(each) in names]] = True
                found &= chosen[codes]
        return found

    def texts(self, table: str, name: str) -> _Texts:
        """Return a column of `lines` or `groups` as numbers of its texts, and the texts with their numbers."""
        known = self._texts.get((table, name))
        if known is None:
            known = self._texts[table, name] = _more((np.empty(0, dtype=np.int64), {}), getattr(self, table)[name])
        return known

    def told(self, table: str, name: str, tells: Callable[[str], bool]) -> np.ndarray:
        """Return which rows have a text in a column of which something is true."""
        codes, names = self.texts(table, name)
        return np.array([tells(text) for text in names], dtype=bool)[codes]

    def kinds(self, table: str, names: Iterable[str]) -> np.ndarray:
        """Return a number for each row that is the same, in every baseline, for rows of the same texts, and for no others.

        It is a sum of hashes of 64 bits: that two of ten thousand kinds share one has a chance of one in 10^11.
        """
        found = np.zeros(len(getattr(self, table)), dtype=np.uint64)
        for name in names:
            codes, known = self.texts(table, name)
            found += np.array([_hash(name, text) for text in known], dtype=np.uint64)[codes]
        return found

    def records(self, mask: np.ndarray) -> list[dict[str, Any]]:
        """Return some lines as plain values by the name of their column."""
        return [self.record(place) for place in np.flatnonzero(mask)]

    def record(self, place: int) -> dict[str, Any]:
        """Return the line at a place as plain values."""
        arrays = self.once("arrays", lambda: {name: self.lines[name].to_numpy() for name in self.lines})
        return {name: values[place] for name, values in arrays.items()}

    def figures(self, name: str) -> np.ndarray:
        """Return ``amount`` or ``co2e_kg`` of all lines."""
        return self.once(("figures", name), lambda: self.lines[name].to_numpy())

    def text_rows(self) -> np.ndarray:
        """Return the texts of all lines, shape (lines, texts)."""
        return self.once("text rows", lambda: self.lines[list(LINE)].to_numpy(dtype=object))

    def once(self, key: Any, make: Callable[[], Any]) -> Any:
        """Return what was worked out under a key, or work it out."""
        if key not in self.known:
            self.known[key] = make()
        return self.known[key]

    def kg(self, mask: np.ndarray) -> float:
        """Return what some lines emit [kg CO2e]."""
        return float(self.figures("co2e_kg")[mask].sum())

    def amount(self, mask: np.ndarray) -> float:
        """Return the amount of some lines, which must be of one unit; a factor's parts share theirs, which counts once."""
        whole = self.once("whole", self._whole)
        return float(self.figures("amount")[mask & whole].sum())

    def _whole(self) -> np.ndarray:
        """Return which lines are the first of their activity."""
        first = np.zeros(len(self.lines), dtype=bool)
        first[np.unique(self.kinds("lines", WHOLE), return_index=True)[1]] = True
        return first

    def parcels(self, mask: np.ndarray | None = None, what: str = "parcels") -> float:
        """Return a sum over some groups, or all: parcels, or another of `SUMS`."""
        values = self.once(("parcels", what), lambda: self.groups[what].to_numpy())
        return float(values.sum() if mask is None else values[mask].sum())

    def with_lines(self, lines: pd.DataFrame, groups: pd.DataFrame, uses: Mapping[tuple[str, str], float]) -> Baseline:
        """Return a baseline with other lines and groups, and more vehicles of known use.

        Lines and groups that were there before stand first, with the texts that they had.
        """
        made = replace(self, lines=lines, groups=groups, uses={**self.uses, **uses})
        for (table, name), known in self._texts.items():
            made._texts[table, name] = _more(known, getattr(made, table)[name])
        return made


#: A column as numbers of its texts, and the texts with their numbers.
_Texts = tuple[np.ndarray, dict[str, int]]


def _more(known: _Texts, column: pd.Series) -> _Texts:
    """Return a column's texts, whose first rows are known."""
    codes, names = known
    if len(column) == len(codes):
        return known
    names = dict(names)
    added = [names.setdefault(str(text), len(names)) for text in column.to_numpy()[len(codes) :]]
    return np.append(codes, np.array(added, dtype=np.int64)), names


@cache
def _hash(name: str, text: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{name}={text}".encode()).digest()[:8], "big")


def _sums(lines: pd.DataFrame, by: str) -> dict[str, float]:
    found = lines.groupby(by, sort=False)["co2e_kg"].sum()
    return {str(name): float(value) for name, value in found.items()}
