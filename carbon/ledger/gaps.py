"""Data gaps: what a merchant could measure or ask for, and by how much that would narrow the total's range.

A gap is a set of spreads that better data would remove. How much it narrows the total is drawn, with the same numbers
as the total itself, as if those spreads (and the parcels' own errors that belong to them) were gone and all others
stayed. Gaps overlap, so their effects do not add up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from carbon.engine.block import Kind
from carbon.engine.uncertainty import Group, Range, Terms, variances
from carbon.ledger.causes import Names
from carbon.terms import TRANSPORT_STAGES, DataType, Stage

COLUMNS = ["kind", "what", "parcels", "co2e_kg", "narrowing_share", "text_en", "text_zh"]
#: Gaps shown, and gaps drawn: those that make most of the variance.
WORST, _DRAWN = 10, 24

#: What to do about a model's argument: (arguments, English, Chinese).
_ACTIONS: tuple[tuple[tuple[str, ...], str, str], ...] = (
    (
        ("round_km", "round_parcels"),
        "Recording the delivery rounds (round_id, round_distance_km) of {parcels} parcels",
        "记录 {parcels} 个包裹的配送轮次（round_id、round_distance_km）",
    ),
    (
        ("failure_share",),
        "Recording the delivery attempts (delivery_attempts) of {parcels} parcels",
        "记录 {parcels} 个包裹的投递次数（delivery_attempts）",
    ),
    (
        ("trip_km", "car_share", "parcels_per_trip"),
        "Asking the customers of {parcels} parcels how they fetch them (customer_trip)",
        "调查 {parcels} 个包裹的顾客如何自提（customer_trip）",
    ),
    (
        ("circuity", "adjustment", "distance_km"),
        "Using driven distances instead of estimated detours for {parcels} parcels",
        "为 {parcels} 个包裹使用实际行驶里程代替绕路估算",
    ),
    (
        ("payload_kg", "load_share", "empty_share"),
        "Recording payloads, loads and empty running for {parcels} parcels",
        "为 {parcels} 个包裹记录车辆载重、装载率和空驶率",
    ),
    (
        ("consumption_per_km", "charging_loss"),
        "Metering the energy per km of the vehicles that carried {parcels} parcels (energy.per_distance)",
        "计量运送 {parcels} 个包裹的车辆每公里能耗（energy.per_distance）",
    ),
    (
        ("component_kg", "board_grammage", "joint_allowance", "density_kg_per_m3", "tare_kg"),
        "Weighing the packaging of {parcels} parcels (packaging_mass_kg)",
        "称量 {parcels} 个包裹的包装（packaging_mass_kg）",
    ),
    (
        ("uses", "return_km", "amount_per_use"),
        "Counting uses, losses, washing and ways back of the reusable packages of {parcels} parcels",
        "统计 {parcels} 个包裹的循环包装的使用次数、损耗、清洗和回程",
    ),
    (
        ("write_off_share",),
        "Counting what is written off of the returns (returns.write_off_share)",
        "统计退货的报废量（returns.write_off_share）",
    ),
    (
        ("return_rate",),
        "Recording which of {parcels} parcels came back (returned_on)",
        "记录 {parcels} 个包裹中哪些被退回（returned_on）",
    ),
)
_STAGES = {
    Stage.LINE_HAUL: ("line haul", "干线运输"),
    Stage.HUBS: ("hubs", "分拨中心"),
    Stage.LAST_MILE: ("last mile", "末端配送"),
}
_EFFECT = (" narrows the total's range by {}", "，可使合计的范围收窄 {}")
_ADDRESSES = {
    "origin": (
        "Completing the addresses that these {parcels} parcels come from",
        "补全这 {parcels} 个包裹的始发地址",
    ),
    "destination": (
        "Completing the addresses that these {parcels} parcels go to",
        "补全这 {parcels} 个包裹的目的地址",
    ),
}
_STATED_MASS = "stated:goods_mass:"


@dataclass(frozen=True)
class Gap:
    """Something that better data would remove.

    Attributes
    ----------
    kind, what : str
        Code of the sort of gap, and what it is about.
    rows : numpy.ndarray of bool
        Rows of the activity that it touches.
    keys : frozenset of str, optional
        Spreads that would go; all of these rows' where it is None.
    text : tuple of str
        What to do, in English and Chinese; ``{parcels}`` stands for their number.
    own : numpy.ndarray of bool, optional
        Rows whose parcels' own errors would go, too.
    about : numpy.ndarray of bool, optional
        Rows whose parcels and emissions are told, where they are not all of `rows`.
    """

    kind: str
    what: str
    rows: np.ndarray
    keys: frozenset[str] | None
    text: tuple[str, str]
    own: np.ndarray | None = None
    about: np.ndarray | None = None

    def group(self, counted: np.ndarray) -> Group:
        """Return the total as if the gap were closed."""
        return Group(counted, exact=self.rows, keys=self.keys, own_exact=self.own)


@dataclass(frozen=True)
class Gaps:
    """Finds the gaps of an activity.

    Attributes
    ----------
    activity : pandas.DataFrame
    terms : Terms
        The same rows with their spreads.
    counted : numpy.ndarray of bool
        Rows of the total.
    names : Names
    services, sites : mapping
        Key to names in English and Chinese.
    """

    activity: pd.DataFrame
    terms: Terms
    counted: np.ndarray
    names: Names
    services: Mapping[str, tuple[str, str]]
    sites: Mapping[str, tuple[str, str]]

    def found(self) -> list[Gap]:
        """Return the gaps that make most of the variance, largest first."""
        every = [
            gap
            for gap in (
                *self._fallbacks(),
                *self._proxies_and_editions(),
                *self._arguments(),
                *self._carriers(),
                *self._sites(),
                *self._materials(),
            )
            if gap.rows.any()
        ]
        if not every:
            return []
        left = variances(self.terms, [Group(self.counted), *(gap.group(self.counted) for gap in every)])
        order = np.argsort(left[1:], kind="stable")[:_DRAWN]
        return [every[at] for at in order if left[1 + at] < left[0]]

    def _rows(self, keys: Iterable[str]) -> np.ndarray:
        keys = set(keys)
        wanted = np.isin(self.terms.key, [at for at, key in enumerate(self.terms.keys) if key in keys])
        rows = np.zeros(len(self.terms), dtype=bool)
        rows[self.terms.row[wanted]] = True
        return rows & self.counted

    def _fallbacks(self) -> Iterator[Gap]:
        """Weights, places and packages that rows lacked; where a row lacked several, its own error stays."""
        keys = {key: self._rows([key]) for key in self.terms.keys if key.startswith(("fallback:", _STATED_MASS))}
        weights = [key for key in keys if not key.startswith(("fallback:place", "fallback:package"))]
        places = [key for key in keys if key.startswith("fallback:place")]
        owning = (self.terms.own_kg > 0) & self.counted
        weighed, placed = ~self._any(keys, weights), ~self._any(keys, places)
        for key in weights:
            category = "" if key.startswith(_STATED_MASS) else key.rpartition(":")[2]
            of = (f" of category {category}", f" {category} 类的") if category not in ("", "all") else ("", "")
            text = (f"Weighing these {{parcels}} parcels{of[0]}", f"称量{of[1]}这 {{parcels}} 个包裹")
            yield Gap("weight", category, keys[key], frozenset({key}), text, keys[key] & owning & placed)
        address = ("Completing the addresses of these {parcels} parcels", "补全这 {parcels} 个包裹的地址")
        for key in places:
            what = key.removeprefix("fallback:place:")
            text = _ADDRESSES.get(what.partition(":")[0], address)
            yield Gap("place", what, keys[key], frozenset({key}), text, keys[key] & owning & weighed)
        # The middle of a city is off to all sides alike: nothing is shared, only each parcel's own error.
        city = owning & weighed & placed
        yield Gap("place", "city", city, frozenset(), address, city)
        if "fallback:package" in keys:
            text = ("Naming the package of these {parcels} parcels", "注明这 {parcels} 个包裹的包装")
            mine = keys["fallback:package"]
            yield Gap("package", "", mine, frozenset({"fallback:package"}), text, about=self._packed(mine))

    def _packed(self, rows: np.ndarray) -> np.ndarray:
        """Return those of some rows that are packaging itself: what carries it holds weighed packages, too."""
        packed = rows & np.isin(self.activity["stage"].to_numpy(), (Stage.PACKAGING, Stage.END_OF_LIFE))
        return packed if packed.any() else rows

    def _any(self, rows: Mapping[str, np.ndarray], keys: Iterable[str]) -> np.ndarray:
        return np.logical_or.reduce([np.zeros(len(self.terms), dtype=bool), *(rows[key] for key in keys)])

    def _proxies_and_editions(self) -> Iterator[Gap]:
        for key in self.terms.keys:
            kind, _, rest = key.partition(":")
            rows = self._rows([key]) if kind in ("proxy", "edition") else None
            if rows is None or rest.startswith("parameters.") or self.names.argument(key) is not None:
                continue
            if kind == "proxy":
                activity, _, used = rest.rpartition(":")
                wanted = ", ".join(sorted(set(self.activity["wanted_region"].to_numpy()[rows])))
                text = (
                    f"Using a factor of {wanted} for {activity} in place of that of {used}",
                    f"为 {activity} 使用 {wanted} 的排放因子代替 {used} 的",
                )
            else:
                name = self.names.titles(f"factor:{rest}")[0]
                text = (f"Using an edition of the parcels' own year of {name}", f"使用与包裹同年版本的排放因子：{name}")
            yield Gap(kind, rest, rows, frozenset({key}), text)

    def _arguments(self) -> Iterator[Gap]:
        """Numbers by default or as stated that could be recorded."""
        keys: dict[str, set[str]] = defaultdict(set)
        for key in self.terms.keys:
            argument = self.names.argument(key)
            if argument is not None:
                keys[argument].add(key)
        for arguments, english, chinese in _ACTIONS:
            mine = frozenset().union(*(keys[name] for name in arguments))
            rows = self._rows(mine)
            if rows.any():
                about = self._packed(rows) if "component_kg" in arguments else rows
                yield Gap("figure", arguments[0], rows, mine, (english, chinese), about=about)

    def _carriers(self) -> Iterator[Gap]:
        """Stages of a carrier's service that rest on default or modelled figures."""
        frame = self.activity
        modelled = self.counted & (frame["data_type"] != DataType.PRIMARY).to_numpy()
        modelled &= (frame["kind"] != Kind.CUSTOMER_TRIP).to_numpy()
        at_stage = {stage: modelled & (frame["stage"] == stage).to_numpy() for stage in TRANSPORT_STAGES}
        for service in sorted(set(frame["service"]) - {""}):
            english, chinese = self.services.get(service, (service, service))
            mine = (frame["service"] == service).to_numpy()
            for stage, rows in at_stage.items():
                if (rows & mine).any():
                    text = (
                        f"Getting measured energy or emissions of the {_STAGES[stage][0]} of {english} ({{parcels}} parcels)",
                        f"取得 {chinese} {_STAGES[stage][1]}的实测能耗或排放（{{parcels}} 个包裹）",
                    )
                    yield Gap("carrier", f"{service}/{stage}", rows & mine, None, text)

    def _sites(self) -> Iterator[Gap]:
        """Sites without a meter."""
        frame = self.activity
        unmetered = self.counted & (frame["stage"] == Stage.WAREHOUSING).to_numpy()
        unmetered &= (frame["data_type"] != DataType.PRIMARY).to_numpy()
        for site in sorted(set(frame["site"].to_numpy()[unmetered])):
            rows = unmetered & (frame["site"] == site).to_numpy()
            english, chinese = self.sites.get(site, ("the sellers' own warehouses", "卖家自有仓库"))
            text = (
                f"Getting meter readings of {english} ({{parcels}} parcels)",
                f"取得 {chinese} 的能耗计量数据（{{parcels}} 个包裹）",
            )
            yield Gap("site", site, rows, None, text)

    def _materials(self) -> Iterator[Gap]:
        """Packaging materials by a table's average, not by the supplier's own figure."""
        frame = self.activity
        bought = self.counted & (frame["stage"] == Stage.PACKAGING).to_numpy() & (frame["match"] != "own").to_numpy()
        names = frame["activity"].astype(str).to_numpy()
        for activity in sorted(name for name in set(names[bought]) if name.startswith("packaging.")):
            rows = bought & (names == activity)
            mine = frozenset(
                key
                for factor in set(frame["factor_id"].to_numpy()[rows])
                for key in self.terms.keys
                if key in (f"factor:{factor}", f"edition:{factor}") or key.startswith(f"proxy:{activity}:")
            )
            material, _, source = activity.removeprefix("packaging.").rpartition(".")
            text = (
                f"Getting the supplier's own footprint of {material.replace('_', ' ')} ({source})",
                f"取得供应商的材料碳足迹：{material}（{source}）",
            )
            yield Gap("supplier", activity, rows, mine, text)


def gap_table(
    gaps: Sequence[Gap],
    drawn: Sequence[Range],
    total: Range,
    activity: pd.DataFrame,
    parcels_of: Callable[[pd.DataFrame], int],
) -> pd.DataFrame:
    """Return the worst gaps, those first whose better data would narrow the total most.

    Parameters
    ----------
    gaps : sequence of Gap
    drawn : sequence of Range
        The total as if each of them were closed.
    total : Range
    activity : pandas.DataFrame
    parcels_of : callable
        How many parcels some rows of the activity prove.

    Returns
    -------
    pandas.DataFrame
        kind, what, parcels, co2e_kg (of the rows concerned), narrowing_share (of the width of the 95 % range), text_en,
        text_zh.
    """
    width_kg = total.width_kg
    found = [
        (1 - each.width_kg / width_kg, gap)
        for gap, each in zip(gaps, drawn, strict=True)
        if width_kg and each.width_kg is not None and each.width_kg < width_kg
    ]
    found.sort(key=lambda pair: (-pair[0], pair[1].kind, pair[1].what))
    rows = []
    for share, gap in found[:WORST]:
        mine = activity[gap.rows if gap.about is None else gap.about]
        parcels = parcels_of(mine)
        english, chinese = (
            text.replace("{parcels}", f"{parcels:,}") + effect.format(percent(share))
            for text, effect in zip(gap.text, _EFFECT, strict=True)
        )
        rows.append([gap.kind, gap.what, parcels, float(mine["co2e_kg"].sum()), share, english, chinese])
    return pd.DataFrame(rows, columns=COLUMNS)


def percent(share: float) -> str:
    """Return a share with two significant digits at most, such as ``4 %``."""
    value = 100 * share
    return f"{value:.0f} %" if value >= 1 else f"{value:.1g} %"
