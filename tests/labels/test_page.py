"""The HTML of labels and the page of a calculation: valid, escaped, complete, and telling nobody where somebody lives."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import UTC, datetime
from html import escape
from html.parser import HTMLParser

import html5lib
import pytest

from carbon.errors import WorkError
from carbon.factors.tables import load as shipped_tables
from carbon.labels.activity_names import activity_name
from carbon.labels.calculation import Record, calculation_of
from carbon.labels.label import Names, compared, label_of_product
from carbon.labels.page import calculation_page, fragment, html, style_hash
from carbon.labels.rules import read_rules
from carbon.labels.wording import check
from tests.labels.conftest import NOW, SHOP, URL, Change, Option, label_of
from tests.labels.test_drawing import HOSTILE

LANGUAGES = ("en", "zh")


def _valid(text: str):
    """Parse strictly: the first error of the document's syntax is an exception."""
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)


class _Shown(HTMLParser):
    """The text of a page, as one string."""

    def __init__(self, text: str):
        super().__init__()
        self.parts: list[str] = []
        self.silent = 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.silent += tag == "style"

    def handle_endtag(self, tag):
        self.silent -= tag == "style"

    def handle_data(self, data):
        if not self.silent:
            self.parts.append(data)

    def __str__(self):
        return " ".join("".join(self.parts).split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_are_valid_html_without_script_or_address_elsewhere(calculation, language):
    """Proves the syntax by a strict parser, the language, one h1, unique ids, links that lead somewhere, and that nothing is loaded."""
    for text in (calculation_page(calculation, language), html(label_of(Option()), language)):
        page = _valid(text)
        assert page.get("lang") == {"en": "en-GB", "zh": "zh-CN"}[language] and page.get("dir") == "ltr"
        assert len(page.findall(".//h1")) == 1
        ids = [each.get("id") for each in page.iter() if each.get("id")]
        assert len(ids) == len(set(ids))
        for each in page.iter():
            assert each.tag not in ("script", "img", "link", "iframe", "object", "form")
            for key, value in each.items():
                assert not key.startswith("on") and key not in ("src", "style", "srcset")
                if key == "href":
                    assert value.startswith(("?language=", "https://shop.example/")) or value.removeprefix("#") in ids
        assert "@import" not in text and "url(" not in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_names_never_become_markup(hostile, language):
    """Proves that a hostile name leaves the elements of the page as they are, and stands in it as text."""
    names = Names({"en": hostile, "zh": hostile})
    plain = html(compared(label_of(Option(), SHOP), label_of(Option(), SHOP), Change(-0.1, -0.2, -0.05)), language)
    made = html(compared(label_of(Option(), names), label_of(Option(), names), Change(-0.1, -0.2, -0.05)), language)
    assert [each.tag for each in _valid(made).iter()] == [each.tag for each in _valid(plain).iter()]


def test_a_factor_tables_text_never_becomes_markup(recorded, calculation):
    """Proves the same for what comes from factor files, which users write, too."""
    steps = tuple(
        replace(each, what="<b onclick=x>", locator="</table><script>", unit="<i>") for each in calculation.steps
    )
    sources = tuple(replace(each, title="<h1>x</h1>", licence="<a href=javascript:1>") for each in calculation.sources)
    hostile = _valid(calculation_page(replace(calculation, steps=steps, sources=sources, id="<id>"), "en"))
    clean = _valid(calculation_page(calculation, "en"))
    count = {tag: len(hostile.findall(f".//{tag}")) for tag in ("b", "i", "script", "h1", "a", "table")}
    assert count == {tag: len(clean.findall(f".//{tag}")) for tag in count}


def _cells(page):
    rows = []
    for row in page.findall(".//table[@class='lines']")[0].iter("tr"):
        cells = row.findall("td")
        if len(cells) == 9:
            rows.append(["".join(cell.itertext()).strip(" \u2007\u2008\n") for cell in cells])
    return rows


def test_every_line_can_be_repeated_with_a_pocket_calculator(recorded, calculation):
    """Proves that amount times factor is the printed result to a thousandth, and that no line is missing."""
    rows = _cells(_valid(calculation_page(calculation, "en")))
    counted = [
        line for each in recorded[1] for line in each.lines if line.accounting == "total" and line.stage != "product"
    ]
    assert len(rows) == len(counted) == len(calculation.steps)
    for row in rows:
        amount, factor, result = (float(row[at].replace(",", "")) for at in (1, 3, 5))
        assert amount * factor == pytest.approx(result, rel=1.1e-3)
    assert sum(float(row[5].replace(",", "")) for row in rows) == pytest.approx(calculation.label.co2e_kg, rel=1e-3)


def test_each_line_names_source_edition_licence_and_place(calculation):
    """Proves that every line points to a publication with edition and licence, and to a place in it."""
    page = _valid(calculation_page(calculation, "en"))
    for row in page.findall(".//table[@class='lines']")[0].iter("tr"):
        if len(row.findall("td")) == 9:
            target = row.find(".//a").get("href").removeprefix("#")
            source = next(each for each in page.iter("tr") if each.get("id") == target)
            number, title, edition, licence = ("".join(cell.itertext()).strip() for cell in source.findall("td"))
            assert number and title and edition and licence
            assert "".join(row.findall("td")[8].itertext()).strip() != number


def test_chinese_pages_name_factors_in_chinese(calculation):
    """Proves that no line of a Chinese page calls its factor by the publication's English name, and that an own factor, which
    has no Chinese name, keeps its own, marked as such."""
    page = calculation_page(calculation, "zh")
    steps = (*calculation.steps, *calculation.beside)
    assert steps and not [step.what for step in steps if f">{escape(step.what)}<" in page]
    names = re.findall(r'<td class="of" role="cell"><span lang="zh">(.*?)</span>', page)
    assert len(names) >= len(calculation.steps) and all(re.search("[\u4e00-\u9fff]", name) for name in names)
    own = replace(calculation.steps[0], activity="road.own.fast_co.trunk", what="Fast & Co: trunk")
    page = calculation_page(replace(calculation, steps=(own, *calculation.steps[1:])), "zh")
    assert '<span lang="en">Fast &amp; Co: trunk</span>' in page


def test_every_shipped_activity_has_a_chinese_name_of_its_own():
    """Proves that a label page can name whatever factor it may print, and that no two are called alike; spend factors, which no
    label prints, are left out."""
    factors = [row.value for row in shipped_tables().factors]
    wanted = {factor.activity_key for factor in factors if not factor.activity_key.startswith("product.")}
    names = {activity: activity_name(activity, "zh") for activity in wanted | {"product.declared"}}
    assert [activity for activity, name in names.items() if name is None] == []
    assert len(set(names.values())) == len(names)
    assert activity_name("road.hgv.rigid_17t.average", "zh") == "公路运输，重型货车，整体式（17 t 以上），平均"
    assert activity_name("refrigerant.r410a", "zh") == "制冷剂，R410A" and activity_name("road.own.x", "zh") is None
    assert activity_name("road.hgv.all.full", "en") is None


def test_calculations_that_do_not_add_up_are_refused(recorded, calculation):
    """Proves that a page cannot show the lines of one order under the figure of another."""
    given = {
        "id": "x",
        "url": URL,
        "factors_json": '{"factors": [], "sources": {}}',
        "factor_release": "",
        "calculated_at": NOW,
    }
    lines = [line for each in recorded[1] for line in each.lines]
    assert calculation_of(lines, calculation.label, **given).steps
    with pytest.raises(WorkError, match="do not add up"):
        calculation_of(lines[1:], calculation.label, **given)


@pytest.mark.parametrize(
    ("record", "en", "zh"),
    [
        ("kept", "Hash chain intact", "哈希链完整"),
        ("broken", "The record does not hold", "记录不成立"),
        ("differs", "do not agree with the recorded figure", "与所记录的数值不一致"),
        (None, "Not recorded in a ledger", "未记入台账"),
    ],
)
def test_the_states_of_a_record(calculation, record, en, zh):
    """Proves the three states in words, with the time of the check, and that an estimate names no run and no head."""
    kept: Record = calculation.record
    records = {"kept": kept, "broken": replace(kept, intact=False), "differs": replace(kept, agrees=False), None: None}
    shown = {
        each: str(_Shown(calculation_page(replace(calculation, record=records[record]), each))) for each in LANGUAGES
    }
    assert en in shown["en"] and zh in shown["zh"]
    assert ("2026-11-30 09:00" in shown["en"].split("Emissions by stage")[0]) == (record is not None)
    assert (kept.head_sha256 in shown["en"]) == (kept.run in shown["en"]) == (record is not None)
    assert calculation.factor_release in shown["en"] and calculation.id in shown["zh"]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("market", read_rules().markets)
def test_no_page_says_what_a_market_refuses(calculation, language, market):
    """Proves it of whole pages, so that no sentence becomes a claim where two texts meet; "verified" is nowhere."""
    pages = [calculation_page(replace(calculation, record=each), language) for each in (calculation.record, None)]
    pages.append(html(label_of(Option(), SHOP), language))
    for text in pages:
        sentences = re.split(r"[.。;；:：]\s|\n", "\n".join(_Shown(text).parts))
        # Names of factors are their publishers' own words.
        own = [each for each in sentences if not any(step.what in each for step in calculation.steps)]
        sources = {
            part for source in calculation.sources for part in (source.title, source.publisher, source.attribution)
        }
        assert [
            each
            for each in own
            if each.strip() and check(each, market) and not any(each.strip() in part for part in sources)
        ] == []
        assert "verified" not in text.lower() and "验证" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_tells_nobody_where_somebody_lives(recorded, calculation, language):
    """Proves that no id, place, postcode area or day of the order is on its public page, and no amount has more than four digits."""
    shown = str(_Shown(calculation_page(calculation, language)))
    for each in recorded[1]:
        parcel = each.parcel
        assert not any(
            str(parcel[key]) in shown for key in ("parcel_id", "order_id", "destination", "origin", "shipped_on")
        )
    for row in _cells(_valid(calculation_page(calculation, language))):
        for text in (row[1], row[5]):
            assert len(text.replace(",", "").replace(".", "").lstrip("0").rstrip("0")) <= 4
    finer = calculation_page(replace(calculation, origin="CN-GD", destination="GB-SW1A"), "en")
    assert "From China to United Kingdom" in finer and "SW1A" not in finer and "CN-GD" not in finer


def test_what_was_assumed_is_said_in_words(calculation):
    """Proves that fallbacks and old editions are listed, and that nothing assumed is said, too."""
    text = str(_Shown(calculation_page(calculation, "en")))
    assert "mass of the goods" in text and "destination, known by its city or postcode area" in text
    step = replace(calculation.steps[0], edition_gap_years=3)
    assert "edition is 3 years from the year of the delivery" in calculation_page(
        replace(calculation, steps=(step,)), "en"
    )
    recent = tuple(replace(each, edition_gap_years=0) for each in calculation.steps)
    assert "Nothing had to be assumed." in calculation_page(replace(calculation, assumed=(), steps=recent), "en")


def test_the_style_sheet_fits_a_strict_policy(calculation):
    """Proves that the hash is that of the style element's content, and that a nonce is set where one is given."""
    text = calculation_page(calculation, "en", nonce="abc123")
    style = re.search(r'<style nonce="abc123">(.*?)</style>', text, re.DOTALL)[1]
    assert style_hash() == f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"
    assert "nonce" not in calculation_page(calculation, "en")


def test_the_subscript_is_markup(calculation):
    """Proves that CO2e is set with a real subscript, and never as a bare 2 in running text."""
    text = calculation_page(calculation, "en")
    body = text.split("<body>")[1]
    assert "CO<sub>2</sub>e" in body
    assert re.findall(r">[^<]*CO2e[^<]*<", body) == []


def test_products_links_and_missing_figures(calculation):
    """Proves the GS1 address on the page, a product's page without a route, and one without a figure."""
    link = "https://id.example.com/01/04006381333931"
    product = label_of_product(
        2.4, Names({"en": "Mug"}), declared_by="Harbour Potteries", gtin="04006381333931", link=link, url=URL
    )
    page = replace(calculation, label=product, record=None, steps=(), beside=(), sources=(), assumed=())
    text = calculation_page(page, "en")
    _valid(text)
    for empty in ('id="lines"', 'id="assumed"', 'id="sources"', 'id="stages"', "estimate", "UTC", "Nobody outside"):
        assert empty not in text, empty
    assert "Declared by Harbour Potteries; not calculated here." in text and "Declared, not calculated here" in text
    nobody = calculation_page(replace(page, label=label_of_product(None, Names({"en": "Mug"}), url=URL)), "en")
    _valid(nobody)
    assert "Nobody has declared a footprint of this product." in nobody and "Declared, not" not in nobody
    assert (
        link in text
        and "<code>04006381333931</code>" in text
        and "From " not in str(_Shown(text)).split("Emissions by stage")[0]
    )
    none = calculation_page(replace(calculation, label=label_of(Option().but(co2e_kg=0.0))), "en")
    _valid(none)
    assert "The emissions could not be calculated." in none and "Emissions by stage" not in none


def test_an_estimates_other_options_are_one_click_away(calculation):
    """Proves that a page links the other options with their figures in one unit, keeps its option when the language
    changes, and that a key is no markup."""
    shop = compared(
        label_of(Option().but(co2e_kg=0.77, low_kg=0.62, high_kg=1.1), SHOP),
        label_of(Option()),
        Change(-0.15, -0.2, -0.1),
    )
    none = label_of(Option().but(reason="unavailable"), Names({"en": "Cargo bike"}))
    others = (("gb_pickup", shop), ('"><b>&option=x', none))
    text = calculation_page(replace(calculation, option="gb standard", others=others), "en")
    page = _valid(text)
    links = [each.get("href") for each in page.iter("a") if each.get("href").startswith("?")]
    assert links == [
        "?language=zh&option=gb+standard",
        "?language=en&option=gb_pickup",
        "?language=en&option=%22%3E%3Cb%3E%26option%3Dx",
    ]
    shown = str(_Shown(text))
    assert "0.77 kg CO2e (0.62–1.1)" in shown
    assert "CO2e not available" in shown and "less than Standard delivery, same order" in shown
    assert "options" not in [each.get("id") for each in _valid(calculation_page(calculation, "en")).iter()]


def test_a_fragment_is_one_element():
    """Proves that a label can be put into another page, in a unit that options share."""
    text = fragment(label_of(Option()), "zh", unit="kg").strip()
    assert text.startswith("<article") and text.endswith("</article>") and "0.92\u00a0千克" in text
    assert 'lang="zh-CN"' in text


def test_times_are_utc(calculation):
    """Proves that a time of another zone is printed in UTC."""
    from datetime import timedelta, timezone

    at = datetime(2026, 11, 30, 17, 30, tzinfo=timezone(timedelta(hours=8)))
    assert at.astimezone(UTC).hour == 9
    assert "2026-11-30 09:30" in calculation_page(replace(calculation, calculated_at=at), "en")
