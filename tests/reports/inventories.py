"""Invented inventories with awkward figures, for tests of reports."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date

import pandas as pd

from carbon.ledger import Inventory
from carbon.terms import Stage

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
        organisation=_organisation(),
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
        product_kg=STAGES["product"],
        stages_kg=dict(STAGES),
        wtt_kg=1848.25,
        ttw_kg=7293.88,
        unsplit_kg=0.4321,
        scopes=scopes,
        categories=third,
        scope2_location_kg=1173.6365,
        scope2_market_kg=912.25,
        market_missing=[("coventry", "electricity.grid")],
        beside=pd.DataFrame(
            [("radiative_forcing", "air", 4181.86, 6491.53, 2309.67)],
            columns=["what", "block", "without_kg", "with_kg", "difference_kg"],
        ),
        months=_months(),
        services=_services(),
        lanes=_lanes(),
        packages=_packages(),
        sites=_sites(),
        factors=_factors(),
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
        statement=False,
        statement_reason="no WTT for grid.us",
        statement_reason_zh="缺少 WTT：grid.us",
        notes=["site a: metered amounts are shared"],
    )
    # A field that the ledger adds, and no report reads yet, breaks no test here.
    return Inventory(**{field.name: None for field in fields(Inventory)} | known | changes)


def empty() -> Inventory:
    """Return what a period without any parcel gives."""
    rich = full()
    frames = (
        "scopes",
        "categories",
        "beside",
        "months",
        "services",
        "lanes",
        "packages",
        "sites",
        "factors",
        "matches",
        "edition_gaps",
        "packaging_kg_by_material",
    )
    zeros = (
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
        intensities=dict.fromkeys(rich.intensities),
        empty_space_share=None,
        market_missing=[],
        notes=[],
    )


def _organisation() -> dict:
    return {
        "name": "Harbour & Loom",
        "name_zh": "港湾与织机",
        "country": "GB",
        "base_year": 2025,
        "consolidation": "operational_control",
        "method": {"round_allocation": "parcel", "warehouse_allocation": "volume_days"},
        "sites": {"coventry": {"name": "Coventry fulfilment centre", "name_zh": "考文垂配送中心"}},
        "services": {"air": {"name": "Air express", "name_zh": "空运特快"}},
        "packages": {"mailer": {"name": "Poly mailer", "name_zh": "快递袋"}},
        "targets": [{"year": 2030, "base_year": 2025, "reduction_share": 0.42, "covers": "total"}],
        "revenue": {"2025": "509000 GBP"},
    }


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
    return pd.DataFrame(
        rows, columns=["scope", "category", "title_en", "title_zh", "co2e_kg", "market_based_kg", "parcels", *SHARES]
    )


def _months() -> pd.DataFrame:
    parts = [1 / 3, 1 / 7, 1 - 1 / 3 - 1 / 7]
    frame = pd.DataFrame({stage: [value * part for part in parts] for stage, value in STAGES.items()})
    frame["parcels"] = [2000, 1000, 2992]
    frame["total_kg"] = [TOTAL_KG * part for part in parts]
    frame.index = pd.Index(["2025-01", "2025-02", "2025-12"], name="month")
    return frame


def _services() -> pd.DataFrame:
    values = [TOTAL_KG * 2 / 3, TOTAL_KG / 3]
    return pd.DataFrame(
        {
            "service": ["air", "van_x"],
            "parcels": [992, 5000],
            "co2e_kg": values,
            "kg_per_parcel": [values[0] / 992, values[1] / 5000],
        }
    )


def _lanes() -> pd.DataFrame:
    frame = _services()
    return frame.assign(origin=["coventry", "CN-GD"], destination=["US", "GB"])[
        ["origin", "destination", *frame.columns]
    ]


def _packages() -> pd.DataFrame:
    return (
        _services()
        .assign(package=["mailer", "box_9"], packaging_kg=[1.0, 2.0], packaging_mass_kg=[54.23, 853.2])
        .drop(columns="service")
    )


def _sites() -> pd.DataFrame:
    rows = [
        ("coventry", "electricity.grid", "2025-01-01", "2025-12-31", 2980.0, "kW*h", 731.26, 300.1, 431.16),
        ("coventry", "refrigerant.r410a", "2025-01-01", "2025-12-31", 0.05, "kg", 96.2, 96.2, -1e-13),
    ]
    return pd.DataFrame(
        rows,
        columns=[
            "site",
            "activity",
            "first_day",
            "last_day",
            "metered_amount",
            "unit",
            "metered_kg",
            "allocated_kg",
            "unallocated_kg",
        ],
    )


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
