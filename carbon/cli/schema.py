"""`carbon schema`."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from carbon.cli.common import AsJson, app, print_json


class Document(StrEnum):
    """Documents that have a schema."""

    ORDERS = "orders"
    ESTIMATE = "estimate"
    RESULT = "result"
    FACTORS = "factors"
    ORGANISATION = "organisation"


@app.command("schema")
def schema_command(document: Annotated[Document, typer.Argument()], as_json: AsJson = False) -> None:
    """Print the columns of the orders table, or the JSON Schema of a document."""
    from carbon import orders_text, schema_of

    if document is Document.ORDERS and not as_json:
        sys.stdout.write(orders_text())
    else:
        print_json(schema_of(str(document)))
