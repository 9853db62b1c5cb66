"""Look and numbers: one set of tokens, the report's rules for figures, charts that hold what they say."""

from __future__ import annotations

import json
import tomllib
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from app import charts, look, numbers
from carbon.terms import DELIVERY_STAGES, Language, Stage

CONFIG = tomllib.loads((Path(look.__file__).parent / ".streamlit" / "config.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("theme", "tokens"), [("light", look.LIGHT), ("dark", look.DARK)])
def test_the_theme_file_holds_the_tokens(theme, tokens):
    """Proves that Streamlit's theme and the charts take the same colours."""
    chosen = CONFIG["theme"][theme]
    assert (chosen["backgroundColor"], chosen["textColor"], chosen["borderColor"]) == (
        tokens.background,
        tokens.ink,
        tokens.line,
    )
    assert chosen["linkColor"] == tokens.accent and chosen["grayTextColor"] == tokens.muted
    assert CONFIG["theme"]["font"] == look.FONT


def test_no_traceback_no_telemetry_and_this_machine_only():
    """Proves that the settings which protect users are set."""
    assert CONFIG["client"]["showErrorDetails"] == "none" and CONFIG["client"]["disableDataExport"] is True
    assert CONFIG["browser"]["gatherUsageStats"] is False and CONFIG["server"]["address"] == "127.0.0.1"


def _contrast(first: str, second: str) -> float:
    def light(colour):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((light(first), light(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("theme", "tokens"), [("light", look.LIGHT), ("dark", look.DARK)])
def test_text_can_be_read(theme, tokens):
    """Proves the contrast of text, links, and of the primary button's white letters."""
    for colour in (tokens.ink, tokens.muted, tokens.accent):
        assert _contrast(colour, tokens.background) >= 5.2 and _contrast(colour, tokens.surface) >= 5.2
    assert _contrast(CONFIG["theme"][theme]["primaryColor"], "#FFFFFF") >= 4.5
    assert set(tokens.stages) == set(Stage)


@pytest.mark.parametrize(
    ("mass_kg", "printed"),
    [
        (0.0004, "0.400 g"),
        (0.4123, "412 g"),
        (1.2, "1.20 kg"),
        (999.6, "1.00 t"),
        (12345.6, "12.3 t"),
        (None, "–"),
        (float("nan"), "–"),
        (0.0, "0 kg"),
    ],
)
def test_masses(mass_kg, printed):
    """Proves g below 1 kg, kg below 1,000, t above, three digits, and a dash for what is missing."""
    assert numbers.mass(mass_kg).replace("\u00a0", " ") == printed


@pytest.mark.parametrize(
    ("mass_kg", "en", "zh"),
    [
        (0.0004, "0.000882 lb", "0.000882 lb"),
        (0.45359237, "1.00 lb", "1.00 lb"),
        (906.5, "1,998 lb", "1,998 lb"),
        (907.18474, "1.00 short tons", "1.00 短吨"),
        (1000.0, "1.10 short tons", "1.10 短吨"),
        (12345.6, "13.6 short tons", "13.6 短吨"),
        (0.0, "0 lb", "0 lb"),
        (None, "–", "–"),
    ],
)
def test_masses_in_pounds_and_short_tons(monkeypatch, mass_kg, en, zh):
    """Proves that a short ton is 2,000 lb of 0.45359237 kg, and is never printed as t or ton."""
    monkeypatch.setattr(numbers, "system", lambda: "us")
    for tongue, printed in (("en", en), ("zh", zh)):
        monkeypatch.setattr(numbers, "language", lambda tongue=tongue: Language(tongue))
        assert numbers.mass(mass_kg).replace("\u00a0", " ") == printed


def test_a_column_of_short_tons_sums_as_its_kilograms_do(monkeypatch):
    """Proves that scale, size and ranges of a column share the chosen unit."""
    monkeypatch.setattr(numbers, "system", lambda: "us")
    scale, size_kg = numbers.scale_of([1814.36948, 90.718474])
    assert (scale.unit, round(size_kg, 5)) == ("short tons", 907.18474)
    assert numbers.masses(scale)(1814.36948 / size_kg) == "2.000"
    assert numbers.ranges(scale, [907.18474], [None]) == ["–"]
    assert numbers.ranges(scale, [907.18474], [1814.36948]) == ["1.000–2.000"]
    assert numbers.ends(1814.36948, 907.18474, 2721.55422).replace("\u00a0", " ") == "1.00–3.00 short tons"


def test_axes_are_in_the_chosen_unit(monkeypatch):
    """Proves that a chart's axis names short tons and is drawn in them, the same bars as in tonnes."""
    masses_kg = {each: 9071.8474 for each in DELIVERY_STAGES}
    monkeypatch.setattr(numbers, "system", lambda: "us")
    for drawn in (charts.stage_bars(masses_kg), charts.month_columns(pd.DataFrame(masses_kg, index=["2025-01"]))):
        spec = json.dumps(drawn.to_dict())
        assert "(short tons)" in spec and "(t)" not in spec and "(kg)" not in spec
        values = {round(row["value"], 9) for rows in drawn.to_dict()["datasets"].values() for row in rows}
        assert 10.0 in values


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (1199.72542, "1,199.73"),
        (0.0000002866009, "0.000000286601"),
        (110.00000000000001, "110"),
        (0.0, "0"),
        (None, "–"),
    ],
)
def test_exact_numbers_can_be_typed(value, printed):
    """Proves that figures of a calculation have no powers of ten and no idle zeros."""
    assert numbers.exact(value) == printed


def test_stage_bars_start_at_zero_and_say_their_value():
    """Proves that bars are in a parcel's order, from zero, each with its figure and share."""
    masses_kg = {each: float(position + 1) for position, each in enumerate(DELIVERY_STAGES)}
    drawn = charts.stage_bars(masses_kg).to_dict()
    rows = next(iter(drawn["datasets"].values()))
    assert [row["kg"] for row in rows] == list(masses_kg.values())
    assert all("%" in row["label"] for row in rows)
    assert drawn["layer"][0]["encoding"]["x"]["scale"]["domain"][0] == 0
    assert [row["colour"] for row in rows] == [look.LIGHT.stages[each] for each in DELIVERY_STAGES]


def test_ranges_are_bands_and_lines_on_the_bars_own_scale():
    """Proves that a stage's range runs from low to high in the unit of the axis, and fits on it."""
    masses_kg = {each: 2000.0 for each in DELIVERY_STAGES}
    drawn = charts.stage_bars(masses_kg, {each: (1500.0, 9000.0) for each in DELIVERY_STAGES}).to_dict()
    rows = next(iter(drawn["datasets"].values()))
    assert {(row["value"], row["low"], row["high"]) for row in rows} == {(2.0, 1.5, 9.0)}
    assert drawn["layer"][0]["encoding"]["x"]["scale"]["domain"][1] > 9
    assert any(layer["mark"].get("opacity") == 0.25 for layer in drawn["layer"])
    assert all("1.50–9.00" in row["label"] for row in rows)


def test_names_of_causes_end_above_their_bars():
    """Proves that a name has the room its lines take, so that none runs over a bar, and no sign is lost."""
    names = ["Hub", "Lorry, all sizes, average load (United Kingdom figure used elsewhere)", "All others"]
    rows = next(iter(charts.cause_bars([(name, 0.5) for name in names]).to_dict()["datasets"].values()))
    tops = [0, *(row["depth"] for row in rows)]
    room = [below - above for above, below in pairwise(tops)]
    # Half a bar above, half a bar below, and the lines of the name between.
    assert all(space >= 14 + 15 * row["count"] for space, row in zip(room, rows, strict=True))
    assert [row["count"] for row in rows] == [1, 2, 1] and room[0] == room[2] < room[1]
    assert [" ".join(row["lines"].split()) for row in rows] == names
    charts.cause_bars([]).to_dict()


def test_charts_stand_nothing_and_less_than_nothing():
    """Proves that no emissions, one month, and a negative correction can be drawn."""
    charts.stage_bars({}).to_dict()
    charts.stage_bars({Stage.LAST_MILE: 3.0, Stage.RETURNS: -1.0}).to_dict()
    charts.month_columns(pd.DataFrame({Stage.LAST_MILE: [0.0]}, index=["2025-01"])).to_dict()
    assert charts.leading({}) is None


def test_a_folded_bar_takes_no_room():
    """Proves that no least width is forced on the side bar, which would hold room for it on a tablet where it is folded away,
    and that the bar is still found by its name."""
    import re
    from pathlib import Path

    import streamlit

    from app.look import STYLE

    rules = re.findall(r'\[data-testid="stSidebar"\][^{]*\{([^}]*)\}', STYLE)
    assert rules and all("min-width: 0" in rule for rule in rules)
    scripts = Path(streamlit.__file__).parent / "static" / "static" / "js"
    assert any("stSidebar" in path.read_text(encoding="utf-8") for path in scripts.glob("*.js"))
