"""What a delivery round says it used: electricity, fuel, hydrogen, or a vehicle's km; planned before it or metered after."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from carbon.engine.arrays import floats, index_in, nulls
from carbon.engine.context import Context
from carbon.engine.frame import Frame
from carbon.engine.rejecting import Rejecting

#: Canonical unit to the column of the orders that holds it, and what one of that column's unit is.
USES = {
    "kW*h": ("round_electricity_kwh", 1.0),
    "m**3": ("round_fuel_l", 1e-3),
    "kg": ("round_fuel_kg", 1.0),
    "km": ("round_distance_km", 1.0),
}
PLANNED, MEASURED = "planned", "measured"


class RoundUseBinder:
    """Binds what rounds used; columns are made only where some round says it."""

    def __init__(self, context: Context):
        self._named = context.profile.round_activities
        self._keys = pa.array([name for name, _ in context.round_uses], pa.string())
        self._units = np.array([unit for _, unit in context.round_uses])

    def bind(self, frame: Frame, good: np.ndarray, rejecting: Rejecting) -> np.ndarray:
        """Add each row's own figure, in canonical units, and the code of what it is of.

        Returns
        -------
        numpy.ndarray of bool, shape (rows,)
            Which rows say what their round used. It depends on the row alone, so that both passes find the same.
        """
        table, count = frame.table, frame.table.num_rows
        if not self._named:
            return np.zeros(count, dtype=bool)
        codes = np.maximum(index_in(table["round_activity"], self._keys), 0)
        frame.codes["round_activity"] = codes
        told, unit = codes > 0, self._units[codes]
        basis = table["round_basis"]
        rejecting.add(frame, good, told & (unit == ""), "round_activity", "unknown_round_activity")
        wrong = ~nulls(basis) & (index_in(basis, pa.array([PLANNED, MEASURED])) < 0)
        rejecting.add(frame, good, wrong, "round_basis", "unknown_round_basis", (PLANNED, MEASURED))
        use = np.full(count, np.nan)
        for each, (column, factor) in USES.items():
            mine = unit == each
            use[mine] = floats(table[column])[mine] * factor
            if each != "km":
                # A figure in another unit than the factor's would be lost without a word.
                lost = told & ~mine & ~nulls(table[column])
                rejecting.add(frame, good, lost, column, "round_use_of_another_unit")
        used = told & ~np.isnan(use) & ~nulls(table["round_id"])
        frame.columns["own_round_use"] = np.where(used, use, np.nan)
        return used

    def add(self, frame: Frame, used: np.ndarray, use: np.ndarray) -> None:
        """Add what the whole round used, for the rows that share it."""
        if not self._named:
            return
        measured = index_in(frame.table["round_basis"], pa.array([MEASURED])) == 0
        frame.columns |= {
            "round_use": use,
            "round_planned": (used & ~measured).astype(float),
            "round_measured": (used & measured).astype(float),
            "own_last_mile": (~used).astype(float),
        }
