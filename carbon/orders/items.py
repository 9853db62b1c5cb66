"""The items file: what is in each order, how large it is and how it may lie. For the packing optimiser.

It may be the lines file with more columns. Cells are checked as orders are; an order with an item that cannot be used
is named, and nothing is packed for it.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from carbon.errors import OrdersError, Where
from carbon.orders import check
from carbon.orders.columns import Column
from carbon.orders.declared import day_of
from carbon.orders.gtin import gtin14, is_gtin
from carbon.orders.mapping import Mapping, bind, read_mapping
from carbon.orders.raw import RawBatch
from carbon.orders.rejects import REASONS, sentence
from carbon.orders.source import open_source

_ROWS = 32_768
#: Beyond this DuckDB goes on in files, with so many threads: each needs room of its own.
_MEMORY, _THREADS = "100MB", 2
#: Nothing is heavier than osmium, 22,600 kg/m3: a higher density is a wrong unit.
HIGHEST_DENSITY_KG_PER_M3 = 22_600
#: What lengths of one SKU differ by when their units are mixed.
_UNIT_RATIOS = (2.54, 10.0, 12.0, 25.4, 30.48, 100.0, 304.8, 1000.0)
_WITH_UNIT = re.compile(r"^\s*[+-]?[\d.,]+\s*[A-Za-z\"'″′毫厘米英寸磅克]+\.?\s*$")

YES, NO = ("yes", "true", "1", "y", "是"), ("no", "false", "0", "n", "否")
ROTATIONS = ("best_fit", "this_way_up", "never")
_CHOICES = {"rotation": ROTATIONS, "fragile": YES + NO, "own_container": YES + NO}


def _text(name: str, en: str, zh: str) -> Column:
    return Column(name, "text", None, False, None, None, en, zh)


def _number(name: str, unit: str, high: float, en: str, zh: str, above: bool = False) -> Column:
    return Column(name, "number", unit, False, 0, high, en, zh, above)


COLUMNS: tuple[Column, ...] = (
    _text("parcel_id", "Parcel of the orders file that the item is in", "所属包裹编号"),
    _text("order_id", "Order of the item, where the file has no parcel_id", "所属订单编号（无 parcel_id 时）"),
    _text("sku", "Article number; what the packer is told to take", "商品编号"),
    _text("gtin", "GTIN of a piece, 8, 12, 13 or 14 digits; on its label the QR code is a GS1 Digital Link then", "单件商品的 GTIN（8、12、13 或 14 位）；其标签二维码即为 GS1 Digital Link"),
    Column("quantity", "integer", None, False, 1, 100_000, "Number of pieces, 1 if absent", "件数，缺省为 1"),
    _number("unit_mass_kg", "kg", 1000, "Mass of a piece in its sales packaging", "单件质量（含销售包装）", above=True),
    _number("length_m", "m", 20, "Length of a piece in its sales packaging; 0 is unknown", "单件长度（含销售包装），0 为未知"),
    _number("width_m", "m", 20, "Width", "单件宽度"),
    _number("height_m", "m", 20, "Height, as it stands", "单件高度（正放）"),
    _number("unit_volume_m3", "m**3", 100, "Volume of a piece; shapes a size that is missing", "单件体积；用于推算缺失尺寸"),
    _text("product_category", "Category; its usual size stands in for a missing one", "商品类别；缺失尺寸取该类常见尺寸"),
    _text("rotation", "best_fit (any way), this_way_up (turned on its base) or never", "可否翻转：best_fit、this_way_up、never"),
    _number("top_load_kg", "kg", 100_000, "Most mass that may rest on a piece; any if absent", "单件可承受的堆压质量，缺省不限"),
    _text("fragile", "yes: nothing on top", "易碎（是则不可堆压）"),
    _text("keep_together", "Items that name the same group go into one parcel", "同组商品装入同一包裹"),
    _text("kind", "What the item is, for keep_apart of others", "商品属性，供 keep_apart 引用"),
    _text("keep_apart", "Kinds that share no parcel with it, separated by ;", "不可同装的属性，以 ; 分隔"),
    _text("own_container", "yes: a piece may ship in its sales packaging alone", "可原箱直发"),
    _text("temperature", "Temperature class, ambient if absent", "温度类别，缺省为 ambient"),
    _number("unit_co2e_kg", "kg", 1_000_000, "Product carbon footprint of a piece, as its supplier declares it", "供应商声明的单件产品碳足迹"),
    _text("footprint_valid_from", "First day of that footprint, YYYY-MM-DD; always if absent", "该足迹生效日（YYYY-MM-DD），缺省为始终有效"),
    _text("footprint_valid_to", "Its last day", "该足迹最后有效日"),
)  # fmt: skip
BY_NAME = {column.name: column for column in COLUMNS}
#: What stood in for a size: nothing, the usual size of the category, that of all items.
GIVEN, BY_CATEGORY, BY_ALL, UNKNOWN = "given", "category", "all", "unknown"


class ItemsMapping(Mapping):
    """A mapping file for items; the same as for orders, with the columns of items."""

    known: ClassVar = BY_NAME
    listed: ClassVar[str] = "`carbon schema items`"


class OrderItems:
    """Items of all orders, checked, held in DuckDB.

    Parameters
    ----------
    path : path
        CSV, Excel or Parquet with the columns of `COLUMNS`, or foreign ones with a mapping.
    mapping : path, optional
    fallback : bool
        Whether the usual size of the category stands in for a missing one.
    key : str, optional
        ``sku`` for a list of articles, which need belong to no order.

    Attributes
    ----------
    key : str
        ``parcel_id`` or ``order_id``: what the items belong to; or ``sku``.
    notes : list of str
        What a reader of the plan must know of the file.
    counts : bool
        Whether rows of the orders file were counted.
    """

    def __init__(
        self, path: Path | str, mapping: Path | str | None = None, fallback: bool = True, key: str | None = None
    ):
        import duckdb  # not loaded for a cart

        self.name, self.counts = str(path), False
        mapped = read_mapping(mapping, ItemsMapping)
        source = open_source(path, mapped)
        self._mapping = mapped
        self._bound, _ = bind(mapped, source.headers, self.name, required=())
        constants = {name for name, column in mapped.columns.items() if column.value is not None}
        have = self._bound.keys() | constants
        owners = {key} if key else {"parcel_id", "order_id"}
        told = {"length_m", "unit_volume_m3", *(("unit_mass_kg",) if key else ())}
        if not have & owners or not have & told:
            measures = "unit_mass_kg or sizes" if key else "length_m, width_m, height_m"
            raise OrdersError(
                "this is no items file",
                found=", ".join(source.headers[:20]),
                expected=f"{key or 'parcel_id or order_id'}, and {measures}",
                mend="rename the headers, or say which is which in a mapping file (--items-mapping)",
                where=Where(self.name),
            )
        self.key = key or ("parcel_id" if "parcel_id" in have else "order_id")
        # A folder of its own: runs beside this one would remove each other's files.
        self._spill = tempfile.TemporaryDirectory(prefix="carbon-items-", ignore_cleanup_errors=True)
        self._database = duckdb.connect(
            config={
                "temp_directory": self._spill.name, "memory_limit": _MEMORY, "threads": _THREADS,
                "preserve_insertion_order": False,
            }
        )  # fmt: skip
        self._database.execute("ATTACH ':memory:' AS packed (COMPRESS); USE packed").fetchall()
        kinds = ", ".join(f"{each.name} {_SQL[each.kind]}" for each in COLUMNS)
        self._database.execute(f"CREATE TABLE items (row BIGINT, {kinds}, complaint VARCHAR)").fetchall()
        units = {key: column.unit_from for key, column in mapped.columns.items() if column.unit_from}
        self._wanted = list(dict.fromkeys([*self._bound.values(), *units.values()]))
        for raw in source.batches(self._wanted, _ROWS):
            self._load(raw)
        self._database.execute(
            _SIZED.format(key=self.key, fallback="true" if fallback else "false", **_DAYS)
        ).fetchall()
        self._database.execute("CHECKPOINT packed").fetchall()
        self.rows = self._one("SELECT count(*) FROM sized")
        self.notes = self._mixed_units()
        self.stood_in: Counter[str] = Counter(
            dict(self._database.execute("SELECT source, count(*) FROM sized GROUP BY source").fetchall())
        )

    def of(self, ids: pa.Array) -> dict[int, list[dict[str, Any]]]:
        """Return the items of some parcels or orders: position among `ids` to rows, in the order of the file."""
        return by_position(self.table_of(ids))

    def table_of(self, ids: pa.Array) -> pa.Table:
        """Return the items of some parcels or orders as a table for `by_position`.

        Its column ``alike`` is the same for items that differ in nothing but article, category and row.
        """
        return self._found(
            f"SELECT ids.position, found.* EXCLUDE id, hash({_ALIKE}) AS alike FROM ids JOIN "
            "(SELECT * FROM sized WHERE id BETWEEN $1 AND $2) AS found USING (id) ORDER BY ids.position, found.row",
            ids,
        )

    def all(self) -> Iterator[dict[str, Any]]:
        """Yield every item that has a key, in the order of the file."""
        found = self._database.sql("SELECT * FROM sized ORDER BY row").to_arrow_reader(_ROWS)
        for batch in found:
            yield from batch.to_pylist()

    def count(self, ids: pa.Array) -> None:
        """Count rows of the orders file, so that `repeated` can tell orders with more than one."""
        self.counts = True
        self._database.execute("CREATE TABLE IF NOT EXISTS seen (id VARCHAR)").fetchall()
        self._database.register("ids", pa.table({"id": ids}))
        self._database.execute("INSERT INTO seen SELECT id FROM ids").fetchall()
        self._database.unregister("ids")

    def counted(self) -> None:
        """Keep what was counted more than once; nothing is counted after it."""
        self._database.execute(
            "CREATE TABLE repeated AS SELECT id FROM seen GROUP BY id HAVING count(*) > 1 ORDER BY id; DROP TABLE seen; "
            "CHECKPOINT packed"
        ).fetchall()

    def repeated(self, ids: pa.Array) -> list[int]:
        """Return the positions of ids that were counted more than once."""
        rows = self._found(
            "SELECT position FROM ids SEMI JOIN (SELECT id FROM repeated WHERE id BETWEEN $1 AND $2) USING (id) "
            "ORDER BY position",
            ids,
        )
        return rows["position"].to_pylist()

    def _found(self, query: str, ids: pa.Array) -> pa.Table:
        """Ask for ids; those that ascend ask for few of the rows held."""
        bounds = pc.min_max(ids).as_py()
        self._database.register("ids", pa.table({"id": ids, "position": np.arange(len(ids))}))
        found = self._database.sql(query, params=[bounds["min"], bounds["max"]]).to_arrow_table()
        self._database.unregister("ids")
        return found

    def _one(self, query: str) -> Any:
        return self._database.execute(query).fetchall()[0][0]

    def _load(self, raw: RawBatch) -> None:
        if raw.broken:
            raise OrdersError(
                REASONS[raw.broken[0].reason][0],
                found=raw.broken[0].found,
                expected="as many cells as headers: whose item it is cannot be known",
                mend=REASONS[raw.broken[0].reason][2],
                where=Where(self.name, raw.broken[0].row + 1),
            )
        count = len(raw.rows)
        problems = check.Problems(count)
        arrays = {column.name: self._column(column, raw, count, problems) for column in COLUMNS}
        complaints: list[str | None] = [None] * count
        for position, (name, reason) in problems.first.items():
            complaints[position] = self._complaint(raw, position, name, reason)
        table = pa.table({"row": pa.array(raw.rows), **arrays, "complaint": pa.array(complaints, pa.string())})
        self._database.register("batch", table)
        self._database.execute("INSERT INTO items SELECT * FROM batch").fetchall()
        self._database.unregister("batch")

    def _column(self, column: Column, raw: RawBatch, count: int, problems: check.Problems) -> pa.Array:
        mapped, header = self._mapping.columns.get(column.name), self._bound.get(column.name)
        if header is not None:
            array = check.plain(raw.columns[header])
        elif mapped is not None:
            array = pa.array([str(mapped.value)] * count, pa.string())
        else:
            return pa.nulls(count, column.arrow_type)
        if pa.types.is_boolean(array.type):
            array = array.cast(pa.string())
        if column.kind == "text":
            array = check.to_text(array, column, problems)
            if column.name == "gtin":
                return self._gtin(array, column, problems)
            return self._choice(array, column, problems) if column.name in _CHOICES else array
        array = check.to_number(array, column, problems, self._mapping.decimal)
        if mapped is not None and (mapped.unit or mapped.unit_from):
            array = check.convert(array, column, mapped.unit or raw.columns[mapped.unit_from], problems)
        if column.kind == "integer":
            return check.to_integer(array, column, problems)
        check.check_bounds(array, column, problems)
        return array

    @staticmethod
    def _choice(array: pa.Array, column: Column, problems: check.Problems) -> pa.Array:
        words = [None if word is None else word.casefold().replace(" ", "_") for word in array.to_pylist()]
        wrong = [word is not None and word not in _CHOICES[column.name] for word in words]
        problems.add(np.array(wrong, dtype=bool), column.name, "not_a_choice")
        return pa.array(words, pa.string())

    @staticmethod
    def _gtin(array: pa.Array, column: Column, problems: check.Problems) -> pa.Array:
        """Return numbers of 14 digits, whatever their length was."""
        if array.null_count == len(array):
            return array
        texts = array.to_pylist()
        good = [text is None or is_gtin(text) for text in texts]
        problems.add(~np.array(good, dtype=bool), column.name, "bad_gtin")
        return pa.array(
            [gtin14(text) if text and ok else None for text, ok in zip(texts, good, strict=True)], pa.string()
        )

    def _complaint(self, raw: RawBatch, position: int, name: str, reason: str) -> str:
        header = self._bound.get(name)
        found = raw.columns[header][position].as_py() if header is not None else None
        if reason == "not_a_number" and isinstance(found, str) and _WITH_UNIT.match(found):
            reason = "unit_in_cell"
        expected = BY_NAME[name].rule if reason.startswith(("too_", "not_a")) and reason != "too_long" else None
        if reason == "not_a_choice":
            expected = ", ".join(_CHOICES[name])
        label = name if header in (None, name) else f"{name} ({header})"
        return f"items row {raw.rows[position]}, {label}: {str(found)[:100]}: {sentence(reason, expected)}"

    def _mixed_units(self) -> list[str]:
        """Name SKUs whose sizes differ between rows by just what one unit of length differs from another."""
        rows = self._database.execute(
            "SELECT sku, max(length_m) / min(length_m) AS ratio FROM sized WHERE sku IS NOT NULL AND length_m > 0 "
            "AND source = 'given' GROUP BY sku HAVING ratio > 1.5 ORDER BY sku"
        ).fetchall()
        near = [(sku, min(_UNIT_RATIOS, key=lambda each: abs(each - ratio)), ratio) for sku, ratio in rows]
        hits = [(sku, unit) for sku, unit, ratio in near if abs(ratio / unit - 1) < 0.02]
        if not hits:
            return []
        named = ", ".join(sku for sku, _ in hits[:5]) + (" ..." if len(hits) > 5 else "")
        ratio = f"{hits[0][1]:g}"
        return [
            f"{len(hits)} articles stand with lengths that differ by a unit's ratio, such as {ratio}: {named}; "
            "are units mixed in a column? name them in a mapping with unit_from"
        ]


def by_position(rows: pa.Table) -> dict[int, list[dict[str, Any]]]:
    """Return the rows of each position, as they stand."""
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows.to_pylist():
        found.setdefault(row["position"], []).append(row)
    return found


#: What tells an item from another but for article, category and row.
_ALIKE = (
    "length_m, width_m, height_m, unit_mass_kg, rotation, top_load_kg, fragile, keep_together, kind, keep_apart, "
    "own_container, temperature"
)


def _medians(condition: str, category: str) -> str:
    """SQL: the median of each measure, found from how often each value stands: few values are held, however many rows."""
    each = ", ".join(
        f"max(low + (high - low) * 0.5) FILTER (what = '{name}') AS {name}" for name in ("l", "w", "h", "kg")
    )
    return f"""
SELECT category, {each} FROM (
    SELECT category, what, min(value) FILTER (upto >= (total + 1) // 2) AS low,
           min(value) FILTER (upto >= (total + 2) // 2) AS high
    FROM (SELECT category, what, value, sum(n) OVER (PARTITION BY category, what ORDER BY value) AS upto,
                 sum(n) OVER (PARTITION BY category, what) AS total
          FROM (SELECT {category} AS category, what, value, sum(n) AS n FROM counted WHERE {condition} GROUP BY ALL))
    GROUP BY category, what)
GROUP BY category"""


_DAYS = {"first": day_of("footprint_valid_from"), "last": day_of("footprint_valid_to")}
_SQL = {"text": "VARCHAR", "number": "DOUBLE", "integer": "INTEGER"}
_SIZED = f"""
CREATE TEMP TABLE counted AS
SELECT category, what, value, count(*) AS n FROM (
    SELECT product_category AS category, unnest(['l', 'w', 'h']) AS what,
           unnest(list_reverse_sort([length_m, width_m, height_m])) AS value
    FROM items WHERE length_m > 0 AND width_m > 0 AND height_m > 0 AND complaint IS NULL
    UNION ALL
    SELECT product_category, 'kg', unit_mass_kg FROM items WHERE unit_mass_kg > 0 AND complaint IS NULL)
GROUP BY ALL;

CREATE TEMP TABLE usual AS {_medians("category IS NOT NULL", "category")};
CREATE TEMP TABLE usual_of_all AS {_medians("true", "NULL::VARCHAR")};

CREATE TABLE sized AS
WITH filled AS (
    SELECT items.* REPLACE (coalesce(quantity, 1) AS quantity),
           coalesce(length_m > 0 AND width_m > 0 AND height_m > 0, false) AS is_given,
           usual.l IS NOT NULL AS has_usual,
           coalesce(usual.l, usual_of_all.l) AS l, coalesce(usual.w, usual_of_all.w) AS w,
           coalesce(usual.h, usual_of_all.h) AS h, usual.kg AS usual_kg
    FROM items LEFT JOIN usual ON usual.category = items.product_category LEFT JOIN usual_of_all ON true
    WHERE {{key}} IS NOT NULL),
shaped AS (
    SELECT *, CASE WHEN unit_volume_m3 > 0 THEN pow(unit_volume_m3 / (l * w * h), 1.0 / 3) ELSE 1 END AS scale FROM filled)
SELECT {{key}} AS id, row, sku, quantity, CASE WHEN unit_mass_kg IS NULL AND {{fallback}} THEN usual_kg ELSE unit_mass_kg END
       AS unit_mass_kg, unit_mass_kg IS NOT NULL AS mass_given, product_category, rotation, top_load_kg,
       coalesce(fragile IN {YES}, false) AS fragile, keep_together, kind, keep_apart,
       coalesce(own_container IN {YES}, false) AS own_container, coalesce(temperature, 'ambient') AS temperature,
       unit_volume_m3, unit_co2e_kg, gtin, {{first}} AS valid_from, {{last}} AS valid_to,
       CASE WHEN is_given THEN length_m WHEN {{fallback}} THEN l * scale END AS length_m,
       CASE WHEN is_given THEN width_m WHEN {{fallback}} THEN w * scale END AS width_m,
       CASE WHEN is_given THEN height_m WHEN {{fallback}} THEN h * scale END AS height_m,
       CASE WHEN is_given THEN '{GIVEN}' WHEN l IS NULL OR NOT {{fallback}} THEN '{UNKNOWN}'
            WHEN has_usual THEN '{BY_CATEGORY}' ELSE '{BY_ALL}' END AS source,
       CASE WHEN complaint IS NOT NULL THEN complaint
            WHEN (footprint_valid_from IS NOT NULL AND {{first}} IS NULL) OR (footprint_valid_to IS NOT NULL AND {{last}} IS NULL)
            THEN 'items row ' || row || ', footprint_valid_from, footprint_valid_to: ' || coalesce(footprint_valid_from, '')
                 || ' ' || coalesce(footprint_valid_to, '') || ': not a date: write YYYY-MM-DD'
            WHEN is_given AND unit_mass_kg > {HIGHEST_DENSITY_KG_PER_M3} * length_m * width_m * height_m
            THEN 'items row ' || row || ', length_m: ' || length_m || ' x ' || width_m || ' x ' || height_m || ' m for '
                 || unit_mass_kg || ' kg is denser than any metal: correct the sizes or their unit'
       END AS complaint
FROM shaped ORDER BY id;
DROP TABLE counted; DROP TABLE usual; DROP TABLE usual_of_all; DROP TABLE items;
"""
