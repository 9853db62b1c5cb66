"""Figures that stand in several places print the same digits in each."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carbon.reports import build
from carbon.reports.report import KeyFigures, Number
from carbon.reports.settled import settled
from tests.reports.inventories import TOTAL_KG, full
from tests.reports.test_content import tables
from tests.reports.test_numbers import value_of

#: Every two of these are rounded otherwise by themselves than among the others.
SCOPES_KG = {"1": 1904.9, "2": 1174.9, "3": TOTAL_KG - 1904.9 - 1174.9}
MASSES = st.lists(st.floats(1.0, 1e5), min_size=2, max_size=8)


def uneven():
    """Return an inventory whose scopes 1 and 2, each rounded by itself, add up to a step less than both together."""
    inventory = full()
    scopes, third = inventory.scopes.copy(), SCOPES_KG["3"] / inventory.categories["co2e_kg"].sum()
    for place, row in scopes.iterrows():
        kg = row["co2e_kg"] * third if row["scope"] == "3" else SCOPES_KG[row["scope"]]
        scopes.loc[place, "co2e_kg"] = kg
    categories = scopes[scopes["scope"] == "3"].reset_index(drop=True)
    return full(scopes=scopes, categories=categories, scope2_location_kg=SCOPES_KG["2"])


def printed(report) -> dict[float, set[float]]:
    """Return what is printed in t of each value in kg, to two decimals or fewer, in all tables and large figures."""
    cells = [cell for table in tables(report) for row in table.rows for cell in row]
    large = [block for section in report.sections for block in section.blocks if isinstance(block, KeyFigures)]
    cells += [figure for block in large for _, figure, _ in block.figures]
    tonnes = {f"{kg:.6g}" for kg in (*SCOPES_KG.values(), SCOPES_KG["1"] + SCOPES_KG["2"], TOTAL_KG)}
    found: dict[str, set[str]] = {}
    for cell in cells:
        if not isinstance(cell, Number):
            continue
        kg = cell.value * (1000 if cell.unit.startswith("t ") else 1)
        text = cell.text.partition("\u00a0")[0]
        if f"{kg:.6g}" in tonnes and re.fullmatch(r"\d+\.\d\d", text):
            found.setdefault(f"{kg:.6g}", set()).add(text)
    return found


@pytest.mark.parametrize("profile", ["ghg-protocol", "esrs", "vsme"])
def test_a_scope_is_printed_one_way_everywhere(profile):
    """Proves that scopes and their sum have the digits of the scopes' table in summary, gases, categories, key figures and index.

    Each rounded by itself, scope 1 and 2 are 1.90 and 1.17 t, and their sum 3.08.
    """
    found = printed(build(uneven(), profile))
    first, second = (next(iter(found[f"{SCOPES_KG[each]:.6g}"])) for each in "12")
    assert all(len(each) == 1 for each in found.values()), found
    (both,) = found[f"{SCOPES_KG['1'] + SCOPES_KG['2']:.6g}"]
    assert float(both) == pytest.approx(float(first) + float(second))
    assert both == "3.08" and sorted((first, second)) != ["1.17", "1.90"]


@given(MASSES, MASSES)
def test_parts_sum_to_their_wholes(parts, others):
    """Proves that settled parts sum to the settled whole, whatever an earlier whole gave them, and move by a step at most."""
    total_kg = sum(parts)
    shared = [parts[0], *others[1:]]
    shared = [parts[0], *(each * (total_kg - parts[0]) / sum(others[1:]) for each in others[1:])]
    found = settled(total_kg, ((total_kg, parts), (total_kg, shared), (None, parts[:2])))
    step_kg = found.scale.step_kg
    whole = round(found(total_kg, found.scale) / step_kg)
    if len({f"{each:.9g}" for each in parts}) == len(parts):
        counts = [round(found(each, found.scale) / step_kg) for each in parts]
        assert sum(counts) == whole
        assert all(abs(count - each / step_kg) <= 1 + 1e-6 for count, each in zip(counts, parts, strict=True))
        both = round(found(parts[0] + parts[1], found.scale) / step_kg)
        assert both == counts[0] + counts[1]
    assert found(parts[0], found.scale) == pytest.approx(found(shared[0], found.scale))


def test_what_is_printed_finer_stays_exact():
    """Proves that only columns as coarse as the figures are settled take the settled value."""
    found = settled(20352.4, ((20352.4, [1904.9, 1174.9, 17272.6]),))
    assert found.scale.unit == "t" and found.scale.decimals == 2
    finer = found.scale.__class__("kg", 0)
    assert found(1904.9, finer) == 1904.9 and found(1904.9, found.scale) % 10 == pytest.approx(0, abs=1e-9)
    assert found(1234.5, found.scale) == 1234.5 and not found.knows(1234.5)


def test_natural_units_stand_in_key_figures_and_index():
    """Proves that a figure over parcels, t-km or money has the unit there that its own section gives it, and so the same digits."""
    report = build(full(), "vsme")
    cells = {cell.text for table in tables(report) for row in table.rows for cell in row if isinstance(cell, Number)}
    units = [text for text in cells if "CO2e/" in text]
    assert units and all(re.search(r"[\d.]+\u00a0(g|kg|t) CO2e/", text) for text in units)
    assert not [text for text in units if value_of(text.partition("\u00a0")[0]) < 0.1]
