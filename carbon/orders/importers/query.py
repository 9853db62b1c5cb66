"""Import by query: the user's SQL over the user's files, run by DuckDB behind a locked door."""

from __future__ import annotations

import contextlib
import difflib
import tempfile
import threading
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from carbon import documents
from carbon.errors import OrdersError, Where, WorkError
from carbon.orders.check import supported
from carbon.orders.columns import BY_NAME, REQUIRED

_HELPERS = frozenset({"CREATE", "SET", "VARIABLE_SET"})
_CWD = threading.Lock()


def import_query(sql_path: Path | str, folder: Path | str, output: Path | str) -> int:
    """Run a query that returns canonical columns, and write its rows as Parquet.

    File names in the query are relative to `folder`. The query may read files below `folder` only: no network,
    no extensions, no other folders, and its settings cannot be changed back.

    Parameters
    ----------
    sql_path : path
        One SELECT, after any CREATE TEMP statements it needs.
    folder : path
        Where the exports are.
    output : path
        Parquet file; written whole or not at all.

    Returns
    -------
    int
        Number of rows.

    Raises
    ------
    OrdersError
        If the query fails, has unknown columns, or lacks required ones.
    WorkError
        If the output cannot be written.
    """
    sql, name, folder = documents.read_text(sql_path), str(sql_path), Path(folder).resolve()
    output = Path(output).resolve()
    if not folder.is_dir():
        raise OrdersError("no such folder", found=str(folder), expected="the folder of the exports")
    with _database(folder) as database, _inside(folder):
        try:
            *helpers, query = _statements(database, sql, name)
            for helper in helpers:
                database.execute(helper).fetchall()
            reader = database.sql(query.query).to_arrow_reader(122_880)
        except duckdb.Error as error:
            raise _failed(error, name) from None
        _check_columns(reader.schema, name)
        return _write(reader, output, name)


@contextlib.contextmanager
def _database(folder: Path):
    """Open a database that sees only `folder`, and a scratch folder of its own for what does not fit in memory."""
    with tempfile.TemporaryDirectory(prefix="carbon-import-") as scratch:
        database = duckdb.connect(
            config={
                "temp_directory": scratch,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "allow_community_extensions": False,
            }
        )
        try:
            database.execute("SET allowed_directories = $folders", {"folders": [str(folder)]}).fetchall()
            database.execute("SET enable_external_access = false").fetchall()
            database.execute("SET lock_configuration = true").fetchall()
            yield database
        finally:
            database.close()


@contextlib.contextmanager
def _inside(folder: Path):
    """Make `folder` the working folder, which alone makes relative names work behind the locked door."""
    with _CWD, contextlib.chdir(folder):
        yield


def _statements(database: duckdb.DuckDBPyConnection, sql: str, name: str) -> list[duckdb.Statement]:
    statements = database.extract_statements(sql)
    kinds = [statement.type.name for statement in statements]
    if not kinds or kinds[-1] != "SELECT" or not set(kinds[:-1]) <= _HELPERS:
        raise OrdersError(
            "the query must be one SELECT",
            found=", ".join(kinds) or "nothing",
            expected="a SELECT, after any CREATE TEMP statements",
            mend="remove the other statements",
            where=Where(name),
        )
    return statements


def _failed(error: duckdb.Error, name: str) -> OrdersError:
    text = str(error).strip()
    if isinstance(error, duckdb.PermissionException) or "disabled by configuration" in text:
        mend = "name only files below the folder the import runs in; nothing is read from elsewhere"
    elif "No files found" in text:
        mend = "run the import in the folder of the exports, or correct the file name"
    else:
        mend = "correct the query"
    return OrdersError("the query fails", found=text[:600], expected="DuckDB SQL", mend=mend, where=Where(name))


def _check_columns(schema: pa.Schema, name: str) -> None:
    unknown = [column for column in schema.names if column not in BY_NAME]
    if unknown:
        near = [f"{hit} for {column}" for column in unknown for hit in difflib.get_close_matches(column, BY_NAME, n=1)]
        raise OrdersError(
            "the query returns unknown columns",
            found=", ".join(unknown),
            expected="columns of `carbon schema orders`",
            mend=f"did you mean {', '.join(near)}?" if near else "rename or drop them",
            where=Where(name),
        )
    missing = [column for column in REQUIRED if column not in schema.names]
    if missing:
        raise OrdersError(
            "the query lacks required columns",
            found=", ".join(schema.names),
            expected=", ".join(REQUIRED),
            mend=f"add {', '.join(missing)}",
            where=Where(name),
        )
    for column in schema:
        if not supported(column.type) and not pa.types.is_null(column.type):
            raise OrdersError(
                "a column of this type cannot be read later",
                found=str(column.type),
                expected=BY_NAME[column.name].kind,
                mend="cast it in the query",
                where=Where(name, None, column.name),
            )


def _write(reader: pa.RecordBatchReader, output: Path, name: str) -> int:
    partial = output.with_name(f".{output.name}.partial")
    count = 0
    try:
        with pq.ParquetWriter(partial, reader.schema, compression="zstd") as writer:
            for batch in reader:
                writer.write_batch(batch)
                count += len(batch)
        partial.replace(output)
    except (duckdb.Error, pa.ArrowInvalid) as error:
        raise OrdersError(
            "the query fails",
            found=str(error)[:600],
            expected="DuckDB SQL",
            mend="correct the query or the files",
            where=Where(name),
        ) from None
    except OSError as error:
        raise WorkError(f"{output}: cannot be written: {error.strerror or error}; nothing was changed") from None
    finally:
        partial.unlink(missing_ok=True)
    return count
