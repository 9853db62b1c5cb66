"""Where a run's passes are carried out: the contract, and the list of engines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from carbon.engine.intake import Intake
from carbon.engine.plan import Plan
from carbon.engine.run import ChunkResult, ChunkRunner, Keep
from carbon.engine.survey import Done, Recorded, Survey
from carbon.engine.totals import Totals
from carbon.errors import InputError
from carbon.factors.registry import Registry
from carbon.orders.places import Places
from carbon.orders.table import OrdersInput

NAMES = ("local", "spark")


class Engine(Protocol):
    """Carries out the passes over one orders input."""

    def survey(
        self, registry: Registry, recorded: Recorded | None = None, key: bytes | None = None, done: Done | None = None
    ) -> Survey:
        """Read all orders once: what the plan needs, and the rows that must not count.

        Parameters
        ----------
        recorded : mapping, optional
            Earlier runs to their parcel ids, in pieces.
        key : bytes, optional
            Ids are compared as pseudonyms made with it, which is how earlier runs hold them.
        done : callable, optional
        """

    def totals(self, plan: Plan, intake: Intake) -> Totals:
        """Read the orders once and add up what the parcels share that a plan has factors for."""

    def results(self, runner: ChunkRunner, intake: Intake, keep: Keep) -> Iterator[ChunkResult]:
        """Yield what became of each chunk; `keep` is called where the chunk was computed."""


def engine_of(name: str, orders: OrdersInput, places: Places) -> Engine:
    """Return an engine by name.

    Raises
    ------
    InputError
        If there is no such engine, or what it needs is not installed.
    """
    if name == "local":
        from carbon.engine.local import Local

        return Local(orders, places)
    if name == "spark":
        from carbon.engine.spark import Spark

        return Spark(orders, places)
    raise InputError("no such engine", found=name, expected=" or ".join(NAMES), mend="write --engine local")
