"""Integer programmes by HiGHS: variables that are 0 or 1, rows between bounds, a sum to be as large as can be."""

from __future__ import annotations

from dataclasses import dataclass, field

import highspy
import numpy as np

from carbon.errors import WorkError

ENDLESS = highspy.kHighsInf
#: A plan is proven best to within this share of its worth.
GAP = 1e-9
_MOST_SECONDS = 60.0


@dataclass
class Programme:
    """Variables by their number, rows as they are added.

    Attributes
    ----------
    gains : numpy.ndarray
        What each variable adds to the sum.
    """

    gains: np.ndarray
    _rows: list[tuple[float, float, np.ndarray, np.ndarray]] = field(default_factory=list)

    def add(self, least: float, most: float, values: dict[int, float]) -> None:
        """Add a row: the sum of variables times values lies between two bounds.

        A row is measured in its own largest value, so that tolerances mean the same in kg and in money.
        """
        kept = {place: value for place, value in values.items() if value}
        unit = max((abs(each) for each in kept.values()), default=1.0)
        where, what = np.array(list(kept), dtype=np.int32), np.array(list(kept.values()), dtype=float)
        self._rows.append((least / unit, most / unit, where, what / unit))

    def solve(self) -> tuple[np.ndarray, bool] | None:
        """Return which variables are 1, and whether that is proven best; None if no choice keeps all rows.

        Raises
        ------
        WorkError
            If neither was found in time.
        """
        solver = highspy.Highs()
        solver.setOptionValue("output_flag", False)
        solver.setOptionValue("threads", 1)
        solver.setOptionValue("random_seed", 0)
        solver.setOptionValue("mip_rel_gap", GAP)
        solver.setOptionValue("mip_abs_gap", 0.0)
        solver.setOptionValue("time_limit", _MOST_SECONDS)
        count = len(self.gains)
        every = np.arange(count, dtype=np.int32)
        solver.addVars(count, np.zeros(count), np.ones(count))
        scale = float(np.abs(self.gains).max(initial=0.0)) or 1.0
        solver.changeColsCost(count, every, -self.gains / scale)
        solver.changeColsIntegrality(count, every, np.full(count, highspy.HighsVarType.kInteger))
        for least, most, where, what in self._rows:
            solver.addRow(least, most, len(where), where, what)
        solver.run()
        status = solver.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        found = solver.getInfo().primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        if not found:
            raise WorkError(f"no choice of measures was found within {_MOST_SECONDS:g} s; choose fewer measures")
        return np.array(solver.getSolution().col_value) > 0.5, status == highspy.HighsModelStatus.kOptimal
