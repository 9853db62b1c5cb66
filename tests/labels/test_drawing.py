"""The label as SVG: nothing in it but shapes and text, whatever a name holds."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from carbon.labels.content import plain
from carbon.labels.drawing import svg
from carbon.labels.label import Names, compared, label_of_product
from carbon.labels.links import qr_path
from carbon.labels.phrases import words_of
from tests.labels.conftest import SHOP, URL, Change, Option, label_of

HOSTILE = [
    "<script>alert(1)</script>",
    "\"><image href='https://evil.example/x.png'/>",
    "]]><!-- & &amp; --",
    "Livraison «\u202eyrevileD» \u0000\u0007",
    "توصيل عادي",
    "🚚📦 Van",
    "W" * 400,
    "一" * 300,
    "{{ 7 * 7 }} {% raw %}",
    "a\ud800b",
]
ALLOWED = {"svg", "title", "desc", "style", "rect", "path", "text", "tspan"}


def _parsed(text):
    return ElementTree.fromstring(text.encode("utf-8"))


def _name(element):
    return element.tag.rpartition("}")[2]


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_but_shapes_and_text(hostile, language):
    """Proves that markup in a name stays text: no script, link, image, handler or address in any attribute."""
    names = Names({"en": hostile, "zh": hostile})
    label = compared(
        label_of(Option(), names, url=f"https://shop.example/{hostile}"),
        label_of(Option(), names),
        Change(-0.1, -0.2, -0.05),
    )
    root = _parsed(svg(label, language))
    for element in root.iter():
        assert _name(element) in ALLOWED
        for key, value in element.attrib.items():
            assert not key.lower().startswith("on") and "href" not in key and "://" not in value and "url(" not in value
    style = next(element for element in root.iter() if _name(element) == "style")
    assert "@import" not in style.text and "url(" not in style.text
    title = next(element for element in root.iter() if _name(element) == "title")
    assert title.text.startswith(plain(hostile)[:100])


def test_text_is_text_with_title_and_description():
    """Proves that a reader of the file, or a screen reader, gets what the label says."""
    label = compared(label_of(Option(), SHOP), label_of(Option()), Change(-0.1536, -0.2, -0.1))
    said, root = words_of(label, "en", "kg"), _parsed(svg(label, "en", unit="kg"))
    title, desc = (next(each for each in root if _name(each) == name) for name in ("title", "desc"))
    assert root.get("role") == "img" and root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert title.text == f"{said['name']}: {said['line']}" and said["spoken"] in desc.text
    shown = " ".join("".join(each.itertext()) for each in root.iter() if _name(each) == "text").replace("\u200b", "")
    for part in (said["value"], said["range"], said["difference"], said["statement"], "last mile"):
        assert part in shown, part
    assert label.url in shown.replace(" ", "")


def test_the_code_leads_to_the_calculation_or_along_the_digital_link():
    """Proves that the drawn QR code is that of the page's address, or of the product's GS1 Digital Link, with its GTIN in words."""
    link = "https://id.example.com/01/04006381333931"
    product = label_of_product(2.4, SHOP, gtin="04006381333931", link=link, url=URL)
    for label, target in ((label_of(Option()), URL), (product, link)):
        root = _parsed(svg(label, "en"))
        (path,) = (each for each in root.iter() if _name(each) == "path")
        assert path.get("d") == qr_path(target)[0]
        (quiet,) = (each for each in root.iter() if each.get("class") == "quiet")
        assert float(quiet.get("width")) == 3 * qr_path(target)[1]
    assert "GTIN 04006381333931" in svg(product, "en") and "GTIN" not in svg(label_of(Option()), "en")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_drawing_is_as_wide_as_its_text_and_as_high_as_its_lines(language):
    """Proves that a short label is narrow, a long one breaks its lines, and nothing lies outside."""
    widths = []
    for name in (
        "Van",
        "Delivery to the parcel shop that is nearest to you, in three to five working days, without signature",
    ):
        root = _parsed(svg(label_of(Option(), Names({"en": name, "zh": name})), language))
        width, height = float(root.get("width")), float(root.get("height"))
        widths.append(width)
        for element in root.iter():
            if _name(element) in ("rect", "text"):
                assert 0 <= float(element.get("x")) <= width and 0 <= float(element.get("y")) <= height
                assert float(element.get("x")) + float(element.get("width") or 0) <= width + 0.5
    assert widths[0] < widths[1] <= 432


def test_light_and_dark_and_no_sign_of_virtue():
    """Proves both colour schemes, and that a label without a figure has no bars and no digit of one."""
    text = svg(label_of(Option().but(reason="unavailable")), "en")
    assert "prefers-color-scheme: dark" in text and "CO" in text
    root = _parsed(text)
    assert [each.get("class") for each in root.iter() if _name(each) == "rect"] == ["surface", "quiet"]
    assert all(not any(sign in text for sign in signs) for signs in ("🌱🍃🌳★✓",))


def test_two_labels_in_one_page_do_not_share_ids():
    """Proves that drawings can stand side by side."""
    ids = [_parsed(svg(label_of(Option().but(co2e_kg=kg)), "en"))[0].get("id") for kg in (0.9, 0.91)]
    assert ids[0] != ids[1]
