"""Import by query, the worked example on real data, and the vocabulary."""

from __future__ import annotations

import csv
import gzip
import os
from collections import Counter
from math import isfinite
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from carbon.errors import OrdersError, WorkError
from carbon.orders.columns import COLUMNS
from carbon.orders.importers import import_query
from carbon.orders.places import PlaceMatch, Places
from carbon.orders.table import OrdersInput

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "olist" / "import.sql"
DATA = Path(os.environ.get("CARBON_DATA", ROOT.parent / "shared" / "data" / "olist_2017"))


@pytest.fixture
def shop(tmp_path):
    """A folder with one export; return a function that runs a query in it."""
    folder = tmp_path / "exports"
    folder.mkdir()
    (folder / "o.csv").write_text("id,day\na,2025-06-30\nb,2025-07-01\n")
    (tmp_path / "secret.csv").write_text("id\nx\n")

    def run(sql):
        (tmp_path / "q.sql").write_text(sql)
        return import_query(tmp_path / "q.sql", folder, tmp_path / "out.parquet")

    run.folder, run.output = folder, tmp_path / "out.parquet"
    return run


def test_query_writes_canonical_parquet(shop):
    """Proves that a query over files of its folder becomes orders, with helpers before the SELECT."""
    here = Path.cwd()
    assert (
        shop(
            "CREATE TEMP TABLE t AS FROM 'o.csv';"
            "SELECT id AS parcel_id, day AS shipped_on, 'DE' AS destination_country FROM t"
        )
        == 2
    )
    assert len(next(OrdersInput.open(shop.output).chunks()).rows) == 2
    assert Path.cwd() == here and not list(shop.output.parent.glob(".*"))


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT id AS parcel, day AS shipped_on FROM 'o.csv'", "parcel_id for parcel"),
        ("SELECT id AS parcel_id FROM 'o.csv'", "add shipped_on"),
        ("SELECT [1] AS parcel_id, day AS shipped_on FROM 'o.csv'", "cannot be read later"),
        ("SELECT * FROM '../secret.csv'", "below the folder"),
        ("SELECT * FROM read_text('/etc/hostname')", "below the folder"),
        ("SELECT * FROM 'https://example.org/x.parquet'", "below the folder"),
        ("SELECT * FROM 'absent.csv'", "correct the file name"),
        ("COPY (SELECT 1) TO 'x.csv'", "one SELECT"),
        ("INSTALL httpfs; SELECT 1", "one SELECT"),
        ("ATTACH 'x.db'; SELECT 1", "one SELECT"),
        ("SELECT 1; SELECT 2", "one SELECT"),
        ("SET enable_external_access = true; SELECT * FROM '../secret.csv'", "locked"),
        ("", "one SELECT"),
        ("SELEC 1", "syntax error"),
        ("SELECT id AS parcel_id, CAST(id AS DATE) AS shipped_on FROM 'o.csv'", "the query fails"),
    ],
)
def test_queries_that_are_refused(shop, sql, said):
    """Proves that a query sees its folder only, must return canonical columns, and leaves nothing behind on failure."""
    with pytest.raises(OrdersError) as caught:
        shop(sql)
    assert said in str(caught.value) and "q.sql" in str(caught.value)
    assert not shop.output.exists() and sorted(path.name for path in shop.folder.iterdir()) == ["o.csv"]


def test_output_that_cannot_be_written(shop, tmp_path):
    """Proves that a write that fails is the work's failure, and says that nothing was changed."""
    (tmp_path / "q.sql").write_text("SELECT id AS parcel_id, day AS shipped_on FROM 'o.csv'")
    with pytest.raises(WorkError, match="nothing was changed"):
        import_query(tmp_path / "q.sql", shop.folder, tmp_path / "no" / "such" / "out.parquet")


def _write(folder, name, header, *rows, packed=False):
    path = folder / (name + (".gz" if packed else ""))
    with (gzip.open if packed else open)(path, "wt", encoding="utf-8", newline="") as stream:
        csv.writer(stream, quoting=csv.QUOTE_ALL).writerows([header.split(","), *rows])


@pytest.mark.parametrize("packed", [False, True])
def test_example_serves_other_extracts(tmp_path, packed):
    """Proves the worked example on an invented extract: other order of rows, gaps everywhere, no order lost."""
    _write(
        tmp_path,
        "olist_orders_dataset.csv",
        "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,order_delivered_carrier_date,x",
        ["o1", "c1", "delivered", "2031-01-01 00:00:00", "", "2018-01-03 10:00:00", ""],
        ["o2", "c2", "shipped", "2018-01-01 00:00:00", "2018-01-02 00:00:00", "", ""],
        ["o3", "c9", "delivered", "2018-01-01 00:00:00", "", "", ""],
        ["o4", "c1", "unavailable", "2018-01-01 00:00:00", "", "", ""],
        ["o5", "c1", "created", "2018-01-01 00:00:00", "", "", ""],
        packed=packed,
    )
    _write(
        tmp_path,
        "olist_customers_dataset.csv",
        "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state",
        ["c2", "u", "99999", "curitiba", "PR"],
        ["c1", "u", "01046", "sao paulo", "SP"],
        packed=packed,
    )
    _write(
        tmp_path,
        "olist_geolocation_dataset.csv",
        "geolocation_zip_code_prefix,geolocation_lat,geolocation_lng,geolocation_city,geolocation_state",
        ["01046", "-23.0", "-46.0", "sp", "SP"],
        ["01046", "-24.0", "-47.0", "sp", "SP"],
        ["01046", "41.6", "-8.4", "?", "SP"],
        packed=packed,
    )
    _write(
        tmp_path,
        "olist_order_items_dataset.csv",
        "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value",
        ["o1", "1", "p1", "seller_one_a", "", "10.50", "1"],
        ["o1", "2", "p1", "seller_one_b", "", "10.50", "1"],
        ["o1", "3", "p2", "seller_one_b", "", "1", "1"],
        ["o2", "1", "p3", "s9", "", "1", "1"],
        ["o3", "1", "p1", "seller_one_a", "", "1", "1"],
        packed=packed,
    )
    _write(
        tmp_path,
        "olist_products_dataset.csv",
        "product_id,product_category_name,product_weight_g,product_length_cm,product_height_cm,product_width_cm",
        ["p1", "beleza_saude", "500", "10", "20", "30"],
        ["p2", "", "250", "", "1", "1"],
        packed=packed,
    )
    _write(
        tmp_path,
        "olist_sellers_dataset.csv",
        "seller_id,seller_zip_code_prefix,seller_city,seller_state",
        ["seller_one_a", "1046", "sao paulo", "SP"],
        ["seller_one_b", "13023", "campinas", "SP"],
        packed=packed,
    )
    _write(
        tmp_path,
        "product_category_name_translation.csv",
        "product_category_name,product_category_name_english",
        ["beleza_saude", "health_beauty"],
        packed=packed,
    )
    output = tmp_path / "orders.parquet"
    assert import_query(EXAMPLE, tmp_path, output) == 6
    rows = {row["parcel_id"]: row for row in pq.read_table(output).to_pylist()}
    assert set(rows) == {"o1-seller_one_a", "o1-seller_one_b", "o2-s9", "o3-seller_one_a", "o4", "o5"}
    first, second = rows["o1-seller_one_a"], rows["o1-seller_one_b"]
    assert (first["goods_mass_kg"], first["goods_volume_m3"], first["item_count"]) == (0.5, 0.006, 1)
    assert (first["origin_latitude"], first["origin_longitude"], first["origin_postcode"]) == (-23.5, -46.5, "01046")
    assert (second["goods_mass_kg"], second["goods_volume_m3"], second["item_count"], second["goods_value"]) == (
        0.75,
        None,
        2,
        11.5,
    )
    assert (first["product_category"], second["product_category"], first["currency"]) == ("health_beauty", None, "BRL")
    assert rows["o2-s9"]["goods_mass_kg"] is None and str(rows["o2-s9"]["shipped_on"]) == "2018-01-02"
    assert rows["o3-seller_one_a"]["destination_country"] is None and rows["o4"]["shipped_on"] is None
    chunk = next(OrdersInput.open(output).chunks())
    assert {reject.parcel_id: reject.reason for reject in chunk.rejects} == {
        "o3-seller_one_a": "no_destination",
        "o4": "missing",
    }


@pytest.mark.skipif(
    not DATA.is_dir(), reason=f"the Olist extract is not at {DATA} (set CARBON_DATA); it may not be copied here"
)
def test_example_on_the_real_data(tmp_path):
    """Proves that every order of the real extract becomes a row, and nearly all delivered parcels have their places."""
    output = tmp_path / "orders.parquet"
    count = import_query(EXAMPLE, DATA, output)
    with gzip.open(next(DATA.glob("olist_orders_dataset.csv*")), "rt", encoding="utf-8") as stream:
        status = {row["order_id"]: row["order_status"] for row in csv.DictReader(stream)}
    parcels = pq.read_table(output, columns=["parcel_id", "order_id"]).to_pydict()
    assert set(parcels["order_id"]) == set(status) and len(set(parcels["parcel_id"])) == count
    delivered = sum(status[order] == "delivered" for order in parcels["order_id"])
    places, matches, kept, found = Places(), Counter(), 0, 0
    for chunk in OrdersInput.open(output).chunks():
        kept += len(chunk.rows) + len(chunk.rejects)
        good = [status[order] == "delivered" for order in chunk.table["order_id"].to_pylist()]
        for end in ("origin", "destination"):
            spots = places.resolve(
                *[chunk.table[f"{end}_{part}"] for part in ("country", "postcode", "city", "latitude", "longitude")]
            )
            matches.update(PlaceMatch(int(match)).name for match in spots.match)
            good = [each and isfinite(latitude) for each, latitude in zip(good, spots.latitude.tolist(), strict=True)]
        found += sum(good)
    assert kept == count and found >= 0.97 * delivered
    assert matches["COORDINATES"] >= 0.97 * sum(matches.values())


def test_vocabulary_lists_the_columns():
    """Proves that docs/vocabulary.md states kind, unit, rule and descriptions of each column as the code has them."""
    text = (ROOT / "docs" / "vocabulary.md").read_text(encoding="utf-8")
    table = text.split("<!-- columns:")[1].split("<!-- end of columns -->")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("| `")
    ]
    assert rows == [
        [
            f"`{column.name}`",
            column.kind,
            f"`{column.unit}`" if column.unit else "",
            "yes" if column.required else "",
            column.rule,
            column.description,
            column.description_zh,
        ]
        for column in COLUMNS
    ]


def test_vocabulary_knows_every_word():
    """Proves that stages, boundaries and matches of the code stand in the vocabulary."""
    from carbon.terms import Boundary, Stage

    text = (ROOT / "docs" / "vocabulary.md").read_text(encoding="utf-8")
    assert [word for word in (*Stage, *Boundary, *PlaceMatch.__members__) if f"`{word}`" not in text] == []
