"""Rows that the plan cannot bind: same shape as the rejects of intake, so that a run has one list."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.engine.frame import Frame
from carbon.orders.rejects import CODED_SCHEMA, Reject, Rejects, cell_texts, mends_by_word
from carbon.orders.rejects import REASONS as INTAKE_REASONS

__all__ = ["ALL_REASONS", "CODED_SCHEMA", "REASONS", "Reject", "Rejecting", "Rejects", "sentence_of"]

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
    "unknown_round_activity": ("no factor for what the round used", "没有该轮次所用能源或车辆的排放因子", "name one of `carbon factors list`"),
    "unknown_round_basis": ("the basis is neither planned nor measured", "依据既非 planned 也非 measured", "write planned or measured"),
    "round_use_of_another_unit": ("the factor is not per this unit", "排放因子的单位与此列不符", "fill the column of the factor's unit, or name another activity"),
    "reported_parts": ("a carrier's tank-to-wheel part without its whole figure, or above it", "承运商的 TTW 部分缺少总值或大于总值", "correct one of the two"),
    "reported_boundary": ("the service says that the carrier's figures are tank-to-wheel, and here is a part of a well-to-wheel one", "配送服务说明承运商数值为 TTW，此处却是 WTW 数值的一部分", "set `reported: {boundary: WTW}` of the service, or leave the part empty"),
    "no_factor": ("no emission factor serves this parcel", "没有适用的排放因子", "add a factor of your own, or a proxy"),
    "duplicate": ("the parcel id stands in an earlier row", "包裹编号重复", "keep one row per parcel"),
    "already_recorded": ("the parcel already counts in an earlier run", "该包裹已在先前的运行中", "nothing to do, or replace that run with --restate RUN"),
}  # fmt: skip

#: Every code a run's rejects may hold, of intake and of the engine.
ALL_REASONS = {**INTAKE_REASONS, **REASONS}


def sentence_of(reason: str) -> str:
    """Return the English sentence of a code of `REASONS`."""
    problem, _, mend = REASONS[reason]
    return f"{problem}: {mend}"


class Rejecting:
    """Collects rejects of one chunk."""

    def __init__(self) -> None:
        self._found: list[Rejects] = []

    @property
    def rejects(self) -> Rejects:
        """All of them, in the order of their rows."""
        return Rejects.joined(self._found)

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
        at = pa.array(positions)
        found = cell_texts(frame.table[column].take(at))
        names = tuple(known)
        plain = sentence_of(reason) + (f" (known: {', '.join(names[:6])})" if names else "")
        mends = mends_by_word(found, plain, lambda word: _nearer(reason, word, names))
        if detail is not None:
            mends = pc.binary_join_element_wise(mends, " (", pa.array(list(detail)[: len(at)], pa.string()), ")", "")
        rows = pa.array(frame.rows[positions])
        self._found.append(Rejects.alike(rows, frame.table["parcel_id"].take(at), column, found, reason, mends))


@lru_cache(maxsize=4096)
def _nearer(reason: str, word: str, known: tuple[str, ...]) -> str | None:
    near = difflib.get_close_matches(word, known, n=2)
    return f"{sentence_of(reason)}; did you mean {' or '.join(near)}?" if near else None
