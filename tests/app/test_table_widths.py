"""Widths of tables: what is too wide for a small screen loses room where most is, and figures are never cut."""

from __future__ import annotations

import pandas as pd

from app.table_widths import capped, fitted, row_px


def test_a_table_that_fits_keeps_its_widths():
    """Proves that no column is touched where all have room."""
    assert capped(pd.DataFrame({"Site": ["Coventry"], "Parcels": [3]}), {"Parcels": str}) == {}


def test_the_longest_text_loses_first_and_figures_never():
    """Proves that a long title gives way before a name does, that a table of figures alone stays as it is, and that a
    Chinese character counts for about two letters."""
    wide = pd.DataFrame({"Name": ["x" * 20], "Title": ["y" * 120], "Figure": [1.0]})
    found = capped(wide, {"Figure": lambda value: "1" * 30})
    assert found["Name"] == 168 and found["Title"] + 168 + 242 == 906
    figures = pd.DataFrame({f"c{number}": [1.0] for number in range(30)})
    assert capped(figures, dict.fromkeys(figures, lambda value: "1,000,000")) == {}
    short = capped(pd.DataFrame({"名称": ["长" * 70]}), {})
    assert set(short) == {"名称"} and capped(pd.DataFrame({"Name": ["l" * 70]}), {}) == {}


def test_no_text_is_cut_to_nothing():
    """Proves that many long columns each keep the least width, and the rest is left to scrolling."""
    frame = pd.DataFrame({f"c{number}": ["z" * 90] for number in range(12)})
    found = capped(frame, {}, boxes=True)
    assert set(found) == set(frame) and min(found.values()) == 110


def test_rows_are_as_high_as_their_longest_text_asks():
    """Proves that a text breaks into lines between words, and anywhere where it has no spaces, up to five; that rows of one
    line keep their height; and that broken rows are high enough for Streamlit to break texts at all."""
    frame = pd.DataFrame({"Name": ["Corrugated board, virgin"], "Id": ["x" * 60]})
    assert row_px(frame, {"Name": 250}) is None
    assert row_px(frame, {"Name": 120}) == 66
    assert row_px(frame, {"Id": 170}) == 76
    assert row_px(frame, {"Id": 130}) == 95
    assert row_px(frame, {"Id": 60}) == row_px(frame, {"Id": 110}) == 114
    assert row_px(pd.DataFrame({"名称": ["长" * 20]}), {"名称": 160}) == 66


def test_what_a_row_has_no_room_for_ends_with_a_sign():
    """Proves that a text is whole where it fits, and cut between words with a sign where its row is too low."""
    title = "Greenhouse gas reporting: conversion factors 2025, flat file"
    assert fitted(title) == fitted(title, 150, 114) == title and fitted(None, 150, 66) == ""
    assert fitted(title, 150, 66) == "Greenhouse gas reporting: …"


def test_chinese_does_not_keep_english_from_breaking():
    """Proves that a Chinese character counts as two characters, which is what it is as wide as, and nothing is lost."""
    shown = fitted("瓦楞纸板 (GB)")
    assert shown.replace("\u200b", "") == "瓦楞纸板 (GB)" and len(shown) == 13
