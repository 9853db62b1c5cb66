"""The three passes of a run on one machine: survey, totals, footprints; chunks on all cores."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from carbon.engine.frame_maker import FrameMaker
from carbon.engine.intake import Intake
from carbon.engine.plan import Plan
from carbon.engine.run import ChunkResult, ChunkRunner, Keep
from carbon.engine.survey import Done, Recorded, Survey, Surveyor, SurveyPart
from carbon.engine.totals import Totals, TotalsPart
from carbon.engine.workers import ordered
from carbon.factors.registry import Registry
from carbon.orders.places import Places
from carbon.orders.table import OrdersChunk, OrdersInput


class Local:
    """Runs the passes in threads, chunks in order, no more of them in memory than there are cores.

    Parameters
    ----------
    orders : OrdersInput
    places : Places
    rows : int, optional
        Most rows of a chunk: what memory the passes need goes with it.
    """

    def __init__(self, orders: OrdersInput, places: Places, rows: int | None = None):
        self.orders, self.places, self._rows = orders, places, rows

    def _chunks(self) -> Iterator[OrdersChunk]:
        if self._rows is None:
            yield from self.orders.chunks()
            return
        for chunk in self.orders.chunks(self._rows):
            yield chunk
            # What is free again goes back to the system: otherwise it piles up with the number of chunks.
            pa.default_memory_pool().release_unused()

    def survey(
        self, registry: Registry, recorded: Recorded | None = None, key: bytes | None = None, done: Done | None = None
    ) -> Survey:
        """Read all orders once; see `Engine.survey`."""
        surveyor, whole = Surveyor(recorded, key), SurveyPart()

        def look(chunk: OrdersChunk) -> tuple[SurveyPart, list, int]:
            return SurveyPart.of(chunk, self.places), *surveyor.partitioned(chunk)

        for part, *ids in ordered(look, self._chunks()):
            whole.merge(part)
            surveyor.add(*ids)
            if done is not None:
                done(part.row_count)
        duplicates = surveyor.finish()

        def look_again() -> SurveyPart:
            counting = SurveyPart()
            for part in ordered(lambda chunk: SurveyPart.of_counting(chunk, duplicates), self._chunks()):
                counting.merge(part)
            return counting

        return Survey.of(whole, duplicates, registry, look_again)

    def totals(self, plan: Plan, intake: Intake) -> Totals:
        """Read the orders once and add up; see `Engine.totals`."""
        maker = FrameMaker(plan.groundwork, self.places, Totals().rounds)
        whole: TotalsPart | None = None

        def count(chunk: OrdersChunk) -> TotalsPart:
            return TotalsPart.of(intake.admit(chunk), maker, plan.resolver)

        for part in ordered(count, self._chunks()):
            if whole is None:
                whole = part
            else:
                whole.merge(part)
        return whole.totals(plan.groundwork) if whole is not None else Totals()

    def results(self, runner: ChunkRunner, intake: Intake, keep: Keep) -> Iterator[ChunkResult]:
        """Yield what became of each chunk, in order."""

        def work(numbered: tuple[int, OrdersChunk]) -> ChunkResult:
            number, chunk = numbered
            return runner.run(number, intake.admit(chunk), keep)

        return ordered(work, enumerate(self._chunks()))
