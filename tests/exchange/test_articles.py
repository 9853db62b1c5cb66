"""Footprints on articles: matched, converted to a piece, and counted in the product stage of a parcel."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest

from carbon import supplier_footprints, with_articles, with_footprints
from carbon.errors import OrdersError
from tests.exchange.conftest import GTIN

ON = date(2025, 6, 1)


def _filled(tmp_path, written, footprints: list[dict], articles: str):
    """Return what became of a table: its rows by SKU, and the account of it."""
    path = tmp_path / "articles.csv"
    path.write_text(articles, encoding="utf-8")
    out = tmp_path / "filled.csv"
    made = with_footprints(path, supplier_footprints([written(footprints)], ON), out)
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    return {row.get("sku", row.get("SKU")): row for row in rows}, made


@pytest.mark.parametrize(
    ("content", "unit_kg"),
    [("", 6.0), ("12 l", 6.0), ("750 ml", 0.375), ("0.001 m**3", 0.5), ("1 US_liquid_gallon", 0.5 * 3.785411784)],
)
def test_content_is_converted_to_the_declared_unit(tmp_path, written, version_2, content, unit_kg):
    """Proves by hand what a piece has of 0.5 kg per litre; without a content it is the product itself, 12 litres."""
    rows, made = _filled(tmp_path, written, [version_2], f"sku,gtin,content\nA,{GTIN},{content}\nB,,\n")
    assert float(rows["A"]["unit_co2e_kg"]) == pytest.approx(unit_kg, rel=1e-12)
    assert rows["B"]["unit_co2e_kg"] == ""
    assert (made.rows, made.filled, made.replaced, made.rejects) == (2, 1, 0, ())


def test_pieces_and_masses_of_version_3(tmp_path, written, version_3):
    """Proves by hand: of a dozen pieces of 6 kg CO2e and 4.8 kg a piece has 0.5 kg, and 800 g of it have 1 kg."""
    urn = version_3["productIds"][0]
    rows, _ = _filled(
        tmp_path, written, [version_3], f"sku,product_id,content\nA,{urn},\nB,{urn},800 g\nC,{urn.upper()},2 item\n"
    )
    assert [float(rows[sku]["unit_co2e_kg"]) for sku in "ABC"] == pytest.approx([0.5, 1.0, 1.0], rel=1e-12)
    assert float(rows["A"]["footprint_left_out_kg"]) == pytest.approx(-1.6 / 12)
    assert (rows["A"]["footprint_primary_share"], rows["A"]["footprint_id"]) == ("0.255", version_3["id"])


@pytest.mark.parametrize(
    ("amount", "article", "reason"),
    [
        ("1", f"A,{GTIN},,", "no_content"),
        ("12", f"A,{GTIN},750 m,", "unit"),
        ("12", f"A,{GTIN},plenty,", "unit"),
        ("12", f"A,{GTIN},,11", "too_heavy"),
        ("12", "A,4006381333948,,", "no_article"),
    ],
)
def test_what_fits_no_article_is_a_reject(tmp_path, written, version_2, amount, article, reason):
    """Proves that a litre is not taken for a piece, nor metres for litres, nor 12 kg for an article of 11."""
    version_2["pcf"] |= {"unitaryProductAmount": amount, "productMassPerDeclaredUnit": "1.0"}
    rows, made = _filled(tmp_path, written, [version_2], f"sku,gtin,content,unit_mass_kg\n{article}\n")
    assert [each.reason for each in made.rejects] == [reason]
    assert rows["A"]["unit_co2e_kg"] == "" and made.filled == 0


def test_the_newest_is_taken_and_other_columns_stay(tmp_path, written, version_2):
    """Proves that of two footprints of an article the newer wins and takes a former value's place, and that order,
    quotes and columns of the file stay."""
    old = version_2 | {"id": "0" * 8 + version_2["id"][8:], "created": "2023-01-01T00:00:00Z"}
    _, made = _filled(
        tmp_path, written, [old, version_2], f'SKU,note,gtin,unit_co2e_kg\nB,"1, 2",,7\nA,x,{GTIN[:3]} {GTIN[3:]},9\n'
    )  # fmt: skip
    text = (tmp_path / "filled.csv").read_text(encoding="utf-8").splitlines()
    assert text[0].startswith("SKU,note,gtin,unit_co2e_kg,") and text[1].startswith('B,"1, 2",,7')
    assert text[2].startswith(f"A,x,{GTIN[:3]} {GTIN[3:]},6.0,{version_2['id']}")
    assert (made.filled, made.replaced, [each.reason for each in made.rejects]) == (1, 1, ["older"])


def test_articles_given_anew_keep_their_footprints(tmp_path, written, version_2):
    """Proves that another articles file takes the footprints that are kept, with their origin, keeps its own, and that an
    article with two different footprints is named rather than one of them chosen."""
    _filled(tmp_path, written, [version_2], f"sku,gtin\nA,{GTIN}\nC,\n")
    new = tmp_path / "new.csv"
    new.write_text("sku,unit_co2e_kg,price\nB,2,1\nA,,3\n", encoding="utf-8")
    assert with_articles(new, tmp_path / "filled.csv", new, beside=True) == (2, 1)
    text = new.read_text(encoding="utf-8").splitlines()
    assert text[1].startswith("B,1,2,") and text[2].startswith(f"A,3,6.0,{version_2['id']},")
    new.write_text("sku,unit_co2e_kg\nA,1\nA,2\nB,1\nB,1.0\n", encoding="utf-8")
    with pytest.raises(OrdersError) as caught:
        with_articles(tmp_path / "filled.csv", new, tmp_path / "out.csv")
    assert caught.value.found == "A"


def test_a_file_that_names_no_article_is_refused(tmp_path, written, version_2):
    """Proves that the columns that are missing are named, and nothing is written."""
    with pytest.raises(OrdersError, match="names an article"):
        _filled(tmp_path, written, [version_2], "name,price\nA,1\n")
    assert not (tmp_path / "filled.csv").exists()


def test_the_product_stage_of_an_order_is_its_suppliers_footprints(tmp_path, written, version_2, version_3):
    """Proves the whole way by hand to 1e-9: two cleaners of 6 kg and three towels of 0.5 kg make 13.5 kg of product, in
    the parcel's own row, outside its delivery total; a line with its own value keeps it; where a
    line has none, the towel beside it does not stand for the whole parcel, which is told by spend as before."""
    from carbon import calculate, explain
    from carbon.sample import write_sample

    orders, _, organisation = write_sample(tmp_path / "merchant", parcels=100)
    with open(orders, encoding="utf-8", newline="") as file:
        parcels = [row["parcel_id"] for row in csv.DictReader(file)]
    articles = tmp_path / "articles.csv"
    articles.write_text(f"sku,gtin,product_id\nCLEAN,{GTIN},\nTOWEL,,{version_3['productIds'][0]}\n", encoding="utf-8")
    with_footprints(articles, supplier_footprints([written([version_2, version_3])], ON), articles)
    lines, filled = tmp_path / "lines.csv", tmp_path / "lines_filled.csv"
    lines.write_text(
        "parcel_id,sku,quantity,unit_co2e_kg\n"
        f"{parcels[0]},CLEAN,2,\n{parcels[0]},TOWEL,3,\n{parcels[1]},CLEAN,1,1.25\n{parcels[2]},TOWEL,1,\n{parcels[2]},X,1,\n",
        encoding="utf-8",
    )
    assert with_articles(lines, articles, filled) == (5, 3)
    calculate(orders, organisation, lines=filled, ledger=tmp_path / "ledger")

    def product_kg(parcel: str, declared: bool = True) -> float:
        found = next(each for each in explain(tmp_path / "ledger", parcel) if each.parcel["parcel_id"] == parcel)
        assert found.agrees and found.total_kg == pytest.approx(
            sum(found.stages_kg.values()) - found.stages_kg["product"]
        )
        told = {str(each.data_type) for each in found.lines if str(each.stage) == "product"}
        assert bool(told & {"primary", "modelled"}) is declared
        return found.stages_kg["product"]

    assert product_kg(parcels[0]) == pytest.approx(2 * 6.0 + 3 * 0.5, rel=1e-9)
    assert product_kg(parcels[1]) == pytest.approx(1.25, rel=1e-9)
    assert product_kg(parcels[2], declared=False) != pytest.approx(0.5)
