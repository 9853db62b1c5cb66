"""What plans of rounds say to drivers and dispatchers, in English and Chinese."""

from __future__ import annotations

from carbon.optimise.rounds.plan import Why

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "round": "duty {duty}, round {round}, {vehicle}",
        "straight": "straight lines between stops, not the road driven",
        "depot": "depot",
        "at": "arrive {arrive}, begin {begin}, leave {leave}",
        "rest": "rest of {minutes} min before it",
        "deliver": "deliver {mass} kg",
        "collect": "collect {mass} kg",
    },
    "zh": {
        "round": "第 {duty} 班次第 {round} 轮，{vehicle}",
        "straight": "各站之间为直线，并非实际行驶道路",
        "depot": "车场",
        "at": "到达 {arrive}，开始 {begin}，离开 {leave}",
        "rest": "之前休息 {minutes} 分钟",
        "deliver": "送 {mass} kg",
        "collect": "取 {mass} kg",
    },
}

#: Column of the plan as CSV: key, English, Chinese. Keys are stable; a file in English has them as they are.
COLUMNS: tuple[tuple[str, str], ...] = (
    ("duty", "班次"),
    ("vehicle", "车型"),
    ("round", "轮次"),
    ("sequence", "顺序"),
    ("stop", "站点"),
    ("parcels", "包裹"),
    ("depart", "出发"),
    ("arrive", "到达"),
    ("begin", "开始"),
    ("leave", "离开"),
    ("depart_s", "出发 (s)"),
    ("arrive_s", "到达 (s)"),
    ("begin_s", "开始 (s)"),
    ("leave_s", "离开 (s)"),
    ("rest_s", "休息 (s)"),
    ("delivery_kg", "送货 (kg)"),
    ("collection_kg", "取货 (kg)"),
    ("load_kg", "在途载重 (kg)"),
    ("load_m3", "在途体积 (m3)"),
    ("distance_km", "里程 (km)"),
    ("energy", "能耗"),
    ("energy_unit", "能耗单位"),
    ("carrier", "能源"),
    ("co2e_kg", "碳排放 (kg CO2e)"),
    ("money", "费用"),
    ("currency", "币种"),
)

#: Why a stop is not served.
WHY: dict[str, dict[Why, str]] = {
    "en": {
        Why.UNREACHABLE: "no way leads to it",
        Why.TOO_HEAVY: "heavier than any vehicle may carry",
        Why.TOO_LARGE: "larger than any vehicle holds",
        Why.NO_SUCH_SKILL: "no vehicle has what it needs",
        Why.FORBIDDEN_ZONE: "no vehicle may enter its zone",
        Why.NO_VEHICLE_ACCEPTED: "the customer accepts none of the vehicles",
        Why.OUT_OF_RANGE: "beyond the range of every vehicle",
        Why.OUT_OF_TIME: "no vehicle is there in time and back within its shift",
        Why.NOT_BROUGHT: "its goods do not get to the satellite",
        Why.NOT_WORTH_IT: "its prize is less than what serving it costs",
        Why.FLEET_TOO_SMALL: "the vehicles are full or out of time",
        Why.NOT_FOUND: "no place in a round was found",
    },
    "zh": {
        Why.UNREACHABLE: "没有道路可达",
        Why.TOO_HEAVY: "超过所有车辆的载重",
        Why.TOO_LARGE: "超过所有车辆的容积",
        Why.NO_SUCH_SKILL: "没有车辆具备所需条件",
        Why.FORBIDDEN_ZONE: "没有车辆可进入该区域",
        Why.NO_VEHICLE_ACCEPTED: "客户不接受任何现有车型",
        Why.OUT_OF_RANGE: "超出所有车辆的续航",
        Why.OUT_OF_TIME: "没有车辆能按时到达并在班次内返回",
        Why.NOT_BROUGHT: "货物无法按时送达卫星站",
        Why.NOT_WORTH_IT: "奖励低于服务成本",
        Why.FLEET_TOO_SMALL: "车辆已满或时间不足",
        Why.NOT_FOUND: "未找到可插入的位置",
    },
}


def heading(key: str, language: str) -> str:
    """Return a column's heading: its key in English, its name in Chinese."""
    return dict(COLUMNS)[key] if language == "zh" else key


def why(reason: Why, language: str) -> str:
    """Return why a stop is not served."""
    return WHY[language][Why(reason)]
