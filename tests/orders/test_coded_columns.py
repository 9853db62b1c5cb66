"""Text that a Parquet file holds by code is read by code, and gives what plain text gives."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from carbon.orders.table import OrdersInput

WORDS = {
    "service": ["road", " road ", None, "", "=road", "air"],
    "destination_country": ["GB", "United Kingdom", None, "Atlantis", "DE", "CN"],
    "destination_postcode": ["SW1A 1AA", None, "01067", "  ", "CV1", "\x07"],
    "package": ["box", None, "x" * 201, "box", "-", "mailer"],
    "product_category": [None, "rugs", "rugs", "@rugs", "linen", ""],
    "currency": ["GBP", "gbp", None, "pounds", "EUR", "GBP"],
}


def _table(rows: int) -> pa.Table:
    columns = {"parcel_id": [f"P{row}" for row in range(rows)], "shipped_on": ["2025-06-30"] * rows}
    columns |= {"goods_mass_kg": [1.0 + row % 7 for row in range(rows)]}
    # Each column turns at a pace of its own, so that every word meets nulls and problems of the others.
    columns |= {
        name: [words[(row // (turn + 1)) % len(words)] for row in range(rows)]
        for turn, (name, words) in enumerate(WORDS.items())
    }
    return pa.table(columns)


def _read(path):
    chunks = list(OrdersInput.open(path).chunks(1000))
    rows = [row for chunk in chunks for row in chunk.table.to_pylist()]
    rejects = [each for chunk in chunks for each in chunk.rejects]
    return chunks, rows, rejects


@pytest.mark.parametrize("groups", [5000, 700])
def test_coded_text_reads_as_plain_text_does(tmp_path, groups):
    """Proves for good, changed, empty, null and refused words that rows and rejects do not depend on the encoding."""
    table = _table(5000)
    pq.write_table(table, tmp_path / "coded.parquet", row_group_size=groups)
    pq.write_table(table, tmp_path / "plain.parquet", row_group_size=groups, use_dictionary=False)
    _, rows, rejects = _read(tmp_path / "coded.parquet")
    plain, plain_rows, plain_rejects = _read(tmp_path / "plain.parquet")
    assert rows == plain_rows and rejects == plain_rejects
    assert len(rows) + len(rejects) == 5000 and len(rows) > 400 and len(rejects) > 400
    assert {each.reason for each in rejects} >= {"formula", "unknown_country", "too_long", "control_character"}
    assert not any(pa.types.is_dictionary(kind) for chunk in plain for kind in chunk.table.schema.types)


def test_unchanged_words_stay_coded(tmp_path):
    """Proves that the quick way is taken: a column whose words pass as they are keeps its codes, an id never has any."""
    words = {"service": ["road", "air"] * 2500, "package": ["box"] * 5000, "parcel_id": [f"P{n}" for n in range(5000)]}
    rest = {"shipped_on": ["2025-06-30"] * 5000, "destination_country": ["GB"] * 5000}
    pq.write_table(pa.table(words | rest), tmp_path / "orders.parquet")
    chunk = next(OrdersInput.open(tmp_path / "orders.parquet").chunks())
    kinds = {name: pa.types.is_dictionary(chunk.table.schema.field(name).type) for name in words}
    assert kinds == {"service": True, "package": True, "parcel_id": False}
