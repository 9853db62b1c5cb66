"""The canonical orders table: one row per parcel. Single source for schema, vocabulary and validation."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

_ARROW = {"text": pa.string(), "number": pa.float64(), "integer": pa.int32(), "date": pa.date32()}


@dataclass(frozen=True)
class Column:
    """A column of the orders table.

    Attributes
    ----------
    kind : str
        ``text``, ``number``, ``integer`` or ``date``.
    unit : str or None
        Unit of a number; a mapping file may name another unit of the same kind.
    low, high : float or None
        Accepted values, both included; `above` excludes `low` itself.
    """

    name: str
    kind: str
    unit: str | None
    required: bool
    low: float | None
    high: float | None
    description: str
    description_zh: str
    above: bool = False

    @property
    def arrow_type(self) -> pa.DataType:
        """Arrow type of the canonical column."""
        return _ARROW[self.kind]

    @property
    def rule(self) -> str:
        """What a value must be, as printed in documents and messages."""
        if self.kind == "date":
            return "a date, 2000-01-01 to a year from today"
        if self.kind == "text":
            return "unique text" if self.name == "parcel_id" and self.required else "text"
        low = f"{self.low:,f}".rstrip("0").rstrip(".")  # 0.000001, not 1e-06
        bounds = f"above {low}, up to" if self.above else f"from {low} to"
        kind = "a whole number" if self.kind == "integer" else "a number"
        return f"{kind} {bounds} {self.high:,.0f}" + (f" {self.unit}" if self.unit else "")

    @property
    def rule_zh(self) -> str:
        """The same in Chinese."""
        if self.kind == "date":
            return "日期，2000-01-01 至今日起一年内"
        if self.kind == "text":
            return "唯一文本" if self.name == "parcel_id" and self.required else "文本"
        low = f"{self.low:,f}".rstrip("0").rstrip(".")
        bounds = f"大于 {low}，不超过" if self.above else f"{low} 至"
        kind = "整数" if self.kind == "integer" else "数值"
        return f"{kind}，{bounds} {self.high:,.0f}" + (f" {self.unit}" if self.unit else "")


def _text(name: str, en: str, zh: str, required: bool = False) -> Column:
    return Column(name, "text", None, required, None, None, en, zh)


def _date(name: str, en: str, zh: str, required: bool = False) -> Column:
    return Column(name, "date", None, required, None, None, en, zh)


def _number(name: str, unit: str | None, low: float, high: float, en: str, zh: str, above: bool = False) -> Column:
    return Column(name, "number", unit, False, low, high, en, zh, above)


def _place(end: str, en: str, zh: str) -> tuple[Column, ...]:
    return (
        _text(
            f"{end}_country",
            f"Country of the {en}: ISO code, English or Chinese name",
            f"{zh}国家或地区：ISO 代码、中文或英文名称",
        ),
        _text(f"{end}_postcode", f"Postcode of the {en}", f"{zh}邮政编码"),
        _text(f"{end}_city", f"City of the {en}, English or Chinese", f"{zh}城市，中文或英文"),
        _number(f"{end}_latitude", "degree", -90, 90, f"Latitude of the {en}, WGS 84", f"{zh}纬度（WGS 84）"),
        _number(f"{end}_longitude", "degree", -180, 180, f"Longitude of the {en}, WGS 84", f"{zh}经度（WGS 84）"),
    )


COLUMNS: tuple[Column, ...] = (
    _text("parcel_id", "Identifies the parcel; one row each", "包裹编号，每行一个", required=True),
    _text("order_id", "Order the parcel belongs to; the parcel id where empty", "所属订单编号；为空时取包裹编号"),
    _date("shipped_on", "Day the parcel left its origin", "发货日期", required=True),
    _text(
        "service",
        "Delivery service of the organisation file; its default where empty",
        "组织文件中的配送服务；为空时取默认值",
    ),
    _text(
        "origin_site",
        "Site of the organisation file the parcel left; or give the origin's place",
        "发货站点（组织文件中）；或填写起点地点",
    ),
    *_place("origin", "origin", "起点"),
    *_place("destination", "destination", "目的地"),
    _number(
        "goods_mass_kg",
        "kg",
        1e-6,  # less than a milligram is no parcel but a wrong unit or a rounding remainder
        1000,
        "Net mass of the goods, without shipment packaging",
        "商品净重，不含运输包装",
    ),
    _number(
        "goods_volume_m3",
        "m**3",
        0,
        100,
        "Volume of the goods, without shipment packaging",
        "商品体积，不含运输包装",
        above=True,
    ),
    _text("package", "Package of the factor tables or the organisation file", "包装规格（因子表或组织文件中）"),
    _number(
        "packaging_mass_kg", "kg", 0, 500, "Mass of the shipment packaging, if weighed", "运输包装重量（如已称重）"
    ),
    Column("item_count", "integer", None, False, 1, 100_000, "Number of items in the parcel", "包裹内商品件数"),
    _text(
        "product_category",
        "Product category, for product footprints and fallback weights",
        "商品类别，用于产品足迹和默认重量",
    ),
    _number(
        "goods_value",
        None,
        0,
        1e9,
        "Price of the goods, net of tax, in `currency`",
        "商品价格（不含税），币种见 currency",
    ),
    _text("currency", "ISO 4217 code of `goods_value`", "goods_value 的币种（ISO 4217）"),
    _number(
        "product_co2e_kg",
        "kg",
        0,
        1e6,
        "Product footprint declared by the maker, whole parcel",
        "制造商声明的产品碳足迹（整个包裹）",
    ),
    _number(
        "product_primary_share",
        None,
        0,
        1,
        "Share of `product_co2e_kg`, by emissions, that rests on primary data, as the supplier states it; none where empty",
        "product_co2e_kg 中基于原始数据的排放占比（供应商声明）；为空时视为无",
    ),
    _text(
        "product_footprint",
        "Which declared footprints `product_co2e_kg` is made of, or why none counts",
        "product_co2e_kg 由哪些声明的足迹构成，或为何均未采用",
    ),
    Column(
        "delivery_attempts",
        "integer",
        None,
        False,
        1,
        20,
        "Delivery attempts made, the successful one included",
        "投递次数，含成功一次",
    ),
    _text("round_id", "Delivery round shared with other parcels", "与其他包裹共享的配送轮次"),
    _number(
        "round_distance_km", "km", 0, 5000, "Driven length of the whole round", "整个配送轮次的行驶距离", above=True
    ),
    _text(
        "round_activity",
        "Vehicle (per km) or energy carrier of the factor tables that the round used; the service's own vehicle where empty",
        "该轮次使用的车辆（按公里）或能源的排放因子；为空时取配送服务的车辆",
    ),
    _number(
        "round_electricity_kwh",
        "kW*h",
        0,
        1e5,
        "Electricity the whole round drew, charging losses included",
        "整个轮次的用电量，含充电损耗",
        above=True,
    ),
    _number("round_fuel_l", "l", 0, 1e4, "Liquid fuel the whole round burned", "整个轮次的液体燃料用量", above=True),
    _number(
        "round_fuel_kg", "kg", 0, 1e4, "Hydrogen or gas the whole round used", "整个轮次的氢气或燃气用量", above=True
    ),
    _text(
        "round_basis",
        "planned: as planned before the round, measured: as metered after it; planned where empty",
        "planned：出车前的计划值；measured：实测值；为空时视为计划值",
    ),
    _number("storage_days", "day", 0, 3650, "Days the goods were stored before dispatch", "发货前仓储天数"),
    _date("returned_on", "Day the parcel came back; empty if it did not", "退货日期；未退货则为空"),
    _number(
        "reported_co2e_kg",
        "kg",
        0,
        1e5,
        "Transport footprint reported by the carrier for this parcel",
        "承运商报告的该包裹运输碳足迹",
    ),
    _number(
        "reported_ttw_co2e_kg",
        "kg",
        0,
        1e5,
        "Its tank-to-wheel part, where the carrier tells it; the rest is well-to-tank",
        "其中油箱到车轮（TTW）部分（如承运商说明）；其余为油井到油箱（WTT）",
    ),
    _number(
        "reported_primary_share",
        None,
        0,
        1,
        "Share of `reported_co2e_kg`, by emissions, that rests on primary data, as the carrier states it; all where empty",
        "reported_co2e_kg 中基于原始数据的排放占比（承运商说明）；为空时视为全部",
    ),
)

BY_NAME: dict[str, Column] = {column.name: column for column in COLUMNS}
REQUIRED = tuple(column.name for column in COLUMNS if column.required)
SCHEMA = pa.schema([(column.name, column.arrow_type) for column in COLUMNS])

#: Extra columns, present when a lines file is given: one entry per product category of a mixed parcel.
LINE_FIELDS = (pa.field("line_categories", pa.list_(pa.string())), pa.field("line_values", pa.list_(pa.float64())))
