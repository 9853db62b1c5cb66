"""Terms of rows that are known but for their goods: bound to factors once, computed for each cart by the kernel's own models.

A lane's codes (services, regions, packages, month) choose every factor and every value, and most columns. What is left are
masses, volumes and distances: `GOODS`, and the lane's own distances. Blocks that read none of these are computed once;
the others' arguments are stacked, so that each model runs once for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from carbon.activities import MODELS
from carbon.engine.block import IN_TOTAL, Block, Codes
from carbon.engine.frame import Frame
from carbon.engine.plan import Plan
from carbon.terms import DELIVERY_STAGES, DataType, Stage

#: Kernel columns that follow from the goods and from what they are packed in.
GOODS = frozenset(
    (
        *("goods_mass_kg", "goods_volume_m3", "measured_volume_m3", "empty_volume_m3", "packaging_mass_kg"),
        *("gross_mass_kg", "freight_mass_kg", "volume_days_m3_day"),
    )
)
DATA_TYPES = tuple(DataType)


def is_distance(column: str) -> bool:
    """Return whether a kernel column is a way of the parcel's own."""
    return column == "radial_km" or column.startswith("leg")


def _moves(column: str) -> bool:
    return column in GOODS or is_distance(column)


@dataclass(frozen=True)
class Together:
    """Terms of one model whose arguments are stacked.

    Attributes
    ----------
    columns : mapping
        Argument to the column that is put in.
    rows : numpy.ndarray of int, shape (terms,)
        Which row of the frame each term is of.
    arguments : mapping
        All other arguments, each of shape (terms,).
    coefficients : numpy.ndarray, shape (terms,)
        Times the block's weights [kg CO2e per canonical unit].
    """

    model: str
    output: int
    columns: Mapping[str, str]
    rows: np.ndarray
    arguments: Mapping[str, np.ndarray]
    coefficients: np.ndarray

    def co2e_kg(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return each term [kg CO2e]."""
        put_in = {name: columns[column].take(self.rows) for name, column in self.columns.items()}
        return MODELS[self.model].amounts(**put_in, **self.arguments)[self.output] * self.coefficients


@dataclass(frozen=True)
class _Found:
    """A block that applies to a row."""

    position: int
    row: int
    binding: int
    amount: float | None


class PreparedTerms:
    """The terms of a frame's totals: delivery stages, location-based.

    Attributes
    ----------
    row, position, binding : numpy.ndarray of int, shape (terms,)
        Row of the frame, block of the plan, and its binding.
    stage, data_type : numpy.ndarray of int, shape (terms,)
        Positions in `DELIVERY_STAGES` and `DATA_TYPES`.
    """

    def __init__(self, plan: Plan, frame: Frame):
        self.plan, self.frame = plan, frame
        fixed, moving = [], {}
        codes = Codes(frame.codes)
        present = set(frame.codes["service"].tolist())
        for position, block in enumerate(plan.blocks):
            if block.accounting != IN_TOTAL or block.stage is Stage.PRODUCT or not block.bindings:
                continue
            if block.service is not None and block.service not in present:
                continue
            moves = any(_moves(column) for column in block.columns.values())
            for found in self._applying(position, block, codes, moves):
                if moves:
                    key = (block.model, block.output, tuple(sorted(block.columns.items())))
                    moving.setdefault(key, []).append(found)
                else:
                    fixed.append(found)
        order = [*fixed, *(found for group in moving.values() for found in group)]
        self.row, self.position, self.binding = (
            np.array([getattr(found, name) for found in order], dtype=np.intp)
            for name in ("row", "position", "binding")
        )
        blocks = [plan.blocks[found.position] for found in order]
        self.stage = np.array([DELIVERY_STAGES.index(block.stage) for block in blocks], dtype=np.intp)
        self.data_type = np.array([DATA_TYPES.index(block.data_type) for block in blocks], dtype=np.intp)
        self._start_kg = np.zeros(len(order))
        self._start_kg[: len(fixed)] = [
            found.amount * plan.blocks[found.position].coefficients[0][found.binding] for found in fixed
        ]
        self._groups: list[tuple[slice, Together]] = []
        first = len(fixed)
        for group in moving.values():
            self._groups.append((slice(first, first + len(group)), self._together(group)))
            first += len(group)

    def __len__(self) -> int:
        return len(self.row)

    def co2e_kg(self, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return every term [kg CO2e] for goods and distances of the frame's rows."""
        terms_kg = self._start_kg.copy()
        for place, group in self._groups:
            terms_kg[place] = group.co2e_kg(columns)
        return terms_kg

    @cached_property
    def blocks(self) -> list[Block]:
        """The block of each term."""
        return [self.plan.blocks[position] for position in self.position.tolist()]

    def _applying(self, position: int, block: Block, codes: Codes, moves: bool) -> list[_Found]:
        """The rows a block applies to; what counts nothing there whatever the goods are is left out."""
        count = len(self.frame.rows)
        chosen = np.broadcast_to(block.choose(codes), (count,))
        applies = chosen >= 0
        if block.service is not None:
            applies = applies & (self.frame.codes["service"] == block.service)
        for weight in block.weights:
            applies = applies & (self.frame.columns[weight] != 0)
        rows = np.flatnonzero(applies).tolist()
        if moves or not rows:
            return [_Found(position, row, int(chosen[row]), None) for row in rows]
        amounts = block.amounts(self.frame.columns, chosen, count)
        return [_Found(position, row, int(chosen[row]), float(amounts[row])) for row in rows if amounts[row] != 0]

    def _together(self, group: list[_Found]) -> Together:
        blocks = [self.plan.blocks[found.position] for found in group]
        rows = np.array([found.row for found in group], dtype=np.intp)
        columns, first = self.frame.columns, blocks[0]
        arguments = {
            name: columns[column].take(rows) for name, column in first.columns.items() if not _moves(column)
        } | {
            name: np.array([block.values[name][found.binding] for block, found in zip(blocks, group, strict=True)])
            for name in first.values
        }
        coefficients = [
            block.coefficients[0][found.binding] * np.prod([columns[weight][found.row] for weight in block.weights])
            for block, found in zip(blocks, group, strict=True)
        ]
        return Together(
            first.model,
            first.output,
            {name: column for name, column in first.columns.items() if _moves(column)},
            rows,
            arguments,
            np.array(coefficients),
        )
