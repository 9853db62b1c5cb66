"""Tables of articles and lines as their owner keeps them: any columns, any size, read and written by DuckDB."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from carbon.errors import InputError, OrdersError, Where
from carbon.whole import writing


class Table:
    """A table of text read by DuckDB, whatever its size; its rows keep their order."""

    def __init__(self, path: Path):
        import duckdb

        self.path = path
        self._headers: dict[str, str] = {}
        self._database = duckdb.connect()
        name = str(path).replace("'", "''")
        source = f"read_parquet('{name}')" if path.suffix == ".parquet" else (
            f"read_csv('{name}', all_varchar=true, header=true, nullstr='')"
        )  # fmt: skip
        try:
            if not path.is_file():
                raise InputError("no such file", found=str(path))
            self._database.execute(f"CREATE VIEW source AS SELECT * FROM {source}")
            found = [row[0] for row in self._database.execute("DESCRIBE source").fetchall()]
            cast = ", ".join(f"CAST({self.quoted(name)} AS VARCHAR) AS {self.quoted(name)}" for name in found)
            self._database.execute(f"CREATE VIEW given AS SELECT {cast} FROM source")
            self._database.execute("SELECT count(*) FROM given").fetchall()
        except (duckdb.Error, InputError) as error:
            self._database.close()
            raise OrdersError.of("table", str(error).splitlines()[0], where=Where(path.name)) from None
        self._headers = {name.strip().casefold(): name for name in found}
        self.names = list(self._headers)

    def __enter__(self) -> Table:
        return self

    def __exit__(self, *what: object) -> None:
        self._database.close()

    def quoted(self, name: str) -> str:
        """Return a column's name as SQL takes it, by its header in the file where there is one."""
        header = self._headers.get(name, name)
        return '"' + header.replace('"', '""') + '"'

    def query(self, text: str, values: list[Any] | None = None) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self._database.execute(text, values or []).fetchall()

    def fill(
        self, found: list[tuple[Any, ...]], keys: list[str], columns: tuple[str, ...], output: Path, *,
        keep: bool = False, day: str | None = None, once: bool = True,
    ) -> tuple[int, int, int]:  # fmt: skip
        """Write the table with columns filled by its keys; returns rows read, rows filled, and rows that had another value.

        Parameters
        ----------
        found : list of tuple
            Values of the keys, then of the columns: value, first day, last day, and the rest. A row with several gets as
            many rows.
        keep : bool
            Whether a value that stands there already stays.
        day : str, optional
            Column that says which of several is meant.
        once : bool
            Whether rows that differ in nothing but what is filled are one, as they stand after an earlier filling.
        """
        names = [f"k{place}" for place in range(len(keys))] + [f"v{place}" for place in range(len(columns))]
        self._database.execute(f"CREATE TABLE found ({', '.join(f'{name} VARCHAR' for name in names)})")
        if found:
            self._database.executemany(f"INSERT INTO found VALUES ({', '.join('?' * len(names))})", found)
        same = " AND ".join(f"given.key{place} IS NOT DISTINCT FROM found.k{place}" for place in range(len(keys)))
        if day is not None:
            same += f" AND TRY_CAST(given.{day} AS DATE) BETWEEN CAST(found.v1 AS DATE) AND CAST(found.v2 AS DATE)"
        own = f"given.{self.quoted(columns[0])}" if columns[0] in self.names else "NULL"
        if keep:
            same += f" AND {own} IS NULL"
        hit = "found.v0 IS NOT NULL"
        others = [self.quoted(name) for name in self.names if name not in columns]
        chosen = [f"given.{name}" for name in others]
        for place, name in enumerate(columns):
            before = f"given.{self.quoted(name)}" if name in self.names else "NULL"
            chosen.append(f"CASE WHEN {hit} THEN found.v{place} ELSE {before} END AS {name}")
        keyed = ", ".join(f"{key} AS key{place}" for place, key in enumerate(keys))
        again = f"row_number() OVER (PARTITION BY {', '.join(others)} ORDER BY place_)" if once and not keep else "1"
        self._database.execute(
            f"CREATE TABLE made AS SELECT {', '.join(chosen)}, {hit} AS hit_, {own} IS NOT NULL AS had_, place_ "
            f"FROM (SELECT *, {again} AS again_ FROM (SELECT *, {keyed}, row_number() OVER () AS place_ FROM given)) "
            f"AS given LEFT JOIN found ON {same} WHERE given.again_ = 1 OR NOT {hit}"
        )
        counted = "count(DISTINCT place_) FILTER"
        rows = self.query("SELECT count(*) FROM given")[0][0]  # before the file may be written again
        filled, replaced = self.query(f"SELECT {counted} (hit_), {counted} (hit_ AND had_) FROM made")[0]
        _written(
            self._database, output, "place_, footprint_valid_from" if "footprint_valid_from" in columns else "place_"
        )
        return rows, filled, replaced


def _written(database: Any, output: Path, order: str) -> None:
    """Write the made table whole or not at all."""
    kind = "FORMAT parquet" if output.suffix == ".parquet" else "FORMAT csv, HEADER"
    with tempfile.TemporaryDirectory(prefix="carbon-articles-") as folder:
        made = Path(folder) / "made"
        name = str(made).replace("'", "''")
        database.execute(
            f"COPY (SELECT * EXCLUDE (hit_, had_, place_) FROM made ORDER BY {order}) TO '{name}' ({kind})"
        )
        with made.open("rb") as source, writing(output) as stream:
            shutil.copyfileobj(source, stream)
