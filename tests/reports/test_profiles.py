"""Every profile in both languages: figures are the ledger's, parts add up, nothing is a zero for want of data."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from carbon.errors import ReportError
from carbon.reports import PROFILES, build
from carbon.reports.answers import State
from carbon.reports.context import Measure
from carbon.reports.machine import write
from carbon.reports.report import Chart, Link, Missing, Number, Table
from carbon.reports.standard import kpis, load
from carbon.reports.words import Words
from tests.reports.inventories import TOTAL_KG, empty, full, unranged
from tests.reports.test_content import FORBIDDEN, LANGUAGES, table_of, tables
from tests.reports.test_numbers import value_of
from tests.reports.test_pdf import broken_words

EDITIONS = [(profile, edition) for profile in PROFILES for edition in load(profile).editions]
#: Heads of columns whose last row is no sum of what stands above.
_AVERAGES = ("lanes.per_parcel", "sites.metered", "quality.rated", "over_time.change_share")
_MEANS = ("primary_short", "modelled_short", "default_short", "technological", "geographical", "temporal")


def fact_of(report, key: str) -> dict:
    """Return one fact of a report's data."""
    return next(each for each in report.data["facts"] if each["id"] == key)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("profile", "edition"), EDITIONS)
def test_a_profile_is_its_table(profile, edition, language):
    """Proves that sections, framing and index follow the table, and that every link leads to a section there is."""
    standard, report = load(profile), build(full(), profile, language, edition=edition)
    assert [section.key for section in report.sections] == list(standard.sections)
    texts = list(report.texts())
    assert standard.editions[edition].standards(report.language) in texts
    keys = {section.key for section in report.sections}
    index = tables(replace(report, sections=tuple(each for each in report.sections if each.key == "index")))
    rows = [row for table in index for row in table.rows]
    points = [(document, point) for document, points in standard.points(edition) for point in points]
    assert len(rows) == len(points) == len(report.data["facts"])
    for row, (document, point) in zip(rows, points, strict=True):
        assert row[0].startswith(f"{point.id} · {document.edition}")
        assert point.confirmed != (row[0] != f"{point.id} · {document.edition}")
        assert not isinstance(row[-1], Link) or row[-1].key in keys
        assert isinstance(row[4], Missing) == (row[2] == Words(language)("index.states.omitted"))
    assert [text for text in texts if FORBIDDEN.search(text)] == []
    assert broken_words(report) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("made", [full, empty, unranged])
def test_printed_parts_sum_to_printed_totals(profile, language, made):
    """Proves, for every table with a total, that the printed column adds up."""
    words = Words(language)
    means = {words(key) for key in _AVERAGES} | {words(f"quality.{each}") for each in _MEANS}
    for table in tables(build(made(), profile, language)):
        for place, column in enumerate(table.columns):
            cells = [row[place] for row in table.rows]
            if not table.totals or column.title in means or not isinstance(cells[-1], Number):
                continue
            if not column.numeric or not re.fullmatch(r"[<>−]?[0-9,.]+", cells[-1].text):
                continue
            parts = [value_of(cell.text) for cell in cells[:-1] if isinstance(cell, Number)]
            assert sum(parts) == pytest.approx(value_of(cells[-1].text), abs=1e-6), (table.title, column.title)


@pytest.mark.parametrize("language", LANGUAGES)
def test_rows_of_gases_and_chain_add_up_as_printed(language):
    """Proves that gases make their scope, and WTT, TTW and whole their element, digit for digit."""
    scopes = table_of(build(full(), language=language), "gases")
    chain = table_of(build(full(), "transport", language), "chain")
    checked = 0
    for row in [*(row[1:] for row in scopes.rows), *(row[5:9] for row in chain.rows)]:
        *parts, total = row
        if isinstance(total, Number):
            found = [value_of(cell.text) for cell in parts if isinstance(cell, Number)]
            assert sum(found) == pytest.approx(value_of(total.text), abs=1e-9)
            checked += 1
    assert checked == 7


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("profile", PROFILES)
def test_a_period_without_parcels_has_reasons_and_no_zeros(profile, language):
    """Proves that an empty period prints no figure of emissions, energy or mass in index and key figures."""
    report = build(empty(), profile, language)
    start = Words(language)("words.not_reported", reason="")
    for fact in report.data["facts"]:
        assert fact["state"] == State.OMITTED or isinstance(fact["value"], str), fact
        assert "value" in fact or fact["reason"]
    for table in tables(report):
        for cell in (cell for row in table.rows for cell in row):
            assert not isinstance(cell, Missing) or (cell.text.startswith(start) and len(cell.text) > len(start))


@pytest.mark.parametrize("profile", ["ghg-protocol", "gri", "transport", "secr"])
@pytest.mark.parametrize("part", ["chain", "energy", "gases", "waste"])
def test_any_use_may_be_missing(profile, part):
    """Proves that a ledger without transport, own energy, gases or waste gives every profile all the same."""
    made = full()
    uses = replace(made.uses, **{part: getattr(made.uses, part).head(0)})
    report = build(replace(made, uses=uses), profile)
    assert len(report.sections) == len(load(profile).sections)


def test_shares_for_machines_are_parts_of_one():
    """Proves that what is printed in per cent stands as a pure number for machines, in every profile that has one."""
    facts = [each for profile in PROFILES for each in build(full(), profile).data["facts"]]
    shares = [each for each in facts if each.get("unit") == "%" and each.get("value") is not None]
    assert len(shares) > 3
    assert [each["utr"]["value"] for each in shares] == pytest.approx([each["value"] / 100 for each in shares])
    assert {each["utr"]["unit"] for each in shares} == {"pure"}


def test_figures_for_machines_are_the_ledgers():
    """Proves, against the inventory, the value, unit, concept and limits of what a machine reads."""
    made = full()
    report = build(made, "vsme")
    scope = fact_of(report, "B3 30(a)")
    assert scope["value"] == pytest.approx(1905.291752 / 1000, rel=1e-12)
    assert (scope["concept"], scope["unit"], scope["state"]) == (
        "vsme:GrossScope1GreenhouseGasEmissions",
        "t CO2e",
        "partial",
    )
    assert scope["limits"] == ["delivery"] and scope["utr"] == {"unit": "tCO2e", "value": scope["value"]}
    market = fact_of(report, "B3 30 market-based")
    assert market["value"] == pytest.approx(0.91225) and "market_stands" in market["limits"]
    total = fact_of(report, "50-53 total, location-based")
    assert total["value"] == pytest.approx(TOTAL_KG / 1000, rel=1e-12)
    energy = fact_of(report, "B3 29")
    assert energy["value"] == pytest.approx((4123.4 + 1010.06) / 1000) and "by_volume" in energy["limits"]
    third = fact_of(report, "50-53 scope 3")
    assert sum(part["value"] for part in third["parts"]) == pytest.approx(third["value"], rel=1e-9)
    turnover = fact_of(report, "B3 31 total, location-based")
    assert turnover["unit"] == "t CO2e/GBP" and turnover["value"] == pytest.approx(0.0317 / 1000)
    assert report.data["period"] == {"label": "2025", "start": "2025-01-01", "end": "2025-12-31"}
    assert report.data["taxonomy"]["entry_point"].endswith("2026-05-01/vsme-all.xsd")
    assert fact_of(report, "B7 37") == {
        "id": "B7 37",
        "document": "VSME",
        "edition": "2026",
        "title": "How circular economy principles are applied",
        "confirmed": True,
        "state": "omitted",
        "concept": "vsme:DescriptionOfHowCircularEconomyPrinciplesAreApplied",
        "reason": "narrative",
    }


@pytest.mark.parametrize(("profile", "edition"), EDITIONS)
def test_data_are_plain_json_and_alike_in_both_languages(profile, edition, tmp_path):
    """Proves that the data hold no infinity, are the same for the same ledger, and their numbers in either language."""
    english, chinese = (build(full(), profile, language, edition=edition).data for language in LANGUAGES)
    path = write(english, tmp_path / "data.json")
    assert json.loads(path.read_text(encoding="utf-8")) == json.loads(json.dumps(english))

    def numbers(data):
        return [(fact["id"], fact["value"]) for fact in data["facts"] if isinstance(fact.get("value"), float)]

    assert numbers(english) == numbers(chinese) and numbers(english)


@pytest.mark.parametrize("language", LANGUAGES)
def test_printed_figures_are_the_datas(language):
    """Proves that the figure in the index is the one that a machine reads, and that of the section it leads to."""
    report = build(full(), "esrs", language)
    index = next(section for section in report.sections if section.key == "index")
    cells = {
        row[0].partition(" ·")[0]: row[3] for table in index.blocks if isinstance(table, Table) for row in table.rows
    }
    for fact in report.data["facts"]:
        if isinstance(fact.get("value"), float):
            assert cells[fact["id"]].value == fact["value"], fact["id"]
    scope = table_of(report, "scopes").rows[0][1]
    assert scope.value / 1000 == pytest.approx(cells["E1-6_07"].value, rel=1e-12)


@pytest.mark.parametrize("language", LANGUAGES)
def test_key_figures_have_definitions_and_what_we_know(language):
    """Proves that every key figure stands there with its definition, and the ones that can be reckoned are right."""
    report = build(full(), language=language)
    kpi = [row for table in tables(replace(report, sections=_only(report, "kpis"))) for row in table.rows]
    assert [row[0] for row in kpi] == [each.id for group in kpis().groups.values() for each in group.kpis]
    assert all(row[2] for row in kpi)
    found = {row[0]: row[3] for row in kpi}
    assert found["C1"].value == pytest.approx(TOTAL_KG / 1000)
    assert found["P3"].value == pytest.approx(47.03)
    assert found["R5"].value == pytest.approx(100 * 41 / 900)
    assert found["T1"].value == pytest.approx(100 * 700.5 / 5992)
    assert found["E2"].value == pytest.approx(100 * 1010.06 / (1010.06 + 4123.4))
    assert isinstance(found["R7"], Missing) and isinstance(found["U4"], Missing)


def _only(report, key: str):
    return tuple(section for section in report.sections if section.key == key)


@pytest.mark.parametrize("language", LANGUAGES)
def test_shares_of_packages_follow_the_organisation_file(language):
    """Proves that reuse and own-container shares count parcels by what their packages are."""
    packages = {"mailer": {"kind": "own_container"}, "box_9": {"kind": "box", "reuse": {"uses": 50}}}
    report = build(full(), language=language, organisation={"packages": packages})
    rows = {row[0]: row[1] for row in table_of(report, "packaging", 2).rows}
    words = Words(language)
    assert rows[words("packaging.reuse_share")].value == pytest.approx(5000 / 5992)
    assert rows[words("packaging.own_container_share")].value == pytest.approx(992 / 5992)
    none = build(full(), language=language, organisation={"packages": {}})
    assert isinstance(table_of(none, "packaging", 2).rows[1][1], Missing)


@pytest.mark.parametrize("language", LANGUAGES)
def test_restatements_stand_side_by_side(language):
    """Proves that a restated base year shows the former figure beside the new one, its change and its reason."""
    rows = table_of(build(full(), language=language), "base_year").rows
    assert [row[3].value for row in rows] == pytest.approx(
        [TOTAL_KG * 0.9, TOTAL_KG * (1 + rows[1][3].value / TOTAL_KG - 1)]
    )
    assert [row[4].value for row in rows] == [TOTAL_KG, TOTAL_KG]
    assert rows[0][5].text == "+11.1" and rows[0][1] == Words(language)("base_year.reasons.error")


def test_progress_is_reckoned_only_where_it_can_be():
    """Proves that a later year is set against the base year, and a month, another year or coverage is not."""
    later = build(full(period="2027", base_year_kg=TOTAL_KG / 0.9))
    cell = table_of(later, "targets").rows[0][4]
    assert cell.value == pytest.approx(0.1) and cell.text == "10.0\u00a0% less than the base year"
    path = table_of(later, "targets", 1).rows
    assert [row[0] for row in path] == [str(year) for year in range(2025, 2031)]
    assert path[-1][1].value == pytest.approx(TOTAL_KG / 0.9 * 0.58) and path[2][2].value == TOTAL_KG
    for changes in ({"period": "2025"}, {"period": "2027-03"}, {"period": "2027", "base_year_kg": None}):
        assert isinstance(table_of(build(full(**changes)), "targets").rows[0][4], Missing)
    target = [{"year": 2030, "base_year": 2025, "reduction_share": 0.4, "covers": "scope 1"}]
    other = build(full(period="2027"), organisation={"targets": target})
    assert isinstance(table_of(other, "targets").rows[0][4], Missing)


@pytest.mark.parametrize("language", LANGUAGES)
def test_measures_are_taken_where_they_are_handed_over(language):
    """Proves that measures and their effect enter section, index and data, and only what is done counts as reduced.

    One without an effect says so, and is not counted.
    """
    measures = (Measure("<b>LED", 1200.0, "done"), Measure("Pick-up", 340.5), Measure("Hydrogen", 0.0))
    report = build(full(), "gri", language, measures=measures)
    rows = table_of(report, "measures").rows
    assert [row[0] for row in rows[:-1]] == ["<b>LED", "Pick-up", "Hydrogen"] and rows[1][3].value == 340.5
    assert isinstance(rows[2][3], Missing) and rows[3][3].value == pytest.approx(1540.5)
    assert fact_of(report, "305-5")["value"] == pytest.approx(1.2)
    assert fact_of(build(full(), "gri", language), "305-5")["reason"] == "no_measures"


@pytest.mark.parametrize("language", LANGUAGES)
def test_iso_14083_stands_in_the_declaration_only_where_the_ledger_allows(language):
    """Proves that the declaration says which figures may carry the standard's name, by the ledger's own rule."""
    words = Words(language)
    refused = set(build(full(), "transport", language).texts())
    allowed = set(build(full(statement=True), "transport", language).texts())
    assert words("chain.not_stated") in refused and words("method.iso_yes") not in refused
    assert words("chain.stated") in allowed and words("chain.not_stated") not in allowed


@pytest.mark.parametrize("language", LANGUAGES)
def test_shares_of_entities_are_said_where_figures_differ_for_them(language):
    """Proves that energy and meters say which of them counts by the approach and which whole, and only where there are entities."""
    words = Words(language)
    alone = full(entities=full().entities.head(0))
    for section in ("energy", "sites"):
        note = words(f"{section}.by_share")
        assert note in table_of(build(full(), language=language), section).notes
        assert note not in table_of(build(alone, language=language), section).notes


def test_a_file_that_cannot_be_written_says_so(tmp_path):
    """Proves that data without a folder to go to give a message and no traceback."""
    from carbon.reports.esg import _write_data

    with pytest.raises(ReportError, match="--data"):
        _write_data(build(full()), tmp_path / "none" / "data.json")


@pytest.mark.parametrize("profile", PROFILES)
def test_charts_of_every_profile_have_words(profile):
    """Proves that no profile shows a picture without its text."""
    blocks = [block for section in build(full(), profile).sections for block in section.blocks]
    assert all(block.alt for block in blocks if isinstance(block, Chart))


@pytest.mark.parametrize("language", LANGUAGES)
def test_certificates_say_which_criterion_they_fail(language):
    """Proves that what counts and what does not stand with quantity and criterion, and that sold own power is told."""
    report = build(full(), language=language)
    energy = next(section for section in report.sections if section.key == "energy")
    claimed, own = (block for block in energy.blocks[2:] if isinstance(block, Table))
    counts, fails = claimed.rows
    assert counts[6].value == 600 and fails[6].value == 0 and counts[4] == Words(language)("instruments.counts")
    for number in (1, 3, 4):
        assert Words(language)(f"instruments.criteria.{number}") in fails[4]
    assert [cell.value for cell in own.rows[0][1:]] == [300, 180, 120]
    assert len(_energy(empty(), language)) == 1


def _energy(made, language):
    return _blocks(build(made, language=language), "energy")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("made", [full, unranged])
def test_each_site_s_meters_are_a_sum_as_printed(made, language):
    """Proves that parcels, other channels and the rest print to what was metered, in mass and per cent."""
    table = table_of(build(made(), language=language), "sites", 1)
    first = 0
    for place in table.sums:
        parts, whole = table.rows[first:place], table.rows[place]
        for column in (2, 3):
            printed = sum(value_of(row[column].text) for row in parts)
            assert printed == pytest.approx(value_of(whole[column].text), abs=1e-6)
        first = place + 1
    assert first == len(table.rows) == 4
    # The meters' own table prints the same kilograms.
    meters = table_of(build(made(), language=language), "sites").rows[-1]
    assert [cell.text for cell in meters[3:]] == [row[2].text for row in table.rows]
    assert ("Shops" if language == "en" else "门店") in table.rows[1][1]
    assert table.rows[3][2].value == pytest.approx(731.26 + 96.2)


def test_a_site_without_a_known_meter_says_why():
    """Proves that a rest that is not known is no zero."""
    made = full()
    made = replace(made, sites=made.sites.assign(metered_kg=float("nan"), channels_kg=float("nan")))
    rows = table_of(build(made), "sites", 1).rows
    assert len(rows) == 2 and isinstance(rows[1][2], Missing) and rows[0][2].value == pytest.approx(367.44)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_boundary_names_entities_and_what_is_left_out(language):
    """Proves that share, control, assets and categories of each entity stand in the boundary, and only where there are some."""
    report = build(full(), language=language)
    table = next(block for block in _blocks(report, "boundary") if isinstance(block, Table))
    words = Words(language)
    assert [row[0] for row in table.rows[1:]] == ["Quay Ltd", words("words.total")]
    assert [cell.value for cell in table.rows[1][4:]] == pytest.approx([0.0, 0.0, 31.371, 47.0565])
    assert words("entities.investment") in [column.title for column in table.columns]
    assert words("entities.leased") not in [column.title for column in table.columns]
    alone = build(replace(full(), entities=full().entities.head(0)), language=language)
    assert any(
        words("entities.none", name=report.organisation) == getattr(block, "text", "")
        for block in _blocks(alone, "boundary")
    )


def _blocks(report, key):
    return next(section.blocks for section in report.sections if section.key == key)


@pytest.mark.parametrize("language", LANGUAGES)
def test_channels_of_a_site_without_a_meter_are_named(language):
    """Proves that what other channels carry of an estimated site is told, with and without meters elsewhere."""
    made = full()
    made = replace(made, channels=made.channels.assign(site="kiosk", share=0.25, co2e_kg=float("nan")))
    shop = "Shops" if language == "en" else "门店"
    for sites, place in ((made.sites, 1), (made.sites.head(0), 0)):
        notes = table_of(build(replace(made, sites=sites), language=language), "sites", place).notes
        assert any("kiosk" in note and shop in note and "25" in note for note in notes)
