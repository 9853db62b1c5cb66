"""The ROI report: content and pages of an invented study, and a small ledger from end to end."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pypdf
import pytest
from reportlab.graphics.shapes import String
from reportlab.pdfbase import pdfmetrics

from carbon.calculate import calculate
from carbon.errors import OrganisationError, ReportError, RoiError
from carbon.organisation import read
from carbon.reports import build_roi, charts, numbers, render, write_roi
from carbon.reports.money_charts import ticks
from carbon.reports.pdf import WIDTH
from carbon.reports.report import Chart, Missing, Number, Table
from carbon.reports.roi_curve import ceiling
from carbon.reports.words import Words
from carbon.roi import MEASURES, Remark, judge, measures_of, orders, study_of
from carbon.roi.macc import Beside
from carbon.roi.plan import LeftOut
from carbon.roi.remark import NotApplicable
from carbon.sample import write_sample
from carbon.terms import Language
from tests.reports.inventories import full
from tests.reports.test_charts import leaves
from tests.reports.test_content import FORBIDDEN, table_of, tables
from tests.reports.test_languages import english_runs, names_in, remarks
from tests.reports.test_pdf import squeezed, text_of
from tests.roi.measures import baseline
from tests.roi.test_study import organisation, study

LANGUAGES = list(Language)
#: Measures that the small merchant considers: all seventeen take a while.
FEW = {"carton_right_sizing", "fewer_returns", "electric_vans", "led_lighting", "solar_roof"}
HOSTILE = "<b>&\"=cmd|' {0} </para> " + "Überlanger Name " * 12


@pytest.fixture(scope="module")
def found():
    """A study of overlapping measures."""
    return study()


@pytest.fixture(scope="module", params=LANGUAGES)
def made(request, found, tmp_path_factory):
    """Its report and PDF, in each language."""
    report = build_roi(found, full(), request.param)
    path = tmp_path_factory.mktemp("roi") / f"{request.param}.pdf"
    render(report, path)
    return report, pypdf.PdfReader(path)


def test_every_printed_figure_is_in_the_pdf(made):
    """Proves that the PDF's text holds each figure and each reason of every table, as the content has it."""
    report, reader = made
    text = text_of(reader)
    cells = [
        cell.text
        for table in tables(report)
        for row in table.rows
        for cell in row
        if isinstance(cell, (Number, Missing))
    ]
    assert len(cells) > 100 and [cell for cell in cells if squeezed(cell) not in text] == []


def test_figures_are_the_studys(made, found):
    """Proves that values behind the printed figures are the study's own: savings, outlay, value, cost per t."""
    report, _ = made
    carbon, money = table_of(report, "carbon"), table_of(report, "money")
    assert [row[5].value for row in carbon.rows[:-1]] == [entry.alone.yearly_kg for entry in found.entries]
    assert [row[1].value for row in money.rows] == [entry.alone.outlay for entry in found.entries]
    assert [row[3].value for row in money.rows] == [entry.alone.npv for entry in found.entries]
    blocks = table_of(report, "curve").rows[:-1]
    assert [row[3].value / 1000 for row in blocks] == pytest.approx(
        [block.appraisal.cost_per_kg for block in found.curve.blocks]
    )


def test_printed_parts_sum_to_the_printed_total(made):
    """Proves that columns of savings and of values in sequence add up as printed."""
    report, _ = made
    for section, column in (("carbon", 6), ("curve", 2), ("curve", 4)):
        cells = [row[column] for row in table_of(report, section).rows]
        printed = [float(cell.text.replace(",", "").replace("−", "-")) for cell in cells if isinstance(cell, Number)]
        assert sum(printed[:-1]) == pytest.approx(printed[-1], abs=1e-9)


def test_no_rate_of_return_without_its_reason(made, found):
    """Proves that where a rate or payback is missing its reason is printed, and never a zero."""
    report, _ = made
    rows = table_of(report, "money").rows
    for entry, row in zip(found.entries, rows, strict=True):
        for cell, value in ((row[5], entry.alone.payback_years), (row[6], entry.alone.mirr), (row[7], entry.alone.irr)):
            assert isinstance(cell, Missing) == (value is None) and cell.text
    assert any(isinstance(row[7], Missing) for row in rows)


def test_the_summary_names_the_first_measure_and_why(made, found):
    """Proves that the summary begins with the curve's first measure, with its value and payback."""
    report, _ = made
    summary = next(section for section in report.sections if section.key == "summary")
    first = next(block for block in summary.blocks if hasattr(block, "items")).items[0]
    words = Words(report.language)
    assert words(f"roi.measures.{found.first.measure.key}.name") in first
    assert squeezed(f"{found.first.alone.payback_years:.1f}") in squeezed(first)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_measure_and_input_is_worded(language):
    """Proves that every measure of the catalogue has name, model and trap in both languages, and each number it reads a name."""
    words = Words(language)
    for key, model in MEASURES.items():
        assert all(words(f"roi.measures.{key}.{part}") for part in ("name", "model", "trap")), key
        scheme = next(field.annotation for name, field in _schemes().items() if name == key)
        named = {name for name, kind in _numbers_of(scheme)}
        assert named - set(words.at("roi.inputs")) == set(), model.key
    assert not FORBIDDEN.search(json.dumps(words.at("roi"), ensure_ascii=False))


def _schemes():
    from carbon.organisation.measures import Measures

    return Measures.model_fields


def _numbers_of(annotation):
    """Return the fields of a measure's part of the organisation file that hold a number with a unit."""
    from carbon.organisation.measures import Assumed

    scheme = next(each for each in annotation.__args__ if each is not type(None))
    for name, field in scheme.model_fields.items():
        if "Assumed" in str(field.annotation) or Assumed in getattr(field.annotation, "__args__", ()):
            yield name, field


def test_labels_of_charts_stay_on_the_page(made):
    """Proves that no label of a chart leaves the drawing, at the width of a page."""
    report, _ = made
    drawn = [block for section in report.sections for block in section.blocks if isinstance(block, Chart)]
    assert {chart.kind for chart in drawn} == {"blocks", "signed", "swings", "columns"}
    for chart in drawn:
        drawing = charts.draw(chart, WIDTH)
        for each in leaves(drawing):
            if isinstance(each, String):
                width = pdfmetrics.stringWidth(each.text, each.fontName, each.fontSize)
                assert each.x >= -1 and each.x + width <= WIDTH + 1, (chart.kind, each.text)
                assert -1 <= each.y <= drawing.height, (chart.kind, each.text)


def test_every_chart_has_words_and_a_table_in_its_section(made):
    """Proves that no figure of a chart is told by colour alone: it has an alternative text and a table beside it."""
    report, _ = made
    for section in report.sections:
        for block in section.blocks:
            if isinstance(block, Chart):
                assert len(block.alt) > 20
                assert any(isinstance(each, Table) or getattr(each, "table", None) for each in section.blocks)


def test_users_text_is_never_markup(found, tmp_path):
    """Proves that markup, braces and a very long name in the merchant's own words are printed as they are, in PDF and HTML."""
    report = build_roi(found, full(), "en", {"name": HOSTILE})
    render(report, tmp_path / "r.pdf")
    assert squeezed(HOSTILE) in text_of(pypdf.PdfReader(tmp_path / "r.pdf"))
    page = render(report, tmp_path / "r.html").path.read_text(encoding="utf-8")
    assert "<b>&" not in page and "&lt;b&gt;&amp;" in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_study_without_measures_says_what_to_do(language, found, tmp_path):
    """Proves that where no measure applies the report stands, says so, and lists the reasons."""
    nothing = judge([], baseline(), organisation(), absent=found.absent, draws=5)
    report = build_roi(nothing, full(), language)
    assert render(report, tmp_path / "none.pdf").pages >= 2
    summary = next(section for section in report.sections if section.key == "summary")
    assert Words(language)("roi.summary.empty") in {getattr(block, "text", "") for block in summary.blocks}
    assert len(table_of(report, "absent").rows) == len(found.absent)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"targets": []}, "portfolio.target_none"),
        ({"finance": {"discount_rate": 0.07, "horizon_years": 3}}, "portfolio.no_budget"),
    ],
)
def test_what_the_organisation_leaves_out_is_said(changes, said):
    """Proves that without targets or a budget the section says so instead of leaving it out."""
    report = build_roi(study(**changes), full(), "en")
    assert Words("en")(f"roi.{said}") in list(report.texts())


def test_a_dear_block_does_not_flatten_the_curve():
    """Proves that blocks are cut at four times the middle of their side, and that equal ones are not."""
    assert ceiling([-10, 5, 6, 1000]) == (-10, 24)
    assert ceiling([5, 5]) == (0, 5) and ceiling([]) == (0, 0)


@pytest.mark.parametrize(("low", "high"), [(-3.0, 7.0), (0.0, 1e-3), (-12_345.0, 67.0), (5.0, 5.0)])
def test_ticks_are_round_and_inside(low, high):
    """Proves that axes have a handful of round numbers inside their ends, zero among them where it is."""
    found = ticks(low, high)
    assert 1 <= len(found) <= 12 and all(low - 1e-9 <= each <= high + 1e-9 for each in found)
    assert not low < 0 < high or any(abs(each) < 1e-12 for each in found)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A small sample merchant with its ledger."""
    folder = tmp_path_factory.mktemp("roi")
    write_sample(folder, parcels=300)
    calculate(folder / "orders.csv", folder / "organisation.yaml", lines=folder / "lines.csv", ledger=folder / "ledger")
    return folder


def test_from_a_ledger_to_a_file(shop, tmp_path):
    """Proves, end to end, that every measure of the catalogue is judged or told why not, and the file holds the study's figures."""
    setup = read(shop / "organisation.yaml")
    few = {key: None for key in MEASURES if key not in FEW}
    setup = setup.model_copy(update={"measures": setup.measures.model_copy(update=few)})
    path, found = write_roi(setup, shop / "ledger", output=tmp_path / "roi.pdf")
    told = {entry.measure.key for entry in found.entries} | {each.key for each in found.absent}
    assert told == set(MEASURES) and {entry.measure.key for entry in found.entries} == FEW
    assert found.curve.total_kg <= found.baseline.total_kg
    text = text_of(pypdf.PdfReader(path))
    assert squeezed(f"{numbers.mass(found.curve.total_kg, Language.EN)}CO2e") in text
    json.dumps(found.as_json(), allow_nan=False)


def test_the_chinese_report_holds_no_english(shop, tmp_path, monkeypatch):
    """Proves that the sample's Chinese report, every measure applicable or refused for every reason, holds no run of English words but citations."""
    setup = read(shop / "organisation.yaml")
    monkeypatch.setattr(orders, "MOST_STEPS", 0)  # the plan's order is no matter here, and takes time
    found = study_of(setup, shop / "ledger", draws=5)
    assert {entry.measure.key for entry in found.entries} | {each.key for each in found.absent} == set(MEASURES)
    assert len(found.entries) > 10 and any(entry.notes for entry in found.entries)
    block = "gb_own_van/last mile fuel.diesel"
    told = {"service": ("gb_own_van", "gb_standard"), "package": "reusable_box", "site": "coventry", "block": block}
    refused = []
    for name, text in remarks().items():
        values = {each: told.get(each, "7") for each in names_in(text)}
        refused.append(LeftOut("led_lighting", NotApplicable(Remark(name, text, **values), "in English only")))
    nobody = setup.model_copy(update={"measures": setup.measures.model_copy(update=dict.fromkeys(MEASURES))})
    refused += measures_of(nobody, shop / "ledger").left_out
    report = build_roi(
        replace(found, absent=(*found.absent, *refused)), full(), "zh", setup.model_dump(mode="json", by_alias=True)
    )
    places = [each.source.partition(", ") for entry in found.entries for each in entry.measure.inputs.values()]
    named = [found.sources[key] for key, *_ in places if key in found.sources]
    cited = {place for *_, place in places if place}
    cited |= {text for each in named for text in (each.title, each.publisher, each.edition, each.licence)}
    page = render(report, tmp_path / "zh.html").path.read_text(encoding="utf-8")
    assert english_runs(page, cited) == []
    assert english_runs(page.replace(Words("zh")("roi.remarks.lost_sales"), "sales lost by the fee"), cited)


def test_bad_input_is_refused_in_one_message(shop, tmp_path):
    """Proves that a period without data, no `finance`, an unknown form and a changed ledger each say what to do, and write nothing."""
    output = tmp_path / "roi.pdf"
    setup = read(shop / "organisation.yaml")
    with pytest.raises(RoiError, match="no parcel"):
        write_roi(setup, shop / "ledger", period="2031", output=output)
    with pytest.raises(OrganisationError, match="no discount rate"):
        write_roi(setup.model_copy(update={"finance": None}), shop / "ledger", output=output)
    with pytest.raises(Exception, match=re.compile("docx|pdf", re.I)):
        write_roi(setup, shop / "ledger", output=tmp_path / "roi.docx")
    part = next((shop / "ledger").rglob("activity.parquet"))
    whole = part.read_bytes()
    part.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    try:
        with pytest.raises(ReportError, match="does not verify"):
            write_roi(setup, shop / "ledger", output=output)
    finally:
        part.write_bytes(whole)
    assert not output.exists()


def test_numbers_without_a_page_are_not_lost(found):
    """Proves that every input of every measure is in the register, with its source."""
    report = build_roi(replace(found), full(), "en")
    used = {each for entry in found.entries for each in entry.measure.inputs.values()}
    assert len(table_of(report, "inputs").rows) == len(used)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_plan_says_where_its_order_differs_and_what_each_target_lacks(language, found):
    """Proves that a measure which saves in the plan and nothing on the curve is explained by name, and that all missed targets are told."""
    chosen = found.plan.chosen[0]
    beside = Beside(chosen.measure, chosen.appraisal)
    curve = replace(found.curve, beside=(beside,))
    plan = replace(found.plan, short_kg={2029: 12_340.0, 2027: 1_500.0})
    words = Words(language)
    report = build_roi(replace(found, curve=curve, plan=plan), full(), language)
    table = next(each for each in tables(report) if each.columns[1].title == words("roi.portfolio.begins"))
    (note,) = (each for each in table.notes if words(f"roi.measures.{chosen.measure.key}.name") in each)
    assert str(chosen.year) in note
    assert table.title.index("2027") < table.title.index("2029") and "12.3" in table.title and "1.50" in table.title
    without = build_roi(replace(found, curve=replace(found.curve, beside=())), full(), language)
    table = next(each for each in tables(without) if each.columns[1].title == words("roi.portfolio.begins"))
    assert not [each for each in table.notes if words(f"roi.measures.{chosen.measure.key}.name") in each]


def test_what_nobody_gave_is_no_zero_and_what_is_cited_is_named(shop):
    """Proves that an input left out prints a dash, and that each citation leads to a publication with its edition."""
    study_found = study_of(read(shop / "organisation.yaml"), shop / "ledger", draws=5)
    report = build_roi(study_found, full(), "en")
    register, publications = (each for each in next(s for s in report.sections if s.key == "inputs").blocks)
    left_out = [row for row in register.rows if row[-1] == "not given"]
    assert left_out and all(row[2] == "–" for row in left_out)
    assert not [row for row in register.rows if row[-1] == "own figure" and row[2] == "–"]
    cited = {row[-1].split("]")[0] + "]" for row in register.rows if row[-1].startswith("[")}
    assert cited == {row[0] for row in publications.rows} and all(all(row) for row in publications.rows)
    assert not [row for row in register.rows if re.match(r"[a-z]+_\d{4}", row[-1])]


def test_savings_in_sequence_are_printed_one_way(found):
    """Proves that the curve's table has the digits of the table of all measures."""
    report = build_roi(found, full(), "en")
    saved = [row[6].text for row in table_of(report, "carbon").rows if isinstance(row[6], Number)]
    assert [row[2].text for row in table_of(report, "curve").rows] == saved
