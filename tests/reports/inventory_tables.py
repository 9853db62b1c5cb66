"""Tables of the inventories that reports are tested on: services, lanes, packages, sites."""

from __future__ import annotations

import pandas as pd


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
