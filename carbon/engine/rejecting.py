"""Rows that the plan cannot bind: same shape as the rejects of intake, so that a run has one list."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import numpy as np

from carbon.engine.frame import Frame
from carbon.orders.rejects import REASONS as INTAKE_REASONS
from carbon.orders.rejects import Reject

#: Code to (what is wrong, what is wrong in Chinese, mend).
REASONS = {
    "no_service": ("no service is given and there is no default", "缺少配送服务且未设默认值", "name a service, or set defaults.service"),
    "unknown_service": ("the service is not in the organisation file", "组织文件中没有该配送服务", "define it, or correct the name"),
    "unknown_site": ("the site is not in the organisation file", "组织文件中没有该站点", "define it, or correct the name"),
    "no_origin": ("no origin is given and there is no default site", "缺少起点且未设默认站点", "name a site or a place, or set defaults.site"),
    "unknown_place": ("the place was not found", "未找到该地点", "give coordinates, a known city, or a places file with the postcode"),
    "no_mass": ("no mass, and nothing to estimate it from", "缺少质量且无可估计依据", "weigh it, or set defaults.goods_mass"),
    "unknown_package": ("the package is not in the organisation file", "组织文件中没有该包装", "define it, or correct the name"),
    "no_package": ("no package is given and no default fits", "缺少包装且无默认包装", "name a package, or set defaults.package"),
    "no_factor": ("no emission factor serves this parcel", "没有适用的排放因子", "add a factor of your own, or a proxy"),
    "duplicate": ("the parcel id stands in an earlier row", "包裹编号重复", "keep one row per parcel"),
    "already_recorded": ("the parcel is in an earlier run", "该包裹已在先前的运行中", "restate that run with --restate"),
}  # fmt: skip

#: Every code a run's rejects may hold, of intake and of the engine.
ALL_REASONS = {**INTAKE_REASONS, **REASONS}


class Rejecting:
    """Collects rejects of one chunk."""

    def __init__(self) -> None:
        self.rejects: list[Reject] = []

    def add(
        self,
        frame: Frame,
        good: np.ndarray,
        bad: np.ndarray,
        column: str,
        reason: str,
        known: Sequence[str] = (),
        detail: Sequence[str] | None = None,
    ) -> None:
        """Reject the rows of `bad` that are still good, and mark them.

        Parameters
        ----------
        good : numpy.ndarray of bool
            Changed in place.
        known : sequence of str
            Names that would have been right, for the message.
        detail : sequence of str, optional
            More to say, one text per rejected row.
        """
        positions = np.flatnonzero(bad & good)
        if not positions.size:
            return
        good[positions] = False
        part = frame.table.select(list(dict.fromkeys(["parcel_id", column]))).take(positions)
        values = part[column].to_pylist()
        for order, (position, parcel) in enumerate(zip(positions.tolist(), part["parcel_id"].to_pylist(), strict=True)):
            found = None if values[order] is None else str(values[order])
            problem, _, mend = REASONS[reason]
            near = difflib.get_close_matches(found, list(known), n=2) if found and known else []
            text = f"{problem}: {mend}"
            if near:
                text += f"; did you mean {' or '.join(near)}?"
            elif known:
                text += f" (known: {', '.join(list(known)[:6])})"
            if detail is not None:
                text += f" ({detail[order]})"
            self.rejects.append(Reject(int(frame.rows[position]), parcel, column, found, reason, text))
