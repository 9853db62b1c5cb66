"""What workers of a Spark cluster do with row groups; nothing here needs Spark itself."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from carbon.engine.cells import Cells
from carbon.engine.duplicates import Duplicates
from carbon.engine.frame_maker import FrameMaker
from carbon.engine.intake import Intake
from carbon.engine.resolving import Resolver
from carbon.engine.run import ChunkResult, ChunkRunner, Keep
from carbon.engine.survey import SurveyPart
from carbon.engine.totals import TotalsPart
from carbon.errors import CarbonError
from carbon.orders.parquet import Piece
from carbon.orders.places import Places
from carbon.orders.pseudonym import pseudonymise
from carbon.orders.table import OrdersInput

PART_SCHEMA = "part binary"
SURVEY_SCHEMA = "part binary, id string, row bigint"
#: Stands before the one line of a failed task that a user should read.
MARK = "carbon task failed: "


class Mapper:
    """The function that ``mapInArrow`` calls on each worker: numbers of pieces in, what a task makes of them out."""

    def __init__(self, task: Any):
        self._task = task

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        task = self._task.value
        pieces = [task.pieces[number] for batch in batches for number in batch.column(0).to_pylist()]
        at = pieces[0].path if pieces else None
        try:
            yield from task.run(pieces)
        except CarbonError as error:  # the same wherever it is tried: told, not repeated
            yield task.error(error)
        except Exception as error:
            raise RuntimeError(f"{MARK}{at}: {type(error).__name__}: {error}") from error


@dataclass(frozen=True)
class SurveyTask:
    """First pass: the survey of some pieces, and their ids."""

    orders: OrdersInput
    places: Places
    key: bytes | None
    pieces: Sequence[Piece]

    def run(self, pieces: Sequence[Piece]) -> Iterator[pa.RecordBatch]:
        """Yield ids with their rows, chunk by chunk, then what the plan must know."""
        whole = SurveyPart()
        for piece in pieces:
            for chunk in self.orders.chunks_of(piece):
                whole.merge(SurveyPart.of(chunk, self.places))
                table = chunk.table.select(["parcel_id", "order_id"])
                ids = (table if self.key is None else pseudonymise(table, self.key))["parcel_id"].combine_chunks()
                ids = ids if isinstance(ids, pa.Array) else pa.concat_arrays(ids.chunks)
                yield _survey_batch(pa.nulls(len(ids), pa.binary()), ids, pa.array(chunk.rows))
        yield self._part(whole)

    def error(self, error: CarbonError) -> pa.RecordBatch:
        """Return a row that carries an error."""
        return self._part(error)

    @staticmethod
    def _part(value: Any) -> pa.RecordBatch:
        return _survey_batch(
            pa.array([pickle.dumps(value)], pa.binary()), pa.nulls(1, pa.string()), pa.nulls(1, pa.int64())
        )


@dataclass(frozen=True)
class SecondLookTask:
    """First pass once more, where some rows must not count: what the others weigh."""

    orders: OrdersInput
    duplicates: Duplicates
    pieces: Sequence[Piece]

    def run(self, pieces: Sequence[Piece]) -> Iterator[pa.RecordBatch]:
        """Yield one part."""
        whole = SurveyPart()
        for piece in pieces:
            for chunk in self.orders.chunks_of(piece):
                whole.merge(SurveyPart.of_counting(chunk, self.duplicates))
        yield _part_batch(whole)

    def error(self, error: CarbonError) -> pa.RecordBatch:
        """Return a row that carries an error."""
        return _part_batch(error)


@dataclass(frozen=True)
class TotalsTask:
    """Second pass: sums that amounts are shared by."""

    orders: OrdersInput
    intake: Intake
    maker: FrameMaker
    resolver: Resolver
    pieces: Sequence[Piece]

    def run(self, pieces: Sequence[Piece]) -> Iterator[pa.RecordBatch]:
        """Yield one part."""
        whole: TotalsPart | None = None
        for piece in pieces:
            for chunk in self.orders.chunks_of(piece):
                part = TotalsPart.of(self.intake.admit(chunk), self.maker, self.resolver)
                if whole is None:
                    whole = part
                else:
                    whole.merge(part)
        if whole is not None:
            yield _part_batch(whole)

    def error(self, error: CarbonError) -> pa.RecordBatch:
        """Return a row that carries an error."""
        return _part_batch(error)


@dataclass(frozen=True)
class RunTask:
    """Third pass: footprints, written where they are computed."""

    orders: OrdersInput
    intake: Intake
    runner: ChunkRunner
    keep: Keep
    pieces: Sequence[Piece]

    def run(self, pieces: Sequence[Piece]) -> Iterator[pa.RecordBatch]:
        """Yield one list of results: the last carries the cells of all, so that sums travel once."""
        results: list[ChunkResult] = []
        cells: Cells | None = None
        for piece in pieces:
            for number, chunk in enumerate(self.orders.chunks_of(piece), piece.first_chunk):
                with np.errstate(all="ignore"):
                    result = self.runner.run(number, self.intake.admit(chunk), self.keep)
                if cells is None:
                    cells = result.cells
                else:
                    cells.merge(result.cells)
                results.append(replace(result, cells=Cells(result.cells.shape)))
        if results:
            results[-1] = replace(results[-1], cells=cells)
            yield _part_batch(results)

    def error(self, error: CarbonError) -> pa.RecordBatch:
        """Return a row that carries an error."""
        return _part_batch(error)


def _part_batch(value: Any) -> pa.RecordBatch:
    return pa.record_batch({"part": pa.array([pickle.dumps(value)], pa.binary())})


def _survey_batch(part: pa.Array, ids: pa.Array, rows: pa.Array) -> pa.RecordBatch:
    return pa.record_batch({"part": part, "id": ids, "row": rows})
