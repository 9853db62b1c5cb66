"""Totals that amounts are shared by: per site and month, per delivery round.

A pass of its own over the very frames that the kernel will see, so that a parcel's share and the total it is
divided by can never count different parcels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from carbon.engine.context import Groundwork
from carbon.engine.frame_maker import FrameMaker, round_keys
from carbon.engine.intake import Intake
from carbon.engine.rejecting import Rejecting
from carbon.orders.places import Places


@dataclass(frozen=True)
class Totals:
    """Sums over the parcels of a run.

    Attributes
    ----------
    sites : mapping
        (site, month) to parcels, goods mass [kg] and volume-days [m**3*day].
    rounds : mapping
        Round id and day to parcels, driven distance [km] (NaN where no row gives it), and the sum of gross mass times
        great-circle distance from the hub [kg*km].
    """

    sites: Mapping[tuple[str, str], tuple[float, float, float]]
    rounds: Mapping[str, tuple[float, float, float]]


def count_totals(groundwork: Groundwork, intake: Intake, places: Places) -> Totals:
    """Read the orders once and add up; skipped where no site and no round needs it."""
    organisation, profile = groundwork.context.organisation, groundwork.context.profile
    metered = any(site.energy for site in organisation.sites.values())
    if not (metered or profile.has_rounds):
        return Totals({}, {})
    maker = FrameMaker(groundwork, places, {})
    sites: dict[tuple[int, int], np.ndarray] = defaultdict(lambda: np.zeros(3))
    rounds: dict[str, np.ndarray] = defaultdict(lambda: np.array([0.0, np.nan, 0.0]))
    for chunk in intake.chunks():
        with np.errstate(invalid="ignore", divide="ignore"):
            frame = maker.make(chunk, Rejecting())
        if not len(frame.rows):
            continue
        months = groundwork.context.axis("month")
        keys = frame.codes["site"].astype(np.int64) * months + frame.codes["month"]
        for position, column in enumerate(("parcel_count", "goods_mass_kg", "volume_days_m3_day")):
            sums = np.bincount(keys, frame.columns[column])
            for key in np.flatnonzero(sums).tolist():
                sites[divmod(key, months)][position] += sums[key]
        if profile.has_rounds:
            _add_rounds(frame, rounds)
    context = groundwork.context
    return Totals(
        {
            (context.site_keys[site], profile.months[month]): tuple(sums.tolist())
            for (site, month), sums in sites.items()
        },
        {key: tuple(sums.tolist()) for key, sums in rounds.items()},
    )


def _add_rounds(frame, rounds: dict[str, np.ndarray]) -> None:
    coded = round_keys(frame.table).combine_chunks().dictionary_encode()
    codes = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False)
    known = codes >= 0
    if not known.any():
        return
    product = frame.columns["gross_mass_kg"] * frame.columns["radial_km"]
    count = len(coded.dictionary)
    parcels = np.bincount(codes[known], minlength=count)
    sums = np.bincount(codes[known], product[known], minlength=count)
    driven = np.full(count, np.nan)
    distance = frame.table["round_distance_km"].to_numpy().astype(float)
    np.fmax.at(driven, codes[known], distance[known])
    for code, key in enumerate(coded.dictionary.to_pylist()):
        entry = rounds[key]
        entry[0] += parcels[code]
        entry[1] = np.fmax(entry[1], driven[code])
        entry[2] += sums[code]
