"""Reading factor tables: the shipped folder, and the user's own files in the same format."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from carbon import documents
from carbon.errors import FactorError, Where
from carbon.factors.factor import Factor, Parameter, Proxy, Region, Source
from carbon.shipped import shipped_folder

_LISTS = {"factors": Factor, "parameters": Parameter, "proxies": Proxy}
_MAPS = {"sources": Source, "regions": Region}
_KEYS = (*_LISTS, *_MAPS, "shared", "packages", "materials")


@dataclass(frozen=True)
class Row:
    """A checked row and the place it was read from."""

    value: Any
    where: Where


@dataclass
class Tables:
    """All rows of a set of files, still unresolved."""

    factors: list[Row]
    parameters: list[Row]
    proxies: list[Row]
    sources: dict[str, Source]
    regions: dict[str, Region]
    packages: dict[str, dict]
    materials: dict[str, str]
    release: str

    @classmethod
    def empty(cls) -> Tables:
        """Return tables without any row."""
        return cls([], [], [], {}, {}, {}, {}, "")


def load(folder: Path | None = None, own_files: list[Path] | tuple[Path, ...] = ()) -> Tables:
    """Read every table of `folder` and the user's own files.

    Parameters
    ----------
    folder : Path, optional
        Default: the shipped tables.
    own_files : list of Path
        Files with a ``factors:`` (or ``parameters:``) list; their rows win over shipped ones.

    Raises
    ------
    FactorError
        With file, line and key of the first wrong row.
    """
    folder = folder or shipped_folder("factors")
    paths = sorted(folder.rglob("*.yaml"))
    if not paths:
        raise FactorError("no factor tables", found=str(folder), expected="a folder with *.yaml tables")
    tables, problems = read_files(paths, folder, own_files)
    problems += [_unknown_region(row) for row in tables.factors if row.value.own and not _is_region(row, tables)]
    if problems:
        raise problems[0]
    return tables


def _is_region(row: Row, tables: Tables) -> bool:
    return row.value.region == "GLO" or row.value.region in tables.regions


def _unknown_region(row: Row) -> FactorError:
    """A row of an unknown region would never be found."""
    where = Where(row.where.file, row.where.row, f"{row.value.id}.region")
    return FactorError(
        "unknown region", found=row.value.region, expected="a code such as GB, CN-GD, EU, GLO", where=where
    )


def read_files(
    paths: list[Path], folder: Path | None, own_files: list[Path] | tuple[Path, ...] = ()
) -> tuple[Tables, list[FactorError]]:
    """Read files, collecting every wrong row instead of stopping at the first."""
    tables, problems = Tables.empty(), []
    digest = hashlib.sha256()
    for path in [*paths, *map(Path, own_files)]:
        own = path not in paths
        text = documents.read_text(path)
        name = str(path.relative_to(folder)) if folder and not own else str(path)
        digest.update(name.encode() + b"\0" + text.encode() + b"\0")
        _read_one(documents.parse(text, str(path)), name if not own else str(path), own, tables, problems)
    tables.release = digest.hexdigest()
    return tables, problems


def _read_one(data: Any, name: str, own: bool, tables: Tables, problems: list[FactorError]) -> None:
    if not isinstance(data, dict):
        problems.append(
            FactorError(
                "not a factor table", found=type(data).__name__, expected="a 'factors:' list", where=Where(name)
            )
        )
        return
    for key in data:
        if key not in _KEYS:
            problems.append(
                FactorError(
                    f"unknown key '{key}'",
                    expected=", ".join(_KEYS),
                    where=Where(name, getattr(data, "line", None), key),
                )
            )
    for key, model in _LISTS.items():
        rows = data.get(key) or []
        if not isinstance(rows, list):
            problems.append(
                FactorError(f"'{key}' is not a list", found=type(rows).__name__, where=Where(name, None, key))
            )
            continue
        for position, row in enumerate(rows):
            line = getattr(row, "line", None)
            try:
                value = model.model_validate(row)
            except ValidationError as error:
                problem = documents.first_problem(error, row, name, FactorError)
                label = row.get("id", f"row {position + 1}") if isinstance(row, dict) else f"row {position + 1}"
                column = problem.where.column
                problems.append(problem.at(Where(name, line, f"{label}.{column}" if column else str(label))))
                continue
            if own and hasattr(value, "own"):
                value = value.model_copy(update={"own": True})
            getattr(tables, key).append(Row(value, Where(name, line, getattr(value, "id", None))))
    for key, model in _MAPS.items():
        for label, row in (data.get(key) or {}).items():
            if label in getattr(tables, key) and not own:
                where = Where(name, getattr(row, "line", None), f"{key}.{label}")
                problems.append(FactorError("duplicate", found=label, expected="one entry per key", where=where))
                continue
            try:
                getattr(tables, key)[label] = documents.validate(model, row, name, FactorError)
            except FactorError as problem:
                problems.append(problem.at(Where(name, getattr(row, "line", None), f"{label}.{problem.where.column}")))
    tables.packages.update(data.get("packages") or {})
    tables.materials.update(data.get("materials") or {})
