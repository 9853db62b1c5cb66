"""The three passes of a run on a Spark cluster: the same code by row group, carried by ``mapInArrow``.

Spark shares out row groups, repeats what fails and shuffles ids; what a worker does with a row group is what a thread of
`carbon.engine.local` does. The plan goes out once, as a broadcast; footprints never pass the driver.
"""

from __future__ import annotations

import os
import pickle
import re
import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import numpy as np

from carbon.engine import spark_tasks
from carbon.engine.duplicates import Duplicates
from carbon.engine.frame_maker import FrameMaker
from carbon.engine.intake import Intake
from carbon.engine.plan import Plan
from carbon.engine.run import ChunkResult, ChunkRunner, Keep
from carbon.engine.survey import Done, Recorded, Survey, SurveyPart
from carbon.engine.totals import Totals, TotalsPart
from carbon.errors import CarbonError, InputError, WorkError
from carbon.factors.registry import Registry
from carbon.orders.places import Places
from carbon.orders.table import OrdersInput

#: Tasks for each core: enough for slow ones to be evened out, few enough for their sums to travel.
_TASKS_A_CORE = 4


class Spark:
    """Runs the passes as Spark jobs, in the session that is active or a new one.

    Parameters
    ----------
    orders : OrdersInput
        Parquet, at a path that every worker sees.
    places : Places

    Raises
    ------
    InputError
        If pyspark or Java is absent, or the orders cannot be shared out.
    """

    def __init__(self, orders: OrdersInput, places: Places):
        self.orders, self.places = orders, places
        self._pieces = orders.pieces()
        self._session = _session()

    def survey(
        self, registry: Registry, recorded: Recorded | None = None, key: bytes | None = None, done: Done | None = None
    ) -> Survey:
        """Read all orders once; see `Engine.survey`."""
        task = self._broadcast(spark_tasks.SurveyTask(self.orders, self.places, key, self._pieces))
        found = self._mapped(task, spark_tasks.SURVEY_SCHEMA).persist()
        try:
            whole = SurveyPart()
            for part in _values(self._collected(found.where("part IS NOT NULL").select("part"))):
                whole.merge(part)
                if done is not None:
                    done(part.row_count)
            duplicates = self._duplicates(found, recorded)
            return Survey.of(whole, duplicates, registry, lambda: self._look_again(duplicates))
        finally:
            found.unpersist()

    def _look_again(self, duplicates: Duplicates) -> SurveyPart:
        """Weigh the rows that will count."""
        task = self._broadcast(spark_tasks.SecondLookTask(self.orders, duplicates, self._pieces))
        counting = SurveyPart()
        for part in _values(self._collected(self._mapped(task, spark_tasks.PART_SCHEMA))):
            counting.merge(part)
        return counting

    def _duplicates(self, found: Any, recorded: Recorded | None) -> Duplicates:
        """Rows whose id stands in an earlier row or run; only those travel to the driver."""
        ids = found.where("part IS NULL").select("id", "row")
        runs = tuple(recorded or {})
        for number, run in enumerate(runs, 1):  # their row numbers lie before every row of the input
            held = self._session.read.parquet(*map(str, recorded[run].files))
            ids = ids.unionByName(held.selectExpr("parcel_id AS id", f"CAST({-number} AS BIGINT) AS row"))
        twice = ids.groupBy("id").agg({"row": "min", "id": "count"}).where("`count(id)` > 1")
        twice = twice.withColumnRenamed("min(row)", "first").select("id", "first")
        later = ids.join(twice, "id").where("row <> first AND row > 0").select("row", "first")
        pairs = np.array([tuple(each) for each in self._collected(later)], dtype=np.int64).reshape(-1, 2)
        pairs = pairs[np.argsort(pairs[:, 0])]
        held = pairs[pairs[:, 1] < 0]
        by_row = np.zeros(int(held[:, 0].max(initial=-1)) + 1, dtype=np.min_scalar_type(len(runs)))
        by_row[held[:, 0]] = -held[:, 1]
        again = pairs[pairs[:, 1] > 0]
        return Duplicates(again[:, 0].copy(), again[:, 1].copy(), by_row, runs)

    def totals(self, plan: Plan, intake: Intake) -> Totals:
        """Read the orders once and add up; see `Engine.totals`."""
        maker = FrameMaker(plan.groundwork, self.places, Totals().rounds)
        task = self._broadcast(spark_tasks.TotalsTask(self.orders, intake, maker, plan.resolver, self._pieces))
        whole: TotalsPart | None = None
        for part in _values(self._collected(self._mapped(task, spark_tasks.PART_SCHEMA))):
            if whole is None:
                whole = part
            else:
                whole.merge(part)
        return whole.totals(plan.groundwork) if whole is not None else Totals()

    def results(self, runner: ChunkRunner, intake: Intake, keep: Keep) -> Iterator[ChunkResult]:
        """Yield what became of each chunk; a task's sums come with the last of its chunks."""
        task = self._broadcast(spark_tasks.RunTask(self.orders, intake, runner, keep, self._pieces))
        for results in _values(self._collected(self._mapped(task, spark_tasks.PART_SCHEMA))):
            yield from results

    @cached_property
    def _task_count(self) -> int:
        cores = self._session.sparkContext.defaultParallelism
        return max(1, min(len(self._pieces), _TASKS_A_CORE * cores))

    def _broadcast(self, task: Any) -> Any:
        return self._session.sparkContext.broadcast(task)

    def _mapped(self, task: Any, schema: str) -> Any:
        numbers = self._session.range(0, len(self._pieces), 1, numPartitions=self._task_count)
        return numbers.mapInArrow(spark_tasks.Mapper(task), schema)

    def _collected(self, frame: Any) -> list[Any]:
        from pyspark.errors import PySparkException

        try:
            return frame.collect()
        except PySparkException as error:
            raise _said(error, self.orders.name) from None
        except Exception as error:  # py4j's own, where the Java side dies
            if type(error).__module__.startswith("py4j"):
                raise _said(error, self.orders.name) from None
            raise


def _values(rows: list[Any]) -> Iterator[Any]:
    """Unpickle what tasks returned; an error among it is raised here."""
    for row in rows:
        value = pickle.loads(bytes(row[0]))
        if isinstance(value, CarbonError):
            raise value
        yield value


def _said(error: Exception, name: str) -> WorkError:
    """Return a message without the Java side's stack; the tasks name the file they were at."""
    lines = [line.strip() for line in str(error).splitlines()]
    told = [line.split(spark_tasks.MARK, 1)[1] for line in lines if spark_tasks.MARK in line]
    raised = [line for line in lines if re.match(r"[\w.]*(Error|Exception|Exit|Interrupt)\b:", line)]
    first = (told or raised[-1:] or [line for line in lines if line] or [type(error).__name__])[0]
    return WorkError(
        f"{name}: the Spark job failed; nothing was recorded\n  found:    {first[:400]}\n"
        "  mend:     see the log of the worker, then run again; --engine local does without Spark"
    )


def _session() -> Any:
    try:
        from pyspark.errors import PySparkException
        from pyspark.sql import SparkSession
    except ImportError:
        raise InputError(
            "the Spark engine is not installed",
            expected="pyspark",
            mend="pip install 'carbon-per-order[spark]', or run with --engine local",
        ) from None
    # Workers run the interpreter that runs this, unless the cluster is told another one.
    python = os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    active = SparkSession.getActiveSession()
    if active is not None:
        active.sparkContext.pythonExec = python
        return active
    try:
        builder: Callable[..., Any] = SparkSession.builder.appName("carbon per order").config
        made = (
            builder("spark.ui.showConsoleProgress", "false").config("spark.sql.session.timeZone", "UTC").getOrCreate()
        )
    except (PySparkException, OSError) as error:
        raise InputError(
            "Spark does not start",
            found=str(error).splitlines()[0],
            expected="Java 17 or newer on the path, or in JAVA_HOME",
            mend="install Java, or run with --engine local",
        ) from None
    made.sparkContext.setLogLevel("OFF")
    return made
