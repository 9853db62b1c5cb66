"""What a report says, before any renderer."""

from __future__ import annotations

import re
import string
from dataclasses import replace
from functools import cache

import pytest

from carbon.errors import InputError, ReportError
from carbon.reports import build
from carbon.reports.report import Chart, Missing, Number, Range, Table
from carbon.reports.words import Words
from carbon.terms import Language
from tests.reports.inventories import HIGH, LOW, STAGES, TOTAL_KG, empty, full, unranged
from tests.reports.test_numbers import value_of

LANGUAGES = list(Language)
#: Claims that no report may make, in either language.
FORBIDDEN = re.compile(
    r"complian|certif(?!icates?\b)|neutral|net[- ]zero|\bgreen\b|\beco\b|sustainab|planet|climate[- ]positive|offset|合规|符合 ?(?:ISO|GRI|ESRS|IFRS|SASB|GHG)|认证|中和|零碳|净零|绿色|环保",
    re.IGNORECASE,
)


def tables(report) -> list[Table]:
    """Return all tables, those of charts included."""
    blocks = [block for section in report.sections for block in section.blocks]
    return [block for block in blocks if isinstance(block, Table)] + [
        block.table for block in blocks if isinstance(block, Chart) and block.table
    ]


def table_of(report, section: str, place: int = 0) -> Table:
    """Return one table of a section."""
    found = next(each for each in report.sections if each.key == section)
    return tables(replace(report, sections=(found,)))[place]


def _leaves(value, path=""):
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _leaves(each, f"{path}.{key}")
    elif isinstance(value, list):
        for place, each in enumerate(value):
            yield from _leaves(each, f"{path}[{place}]")
    else:
        yield path, value


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_word_the_same_things():
    """Proves that no text exists in one language only, and that both fill in the same names."""
    english, chinese = (dict(_leaves({key: Words(language).at(key) for key in _groups()})) for language in LANGUAGES)
    optional = re.compile(r"^\.(boundaries|materials|activities|origins)\.")
    assert {key for key in english if not optional.match(key)} == {key for key in chinese if not optional.match(key)}
    differing = [
        key for key, text in english.items() if key in chinese and _names(str(text)) != _names(str(chinese[key]))
    ]
    assert differing == []


def _groups() -> list[str]:
    return list(Words("en")._texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_claims_more_than_figures(language):
    """Proves that no wording speaks of compliance, certification, neutrality or virtue; energy certificates are things."""
    texts = [text for _, text in _leaves({key: Words(language).at(key) for key in _groups()})]
    assert [text for text in texts if FORBIDDEN.search(str(text))] == []
    # A cited title may hold such a word (UNECE's does); the invented factors cite none.
    assert [
        text for made in (full(), empty()) for text in build(made, language=language).texts() if FORBIDDEN.search(text)
    ] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("made", [full, empty, unranged])
def test_every_column_adds_up_as_printed(language, made):
    """Proves that printed parts sum to the printed total in every table that has one."""
    checked = 0
    for table in tables(build(made(), language=language)):
        for place, column in enumerate(table.columns):
            cells = [row[place] for row in table.rows]
            averages = column.title in {
                Words(language)(key)
                for key in (
                    "lanes.per_parcel",
                    "sites.metered",
                    "over_time.change_share",
                    *(f"quality.{each}_short" for each in ("primary", "modelled", "default")),
                    *(f"quality.{each}" for each in ("technological", "geographical", "temporal", "rated")),
                )
            }
            if not table.totals or averages or not column.numeric or not isinstance(cells[-1], Number):
                continue
            parts = [value_of(cell.text) for cell in cells[:-1] if isinstance(cell, Number)]
            assert sum(parts) == pytest.approx(value_of(cells[-1].text), abs=1e-6), (table.title, column.title)
            checked += 1
    assert checked > 15 or made is empty


@pytest.mark.parametrize("language", LANGUAGES)
def test_figures_are_the_inventorys(language):
    """Proves that the values behind the printed figures are the ledger's, digit for digit."""
    report = build(full(), language=language)
    stages = table_of(report, "stages")
    assert [row[1].value for row in stages.rows[:-1]] == [value for key, value in STAGES.items() if key != "product"]
    assert stages.rows[-1][1].value == TOTAL_KG
    categories = table_of(report, "scopes", 3)
    printed = {row[0]: row[2] for row in categories.rows}
    assert printed["4"].value == pytest.approx(8800.739681)
    assert printed[""].value == pytest.approx(TOTAL_KG - 1905.291752 - 1173.6365)
    market = table_of(report, "scopes", 1)
    assert [row[1].value for row in market.rows] == [1173.6365, 912.25]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_figure_without_data_says_why(language):
    """Proves that nothing without data prints as a zero: all fifteen categories stand there, with figure or reason."""
    words = Words(language)
    start = words("words.not_reported", reason="")
    categories = table_of(build(full(), language=language), "scopes", 3)
    by_number = {row[0]: row[2] for row in categories.rows if row[0]}
    assert list(by_number) == [str(number) for number in range(1, 16)]
    missing = {number for number, cell in by_number.items() if isinstance(cell, Missing)}
    assert missing == {"2", "3", "5", "6", "7", "8", "10", "11", "13", "14", "15"}
    assert all(
        by_number[number].text.startswith(start) and len(by_number[number].text) > len(start) for number in missing
    )
    for table in tables(build(empty(), language=language)):
        emissions = [cell for row in table.rows for cell in row if isinstance(cell, Number) and "CO2e" in cell.unit]
        assert emissions == [] or table.columns[0].title == words("stages_section.stage"), table.title
        assert not [cell for row in table.rows for cell in row if isinstance(cell, Range)], table.title


@cache
def _section_count(language) -> int:
    return len(build(full(), language=language).sections)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "part",
    [
        "lanes",
        "months",
        "services",
        "packages",
        "sites",
        "factors",
        "factors_beside",
        "matches",
        "edition_gaps",
        "beside",
        "packaging_kg_by_material",
        "stages",
        "scopes",
        "variance",
        "gaps",
    ],
)
def test_any_part_may_be_missing(language, part):
    """Proves that a ledger without lanes, meters, packages ... gives a report all the same."""
    inventory = full()
    report = build(replace(inventory, **{part: getattr(inventory, part).head(0)}), language=language)
    assert len(report.sections) == _section_count(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_factors_beside_the_total_are_marked(language):
    """Proves that factors of market-based and of further figures stand with value, source and share, and are told apart."""
    words, inventory = Words(language), full()
    section = next(each for each in build(inventory, language=language).sections if each.key == "factors")
    table = next(each for each in section.blocks if isinstance(each, Table) and len(each.columns) == 9)
    market, beside = table.rows
    assert (
        "contract.wind" in market[0] and market[4].text == "0.012" and market[7] == words("factors.serves.market_based")
    )
    assert market[8].value == pytest.approx(79.5 / inventory.market_total_kg)
    assert "air.with_rf" in beside[0] and beside[7:] == (words("factors.serves.beside"), words("factors.in_no_total"))
    cited = [row[1] for each in section.blocks if isinstance(each, Table) for row in each.rows if len(row) == 6]
    assert "Supply contract" in cited


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_product_is_apart(language):
    """Proves that the product is named, and in no delivery table."""
    report = build(full(), language=language)
    assert all(
        "152" not in cell.text for row in table_of(report, "stages").rows for cell in row if isinstance(cell, Number)
    )
    assert any("156" in text and "CO2e" in text for text in report.texts())


def test_iso_14083_is_named_only_where_the_ledger_allows():
    """Proves that the statement follows the inventory, with its reason."""
    no = " ".join(build(full()).texts())
    assert "not stated as ISO 14083: no WTT for grid.us" in no
    yes = " ".join(build(full(statement=True)).texts())
    assert "not stated as ISO 14083" not in yes and "never packaging" in yes


@pytest.mark.parametrize("language", LANGUAGES)
def test_ranges_are_the_inventorys_in_the_unit_of_their_value(language):
    """Proves that every total, stage, scope, category and month carries the ledger's own range, its value in kilograms, printed in its column's unit."""
    report = build(full(), language=language)
    stages = table_of(report, "stages")
    assert [row[2].low for row in stages.rows[:-1]] == [STAGES[key] * LOW for key in STAGES if key != "product"]
    assert stages.rows[-1][2] == Range(TOTAL_KG * LOW, TOTAL_KG * HIGH, "12.81–22.41", "kg CO2e")
    assert all(row[1].unit == row[2].unit == "kg CO2e" for row in stages.rows) and stages.columns[1].unit == "t CO2e"
    assert stages.rows[-1][1].value == pytest.approx(TOTAL_KG)
    months = table_of(report, "months")
    assert [row[-1].high for row in months.rows] == pytest.approx([row[-2].value * HIGH for row in months.rows])
    scopes, market, _, categories = (table_of(report, "scopes", place) for place in range(4))
    assert isinstance(scopes.rows[0][2], Range) and isinstance(scopes.rows[-1][2], Range)
    assert market.rows[1][2].low == pytest.approx(1173.6365 * 0.75)
    figures = [row for row in categories.rows[:-1] if isinstance(row[2], Number)]
    assert [row[3].low for row in figures] == pytest.approx([row[2].value * LOW for row in figures])


@pytest.mark.parametrize("language", LANGUAGES)
def test_ranges_are_not_invented(language):
    """Proves that a ledger with a run of an earlier version says that ranges and ratings are unknown, never zero."""
    report = build(unranged(), language=language)
    cells = [cell for table in tables(report) for row in table.rows for cell in row]
    assert not [cell for cell in cells if isinstance(cell, Range)]
    words = Words(language)
    assert words("words.no_range") in set(report.texts())
    said = " ".join(report.texts())
    assert (
        words("uncertainty.draws").partition("{")[0] not in said
        and re.split("[;；]", words("months.subtitle"))[1] not in said
    )
    assert words("uncertainty.no_runs") in said and "nan" not in said.lower().split()
    for chart in (each for section in report.sections for each in section.blocks if isinstance(each, Chart)):
        assert chart.ranges == () and all(bar.low is None for bar in chart.bars)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_makes_the_range_is_named_for_people(language):
    """Proves that the variance is told in names, codes standing only in the key column, the same as drawn."""
    report = build(full(), language=language)
    table = table_of(report, "uncertainty", 2)
    names = {row[1]: row[0] for row in table.rows}
    shown = {
        "en": "Lorry, all sizes, average load (United Kingdom figure used elsewhere)",
        "zh": "货车、全部车型、平均装载（以英国数据代替其他地区）",
    }
    assert names["proxy:road.hgv.all.average:GB"] == shown[language]
    assert {"en": "Coventry fulfilment centre", "zh": "考文垂配送中心"}[language] in names["stated:area_m2:coventry"]
    assert not [name for name in names.values() if re.search(r"[a-z]_[a-z]|\w\.\w", name)]
    chart = next(
        block for section in report.sections if section.key == "uncertainty" for block in section.blocks
        if isinstance(block, Chart)
    )  # fmt: skip
    assert [bar.value for bar in chart.bars] == list(full().variance["variance_share"])
    # Each share is rounded by itself: the bar beside the row says the same, and so does `carbon inventory`.
    for bar, row in zip(chart.bars, table.rows, strict=True):
        assert abs(value_of(bar.text.replace("%", "").strip()) - value_of(row[2].text)) <= 0.5
        assert row[2].text == f"{100 * bar.value:.1f}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_gaps_say_what_to_do_in_the_readers_language(language):
    """Proves that the worst gaps are listed in order, without codes of activities or English materials in Chinese."""
    rows = table_of(build(full(), language=language), "uncertainty", 1).rows
    said = "\n".join(row[1] for row in rows)
    assert [row[0] for row in rows] == ["1", "2", "3"] and rows[0][2].value == 1709.03
    assert "17\u00a0%" in said.replace(" %", "\u00a0%") or "17%" in said
    assert "road.hgv" not in said and "312" in said and not re.search(r"\b(GB|US)\b", said)
    assert {"en": "United Kingdom figure", "zh": "的英国数据"}[language] in said
    if language == "zh":
        assert "virgin" not in said and "聚乙烯薄膜（LDPE）、原生" in said
        assert not re.search(r"[\u4e00-\u9fff] [\u4e00-\u9fff]|\d %|范围", said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_shares_and_ratings_stand_by_stage_and_category(language):
    """Proves that ISO 14083 shares and PACT ratings are the inventory's, and that what is not rated is a dash."""
    report, made = build(full(), language=language), full()
    stages = table_of(report, "quality", 1)
    assert [row[1].value for row in stages.rows[:7]] == list(made.stages["primary_share"][:7])
    assert [cell.text for cell in stages.rows[0][4:7]] == ["2.0", "3.2", "1.0"]
    total = stages.rows[7]
    assert [cell.value for cell in total[1:7]] == [*made.quality.values(), *list(made.ratings.values())[:3]]
    categories = table_of(report, "quality", 2)
    assert [row[5].value for row in categories.rows[:-1]] == list(made.scopes["geographical"])
    old = table_of(build(unranged(), language=language), "quality", 1)
    assert [cell for cell in old.rows[0][4:7]] == ["–", "–", "–"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stage_is_printed_alike_in_every_column_of_months(language):
    """Proves that the sum under a stage's months is the stage's own figure, to a step of its last place."""
    table = table_of(build(full(), language=language), "months")
    for place in range(1, len(table.columns) - 1):
        cell = table.rows[-1][place]
        decimals = len(cell.text.partition(".")[2])
        assert abs(value_of(cell.text) - cell.value / 1000) < 10.0**-decimals, table.columns[place].title


def test_a_full_width_bracket_brings_its_own_space():
    """Proves that Chinese sets no space after a closing bracket, nor an English comma after it."""
    texts = list(build(full(), language="zh").texts())
    bars = [bar.text for section in build(full(), language="zh").sections for block in section.blocks
            if isinstance(block, Chart) for bar in block.bars]  # fmt: skip
    assert [text for text in (*texts, *bars) if re.search(r"） |）, ", text)] == []


def test_user_text_is_neither_markup_nor_a_template():
    """Proves that a hostile name stands in the content as it was written, braces included."""
    name = "<b>&\"=cmd|' {0} {name} %s"
    organisation = {**full().organisation, "name": name}
    report = build(full(organisation=organisation, notes=["{x} <a href='y'>"]))
    assert report.organisation == name and name in report.head
    assert "{x} <a href='y'>" in set(report.texts())


def test_organisation_given_by_the_caller_wins():
    """Proves that a newer organisation file may correct names without a new run."""
    assert build(full(), organisation={"name": "Corrected Ltd"}).organisation == "Corrected Ltd"


@pytest.mark.parametrize(("profile", "language"), [("iso-9001", "en"), ("ghg-protocol", "fr")])
def test_unknown_profile_or_language_says_what_there_is(profile, language):
    """Proves that a wrong choice names the right ones."""
    with pytest.raises((InputError, ReportError)) as caught:
        build(full(), profile, language)
    assert "ghg-protocol" in str(caught.value) or "en, zh" in str(caught.value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_chart_has_words_and_data(language):
    """Proves that no figure is in a picture alone."""
    charts = [
        block
        for section in build(full(), language=language).sections
        for block in section.blocks
        if isinstance(block, Chart)
    ]
    kinds = {"bars", "columns", "waterfall", "flows", "trend", "glidepath", "heat"}
    assert {chart.kind for chart in charts} == kinds
    for chart in charts:
        if chart.kind in ("bars", "waterfall", "flows"):
            assert all(bar.label in chart.alt for bar in chart.bars)
        assert all(bar.group in chart.alt for bar in chart.bars)
        assert all(text in chart.alt for _, text in chart.totals)
    assert {chart.kind for chart in charts if chart.table} == kinds
