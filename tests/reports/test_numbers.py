"""Numbers as printed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbon.reports import numbers
from carbon.terms import Language

EN, ZH = Language.EN, Language.ZH
PARTS = st.lists(st.floats(0, 1e7, allow_nan=False), min_size=1, max_size=30)


def value_of(text: str) -> float:
    """Read a printed figure back; one that is too small to print counts as nothing."""
    return 0.0 if text.startswith("<") else float(text.replace(",", "").replace("−", "-"))


@given(PARTS)
def test_printed_parts_sum_to_the_printed_total(parts):
    """Proves the largest remainder: whatever the parts, the column adds up as printed."""
    total = sum(parts)
    scale = numbers.scale_for([*parts, total])
    printed = sum(value_of(text) for text in numbers.mass_cells(parts, scale, EN, total))
    assert printed == pytest.approx(
        value_of(numbers.mass_cells([total], scale, EN, total)[0]), abs=10.0**-scale.decimals / 10
    )


@given(PARTS)
def test_no_part_is_moved_by_more_than_a_step(parts):
    """Proves that rounding to the total changes no part by a whole step or more."""
    scale = numbers.scale_for(parts)
    for part, whole in zip(parts, numbers.steps(parts, scale.step_kg), strict=True):
        assert abs(part / scale.step_kg - whole) < 1 + 1e-6


@given(st.lists(st.lists(st.floats(0, 1e4), min_size=5, max_size=5), min_size=1, max_size=24))
def test_a_table_adds_up_in_both_directions(parts):
    """Proves that rows sum to their totals, and columns to theirs: a column of small figures is not off by its rows."""
    rows = numbers.steps([sum(row) for row in parts], 1.0)
    columns = numbers.steps([sum(column) for column in zip(*parts, strict=True)], 1.0, float(sum(rows)))
    found = numbers.grid(parts, 1.0, rows, columns)
    assert [sum(row) for row in found] == rows
    for row, whole in zip(parts, found, strict=True):
        assert all(abs(part - each) < 1 + 1e-6 for part, each in zip(row, whole, strict=True))
    off = [abs(sum(column) - wanted) for column, wanted in zip(zip(*found, strict=True), columns, strict=True)]
    assert max(off) <= 1


def test_columns_give_on_what_they_get():
    """Proves that a step finds its way through a column in between, where no row holds both ends."""
    parts = [[0.6, 0.4, 0.0], [0.0, 0.6, 0.4]]
    assert numbers.grid(parts, 1.0, [1, 1], [1, 0, 1]) == [[1, 0, 0], [0, 0, 1]]
    assert numbers.grid(parts, 1.0, [1, 1], [0, 1, 1]) == [[0, 1, 0], [0, 0, 1]]
    # From both first choices (column 1 and 2) to columns 2 and 3.
    found = numbers.grid([[0.6, 0.4, 0.0], [0.0, 0.6, 0.4], [0.0, 0.0, 1.0]], 1.0, [1, 1, 1], [0, 1, 2])
    assert [sum(column) for column in zip(*found, strict=True)] == [0, 1, 2]


@given(PARTS.filter(lambda parts: sum(parts) > 0))
def test_shares_sum_to_a_hundred(parts):
    """Proves that a column of percentages adds up to 100.0 as printed."""
    assert sum(value_of(text) for text in numbers.shares(parts, EN)) == pytest.approx(100.0)


@pytest.mark.parametrize(
    ("mass_kg", "english", "chinese"),
    [
        (0.0004, "0.400 g", "0.400 克"), (0.9994, "999 g", "999 克"), (0.9996, "1.00 kg", "1.00 千克"), (1.0, "1.00 kg", "1.00 千克"),
        (42.35, "42.4 kg", "42.4 千克"), (999.4, "999 kg", "999 千克"), (999.6, "1.00 t", "1.00 吨"), (16138.05, "16.1 t", "16.1 吨"),
        (1234567.0, "1,235 t", "1,235 吨"), (0.0, "0 kg", "0 千克"),
    ],
)  # fmt: skip
def test_mass_takes_the_unit_that_suits_it(mass_kg, english, chinese):
    """Proves g below 1 kg, kg below 1,000, t above, three digits, and the Chinese words in prose."""
    assert numbers.mass(mass_kg, EN).replace("\u00a0", " ") == english
    assert numbers.mass(mass_kg, ZH, words=True).replace("\u00a0", " ") == chinese


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (0.00001, "<0.1 %"), (0.0312, "3.1 %"), (0.456, "46 %"), (0.9999, ">99.5 %"), (1.0, "100 %")],
)
def test_a_share_is_neither_rounded_away_nor_up_to_all(share, text):
    """Proves that a little is not printed as nothing, nor nearly all as all."""
    assert numbers.percent(share, EN).replace("\u00a0", " ") == text
    assert numbers.percent(share, ZH) == text.replace(" ", "")


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        ("kg/(t*km)", "kg/(t·km)"),
        ("kg/(kW*h)", "kg/kWh"),
        ("kg/(m**2*day)", "kg/(m²·day)"),
        ("t/short_ton", "t/short ton"),
    ],
)
def test_units_are_written_for_people(unit, text):
    """Proves that no program's spelling of a unit is printed."""
    assert numbers.unit_text(unit) == text


def test_a_published_value_keeps_its_digits():
    """Proves that the factor table shows what the publisher printed, not three digits of it."""
    assert numbers.published(1098.11442, EN) == "1,098.1144"
    assert numbers.published(0.53128, EN) == "0.53128"
    assert numbers.published(1924.0, EN) == "1,924"


@pytest.mark.parametrize(
    ("value", "low", "high", "language", "printed"),
    [
        (0.42, 0.3, 0.58, "en", "420 g (300–580)"),
        (16288.0, 14780.0, 18820.0, "en", "16.3 t (14.8–18.8)"),
        (16288.0, 14780.0, 18820.0, "zh", "16.3 吨（14.8–18.8）"),
        (999.7, 640.0, 1200.0, "en", "1.00 t (0.64–1.20)"),
        (129.0, 0.2, 728.0, "en", "129 kg (<1–728)"),
        (2.0, -1.0, 5.0, "en", "2.00 kg (−1.00 to 5.00)"),
        (2.0, None, None, "zh", "2.00 千克"),
        (2.0, float("nan"), 3.0, "en", "2.00 kg"),
    ],
)
def test_a_range_follows_its_value_in_its_unit(value, low, high, language, printed):
    """Proves unit and decimals of ranges, ends that would vanish, negative ends, and unknown ends."""
    made = numbers.mass_range(value, low, high, Language(language), words=True)
    assert made.replace("\u00a0", " ") == printed
