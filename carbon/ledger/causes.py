"""What the key of a spread means, in English and Chinese: which factor, parameter, stated number or fallback."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pyarrow.parquet as pq

from carbon.engine.uncertainty import OWN
from carbon.ledger.manifest import FACTORS, PLAN, unreadable
from carbon.ledger.store import Ledger

#: Arguments of the activity models, as a reader calls them.
ARGUMENTS: dict[str, tuple[str, str]] = {
    "circuity": ("driven distance over great circle", "实际里程与大圆距离之比"),
    "adjustment": ("actual over shortest feasible distance", "实际里程与最短可行里程之比"),
    "addition_km": ("distance added per flight", "每次飞行附加里程"),
    "distance_km": ("length of a leg", "路段长度"),
    "payload_kg": ("payload of a vehicle", "车辆额定载重"),
    "load_share": ("load of a vehicle while laden", "车辆装载率"),
    "empty_share": ("share of distance run empty", "空驶率"),
    "consumption_per_km": ("energy use of a vehicle per km", "车辆每公里能耗"),
    "charging_loss": ("charging loss", "充电损耗"),
    "round_km": ("length of a delivery round", "配送轮次里程"),
    "round_parcels": ("parcels on a delivery round", "每轮配送包裹数"),
    "plan_ratio": ("use of a planned delivery round", "计划配送轮次的实际用量"),
    "attempts": ("delivery attempts", "投递次数"),
    "failure_share": ("first deliveries that fail", "首次投递失败率"),
    "trip_km": ("length of a customer's own trip", "顾客自提行程"),
    "car_share": ("parcels fetched by car", "驾车自提比例"),
    "parcels_per_trip": ("parcels fetched at once", "每次自提件数"),
    "component_kg": ("mass of a package", "包装重量"),
    "material_share": ("recycled content", "再生料比例"),
    "mass_ratio": ("packaging mass", "包装重量比"),
    "uses": ("uses of a reusable package", "循环包装使用次数"),
    "treatment_share": ("treatment at end of life", "废弃处理方式比例"),
    "density_kg_per_m3": ("density of void fill", "填充物密度"),
    "tare_kg": ("mass of an empty reusable package", "空循环包装重量"),
    "return_km": ("way back of an empty package", "空包装回程距离"),
    "amount_per_use": ("washing of a reusable package", "循环包装每次清洗用量"),
    "quantity": ("metered amount", "计量用量"),
    "basis_total": ("what a meter is shared among", "计量分摊基数"),
    "area_m2": ("floor area of a site", "站点面积"),
    "intensity_kwh_per_m2_day": ("energy of a site per floor area", "站点单位面积能耗"),
    "days": ("days of a year", "全年天数"),
    "parcels": ("parcels of a site in a year", "站点年包裹量"),
    "lighting_share": ("lighting's share of a site's electricity", "照明占用电比例"),
    "led_share": ("LED lamps", "LED 照明比例"),
    "led_saving": ("saving by LED lamps", "LED 节电率"),
    "setpoint_saving": ("saving by temperature settings", "温度设定节能率"),
    "write_off_share": ("returned goods that are written off", "退货报废比例"),
    "return_rate": ("expected return rate", "预期退货率"),
    "exchange_rate": ("exchange rate", "汇率"),
    "deflator": ("price level", "价格水平"),
    "goods_mass": ("mass of goods", "商品重量"),
    "recycled_content": ("recycled content", "再生料比例"),
    "board_grammage": ("grammage of board", "纸板克重"),
    "joint_allowance": ("joint of a carton", "纸箱接头"),
    "grid_losses": ("grid losses", "电网损耗"),
}
#: Parameters that no argument of a model names: parts of a mass or of a factor, told by their ids.
_INSIDE = ("board_grammage", "joint_allowance", "published.component_kg", "grid_losses")

_PLACES = {
    "city": ("middle of the city", "取城市中心"),
    "province": ("only the province is known", "仅知省级行政区"),
    "country": ("only the country is known", "仅知国家或地区"),
}


_ENDS = {"origin": ("address of origin", "始发地址"), "destination": ("address of destination", "目的地址")}


@dataclass(frozen=True)
class Names:
    """Names of what keys speak of.

    Attributes
    ----------
    factors : mapping
        Factor id to its published name.
    arguments : mapping
        Parameter id to the model's argument that it serves.
    """

    factors: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)

    def argument(self, key: str) -> str | None:
        """Return which argument of a model a key stands behind; None for factors and fallbacks."""
        kind, _, rest = key.partition(":")
        if kind == "stated":
            return rest.partition(":")[0]
        if kind in ("parameter", "edition") and rest not in self.factors:
            return self.arguments.get(rest) or next(
                (name.removeprefix("published.") for name in _INSIDE if name in rest), None
            )
        return None

    def titles(self, key: str) -> tuple[str, str]:
        """Return what a key is called in English and Chinese."""
        kind, _, rest = key.partition(":")
        if key == OWN:
            return "each parcel's own weight and place", "各包裹自身的重量和地点"
        if kind == "factor":
            return self._named("", rest)
        if kind == "edition":
            english, chinese = self._named("", rest) if rest in self.factors else self._parameter(rest)
            return f"age of the data: {english}", f"数据年份：{chinese}"
        if kind == "parameter":
            return self._parameter(rest)
        if kind == "proxy":
            what, _, region = rest.rpartition(":")
            what = what.removeprefix("parameters.")
            return f"{region} stands in for another region: {what}", f"以 {region} 的数据代替其他地区：{what}"
        if kind == "stated":
            name, _, owner = rest.partition(":")
            english, chinese = _argument(name)
            return f"{english}, as stated ({owner})", f"{chinese}（自行填报，{owner}）"
        if kind == "fallback":
            return _fallback(rest)
        return key, key

    def _named(self, before: str, factor: str) -> tuple[str, str]:
        name = self.factors.get(factor)
        text = f"{name} ({factor})" if name else factor
        return text, text

    def _parameter(self, parameter: str) -> tuple[str, str]:
        name = self.argument(f"parameter:{parameter}")
        if name is None:
            return parameter, parameter
        english, chinese = _argument(name)
        return f"{english} ({parameter})", f"{chinese}（{parameter}）"


def names_of(ledger: Ledger, runs: Iterable[str]) -> Names:
    """Read names from the factors and plans of runs.

    Raises
    ------
    LedgerError
        If a file of a run cannot be read.
    """
    factors: dict[str, str] = {}
    arguments: dict[str, str] = {}
    for run in runs:
        try:
            for row in json.loads(ledger.file(run, FACTORS).read_text(encoding="utf-8"))["factors"]:
                factors[row["id"]] = row.get("name") or factors.get(row["id"], "")
            for text in set(pq.read_table(ledger.file(run, PLAN), columns=["values"])["values"].to_pylist()):
                arguments |= _arguments_of(json.loads(text))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise unreadable(ledger.run_folder(run), error) from error
    return Names(factors, arguments)


def _arguments_of(values: Mapping[str, list]) -> dict[str, str]:
    """Parameter id to argument; a value made of several parameters names them all in its origin."""
    found = {}
    for name, (_, _, origin, parameter) in values.items():
        words = [word.strip("(),") for word in origin.split()]
        ids = [*(parameter.split("/") if parameter else ()), *(word for word in words if word.count(".") > 1)]
        found |= dict.fromkeys(ids, name)
    return found


def _argument(name: str) -> tuple[str, str]:
    return ARGUMENTS.get(name, (name, name))


def _fallback(rest: str) -> tuple[str, str]:
    what, _, detail = rest.partition(":")
    if what == "goods_mass":
        if detail in ("", "all"):
            return "goods not weighed", "未称重的商品"
        return f"goods not weighed, category {detail}", f"未称重的商品，类别 {detail}"
    if what == "place":
        end, _, how = detail.rpartition(":")  # runs of earlier versions do not tell the ends apart
        english, chinese = _PLACES.get(how, ("only an area is known", "仅知所在区域"))
        of, at = _ENDS.get(end, ("address", "地址"))
        return f"{of} not found: {english}", f"{at}未精确定位：{chinese}"
    if what == "package":
        return "package not stated", "未注明包装"
    return rest, rest
