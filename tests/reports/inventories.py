"""Invented inventories with awkward figures, for tests of reports."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

import pandas as pd

from carbon.ledger import Inventory
from carbon.ledger.power import Power
from carbon.terms import Stage
from tests.reports import inventory_tables as tables

STAGES = {
    "packaging": 2789.9518470469898,
    "line_haul": 6739.207962983791,
    "hubs": 0.4321,
    "last_mile": 2402.9232835685593,
    "warehousing": 2861.6473940465507,
    "returns": 819.2768850034062,
    "end_of_life": 396.37991490036586,
    "product": 155792.2626450932,
}
TOTAL_KG = sum(value for key, value in STAGES.items() if key != "product")
SHARES = ["primary_share", "modelled_share", "default_share"]
RATINGS = ["technological", "geographical", "temporal", "rated_share"]
#: Ends of every invented range, as parts of its value.
LOW, HIGH = 0.8, 1.4
FACTORS = [
    "factor_id",
    "activity",
    "region",
    "title",
    "publisher",
    "edition",
    "year",
    "licence",
    "locator",
    "value",
    "unit",
    "boundary",
    "gas_basis",
    "gwp_set",
    "match",
    "co2e_kg",
    "share",
    "name",
    "attribution",
]


def full(**changes) -> Inventory:
    """Return an inventory with every part filled."""
    scopes = _scopes()
    third = scopes[scopes["scope"] == "3"].reset_index(drop=True)
    known = dict(
        organisation=tables.organisation(),
        period="2025",
        first_day=date(2025, 1, 1),
        last_day=date(2025, 12, 31),
        runs=["20260101T000000000000Z-abcdef"],
        head_sha256="5820" * 16,
        code_version="2026.1.0",
        gwp_set="AR5",
        factor_release_sha256=["a333" * 16],
        parcels=5992,
        orders=5798,
        total_kg=TOTAL_KG,
        total_low_kg=TOTAL_KG * LOW,
        total_high_kg=TOTAL_KG * HIGH,
        product_kg=STAGES["product"],
        product_low_kg=STAGES["product"] * LOW,
        product_high_kg=STAGES["product"] * HIGH,
        stages=_stages(),
        variance=_variance(),
        gaps=_gaps(),
        seed=14083,
        draws=10000,
        ratings={"technological": 2.05, "geographical": 2.26, "temporal": 1.86, "rated_share": 0.9731},
        stages_kg=dict(STAGES),
        wtt_kg=1848.25,
        ttw_kg=7293.88,
        unsplit_kg=0.4321,
        scopes=scopes,
        categories=third,
        scope2_location_kg=1173.6365,
        scope2_market_kg=912.25,
        market_total_kg=TOTAL_KG - 1173.6365 + 912.25,
        market_low_kg=TOTAL_KG * 0.79,
        market_high_kg=TOTAL_KG * 1.39,
        market_missing=[("coventry", "electricity.grid")],
        market_notes=["no market-based figure for electricity.grid of site coventry: the location-based value stands"],
        power=tables.power(),
        beside=pd.DataFrame(
            [("radiative_forcing", "air", 4181.86, 6491.53, 2309.67, 5779.8, 7258.6)],
            columns=["what", "block", "without_kg", "with_kg", "difference_kg", "with_low_kg", "with_high_kg"],
        ),
        months=_months(),
        history=tables.history(STAGES),
        stage_categories=tables.stage_categories(STAGES),
        services=tables.services(TOTAL_KG),
        lanes=tables.lanes(TOTAL_KG, STAGES),
        packages=tables.packages(TOTAL_KG),
        entities=tables.entities(),
        sites=tables.sites(),
        channels=tables.channels(),
        factors=_factors(),
        factors_beside=_factors_beside(),
        quality={"primary": 0.2282, "modelled": 0.2198, "default": 0.552},
        matches=pd.DataFrame(
            {
                "match": ["region", "proxy"],
                "co2e_kg": [TOTAL_KG - 3909.24, 3909.24],
                "parcels": [1, 2],
                "share": [0.75, 0.25],
            }
        ),
        edition_gaps=pd.DataFrame(
            {"edition_gap_years": [0, 2], "co2e_kg": [TOTAL_KG - 290.0, 290.0], "share": [0.98, 0.02]}
        ),
        gwp_mix={"AR5": TOTAL_KG - 870.9, "unknown": 870.9},
        co2_only_kg=12.5,
        incomplete={"no WTT": 290.48},
        fallbacks={"goods_mass": 112, "destination_city": 5574},
        rejects={
            "duplicate": {"count": 8, "title_en": "the parcel id stands in an earlier row", "title_zh": "包裹编号重复"}
        },
        row_counts={"rows": 6000, "footprints": 5992, "rejects": 8},
        intensities={
            "per_parcel_kg": TOTAL_KG / 5992,
            "per_order_kg": TOTAL_KG / 5798,
            "per_tonne_km_kg": 0.1366,
            "per_revenue_kg": 0.0317,
            "revenue_currency": "GBP",
            "revenue_year": 2025,
        },
        packaging_kg_by_material=pd.DataFrame(
            [
                ("corrugated_board", "recycled", 895.5478, 983.41),
                ("ldpe", "virgin", 0.9137, 335.46),
                ("straw", "virgin", 11.0, 1.2),
            ],
            columns=["material", "source", "mass_kg", "co2e_kg"],
        ),
        empty_space_share=0.4703,
        uses=tables.uses(STAGES, 1848.25, scopes.groupby("scope")["co2e_kg"].sum().to_dict()),
        base_year_kg=TOTAL_KG,
        restatements=tables.restatements(TOTAL_KG),
        statement=False,
        statement_reason="no WTT for grid.us",
        statement_reason_zh="缺少 WTT：grid.us",
        notes=["site a: metered amounts are shared"],
    )
    # A field that the ledger adds, and no report reads yet, breaks no test here.
    return Inventory(**{field.name: None for field in fields(Inventory)} | known | changes)


def unranged() -> Inventory:
    """Return an inventory with a run of an earlier version, which recorded no spreads and no scores."""
    rich = full()
    unknown = ["low_kg", "high_kg"]
    scopes = rich.scopes.assign(**dict.fromkeys([*unknown, "market_low_kg", "market_high_kg", *RATINGS], float("nan")))
    return replace(
        rich,
        **dict.fromkeys(
            ("total_low_kg", "total_high_kg", "product_low_kg", "product_high_kg", "market_low_kg", "market_high_kg")
        ),
        stages=rich.stages.assign(**dict.fromkeys([*unknown, *RATINGS], float("nan"))),
        months=rich.months.assign(**dict.fromkeys(unknown, float("nan"))),
        scopes=scopes,
        categories=scopes[scopes["scope"] == "3"].reset_index(drop=True),
        variance=rich.variance.head(0),
        gaps=rich.gaps.head(0),
        ratings=dict.fromkeys(RATINGS),
    )


def empty() -> Inventory:
    """Return what a period without any parcel gives."""
    rich = full()
    frames = (
        "scopes",
        "categories",
        "beside",
        "months",
        "history",
        "stage_categories",
        "services",
        "lanes",
        "packages",
        "entities",
        "sites",
        "channels",
        "factors",
        "factors_beside",
        "matches",
        "edition_gaps",
        "packaging_kg_by_material",
        "stages",
        "variance",
        "gaps",
    )
    zeros = (
        "market_total_kg",
        "parcels",
        "orders",
        "total_kg",
        "product_kg",
        "wtt_kg",
        "ttw_kg",
        "unsplit_kg",
        "scope2_location_kg",
        "scope2_market_kg",
        "co2_only_kg",
    )
    return replace(
        rich,
        runs=[],
        period="2031",
        first_day=date(2031, 1, 1),
        last_day=date(2031, 12, 31),
        factor_release_sha256=[],
        **{name: getattr(rich, name).head(0) for name in frames},
        **{name: 0 for name in zeros},
        stages_kg={str(stage): 0.0 for stage in Stage},
        quality={"primary": 0.0, "modelled": 0.0, "default": 0.0},
        gwp_mix={},
        incomplete={},
        fallbacks={},
        rejects={},
        row_counts={"rows": 0, "footprints": 0, "rejects": 0},
        # As the ledger has it: the range of nothing is nothing.
        **dict.fromkeys(("total_low_kg", "total_high_kg", "market_low_kg", "market_high_kg"), 0.0),
        product_low_kg=None,
        product_high_kg=None,
        ratings=dict.fromkeys(RATINGS),
        intensities=dict.fromkeys(rich.intensities),
        empty_space_share=None,
        uses=tables.no_uses(),
        base_year_kg=None,
        restatements=[],
        market_missing=[],
        power=Power.none(),
        notes=[],
    )


def _scopes() -> pd.DataFrame:
    parts = [
        ("1", "", 1905.291752),
        ("2", "", 1173.6365),
        ("3", "1", 2842.362345),
        ("3", "4", 8800.739681),
        ("3", "9", 415.257704),
    ]
    parts.append(("3", "12", TOTAL_KG - sum(value for *_, value in parts)))
    rows = [(scope, category, "t", "t", value, value, 10, 0.25, 0.25, 0.5) for scope, category, value in parts]
    frame = pd.DataFrame(
        rows, columns=["scope", "category", "title_en", "title_zh", "co2e_kg", "market_based_kg", "parcels", *SHARES]
    )
    frame = frame.assign(low_kg=frame["co2e_kg"] * LOW, high_kg=frame["co2e_kg"] * HIGH)
    frame = frame.assign(market_low_kg=frame["co2e_kg"] * 0.75, market_high_kg=frame["co2e_kg"] * 1.35)
    return frame.assign(technological=2.0, geographical=[1.0, 2.0, 3.0, 4.0, 1.5, 2.5], temporal=1.9, rated_share=1.0)


def _stages() -> pd.DataFrame:
    frame = pd.DataFrame({"stage": list(STAGES), "co2e_kg": list(STAGES.values())})
    frame = frame.assign(low_kg=frame["co2e_kg"] * LOW, high_kg=frame["co2e_kg"] * HIGH)
    shares = dict(zip(SHARES, ([0.1, 0.2, 0.0, 0.45, 0.86, 0.0, 0.0, 0.0], 0.0, 0.0), strict=True))
    frame = frame.assign(**shares)
    frame["default_share"] = 1 - frame["primary_share"]
    return frame.assign(technological=2.0, geographical=3.25, temporal=1.0, rated_share=[1.0] * 7 + [0.0])


def _variance() -> pd.DataFrame:
    rows = [
        ("proxy:road.hgv.all.average:GB", "GB stands in", "以 GB 代替", 0.4),
        ("factor:desnz_2025.air.tkm", "Air (desnz_2025.air.tkm)", "Air (desnz_2025.air.tkm)", 0.25),
        ("parameter:edwards_2010.round.distance", "length (x)", "里程（x）", 0.125),
        ("stated:area_m2:coventry", "floor area, as stated (coventry)", "面积（自行填报，coventry）", 0.1),
        ("fallback:goods_mass:all", "goods not weighed", "未称重的商品", 0.05),
        ("other", "all others", "其他", 0.075),
    ]
    return pd.DataFrame(rows, columns=["key", "title_en", "title_zh", "variance_share"])


def _gaps() -> pd.DataFrame:
    rows = [
        (
            "proxy",
            "road.hgv.all.average:GB",
            1293,
            1709.03,
            0.17,
            "Using a factor of US for road.hgv.all.average in place of that of GB narrows the total's range by 17 %",
            "为 road.hgv.all.average 使用 US 的排放因子代替 GB 的，可使合计的范围收窄 17 %",
        ),
        ("weight", "", 312, 88.2, 0.04, "Weighing these 312 parcels", "称量这 312 个包裹"),
        (
            "supplier",
            "packaging.ldpe.virgin",
            90,
            36.5,
            0.01,
            "Getting the supplier's own footprint of ldpe (virgin)",
            "取得供应商的材料碳足迹：ldpe（virgin）",
        ),
    ]
    columns = ["kind", "what", "parcels", "co2e_kg", "narrowing_share", "text_en", "text_zh"]
    return pd.DataFrame(rows, columns=columns)


def _months() -> pd.DataFrame:
    parts = [1 / 3, 1 / 7, 1 - 1 / 3 - 1 / 7]
    frame = pd.DataFrame({stage: [value * part for part in parts] for stage, value in STAGES.items()})
    frame["parcels"] = [2000, 1000, 2992]
    frame["total_kg"] = [TOTAL_KG * part for part in parts]
    frame = frame.assign(low_kg=frame["total_kg"] * LOW, high_kg=frame["total_kg"] * HIGH)
    frame.index = pd.Index(["2025-01", "2025-02", "2025-12"], name="month")
    return frame


def _factors() -> pd.DataFrame:
    source = ("Conversion factors 2025", "UK Department", "2025 (June)", 2025, "Open Government Licence v3.0")
    sentence = "Contains public sector information licensed under the Open Government Licence v3.0."
    rows = [
        (
            "desnz_2025.air.tkm",
            "air.long_haul",
            "GB",
            *source,
            "27_317",
            0.53128,
            "kg/(t*km)",
            "TTW",
            "CO2e",
            "AR5",
            "region",
            3600.0,
            0.02,
            "Air",
            sentence,
        ),
        (
            "egrid.us",
            "electricity.grid",
            "US",
            "eGRID",
            "US EPA",
            "2023",
            None,
            "public domain",
            "E366",
            351.642495,
            "kg/(MW*h)",
            "generation",
            "CO2 + CH4 + N2O",
            "n/a",
            "proxy",
            290.0,
            0.002,
            None,
            None,
        ),
        (
            "epa.naics",
            "product.spend.naics_314120",
            "US",
            "Supply chain",
            "US EPA",
            "v1.3",
            None,
            "public domain",
            "314120",
            0.267,
            "kg/USD",
            "cradle_to_point_of_sale",
            "CO2e",
            "AR5",
            "proxy",
            155792.0,
            0.9,
            None,
            None,
        ),
    ]
    many = [(f"f{number}.road.van", *rows[0][1:15], 0.01, 0.0, None, sentence) for number in range(90)]
    return pd.DataFrame(rows + many, columns=FACTORS)


def _factors_beside() -> pd.DataFrame:
    air, grid = (row.to_dict() for _, row in _factors().head(2).iterrows())
    wind = {"factor_id": "contract.wind", "title": "Supply contract", "value": 0.012, "co2e_kg": 79.5}
    rows = [grid | wind | {"accounting": "market_based"}, air | {"factor_id": "air.with_rf", "accounting": "beside"}]
    return pd.DataFrame(rows, columns=[*FACTORS, "accounting"])
