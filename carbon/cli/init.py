"""`carbon init`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from carbon.cli.common import AsJson, app, out, print_json


@app.command("init")
def init_command(
    folder: Annotated[Path, typer.Argument(help="Folder to make.")],
    parcels: Annotated[int, typer.Option(min=1, help="Number of parcels.")] = 6000,
    seed: Annotated[int, typer.Option(help="Seed of the random draws.")] = 2025,
    as_json: AsJson = False,
) -> None:
    """Make a sample merchant: orders, lines and an organisation file to start from."""
    from carbon import write_sample
    from carbon.errors import InputError, Where, WorkError

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(
            "the folder is not empty",
            expected="a new or empty folder",
            mend="choose another name",
            where=Where(str(folder)),
        )
    was_there = folder.exists()
    try:
        written = write_sample(folder, parcels=parcels, seed=seed)
    except OSError as error:
        # Half a sample would make the next try fail on a folder that is not empty.
        for path in folder.glob("*"):
            path.unlink(missing_ok=True)
        if not was_there:
            shutil.rmtree(folder, ignore_errors=True)
        raise WorkError(f"{folder}: {error.strerror or error}; nothing was written") from None
    if as_json:
        print_json([str(path) for path in written])
        return
    for path in written:
        out.print(f"wrote {path}", markup=False)
    names = {path.name for path in written}
    lines = " --lines lines.csv" if "lines.csv" in names else ""
    out.print(f"next: cd {folder} && carbon calculate orders.csv{lines}", markup=False)
