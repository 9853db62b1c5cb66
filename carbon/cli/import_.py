"""`carbon import`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from carbon.cli.common import AsJson, app, out, print_json


@app.command("import")
def import_command(
    query: Annotated[Path, typer.Argument(help="DuckDB query whose result has the columns of `carbon schema orders`.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Parquet file to write.")],
    folder: Annotated[Path, typer.Option(help="Folder the query's file names are relative to.")] = Path("."),
    as_json: AsJson = False,
) -> None:
    """Join exports that are spread over several files into one orders file."""
    from carbon import import_query

    rows = import_query(query, folder, output)
    if as_json:
        print_json({"rows": rows, "output": str(output)})
    else:
        out.print(f"{rows:,} rows written to {output}", markup=False)
