"""Where emissions go: from stages to scopes and categories, and from month to month over the whole ledger."""

from __future__ import annotations

from collections.abc import Iterable

import duckdb
import pandas as pd

from carbon.engine.block import IN_TOTAL
from carbon.ledger import accounts
from carbon.ledger.files import literal_path
from carbon.ledger.manifest import ACTIVITY, unreadable
from carbon.ledger.store import Ledger
from carbon.terms import DELIVERY_STAGES, Stage


def stage_categories(activity: pd.DataFrame) -> pd.DataFrame:
    """Return stage, scope, category, co2e_kg of all that is in the total, in the order of the stages."""
    rows = accounts.counting(activity)
    keys = ["stage", "scope", "category"]
    found = rows[keys].fillna("").astype(str).assign(co2e_kg=rows["co2e_kg"]).groupby(keys, as_index=False).sum()
    order = {str(stage): place for place, stage in enumerate(DELIVERY_STAGES)}
    found = found.sort_values(keys, key=lambda part: part.map(order) if part.name == "stage" else part)
    return found.reset_index(drop=True)


def history(ledger: Ledger, runs: Iterable[str]) -> pd.DataFrame:
    """Return months by delivery stages of whole runs, whatever the period: index month, one column a stage, total_kg.

    Raises
    ------
    LedgerError
        If a file cannot be read.
    """
    files = [literal_path(ledger.file(run, ACTIVITY)) for run in runs]
    columns = [str(stage) for stage in DELIVERY_STAGES]
    with duckdb.connect() as connection:
        try:
            found = connection.execute(
                "SELECT month, stage, sum(co2e_kg) AS co2e_kg FROM read_parquet($files, union_by_name=true) "
                "WHERE accounting = $counted AND stage <> $product GROUP BY ALL ORDER BY ALL",
                {"files": files, "counted": str(IN_TOTAL), "product": str(Stage.PRODUCT)},
            ).df()
        except duckdb.Error as error:
            raise unreadable(ledger.folder, error) from error
    table = found.pivot(index="month", columns="stage", values="co2e_kg").reindex(columns=columns).fillna(0.0)
    table.columns.name = None
    return table.assign(total_kg=table.sum(axis=1))
