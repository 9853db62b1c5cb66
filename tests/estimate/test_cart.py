"""Lines of a cart: articles of the items file, own masses and sizes, and errors that name line and field."""

from __future__ import annotations

from datetime import date

import pytest

from carbon.errors import InputError, OrdersError
from carbon.estimate.options import Cart
from carbon.estimate.options.cart import goods_of
from carbon.orders.articles import Articles
from tests.estimate.conftest import ON

ITEMS = """sku,unit_mass_kg,length_m,width_m,height_m,unit_volume_m3,product_category,unit_co2e_kg
MUG-1,0.40,0.12,0.09,0.10,,tableware,0.62
RUG-2,3.80,,,,0.018,rugs,
SET-3,,0.30,0.20,0.10,,tableware,1.5
ODD-4,0.50,0.30,0.20,0.10,,tableware,
ODD-4,0.90,0.30,0.20,0.10,,tableware,
BAD-5,half a kilogram,,,,,tableware,
MUG-1,0.40,0.12,0.09,0.10,,tableware,0.62
"""


@pytest.fixture
def articles(tmp_path) -> Articles:
    """An items file without any order."""
    path = tmp_path / "items.csv"
    path.write_text(ITEMS, encoding="utf-8")
    return Articles(path)


def cart(*lines, **more) -> Cart:
    """Return a cart to Coventry."""
    return Cart.of({"lines": list(lines), "destination": {"country": "GB", "city": "Coventry"}, **more})


def test_lines_add_up(articles):
    """Proves that masses, volumes and declared footprints are summed over lines and pieces."""
    own = {"mass_kg": 0.4, "length_mm": 200, "width_mm": 150, "height_mm": 80, "quantity": 3, "product_co2e_kg": 2}
    goods = goods_of(cart({"sku": "MUG-1", "quantity": 2}, own), articles, ON)
    assert goods.mass_kg == pytest.approx(2 * 0.40 + 3 * 0.4)
    assert goods.volume_m3 == pytest.approx(2 * 0.12 * 0.09 * 0.10 + 3 * 0.2 * 0.15 * 0.08)
    assert goods.product_co2e_kg == pytest.approx(2 * 0.62 + 3 * 2)


def test_a_declared_footprint_counts_on_its_own_days(tmp_path):
    """Proves that a cart takes the footprint of its day, first and last day included, and none outside them; that two
    for one day are a complaint, and a day that is none, too."""
    path = tmp_path / "items.csv"
    path.write_text(
        "sku,unit_mass_kg,unit_co2e_kg,footprint_valid_from,footprint_valid_to\n"
        "MUG,0.4,1,2024-01-01,2024-12-31\nMUG,0.4,2,2025-01-01,2025-06-17\n"
        "BAG,0.4,1,2024-01-01,\nBAG,0.4,2,,2024-01-01\nBOX,0.4,1,17/06/2025,\n",
        encoding="utf-8",
    )
    articles = Articles(path)
    days = {date(2023, 12, 31): None, date(2024, 12, 31): 1, date(2025, 1, 1): 2, ON: 2, date(2025, 6, 18): None}
    assert {day: goods_of(cart({"sku": "MUG"}), articles, day).product_co2e_kg for day in days} == days
    assert "stands with 1 and 2 kg CO2e" in articles.get("BAG").complaint
    assert "row 5, footprint_valid_from" in articles.get("BOX").complaint


def test_rows_of_one_article_have_one_gtin(tmp_path):
    """Proves that a GTIN in one of several rows is the article's, written at any length, and that two of them are a complaint."""
    path = tmp_path / "items.csv"
    path.write_text(
        "sku,unit_mass_kg,gtin\nMUG-1,0.4,4006381333931\nMUG-1,0.4,04006381333931\nMUG-1,0.4,\n"
        "BAG-2,0.1,4006381333931\nBAG-2,0.1,96385074\nBOX-3,0.1,96385075\n",
        encoding="utf-8",
    )
    articles = Articles(path)
    assert (articles.get("MUG-1").gtin, articles.get("MUG-1").complaint) == ("04006381333931", None)
    assert "04006381333931 and 00000096385074" in articles.get("BAG-2").complaint
    assert "row 6" in articles.get("BOX-3").complaint and "below the barcode" in articles.get("BOX-3").complaint
    assert articles.of_gtin("04006381333931") is None  # two articles claim it
    assert articles.of_gtin("09506000134352") is None


def test_what_one_line_lacks_is_not_known(articles):
    """Proves that a sum is None, never a part of it, where a line lacks a volume or a declared footprint."""
    goods = goods_of(cart({"sku": "MUG-1"}, {"sku": "RUG-2"}, {"mass_kg": 0.2}), articles, ON)
    assert (goods.volume_m3, goods.product_co2e_kg) == (None, None)
    assert goods.mass_kg == pytest.approx(0.4 + 3.8 + 0.2)
    assert goods_of(cart({"sku": "RUG-2"}), articles, ON).volume_m3 == pytest.approx(0.018)


def test_a_line_goes_before_the_items_file(articles):
    """Proves that a line's own mass and size count, also for an article that the file contradicts itself on or lacks."""
    own = {"mass_kg": 1.2, "length_mm": 100, "width_mm": 100, "height_mm": 200}
    for sku in ("MUG-1", "ODD-4", "NEW-9"):
        goods = goods_of(cart({"sku": sku} | own), articles, ON)
        assert (goods.mass_kg, goods.volume_m3) == pytest.approx((1.2, 0.002))


@pytest.mark.parametrize(
    ("line", "field", "words"),
    [
        ({"sku": "MUG-7"}, "sku", "did you mean MUG-1"),
        ({"sku": "ODD-4"}, "sku", "stands with 0.5 and 0.9 kg"),
        ({"sku": "BAD-5"}, "sku", "items row 6, unit_mass_kg"),
        ({}, "sku", "neither what it is"),
        ({"mass_kg": "0.4 kg"}, "mass_kg", "the unit is in the name"),
        ({"mass_kg": -1}, "mass_kg", "out of range"),
        ({"mass_kg": 0}, "mass_kg", "out of range"),
        ({"mass_kg": float("nan")}, "mass_kg", "out of range"),
        ({"mass_kg": 4000}, "mass_kg", "out of range"),
        ({"mass_kg": True}, "mass_kg", "not a number"),
        ({"mass_kg": 1, "quantity": 1.5}, "quantity", "not a number"),
        ({"mass_kg": 1, "quantity": 0}, "quantity", "out of range"),
        ({"mass_kg": 1, "length_mm": 20, "width_mm": 20}, "height_mm", "three sides"),
        ({"mass_kg": 0.4, "length_mm": 0.2, "width_mm": 0.15, "height_mm": 0.08}, "length_mm", "denser than any metal"),
        ({"mass_kg": 400, "length_mm": 120, "width_mm": 90, "height_mm": 100}, "length_mm", "denser than any metal"),
        ({"sku": "MUG-1", "mass_kg": 400}, "mass_kg", "denser than any metal"),
        ({"mass_kg": 1, "mass_g": 1000}, "mass_g", "unknown key"),
        ({"sku": 7}, "sku", "not a text"),
        ({"sku": "A" * 201}, "sku", "too long"),
    ],
)
def test_a_wrong_line_is_named(articles, line, field, words):
    """Proves that each mistake in a line, units above all, is an error that names the line and the field."""
    with pytest.raises(InputError) as error:
        goods_of(cart({"mass_kg": 1}, line), articles, ON)
    assert error.value.where.column == f"lines[1].{field}"
    assert words in str(error.value)


def test_a_missing_mass(shop, articles):
    """Proves that a missing mass is an error, unless the organisation has a default, which is then labelled and no less than the rest."""
    order = cart({"sku": "SET-3"}, origin_site="coventry")
    found = shop.options(articles=articles).of(order, ON)
    assert all("goods_mass" in option.fallbacks for option in found if option.available)
    heavier = cart({"sku": "SET-3"}, {"mass_kg": 5}, origin_site="coventry")
    for changed, refused in ((shop.changed(defaults={"package": "carton_m"}), order), (shop, heavier)):
        with pytest.raises(InputError) as error:
            changed.options(articles=articles).of(refused, ON)
        assert error.value.where.column == "lines[0].mass_kg"


def test_the_product_stays_apart(shop, articles):
    """Proves that a declared product footprint is shown and changes no figure of the delivery."""
    options = shop.options(articles=articles)
    with_it, without = (
        options.of(
            cart({"sku": "MUG-1"} if known else {"mass_kg": 0.4, "length_mm": 120, "width_mm": 90, "height_mm": 100}),
            ON,
        )
        for known in (True, False)
    )
    assert (with_it[0].product_co2e_kg, without[0].product_co2e_kg) == (0.62, None)
    assert with_it[0].co2e_kg == pytest.approx(without[0].co2e_kg, rel=1e-12)


def test_the_price_changes_nothing(shop):
    """Proves that no delivery figure reads the price of the goods."""
    options = shop.options()
    plain, priced = (
        options.of(cart({"mass_kg": 1}, **more), ON) for more in ({}, {"goods_value": 99.0, "currency": "GBP"})
    )
    assert plain == priced


@pytest.mark.parametrize(
    "document", [{}, {"lines": []}, {"lines": [{"mass_kg": 1}]}, {"lines": [3], "destination": {}}]
)
def test_a_cart_that_is_none(document):
    """Proves that a document without lines or destination is refused."""
    with pytest.raises(InputError):
        Cart.of(document)


def test_goods_too_heavy_for_parcels(articles):
    """Proves that the sum is bounded as a parcel of the orders file is."""
    with pytest.raises(InputError, match="too heavy"):
        goods_of(cart({"mass_kg": 900, "quantity": 2}), articles, ON)


def test_a_file_without_skus_is_no_items_file(tmp_path):
    """Proves that articles need SKUs, and something to be known of them."""
    for text in ("parcel_id,unit_mass_kg\nP1,1\n", "sku,quantity\nA,1\n"):
        path = tmp_path / "items.csv"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(OrdersError, match="no items file"):
            Articles(path)
