"""Suppliers' footprints on the articles they belong to: columns of an articles, items or lines file.

What a file says of a piece (`unit_co2e_kg`) is what orders, packing, carts and labels read; nothing else has to know of PACT.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from carbon.errors import InputError, OrdersError, UnitError, Where
from carbon.exchange.pact import Footprints, SupplierFootprint
from carbon.exchange.reject import Reject
from carbon.units import Quantity, parse_quantity
from carbon.whole import writing

#: Columns that tell which article a row is of, and how much a piece holds.
KEYS = ("sku", "gtin", "product_id", "content", "unit_mass_kg")
VALUE = "unit_co2e_kg"
#: What is written beside the value, so that it can be followed to its footprint.
BESIDE = ("footprint_id", "footprint_source", "footprint_declared", "footprint_primary_share", "footprint_left_out_kg")
_PINT = {
    "liter": "l", "kilogram": "kg", "cubic meter": "m**3", "kilowatt hour": "kW*h", "megajoule": "MJ",
    "square meter": "m**2", "piece": "item",
}  # fmt: skip
#: Masses are rounded; more than so much above the article's own is another amount.
_ROUNDING = 0.01


@dataclass(frozen=True)
class Taken:
    """A footprint on an article.

    Attributes
    ----------
    pieces : float
        Declared amounts that a piece of the article holds.
    unit_co2e_kg : float
        Of a piece.
    """

    article: str
    footprint: SupplierFootprint
    pieces: float
    unit_co2e_kg: float


@dataclass(frozen=True)
class Filled:
    """A file whose articles have got their suppliers' footprints.

    Attributes
    ----------
    rows, filled, replaced : int
        Rows of the file; those that have a footprint now; those of them that had another before.
    rejects : tuple of Reject
        Footprints that no article took, and the articles that could not.
    """

    rows: int
    filled: int
    replaced: int
    taken: tuple[Taken, ...]
    rejects: tuple[Reject, ...]


def with_footprints(articles: Path | str, footprints: Footprints, output: Path | str) -> Filled:
    """Write an articles, items or lines file again, with its suppliers' footprints in `unit_co2e_kg`.

    A footprint is for an article where its GTIN is the article's `gtin`, its product id the article's `product_id`, or
    the buyer's own number in it the article's `sku`. Of several the newest is taken.

    Parameters
    ----------
    articles : Path or str
        CSV in UTF-8 or Parquet, with `sku`, `gtin` or `product_id`; `content` says how much of the product a piece holds.
    output : Path or str
        CSV or Parquet, by its ending.

    Raises
    ------
    OrdersError
        If the file cannot be read, or names no article.
    """
    with _Table(Path(articles)) as table:
        if not set(table.names) & {"sku", "gtin", "product_id"}:
            raise OrdersError(
                "no column names an article", found=", ".join(table.names[:20]), expected="sku, gtin or product_id",
                mend="rename a column", where=Where(str(articles)),
            )  # fmt: skip
        given = [table.quoted(name) if name in table.names else "NULL" for name in KEYS]
        keys = table.query(f"SELECT DISTINCT {', '.join(given)} FROM given ORDER BY ALL")
        taken, rejects = _matched(keys, footprints.taken)
        rows, filled, replaced = table.fill(
            [(*keys[place], repr(each.unit_co2e_kg), *_beside(each)) for place, each in taken.items()],
            given, (VALUE, *BESIDE), Path(output), keep=False,
        )  # fmt: skip
    return Filled(rows, filled, replaced, tuple(taken.values()), rejects)


def with_articles(lines: Path | str, articles: Path | str, output: Path | str, beside: bool = False) -> tuple[int, int]:
    """Write a lines or articles file again, with the articles' footprints by `sku` where a row has none of its own.

    Parameters
    ----------
    articles : Path or str
        With `sku` and `unit_co2e_kg`.
    beside : bool
        Whether what tells where a footprint comes from goes with it.

    Returns
    -------
    Rows, and how many of them got a footprint here.

    Raises
    ------
    OrdersError
        If a file cannot be read, or an article stands with two footprints.
    """
    columns = (VALUE, *BESIDE) if beside else (VALUE,)
    with _Table(Path(articles)) as table:
        if not {"sku", VALUE} <= set(table.names):
            raise OrdersError(
                "this is no articles file with footprints", found=", ".join(table.names[:20]), expected=f"sku, {VALUE}",
                where=Where(str(articles)),
            )  # fmt: skip
        sku, value = table.quoted("sku"), table.quoted(VALUE)
        given = f"FROM given WHERE {sku} IS NOT NULL AND {value} IS NOT NULL GROUP BY {sku}"
        twice = table.query(
            f"SELECT {sku} {given} HAVING count(DISTINCT CAST({value} AS DOUBLE)) > 1 ORDER BY 1 LIMIT 1"
        )
        if twice:
            raise OrdersError(
                "an article stands with two footprints", found=twice[0][0], expected="one row an article",
                mend="leave one of its rows", where=Where(str(articles)),
            )  # fmt: skip
        held = [table.quoted(name) if name in table.names else "NULL" for name in columns]
        known = table.query(f"SELECT {sku}, {', '.join(f'any_value({name})' for name in held)} {given}")
    with _Table(Path(lines)) as table:
        given = [table.quoted("sku") if "sku" in table.names else "NULL"]
        rows, filled, _ = table.fill(known, given, columns, Path(output), keep=True)
    return rows, filled


def _beside(taken: Taken) -> tuple[str, str, str, str, str]:
    each = taken.footprint
    share = "" if each.primary_share is None else f"{each.primary_share:g}"
    left_out_kg = (each.removals_kg + (each.uptake_kg or 0.0)) * taken.pieces
    return each.id, each.source, f"{taken.pieces:.12g} x {each.declared}", share, f"{left_out_kg:.12g}"


def _matched(
    articles: Sequence[tuple[str | None, ...]], footprints: Sequence[SupplierFootprint]
) -> tuple[dict[int, Taken], tuple[Reject, ...]]:
    by: dict[tuple[str, str], list[SupplierFootprint]] = {}
    for each in footprints:
        for kind, numbers in (("gtin", each.gtins), ("product_id", each.product_ids), ("sku", each.codes)):
            for number in numbers:
                by.setdefault((kind, number.casefold()), []).append(each)
    taken: dict[int, Taken] = {}
    rejects: list[Reject] = []
    met: set[int] = set()
    for place, article in enumerate(articles):
        sku, gtin, product_id, content, mass = article
        numbers = (("gtin", "".join((gtin or "").split()).replace("-", "").zfill(14)), ("product_id", product_id or ""),
                   ("sku", sku or ""))  # fmt: skip
        able = {id(each): each for kind, number in numbers for each in by.get((kind, number.strip().casefold()), ())}
        met |= able.keys()
        for each in sorted(able.values(), key=lambda each: each.age, reverse=True):
            name = next(filter(None, (sku, gtin, product_id)), "")
            if place in taken:
                rejects.append(_reject(each, "older", taken[place].footprint.id, name))
                continue
            try:
                pieces = _pieces(each, content, mass)
            except _Unfit as unfit:
                rejects.append(_reject(each, unfit.reason, unfit.found, name))
            else:
                taken[place] = Taken(name, each, pieces, each.co2e_kg * pieces)
    rejects += [
        _reject(each, "no_article", ", ".join(each.product_ids)) for each in footprints if id(each) not in met
    ]  # fmt: skip
    # A row of a lines file says the same of an article as the next.
    return taken, tuple(dict.fromkeys(rejects))


class _Unfit(Exception):
    def __init__(self, reason: str, found: str):
        self.reason, self.found = reason, found
        super().__init__(reason)


def _reject(each: SupplierFootprint, reason: str, found: str, article: str = "") -> Reject:
    return Reject(each.file, each.number, each.id, each.product, reason, found[:300], article)


def _pieces(footprint: SupplierFootprint, content: str | None, mass: str | None) -> float:
    """Return how many of the declared amount a piece of an article holds.

    Without a `content` a piece is one piece, or the product whose amount the footprint declares; one of a unit may
    as well be bulk, of which a piece holds nobody knows how much.
    """
    declared = float(footprint.amount) * parse_quantity(f"1 {_PINT[footprint.unit]}")
    if content and content.strip():
        return _ratio(content.strip(), declared, footprint)
    if footprint.unit == "piece":
        return 1 / float(footprint.amount)
    if footprint.amount == 1:
        raise _Unfit("no_content", footprint.declared)
    own_kg = declared.to("kg").magnitude if footprint.unit == "kilogram" else footprint.mass_kg
    gross_kg = _number(mass)
    if own_kg is not None and gross_kg is not None and own_kg > gross_kg * (1 + _ROUNDING):
        raise _Unfit("too_heavy", f"{own_kg:g} kg > {gross_kg:g} kg")
    return 1.0


@lru_cache(maxsize=65_536)
def _quantity(text: str) -> Quantity | None:
    try:
        return parse_quantity(text)
    except UnitError:
        return None


def _ratio(content: str, declared: Quantity, footprint: SupplierFootprint) -> float:
    held = _quantity(content)
    if held is None or held.magnitude <= 0:
        raise _Unfit("unit", content)
    if held.is_compatible_with(declared.units):
        return float((held / declared).to("dimensionless").magnitude)
    if held.is_compatible_with("kg") and footprint.mass_kg:
        return float(held.to("kg").magnitude) / footprint.mass_kg
    raise _Unfit("unit", f"{content}, {footprint.declared}")


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text else None
    except ValueError:
        return None


class _Table:
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
            raise OrdersError(
                "the table cannot be read", found=str(error).splitlines()[0][:200], expected="CSV in UTF-8, or Parquet",
                mend="save it again in that format", where=Where(path.name),
            ) from None  # fmt: skip
        self._headers = {name.strip().casefold(): name for name in found}
        self.names = list(self._headers)

    def __enter__(self) -> _Table:
        return self

    def __exit__(self, *what: object) -> None:
        self._database.close()

    def quoted(self, name: str) -> str:
        """Return a column's name as SQL takes it, by its header in the file where there is one."""
        header = self._headers.get(name, name)
        return '"' + header.replace('"', '""') + '"'

    def query(self, text: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self._database.execute(text).fetchall()

    def fill(
        self, found: list[tuple[Any, ...]], keys: list[str], columns: tuple[str, ...], output: Path, keep: bool
    ) -> tuple[int, int, int]:
        """Write the table with columns filled by its keys; returns rows, rows filled, and rows that had another value.

        Parameters
        ----------
        found : list of tuple
            Values of the keys, then of the columns.
        keep : bool
            Whether a value that stands there already stays.
        """
        names = [f"k{place}" for place in range(len(keys))] + [f"v{place}" for place in range(len(columns))]
        self._database.execute(f"CREATE TABLE found ({', '.join(f'{name} VARCHAR' for name in names)})")
        if found:
            self._database.executemany(f"INSERT INTO found VALUES ({', '.join('?' * len(names))})", found)
        same = " AND ".join(f"given.key{place} IS NOT DISTINCT FROM found.k{place}" for place in range(len(keys)))
        own = self.quoted(columns[0]) if columns[0] in self.names else "NULL"
        hit = f"found.v0 IS NOT NULL{f' AND {own} IS NULL' if keep else ''}"
        chosen = [f"given.{self.quoted(name)}" for name in self.names if name not in columns]
        for place, name in enumerate(columns):
            before = f"given.{self.quoted(name)}" if name in self.names else "NULL"
            chosen.append(f"CASE WHEN {hit} THEN found.v{place} ELSE {before} END AS {name}")
        keyed = ", ".join(f"{key} AS key{place}" for place, key in enumerate(keys))
        self._database.execute(
            f"CREATE TABLE made AS SELECT {', '.join(chosen)}, {hit} AS hit_, {own} IS NOT NULL AS had_, place_ FROM "
            f"(SELECT *, {keyed}, row_number() OVER () AS place_ FROM given) AS given LEFT JOIN found ON {same}"
        )
        counts = self.query("SELECT count(*), count(*) FILTER (hit_), count(*) FILTER (hit_ AND had_) FROM made")[0]
        _written(self._database, output)
        return counts


def _written(database: Any, output: Path) -> None:
    """Write the made table whole or not at all."""
    kind = "FORMAT parquet" if output.suffix == ".parquet" else "FORMAT csv, HEADER"
    with tempfile.TemporaryDirectory(prefix="carbon-articles-") as folder:
        made = Path(folder) / "made"
        name = str(made).replace("'", "''")
        database.execute(f"COPY (SELECT * EXCLUDE (hit_, had_, place_) FROM made ORDER BY place_) TO '{name}' ({kind})")
        with made.open("rb") as source, writing(output) as stream:
            shutil.copyfileobj(source, stream)
