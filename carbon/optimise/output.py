"""What packing writes: the orders file, the plan as JSON, step sheets; files whole or not at all."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from carbon.engine.uncertainty import Difference
from carbon.errors import InputError, Where
from carbon.optimise.checking import support_shares
from carbon.optimise.options import Decision, Filled, Option, Unpacked
from carbon.orders.columns import SCHEMA

#: Columns that packing fills, whatever the orders file had.
_WRITTEN = ("parcel_id", "order_id", "goods_mass_kg", "goods_volume_m3", "package", "item_count")
_MM = 10


class OrdersWriter:
    """Writes orders as CSV or Parquet, by the ending of the name; the file appears when all went well.

    Parameters
    ----------
    path : Path
    given : sequence of str
        Columns of the orders file.
    written : sequence of str
        Columns that are filled, whether or not the file has them: those of packing.
    """

    def __init__(self, path: Path, given: tuple[str, ...], written: tuple[str, ...] | None = None):
        if path.suffix.lower() not in (".csv", ".parquet"):
            raise InputError(
                "orders are written as CSV or Parquet", found=path.name, expected="a name that ends in .csv or .parquet",
                where=Where(str(path)),
            )  # fmt: skip
        self.path = path
        self.partial_path = path.with_name(f".{path.stem}.partial{path.suffix}")
        self._schema = pa.schema([field for field in SCHEMA if field.name in {*given, *(written or _WRITTEN)}])
        self._file: Any = None

    def __enter__(self) -> OrdersWriter:
        if self.path.suffix.lower() == ".csv":
            self._file = pc.CSVWriter(
                str(self.partial_path), self._schema, write_options=pc.WriteOptions(quoting_style="needed")
            )
        else:
            self._file = pq.ParquetWriter(self.partial_path, self._schema, compression="zstd")
        return self

    def write(self, table: pa.Table) -> None:
        """Add rows."""
        self._file.write_table(table.select(self._schema.names))

    def close(self) -> None:
        """End the file, so that it can be read."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __exit__(self, *failure: object) -> None:
        self.close()
        if failure[0] is None:
            self.partial_path.replace(self.path)
        else:
            self.partial_path.unlink(missing_ok=True)


class PlanWriter:
    """Writes the packing plan as one JSON document, an order at a time; does nothing without a path."""

    def __init__(self, path: Path | str | None):
        self._path = None if path is None else Path(path)
        self._file: IO[str] | None = None
        self._first = True

    def __enter__(self) -> PlanWriter:
        if self._path is not None:
            self._partial = self._path.with_name(f".{self._path.name}.partial")
            self._file = self._partial.open("w", encoding="utf-8", newline="\n")
            self._file.write('{"orders": [\n')
        return self

    def write(self, records: Sequence[str]) -> None:
        """Write orders, each as `plan_text` or `unpacked_text` gave it."""
        if self._file is not None:
            for text in records:
                self._file.write(("" if self._first else ",\n") + text)
                self._first = False

    def finish(self, packing: Any) -> None:
        """Write the summary."""
        if self._file is not None:
            self._file.write('\n], "summary": ' + _json(packing.as_dict()) + "}\n")

    def __exit__(self, *failure: object) -> None:
        if self._file is None:
            return
        self._file.close()
        if failure[0] is None:
            self._partial.replace(self._path)
        else:
            self._partial.unlink(missing_ok=True)


class SheetWriter:
    """Writes a step sheet for each parcel into a folder; does nothing without one.

    `filled` are the packages that take filling; `names` are packages' names in the language, where they have one.
    """

    def __init__(
        self,
        folder: Path | str | None,
        language: str,
        filled: Collection[str] = (),
        names: Mapping[str, str | None] | None = None,
    ):
        self._folder, self._language, self._filled = None if folder is None else Path(folder), language, filled
        self._names = names or {}
        self.count = 0

    def add(self, parcel_id: str, order_id: str, decision: Decision) -> None:
        """Draw the parcels of a decision."""
        if self._folder is None:
            return
        from carbon.optimise.sheets import step_sheet

        self._folder.mkdir(parents=True, exist_ok=True)
        count = len(decision.chosen.filled)
        for number, filled in enumerate(decision.chosen.filled, 1):
            takes, called = filled.package in self._filled, self._names.get(filled.package)
            text = step_sheet(
                filled.load, filled.parcel, order_id, number, count, filled.empty_share, self._language, takes, called
            )
            name = file_name(parcel_id if count == 1 else f"{parcel_id}-{number}")
            (self._folder / f"{name}.svg").write_text(text, encoding="utf-8", newline="\n")
            self.count += 1


def file_name(text: str) -> str:
    """Return a name that is safe as a file's: an id that had to be changed carries a part of its hash."""
    safe = re.sub(r"[^A-Za-z0-9_-]", "_", text)[:80]
    return safe if safe == text else f"{safe}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def plan_text(
    parcel_id: str, order_id: str, decision: Decision, currency: str, filled: Collection[str],
    differs: Difference | None = None,
) -> str:  # fmt: skip
    """Return a decision as JSON, with the range of its difference to today where it was drawn.

    Parameters
    ----------
    filled : collection of str
        Packages that take filling.
    """
    record = plan_of(parcel_id, order_id, decision, currency, filled)
    return _json(record | ({} if differs is None else {"difference": vars(differs)}))


def unpacked_text(parcel_id: str, order_id: str, unpacked: Unpacked) -> str:
    """Return an order that keeps its package, with the reason, as JSON."""
    reason = {"code": unpacked.code, "found": unpacked.detail, "sentence": unpacked.sentence}
    return _json({"parcel_id": parcel_id, "order_id": order_id, "parcels": [], "not_packed": reason})


def plan_of(
    parcel_id: str, order_id: str, decision: Decision, currency: str, filled: Collection[str]
) -> dict[str, Any]:
    """Return a decision as plain values."""
    chosen, today = decision.chosen, decision.today
    count = len(chosen.filled)
    return {
        "parcel_id": parcel_id,
        "order_id": order_id,
        "parcels": [
            _parcel(f"{parcel_id}/{number}" if count > 1 else parcel_id, each, each.package in filled)
            for number, each in enumerate(chosen.filled, 1)
        ],
        "co2e_kg": chosen.co2e_kg,
        "cost": _money(chosen.money, currency),
        "currency": currency or None,
        "today": {
            "package": today.package,
            "co2e_kg": today.co2e_kg,
            "cost": _money(today.money, currency),
            "holds_the_items": today.fits,
        },
        "options": [_option(option, currency, option is chosen) for option in decision.front],
        "lost": [
            {
                "package": each.package,
                "code": each.code,
                "sentence": each.sentence(currency),
                "more_co2e_kg": each.co2e_kg,
                "more_cost": None if each.money is None else _money(each.money, currency),
            }
            for each in decision.lost
        ],
        "notes": list(decision.notes),
    }


def _parcel(parcel_id: str, filled: Filled, takes_filling: bool) -> dict[str, Any]:
    load, parcel = filled.load, filled.parcel
    return {
        "parcel_id": parcel_id,
        "package": filled.package,
        "inside_mm": _mm(parcel.inside),
        "goods_mass_kg": load.mass_kg,
        "goods_volume_m3": load.volume_m3,
        "gross_mass_kg": load.mass_kg + parcel.box.tare_kg,
        "co2e_kg": filled.co2e_kg,
        "empty_share": filled.empty_share,
        "filling_counted": takes_filling,
        "more_empty_than_eu_2025_40": filled.flagged,
        "steps": [
            {"step": number, "sku": load.items[each.item].key, "at_mm": _mm(each.at), "size_mm": _mm(each.size),
             "supported_share": share}
            for number, (each, share) in enumerate(zip(parcel.placements, support_shares(parcel), strict=True), 1)
        ],
    }  # fmt: skip


def _option(option: Option, currency: str, chosen: bool) -> dict[str, Any]:
    return {
        "packages": list(option.packages),
        "co2e_kg": option.co2e_kg,
        "cost": _money(option.money, currency),
        "chosen": chosen,
    }


def _mm(size: tuple[int, int, int]) -> list[float]:
    return [length / _MM for length in size]


def _money(value: float, currency: str) -> float | None:
    return value if currency and math.isfinite(value) else None


def _json(record: dict[str, Any]) -> str:
    return json.dumps(_finite(record), ensure_ascii=False, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value.item() if hasattr(value, "item") else value
