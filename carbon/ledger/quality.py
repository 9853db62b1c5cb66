"""Data quality by stage and by scope and category, weighted by emissions: ISO 14083 shares and PACT 3.0 ratings."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from carbon.engine.block import IN_TOTAL
from carbon.engine.ratings import RATINGS, SCALE, rating
from carbon.terms import DataType, Stage

SHARE_COLUMNS = [f"{each}_share" for each in DataType]
RATING_COLUMNS = [*RATINGS, "rated_share"]
QUALITY_COLUMNS = [*SHARE_COLUMNS, *RATING_COLUMNS]


class Quality:
    """Shares and ratings of any part of an activity.

    Parameters
    ----------
    activity : pandas.DataFrame
        Without the column `pedigree` (an older run) nothing is rated.
    """

    def __init__(self, activity: pd.DataFrame):
        self._weight_kg = activity["co2e_kg"].abs().to_numpy(dtype=float)
        types = activity["data_type"].astype(str).to_numpy()
        self._types = {str(each): types == str(each) for each in DataType}
        self._scores = _scores(activity)

    def shares(self, rows: np.ndarray) -> dict[str, float | None]:
        """Return the shares of data types by emissions; None where there are none."""
        weight_kg = np.where(rows, self._weight_kg, 0.0)
        whole = float(weight_kg.sum())
        return {
            f"{name}_share": float(weight_kg[mine].sum()) / whole if whole else None
            for name, mine in self._types.items()
        }

    def ratings(self, rows: np.ndarray) -> dict[str, float | None]:
        """Return the ratings by emissions and the share of emissions that has them; None where there are none."""
        weight_kg = np.where(rows, self._weight_kg, 0.0)
        rated_kg = np.where(np.isnan(self._scores[:, 0]), 0.0, weight_kg)
        whole, rated = float(weight_kg.sum()), float(rated_kg.sum())
        # Clipped: the last bit of a mean must not lie outside the scale.
        means = np.clip(np.nan_to_num(self._scores).T @ rated_kg / rated, *SCALE) if rated else [None] * len(RATINGS)
        found = {name: None if mean is None else float(mean) for name, mean in zip(RATINGS, means, strict=True)}
        return found | {"rated_share": rated / whole if whole else None}


def stage_table(activity: pd.DataFrame, ranges: Mapping[Stage, tuple[float | None, float | None]]) -> pd.DataFrame:
    """Return emissions, range, shares and ratings by stage; the product last, always apart.

    Columns: stage, co2e_kg, low_kg, high_kg, shares of data types, technological, geographical, temporal, rated_share.
    """
    quality = Quality(activity)
    counted = (activity["accounting"] == IN_TOTAL).to_numpy()
    rows = []
    for stage in Stage:
        mine = counted & (activity["stage"] == stage).to_numpy()
        if not mine.any():
            continue
        low_kg, high_kg = ranges.get(stage, (None, None))
        co2e_kg = float(activity["co2e_kg"].to_numpy(dtype=float)[mine].sum())
        row = {"stage": str(stage), "co2e_kg": co2e_kg, "low_kg": low_kg, "high_kg": high_kg}
        rows.append(row | quality.shares(mine) | quality.ratings(mine))
    frame = pd.DataFrame(rows, columns=["stage", "co2e_kg", "low_kg", "high_kg", *QUALITY_COLUMNS])
    return frame.astype({name: float for name in frame.columns[1:]})


def _scores(activity: pd.DataFrame) -> np.ndarray:
    """Return the ratings of each row, shape (rows, 3), NaN where it has none."""
    if "pedigree" not in activity.columns:
        return np.full((len(activity), len(RATINGS)), np.nan)
    used = list(zip(activity["pedigree"], activity["match"], activity["edition_gap_years"], strict=True))
    unrated = (np.nan,) * len(RATINGS)
    known = {each: rating(*each) or unrated for each in set(used)}
    return np.array([known[each] for each in used], dtype=float).reshape(-1, len(RATINGS))
