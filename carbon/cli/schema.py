"""`carbon schema`."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from carbon.cli.common import AsJson, app, out, print_json
from carbon.cli.layout import say, table_of


class Document(StrEnum):
    """Documents that have a schema."""

    ORDERS = "orders"
    ITEMS = "items"
    STOPS = "stops"
    ESTIMATE = "estimate"
    RESULT = "result"
    FACTORS = "factors"
    ORGANISATION = "organisation"
    FLEET = "fleet"
    SIGN_OFFS = "sign-offs"


@app.command("schema")
def schema_command(document: Annotated[Document, typer.Argument()], as_json: AsJson = False) -> None:
    """Print the columns of the orders, items or stops table, or the JSON Schema of a document."""
    from carbon import ORDER_COLUMNS, items_text, orders_text, schema_of, stops_text

    if document is Document.ORDERS and not as_json and out.is_terminal:
        rows = [
            (each.name + " *" * each.required, each.unit or "", each.rule, each.description) for each in ORDER_COLUMNS
        ]
        out.print(table_of(("column", "unit", "rule", "meaning"), rows, left=4))
        say("* required; one row per parcel, all other columns may be absent or empty")
    elif document is Document.ORDERS and not as_json:
        sys.stdout.write(orders_text())
    elif document is Document.ITEMS and not as_json:
        sys.stdout.write(items_text())
    elif document is Document.STOPS and not as_json:
        sys.stdout.write(stops_text())
    else:
        print_json(schema_of(str(document)))
