"""Two digits, one unit, a range that holds its figure."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbon.labels import figures
from carbon.labels.wording import words

EN, ZH = words("en"), words("zh")


@pytest.mark.parametrize(
    ("value_kg", "low_kg", "high_kg", "value", "extent"),
    [
        (0.9236, 0.774, 1.223, "920\u00a0g", "770–1,200"),
        (0.42, 0.3, 0.58, "420\u00a0g", "300–580"),
        (1.26, 0.94, 1.7, "1.3\u00a0kg", "0.94–1.7"),
        (9.96, 9.0, 10.4, "10\u00a0kg", "9.0–10"),
        (0.9996, 0.5, 2.0, "1.0\u00a0kg", "0.50–2.0"),
        (999.6, 990.0, 1100.0, "1.0\u00a0t", "0.99–1.1"),
        (12345.0, 10000.0, 20000.0, "12\u00a0t", "10–20"),
        (0.0004, 0.0001, 0.002, "0.40\u00a0g", "0.10–2.0"),
        (9.2, 0.00001, 20.0, "9.2\u00a0kg", "<0.01–20"),
        (0.05, 0.0, 0.1, "50\u00a0g", "0–100"),
    ],
)
def test_figures_and_ranges(value_kg, low_kg, high_kg, value, extent):
    """Proves the unit by size as printed, two digits, and ends in the figure's unit that do not pretend to be finer."""
    unit = figures.unit_of(value_kg)
    assert figures.mass(value_kg, unit, EN) == value
    assert figures.range_text(low_kg, high_kg, value_kg, unit, EN) == extent


def test_options_side_by_side_share_a_unit():
    """Proves that figures that are compared are printed in the unit of the largest."""
    unit = figures.common_unit([0.92, 1.1])
    assert [figures.mass(each, unit, EN) for each in (0.9236, 1.12)] == ["0.92\u00a0kg", "1.1\u00a0kg"]
    assert figures.common_unit([0.2, 0.5]) == "g"
    assert figures.mass(0.9236, "kg", ZH) == "0.92\u00a0千克"


@given(st.floats(1e-4, 1e5), st.floats(0, 1), st.floats(1, 20))
def test_a_printed_range_holds_its_printed_figure(value_kg, down, up):
    """Proves that rounding never puts a figure outside its own range."""
    unit = figures.unit_of(value_kg)
    low, high = figures.ends(value_kg * down, value_kg * up, value_kg, unit, EN)
    middle = figures.number(value_kg, unit, EN)
    low, middle, high = (float(each.replace(",", "").replace("<", "-")) for each in (low, middle, high))
    assert low <= middle <= high


@given(st.floats(1e-6, 1e6))
def test_a_printed_figure_is_near(value_kg):
    """Proves that two digits are within five per cent, in whatever unit they are printed."""
    unit = figures.unit_of(value_kg)
    shown = float(figures.number(value_kg, unit, EN).replace(",", ""))
    assert shown * {"g": 1e-3, "kg": 1, "t": 1e3}[unit] == pytest.approx(value_kg, rel=0.0501)


def test_shares_add_up_and_never_vanish():
    """Proves that the three data shares print as 100 in all, and that little is not none, nor nearly all everything."""
    assert list(figures.shares({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}, EN).values()) == [
        "34\u00a0%",
        "33\u00a0%",
        "33\u00a0%",
    ]
    assert [figures.share(each, ZH) for each in (0, 0.004, 0.5, 0.996, 1)] == ["0%", "<1%", "50%", ">99%", "100%"]


def test_tables_and_days():
    """Proves digits of tables and the days of each language."""
    assert [figures.significant(each, EN) for each in (0.3238868, 123456.7, 5, 0, 0.0000786)] == [
        "0.3239",
        "123,500",
        "5",
        "0",
        "0.0000786",
    ]
    assert (
        figures.day(date(2026, 11, 30), EN) == "30 Nov 2026" and figures.day(date(2026, 11, 30), ZH) == "2026年11月30日"
    )


@given(
    st.floats(1e-9, 1e9),
    st.one_of(st.none(), st.floats(1e-9, 1e9)),
    st.sampled_from(list(figures._TENS)),
)
def test_the_short_way_prints_the_same(mass_kg, beside_kg, unit):
    """Proves that figures written by way of text are those of the decimals, ends of ranges among them."""
    short = figures._short(mass_kg, figures.LABEL_DIGITS, beside_kg)
    if short is not None:
        text, step = figures._tidy(mass_kg, figures.LABEL_DIGITS, beside_kg)
        assert (str(Decimal(short[0])), short[1]) == (text, step)
        assert figures._in_unit(*short, True, unit, EN) == figures._in_unit(text, step, True, unit, EN)
