"""Schemas of the documents users write and read."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from carbon.errors import InputError
from carbon.estimate.result import Result
from carbon.estimate.shipment import Shipment
from carbon.factors.factor import Factor, Parameter, Proxy, Region, Source
from carbon.ledger import SignOffs
from carbon.orders.items import COLUMNS as ITEM_COLUMNS
from carbon.orders.stops import STOP_COLUMNS
from carbon.orders.table import COLUMNS
from carbon.organisation import Organisation
from carbon.organisation.fleet import Fleet


class _FactorFile(BaseModel):
    """A factor file; of a factor `id`, `value`, `unit`, `boundary`, `gas_basis` and `source` are enough."""

    factors: list[Factor] = []
    parameters: list[Parameter] = []
    proxies: list[Proxy] = []
    sources: dict[str, Source] = {}
    regions: dict[str, Region] = {}
    shared: list[dict] = []


_TABLES = {"orders": COLUMNS, "items": ITEM_COLUMNS, "stops": STOP_COLUMNS}
_MODELS = {
    "estimate": Shipment,
    "result": Result,
    "factors": _FactorFile,
    "organisation": Organisation,
    "fleet": Fleet,
    "sign-offs": SignOffs,
}


def of(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a document, or for ``orders``, ``items`` and ``stops`` the columns of the table.

    Raises
    ------
    InputError
        If there is no such document.
    """
    if name in _TABLES:
        return {
            "columns": [
                {
                    "name": column.name,
                    "type": column.kind,
                    "unit": column.unit,
                    "required": column.required,
                    "rule": column.rule,
                    "description": column.description,
                    "description_zh": column.description_zh,
                }
                for column in _TABLES[name]
            ]
        }
    if name not in _MODELS:
        raise InputError("no such schema", found=name, expected=", ".join([*_TABLES, *_MODELS]))
    schema = _MODELS[name].model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": name}


def orders_text() -> str:
    """Return the orders columns as a plain table."""
    return _text("orders") + "* required; one row per parcel, all other columns may be absent or empty\n"


def items_text() -> str:
    """Return the items columns as a plain table."""
    return _text("items") + "one row per item of a parcel; parcel_id or order_id, and a size, are needed\n"


def stops_text() -> str:
    """Return the stops columns as a plain table."""
    return _text("stops") + "* required; one row per stop: a place, and a mass delivered or collected, are needed\n"


def _text(name: str) -> str:
    rows = [("column", "unit", "rule", "meaning")]
    rows += [
        (column.name + (" *" if column.required else ""), column.unit or "", column.rule, column.description)
        for column in _TABLES[name]
    ]
    widths = [max(len(row[position]) for row in rows) for position in range(3)]
    lines = [
        "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]).rstrip()
        for row in rows
    ]
    return "\n".join(lines) + "\n"
