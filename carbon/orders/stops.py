"""Files of delivery rounds: stops, the matrix of ways between them, and traffic. For the route optimiser."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from carbon.errors import OrdersError, UnitError, Where
from carbon.orders.checked import CheckedTable, Reading, read_checked, refuse_all
from carbon.orders.columns import Column
from carbon.orders.mapping import Mapping
from carbon.units import parse_spans

_DAY_MIN = 24 * 60


def _text(name: str, en: str, zh: str, required: bool = False) -> Column:
    return Column(name, "text", None, required, None, None, en, zh)


def _number(
    name: str, unit: str | None, low: float, high: float, en: str, zh: str, above: bool = False, required: bool = False
) -> Column:
    return Column(name, "number", unit, required, low, high, en, zh, above)


STOP_COLUMNS: tuple[Column, ...] = (
    _text("stop_id", "Identifies the stop; one row each", "站点编号，每行一个", required=True),
    _text("country", "Country: ISO code, English or Chinese name", "国家或地区：ISO 代码、中文或英文名称"),
    _text("postcode", "Postcode", "邮政编码"),
    _text("city", "City, English or Chinese", "城市，中文或英文"),
    _number("latitude", "degree", -90, 90, "Latitude, WGS 84", "纬度（WGS 84）"),
    _number("longitude", "degree", -180, 180, "Longitude, WGS 84", "经度（WGS 84）"),
    _number("delivery_mass_kg", "kg", 0, 40_000, "Gross mass brought", "送货毛重"),
    _number("delivery_volume_m3", "m**3", 0, 200, "Outer volume brought", "送货体积（外尺寸）"),
    _number("collection_mass_kg", "kg", 0, 40_000, "Gross mass taken away: returns, reusable boxes", "取货毛重：退货、循环箱"),
    _number("collection_volume_m3", "m**3", 0, 200, "Outer volume taken away", "取货体积（外尺寸）"),
    _text("windows", "When service may begin: 08:00-10:00; 14:00-16:00", "可开始服务的时间：08:00-10:00; 14:00-16:00"),
    _text("preferred", "When the customer would rather have it: 17:00-19:00", "客户偏好的时间：17:00-19:00"),
    _number("service_min", "min", 0, _DAY_MIN, "Time at the stop; the fleet file's where empty", "站点服务时间；为空时取车队文件"),
    _text("ready_at", "What is delivered leaves the depot no earlier: 09:30", "货物最早离场时间：09:30"),
    _number("prize", None, 0, 1e9, "Worth of serving it, in the fleet's currency; must be served where empty",
            "服务该站点的价值（车队币种）；为空则必须服务"),
    Column("priority", "integer", None, False, 1, 3, "1 before 2 before 3, where not all that must be served can be; 2 where empty",
           "优先级：无法全部服务时先 1 后 2 再 3；为空为 2"),
    _text("skills", "What the vehicle must have, separated by ;", "车辆须具备的条件，以 ; 分隔"),
    _text("vehicles", "Vehicle types the customer accepts, separated by ;; any where empty", "客户接受的车型，以 ; 分隔；为空不限"),
    _text("zone", "Zone, for vehicles that may not enter and for traffic", "区域，用于限行与路况"),
    _text("depot", "Depot its goods lie at; any where empty", "货物所在车场；为空不限"),
    _text("pickup_points", "Pick-up points the customer would go to, separated by ;", "顾客愿意前往的自提点，以 ; 分隔"),
    _text("parcel_ids", "Parcels delivered, separated by ;", "所送包裹编号，以 ; 分隔"),
)  # fmt: skip

MATRIX_COLUMNS: tuple[Column, ...] = (
    _text("from", "Stop id, or name of a depot", "起点：站点编号或车场名称", required=True),
    _text("to", "Stop id, or name of a depot", "终点：站点编号或车场名称", required=True),
    _number("distance_km", "km", 0, 20_000, "Driven distance", "行驶距离", required=True),
    _number("duration_min", "min", 0, 20_000, "Driving time without traffic; by the vehicles' speed where the column is absent",
            "无拥堵行驶时间；无此列时按车速计算"),
    _text("profile", "Kind of vehicle it holds for; all where absent", "适用的车辆类别；缺省为全部"),
)  # fmt: skip

TRAFFIC_COLUMNS: tuple[Column, ...] = (
    _text("zone", "Zone the way leads to; all others where empty", "驶入的区域；为空指其余区域"),
    Column("hour", "integer", None, True, 0, 23, "Hour of the day it holds for", "适用的小时"),
    _number("multiplier", None, 0.01, 100, "What driving times are multiplied by", "行驶时间的倍数", required=True),
)  # fmt: skip

EVENT_COLUMNS: tuple[Column, ...] = (
    _text("event", "What happened: done, failed, skipped, late, seen, broken_down",
          "事件：done 完成、failed 未送达、skipped 跳过、late 晚点、seen 定位、broken_down 故障", required=True),
    _text("time", "When: 10:42; of a stop, when the vehicle left it", "时间：10:42；对站点为车辆离开的时间", required=True),
    _text("duty", "Number of the duty in the plan; of a stop it may be empty", "方案中的班次编号；站点事件可为空"),
    _text("stop", "Stop id: of done, failed, skipped; of seen, the next stop of the vehicle", "站点编号；seen 时为车辆的下一站"),
    _number("late_min", "min", 0, _DAY_MIN, "Of late: minutes behind the plan", "late：比计划晚的分钟数"),
    _number("latitude", "degree", -90, 90, "Of seen: where the vehicle is, WGS 84", "seen：车辆所在纬度（WGS 84）"),
    _number("longitude", "degree", -180, 180, "Of seen: where the vehicle is, WGS 84", "seen：车辆所在经度（WGS 84）"),
    _text("again", "Of failed: when another attempt may begin today: 14:00-17:00; comes back where empty",
          "failed：当日再次投递的时段：14:00-17:00；为空则退回"),
)  # fmt: skip


def _named(columns: tuple[Column, ...]) -> dict[str, Column]:
    return {column.name: column for column in columns}


class StopsMapping(Mapping):
    """A mapping file for stops; the same as for orders, with the columns of stops."""

    known: ClassVar = _named(STOP_COLUMNS)
    listed: ClassVar[str] = "`carbon schema stops`"


class _MatrixMapping(Mapping):
    known: ClassVar = _named(MATRIX_COLUMNS)
    listed: ClassVar[str] = "docs/vocabulary.md, Matrix"


class _TrafficMapping(Mapping):
    known: ClassVar = _named(TRAFFIC_COLUMNS)
    listed: ClassVar[str] = "docs/vocabulary.md, Traffic"


class _EventsMapping(Mapping):
    known: ClassVar = _named(EVENT_COLUMNS)
    listed: ClassVar[str] = "docs/vocabulary.md, Events"


def _one_span(text: str) -> tuple[float, float]:
    spans = parse_spans(text)
    if len(spans) > 1:
        raise UnitError("several spans where one is meant", found=text, expected="'17:00-19:00'")
    return spans[0]


def _moment(text: str) -> float:
    """Read a time of day, as the beginning of a span."""
    return parse_spans(f"{text}-48:00")[0][0]


_STOPS = Reading(
    STOP_COLUMNS,
    StopsMapping,
    key="stop_id",
    required=("stop_id",),
    lists=frozenset({"skills", "vehicles", "pickup_points", "parcel_ids"}),
    parsed=(("windows", parse_spans), ("preferred", _one_span), ("ready_at", _moment)),
)
_MATRIX = Reading(MATRIX_COLUMNS, _MatrixMapping, required=("from", "to", "distance_km"))
_EVENTS = Reading(
    EVENT_COLUMNS, _EventsMapping, required=("event", "time"), parsed=(("time", _moment), ("again", parse_spans))
)
_TRAFFIC = Reading(TRAFFIC_COLUMNS, _TrafficMapping, required=("hour", "multiplier"))


def read_stops(source: Any, mapping: Path | str | None = None) -> CheckedTable:
    """Read a stops file; windows, preferred and ready_at come as seconds since midnight."""
    return read_checked(source, _STOPS, mapping)


def read_matrix(source: Any) -> CheckedTable:
    """Read a matrix file of one row per way; a bad row is an error, because a missing way would be silent later."""
    table = read_checked(source, _MATRIX)
    refuse_all(table, "matrix file")
    return table


def read_events(source: Any) -> CheckedTable:
    """Read what happened to a plan; a bad row is an error, because what is not told is taken to have gone as planned."""
    table = read_checked(source, _EVENTS)
    refuse_all(table, "events file")
    return table


def read_traffic(source: Any) -> dict[str, tuple[float, ...]]:
    """Read a traffic file: zone ("" for all others) to 24 multipliers; hours that are not named have 1.

    Raises
    ------
    OrdersError
        If a row is wrong, or a zone and hour stands twice.
    """
    table = read_checked(source, _TRAFFIC)
    refuse_all(table, "traffic file")
    found: dict[str, list[float]] = {}
    seen: set[tuple[str, int]] = set()
    cells = zip(*(table.columns[name] for name in ("zone", "hour", "multiplier")), table.rows, strict=True)
    for zone, hour, multiplier, row in cells:
        if (zone or "", hour) in seen:
            raise OrdersError(
                "a zone and hour stand twice in the traffic file",
                found=f"zone {zone or '(all others)'}, hour {hour}",
                expected="one row each",
                mend="keep one of them",
                where=Where(table.name, row + 1),
            )
        seen.add((zone or "", hour))
        found.setdefault(zone or "", [1.0] * 24)[hour] = multiplier
    return {zone: tuple(values) for zone, values in found.items()}
