"""Tables of the inventories that reports are tested on: services, lanes, packages, sites."""

from __future__ import annotations

import math

import pandas as pd

from carbon.ledger.base_year import Restatement
from carbon.ledger.consolidation import ENTITY_COLUMNS
from carbon.ledger.evidence import CHANNEL_COLUMNS
from carbon.ledger.manifest import Reason
from carbon.ledger.power import INSTRUMENT_COLUMNS, OWN_COLUMNS, Power
from carbon.ledger.uses import CHAIN_COLUMNS, ENERGY_COLUMNS, GAS_COLUMNS, WASTE_COLUMNS, Uses


def services(total_kg: float) -> pd.DataFrame:
    values = [total_kg * 2 / 3, total_kg / 3]
    return pd.DataFrame(
        {
            "service": ["air", "van_x"],
            "parcels": [992, 5000],
            "co2e_kg": values,
            "kg_per_parcel": [values[0] / 992, values[1] / 5000],
        }
    )


def lanes(total_kg: float, stages_kg: dict[str, float]) -> pd.DataFrame:
    frame = services(total_kg)
    frame = frame.assign(origin=["coventry", "CN-GD"], destination=["US", "GB"])[
        ["origin", "destination", *frame.columns]
    ]
    parts = {stage: [value * 2 / 3, value / 3] for stage, value in stages_kg.items() if stage != "product"}
    return frame.assign(**parts)


def stage_categories(stages_kg: dict[str, float]) -> pd.DataFrame:
    """Return every stage in a category of scope 3, the last mile half in scope 1."""
    category = {"packaging": "1", "end_of_life": "12"}
    rows = [(stage, "3", category.get(stage, "4"), value) for stage, value in stages_kg.items() if stage != "product"]
    rows = [(*row[:3], row[3] / 2) if row[0] == "last_mile" else row for row in rows]
    rows.append(("last_mile", "1", "", stages_kg["last_mile"] / 2))
    return pd.DataFrame(rows, columns=["stage", "scope", "category", "co2e_kg"])


def packages(total_kg: float) -> pd.DataFrame:
    return (
        services(total_kg)
        .assign(package=["mailer", "box_9"], packaging_kg=[1.0, 2.0], packaging_mass_kg=[54.23, 853.2])
        .drop(columns="service")
    )


def sites() -> pd.DataFrame:
    rows = [
        ("coventry", "electricity.grid", "2025-01-01", "2025-12-31", 2980.0, "kW*h", 731.26, 300.1, 219.378, 211.782),
        ("coventry", "refrigerant.r410a", "2025-01-01", "2025-12-31", 0.05, "kg", 96.2, 67.34, 28.86, -1e-13),
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
            "channels_kg",
            "unallocated_kg",
        ],
    )


def channels() -> pd.DataFrame:
    """Return shops that carry 30 % of the one site."""
    rows = [("coventry", "shops", "Shops", "门店", "floor_area", 0.3, 248.238)]
    return pd.DataFrame(rows, columns=CHANNEL_COLUMNS)


def history(stages_kg: dict[str, float], years: tuple[int, ...] = (2024, 2025)) -> pd.DataFrame:
    """Return months of some years; each year's last mile is a third of that of the year before."""
    names = [f"{year}-{month:02}" for year in years for month in range(1, 13)]
    frame = pd.DataFrame(
        {
            stage: [value / 12 / (3 if stage == "last_mile" and name[:4] != str(years[0]) else 1) for name in names]
            for stage, value in stages_kg.items()
            if stage != "product"
        },
        index=pd.Index(names, name="month"),
    )
    return frame.assign(total_kg=frame.sum(axis=1))


def uses(stages_kg: dict[str, float], wtt_kg: float, scopes_kg: dict[str, float]) -> Uses:
    """Return a chain that adds up to the transport stages, energy, gases and waste."""
    parts = [wtt_kg / 2, wtt_kg / 2, 0.0]
    whole = [stages_kg["line_haul"], stages_kg["last_mile"], stages_kg["hubs"]]
    named = [
        ("air", 1, "line_haul", "air.long_haul.without_rf", "carrier", "kg*km", "default", 9.1e6, 992),
        ("van_x", 2, "last_mile", "electricity.grid", "own", "kW*h", "primary", 411.5, 5000),
        ("air", 2, "hubs", "hub.ambient.transshipment", "carrier", "kg", "default", 1200.0, 992),
    ]
    chain = [
        (*row, *([wtt, total - wtt, 0.0] if row[2] != "hubs" else [0.0, 0.0, total]), total)
        for row, wtt, total in zip(named, parts, whole, strict=True)
    ]
    energy = [
        ("GB", "site", "electricity.grid", "2", 4123.4, "kW*h", 4123.4, scopes_kg["2"]),
        ("DE", "generation", "electricity.solar_pv", "3", 1010.06, "kW*h", 1010.06, 36.9),
        ("GB", "vehicle", "fuel.diesel_blend", "1", 0.1885, "m**3", float("nan"), scopes_kg["1"]),
    ]
    gases = [
        ("1", "HFC", 95.9, 0.0498),
        ("1", "unsplit", scopes_kg["1"] - 95.9, float("nan")),
        ("2", "unsplit", scopes_kg["2"], float("nan")),
        ("3", "CO2", 104.0, 104.0),
        ("3", "CH4", 0.2151, 0.007683),
        ("3", "unsplit", scopes_kg["3"] - 104.0 - 0.2151, float("nan")),
    ]
    waste = [
        ("customer", "corrugated_board", "recycling", 648.02, 24.0),
        ("customer", "ldpe", "landfill", 29.9, 0.6367),
        ("operations", "clothing", "landfill", 19.04, 9.486),
        ("operations", "clothing", "recycling", 3.3333, 0.1),
    ]
    return Uses(
        pd.DataFrame(chain, columns=CHAIN_COLUMNS),
        pd.DataFrame(energy, columns=ENERGY_COLUMNS),
        pd.DataFrame(gases, columns=GAS_COLUMNS),
        pd.DataFrame(waste, columns=WASTE_COLUMNS),
        {"returned": 700.5, "attempts_known": 900.0, "attempted_again": 41.0},
    )


def no_uses() -> Uses:
    """Return what a period without parcels used."""
    empty = (pd.DataFrame(columns=each) for each in (CHAIN_COLUMNS, ENERGY_COLUMNS, GAS_COLUMNS, WASTE_COLUMNS))
    return Uses(*empty, {"returned": 0.0, "attempts_known": 0.0, "attempted_again": 0.0})


def restatements(total_kg: float) -> list[Restatement]:
    """Return one restatement of each kind of reason that matters to a reader."""
    made = [(Reason.ERROR, 0.9), (Reason.LATE_DATA, 1.0 + 1 / math.e**4)]
    return [
        Restatement(
            run=f"2026020{day}T000000000000Z-abcdef",
            supersedes=("20260101T000000000000Z-abcdef",),
            created_at=f"2026-02-0{day}T00:00:00.000000Z",
            reason=reason,
            base_year=2025,
            before_kg=total_kg * part,
            after_kg=total_kg,
            threshold_share=None,
        )
        for day, (reason, part) in enumerate(made, 1)
    ]


def power() -> Power:
    """Return a certificate that counts, a contract that fails three criteria, and own power, partly sold."""
    rows = [
        ("wind", "Wind certificates", "风电证书", "rego", ("coventry",), 600.0, "GB", 2025, 2025, "retired", (), 600.0),
        ("plain", "plain", "plain", "supplier_rate", ("coventry",), None, "GB", 2024, 2025, "held", (1, 3, 4), 0.0),
    ]
    own = [("coventry", 300.0, 120.0)]
    return Power(pd.DataFrame(rows, columns=INSTRUMENT_COLUMNS), pd.DataFrame(own, columns=OWN_COLUMNS), 2980.0, 3100.0)


def organisation() -> dict:
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


def entities() -> pd.DataFrame:
    """Return the merchant and a joint venture that it does not control."""
    itself = ("", "Harbour & Loom", "港湾与织机", 1.0, "full", True, ("coventry",), (), 3000.5, 61.25, 0.0, 0.0, 0.0)
    venture = ("jv", "Quay Ltd", "Quay Ltd", 0.4, "none", False, (), ("van_x",), 0.0, 0.0, 31.371, 0.0, 47.0565)
    return pd.DataFrame([itself, venture], columns=ENTITY_COLUMNS)
