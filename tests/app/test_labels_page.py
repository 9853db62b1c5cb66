"""Labels: the service's own labels and figures, states without figure, words checked by law, code that cannot be broken out of."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

CART = {
    "lines": [{"quantity": 1, "mass_kg": 0.9, "length_mm": 320.0, "width_mm": 260.0, "height_mm": 90.0}],
    "destination": {"country": "GB", "postcode": "SW1A 1AA"},
}


def _frames(test) -> list[str]:
    return [each.proto.srcdoc for each in test.get("iframe")]


def _table(test, column):
    return next(each.value for each in test.dataframe if column in each.value.columns)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_option_is_shown_as_the_shopper_sees_it(open_app, merchant, language):
    """Proves that the preview is the label service's own page of the cart's options, and its table their figures."""
    from app.text import catalogue

    test = open_app(merchant, "labels", language)
    test = test.text_input(key="label_postcode").set_value("SW1A 1AA").run()
    assert not test.error and not test.exception
    from carbon import Cart, DeliveryOptions, Registry, read_organisation
    from carbon.labels.options import labels_of_options, option_names
    from carbon.labels.page import sheet

    setup = read_organisation(merchant / "organisation.yaml")
    computed = DeliveryOptions(setup, Registry.load(gwp_set=setup.method.gwp_set))
    options = computed.of(Cart.of(CART), date.today())
    labels = labels_of_options(options, setup, computed.registry, lambda key: option_names(setup, key, "UK"))
    assert len(labels) >= 4 and _frames(test) == [sheet(labels, language)]
    heads = catalogue(language)
    table = _table(test, heads["labels.standing"])
    shares = [label.shares.get("default") for label in labels]
    assert list(table[heads["head.default"]].dropna()) == pytest.approx([each for each in shares if each is not None])
    lines = _table(test, heads["head.equals"])
    default = next(option for option in options if option.default)
    assert lines[heads["head.equals"]].sum() == pytest.approx(default.co2e_kg, rel=1e-9)


def test_below_the_floor_no_figure_is_shown(open_app, empty, words):
    """Proves that without a ledger the preview works, and that a strict floor takes every figure away and says why."""
    path = empty / "organisation.yaml"
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"^labels:", text, re.MULTILINE)
    path.write_text(text + "\nlabels:\n  floor: {range_ratio: 0.01}\n", encoding="utf-8")
    test = open_app(empty, "labels")
    assert not test.error and "0 of " in words(test)
    assert any("No order is recorded" in each.value for each in test.info)
    assert any("a label allows 0.01" in each for each in _table(test, "Standing")["Standing"])
    assert "not available" in _frames(test)[0]


@pytest.mark.parametrize("part", ["checkout", "all"])
def test_without_a_checkout_the_way_to_one_is_told(open_app, empty, part):
    """Proves that a file without checkout, or none, is told with what to add, and that words can be checked all the same."""
    path = empty / "organisation.yaml"
    if part == "all":
        path.unlink()
    else:
        text = re.sub(r"\ncheckout:\n(?:[ #].*\n|\n)*", "\n", path.read_text(encoding="utf-8"))
        path.write_text(text, encoding="utf-8")
    test = open_app(empty, "labels")
    assert not test.error and not test.exception and not _frames(test)
    assert any(("no organisation file" if part == "all" else "no checkout") in each.value for each in test.info)
    assert any("checkout:" in each.value for each in test.code) == (part == "checkout")
    assert test.text_area(key="label_text")


def test_a_name_that_the_market_refuses_is_told_by_its_rule(open_app, empty, words):
    """Proves that a refused option's name shows term, rule and law in the place of labels."""
    path = empty / "organisation.yaml"
    text = path.read_text(encoding="utf-8")
    assert "name: Own van around Coventry, in a reusable box" in text
    path.write_text(text.replace("name: Own van around Coventry", "name: Green van around Coventry"), encoding="utf-8")
    test = open_app(empty, "labels")
    said = words(test)
    assert not _frames(test) and "generic" in said and "Green Claims Code" in said


@pytest.mark.parametrize("language", ["en", "zh"])
def test_words_are_checked_by_the_markets_law(open_app, merchant, language, words):
    """Proves that a refused term comes with rule, law and what to write instead, and that a plain text passes."""
    from carbon.labels.wording import check

    test = open_app(merchant, "labels", language)
    test = test.text_area(key="label_text").set_value("Climate-neutral delivery").run()
    first = check("Climate-neutral delivery", "CN", language)[0]
    said = words(test).replace("\\", "")
    assert test.warning and first.law in said and first.instead in said and first.rule in said
    test = test.text_area(key="label_text").set_value("Delivered on Tuesday").run()
    assert test.success and not test.warning


def test_a_recorded_order_has_the_services_label(open_app, merchant):
    """Proves that the label of an order is that of its parcels as explain recalculates them, and that a wrong id is told."""
    from carbon import connect, explain, read_organisation
    from carbon.labels.label import label_of_order
    from carbon.labels.options import order_names
    from carbon.labels.page import html

    with connect(merchant / "ledger") as connection:
        order = connection.execute("SELECT order_id FROM footprints ORDER BY 1 LIMIT 1").fetchone()[0]
    test = open_app(merchant, "labels")
    test = test.text_input(key="label_order").set_value(order).run()
    floor = read_organisation(merchant / "organisation.yaml").labels.floor
    label = label_of_order(explain(merchant / "ledger", order), order_names(), floor=floor)
    assert html(label, "en") in _frames(test)
    test = test.text_input(key="label_order").set_value(f"{order}-none").run()
    assert any("The nearest ids" in each.value for each in test.warning) and html(label, "en") not in _frames(test)


def test_the_code_for_the_shop_cannot_be_broken_out_of(open_app, merchant):
    """Proves that the embed code holds the cart as JSON, shell words are quoted, and a hostile address makes no code."""
    test = open_app(merchant, "labels")
    test.text_input(key="label_city").set_value("</script><b>")
    test = test.text_input(key="label_shop").set_value("a; rm -rf x").run()
    code = {each.language: each.value for each in test.code}
    assert "carbon keys create 'a; rm -rf x' --origin https://shop.example" in "".join(each.value for each in test.code)
    held = re.search(r'id="cart">\n(.*)\n</script>\s*$', code["html"], re.DOTALL)[1]
    assert json.loads(held)["destination"]["city"] == "</script><b>" and "<" not in held
    test = test.text_input(key="label_service").set_value('https://x.example"><script>').run()
    assert not any(each.language == "html" for each in test.code) and test.warning
