"""The three passes of a run on one machine: survey, totals, footprints; chunks on all cores."""

from __future__ import annotations

from collections.abc import Iterator

from carbon.engine.context import Groundwork
from carbon.engine.frame_maker import FrameMaker
from carbon.engine.intake import Intake
from carbon.engine.run import ChunkResult, ChunkRunner, Keep
from carbon.engine.survey import Done, Recorded, Survey, Surveyor, SurveyPart
from carbon.engine.totals import Totals, TotalsPart, needs_totals
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
    """

    def __init__(self, orders: OrdersInput, places: Places):
        self.orders, self.places = orders, places

    def survey(
        self, registry: Registry, recorded: Recorded | None = None, key: bytes | None = None, done: Done | None = None
    ) -> Survey:
        """Read all orders once; see `Engine.survey`."""
        surveyor, whole = Surveyor(recorded, key), SurveyPart()

        def look(chunk: OrdersChunk) -> tuple[SurveyPart, list, int]:
            return SurveyPart.of(chunk, self.places), *surveyor.partitioned(chunk)

        for part, *ids in ordered(look, self.orders.chunks()):
            whole.merge(part)
            surveyor.add(*ids)
            if done is not None:
                done(part.row_count)
        return Survey(whole.profile(registry), surveyor.finish(), whole.row_count)

    def totals(self, groundwork: Groundwork, intake: Intake) -> Totals:
        """Read the orders once and add up; skipped where no site and no round needs it."""
        if not needs_totals(groundwork):
            return Totals()
        maker = FrameMaker(groundwork, self.places, Totals().rounds)
        whole: TotalsPart | None = None
        for part in ordered(lambda chunk: TotalsPart.of(intake.admit(chunk), maker), self.orders.chunks()):
            if whole is None:
                whole = part
            else:
                whole.merge(part)
        return whole.totals(groundwork) if whole is not None else Totals()

    def results(self, runner: ChunkRunner, intake: Intake, keep: Keep) -> Iterator[ChunkResult]:
        """Yield what became of each chunk, in order."""

        def work(numbered: tuple[int, OrdersChunk]) -> ChunkResult:
            number, chunk = numbered
            return runner.run(number, intake.admit(chunk), keep)

        return ordered(work, enumerate(self.orders.chunks()))
