"""Plain text as HTML."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbon.reports.prose import prose
from carbon.terms import Language

EN, ZH = Language.EN, Language.ZH


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1 kg CO2e", "1 kg CO<sub>2</sub>e"),
        ("CH4 + N2O", "CH<sub>4</sub> + N<sub>2</sub>O"),
        ("1.2 × 10^−7", "1.2 × 10<sup>−7</sup>"),
        ("CO2.js XCO2e CO22", "CO2.js XCO2e CO22"),
        ("<b>&\"'</b>", "&lt;b&gt;&amp;&#34;&#39;&lt;/b&gt;"),
        ("a\u202eb\u0007", "a[U+202E]b[U+0007]"),
        ("a\tb\nc", "a b c"),
        ("👩\u200d🔧", "👩\u200d🔧"),
        ("שלום עולם x", "<bdi>שלום עולם</bdi> x"),
        ("by 港湾与织机, Ltd", 'by <span lang="zh">港湾与织机</span>, Ltd'),
        ("desnz_2025.road.van.class_1", "desnz_<wbr>2025.<wbr>road.<wbr>van.<wbr>class_<wbr>1"),
    ],
)
def test_what_stands_in_the_page(text, shown):
    """Proves escaping, subscripts, powers, named controls, isolated scripts, and where long keys may break."""
    assert prose(text, EN) == shown


def test_english_titles_inside_chinese_say_so():
    """Proves that a screen reader is told of a publication's English title, and not of single Latin terms."""
    assert prose("来源：Greenhouse gas reporting conversion factors", ZH) == (
        '来源：<span lang="en">Greenhouse gas reporting conversion factors</span>'
    )
    assert prose("采用 IPCC AR5 的数值，单位 kg CO2e", ZH) == "采用 IPCC AR5 的数值，单位 kg CO<sub>2</sub>e"


@given(st.text(max_size=80), st.sampled_from([EN, ZH]))
def test_nothing_is_lost_and_nothing_becomes_markup(text, language):
    """Proves, for any text, that taking the tags away gives the text back, and that the tags are only ours."""
    shown = str(prose(text, language))
    tags = re.findall(r"<[^>]*>", shown)
    assert all(re.fullmatch(r'</?(sub|sup|bdi|span( lang="(en|zh)")?|wbr)>', tag) for tag in tags)
    plain = html.unescape(re.sub(r"<[^>]*>", "", shown))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", plain)
    kept = [each for each in text if each.isalnum() and each.isascii()]
    left = iter(plain)
    assert all(each in left for each in kept)
