"""The section on assurance: sign-offs as they stand, what is material without one, the head's hash."""

from __future__ import annotations

import pytest

from carbon.ledger import Subject, review
from carbon.ledger.sign_offs import SignOffs
from carbon.reports import build
from carbon.reports.report import Definitions, Number, Table
from carbon.reports.words import Words
from carbon.terms import Language
from tests.reports.inventories import full

GRID = Subject(
    "factor:desnz.grid", "Grid (desnz.grid)", "电网（desnz.grid）", "2025", "generation 0.177 kg/(kW*h)", 0.3
)
LOAD = Subject("stated:load_share:post", "load, as stated (post)", "装载率（自行填报，post）", "", "0.6", 0.2)
PLACE = Subject("fallback:destination_city", "", "", "", "", 0.9)
SIGNED = {
    "sign_offs": [
        {"subject": GRID.key, "edition": "2024", "who": "A. <b>", "when": "2025-02-03", "note": "={1} seen"},
        {"subject": LOAD.key, "value": "0.6", "who": "B", "when": "2026-02-03", "note": "counted"},
        {"subject": "fallback:gone", "who": "B", "when": "2026-02-03", "note": "rare"},
    ]
}


def section(language, signed):
    """Return definitions and tables of the section."""
    report = build(full(), language=language, signed=signed)
    blocks = next(each for each in report.sections if each.key == "assurance").blocks
    (items,) = (each.items for each in blocks if isinstance(each, Definitions))
    return dict(items), [each for each in blocks if isinstance(each, Table)]


@pytest.mark.parametrize("language", list(Language))
def test_sign_offs_and_what_is_open_are_printed(language):
    """Proves that each sign-off is printed with who, when, note and state, a lapsed one with what changed, and what is open with its share."""
    words = Words(language)
    items, (signed, left) = section(language, review([PLACE, GRID, LOAD], SignOffs.model_validate(SIGNED)))
    assert items[words("assurance.sign_off")] == words("assurance.signed", holding=1, given=3)
    assert items[words("cover.head")] == full().head_sha256
    assert [row[2:5] for row in signed.rows] == [
        ("A. <b>", "2025-02-03", "={1} seen"),
        ("B", "2026-02-03", "counted"),
        ("B", "2026-02-03", "rare"),
    ]
    lapsed, held, gone = (row[5] for row in signed.rows)
    assert held == words("assurance.holds") and words("assurance.lapses.gone") in gone
    assert words("assurance.lapses.edition", edition="2025") in lapsed
    assert left.title == words("assurance.open", open=2, count=3)
    assert [row[0] for row in left.rows] == [
        words("rows.fallbacks.destination_city"),
        getattr(GRID, f"title_{language}"),
    ]
    assert [row[3].value for row in left.rows if isinstance(row[3], Number)] == [0.9, 0.3]


def test_without_sign_offs_all_that_is_material_is_open():
    """Proves that a report nobody signed says so, and still lists what is material; once all is signed it says that."""
    items, (left,) = section("en", review([GRID]))
    assert items["Sign-off"] == Words("en").not_reported("no_sign_off") and len(left.rows) == 1
    entry = {"subject": GRID.key, "edition": "2025", "who": "A", "when": "2026-02-03", "note": "seen"}
    _, (_, left) = section("en", review([GRID], SignOffs.model_validate({"sign_offs": [entry]})))
    assert left.title == Words("en")("assurance.open_none", count=1)


def test_stated_numbers_are_printed_as_people_write_them():
    """Proves that litres a kilometre stand for a hundred-thousandth of a cubic metre, and that other values stay as they are."""
    used = Subject(
        "stated:consumption_per_km:own", "energy use of a vehicle per km", "车辆", "", "9.4e-05 m**3/km", 0.4
    )
    tiny = Subject("stated:rate:own", "rate, as stated", "比率", "", "2e-05", 0.4)
    filled = Subject("stated:density:own", "density", "密度", "", "12 kg/m**3", 0.4)
    _, tables = section("en", review([used, tiny, filled], None))
    assert [row[2] for row in tables[-1].rows] == ["0.094\u00a0l/km", "0.0000200", "12 kg/m³"]
