"""From a ledger to a file."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from functools import cache

import pypdf
import pytest

from carbon.calculate import calculate
from carbon.errors import InputError, LedgerError, ReportError
from carbon.ledger import inventory
from carbon.organisation import read as read_organisation
from carbon.reports import build, numbers, write_esg
from carbon.reports.esg import former_year
from carbon.reports.planned import planned_measures
from carbon.reports.words import Words
from carbon.roi import abatement_curve, apply_in_sequence, measures_of, terms_of
from carbon.sample import write_sample
from carbon.terms import Language
from tests.reports.test_pdf import squeezed, text_of


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    """The ledger of a small sample merchant."""
    folder = tmp_path_factory.mktemp("esg")
    write_sample(folder, parcels=400)
    calculate(folder / "orders.csv", folder / "organisation.yaml", lines=folder / "lines.csv", ledger=folder / "ledger")
    return folder / "ledger"


@pytest.fixture(scope="module")
def pdf_of(ledger, tmp_path_factory):
    """Return a function that gives the whole ledger's report in a language, written once."""

    @cache
    def made(language: Language):
        return write_esg(ledger, language=language, output=tmp_path_factory.mktemp("esg") / "esg.pdf")

    return made


@pytest.mark.parametrize("language", list(Language))
def test_the_pdf_says_what_the_ledger_says(ledger, pdf_of, language):
    """Proves, end to end, that totals, parcels, scopes, run and head hash in the PDF are the ledger's."""
    found = inventory(ledger)
    text = text_of(pypdf.PdfReader(pdf_of(language)))
    total = numbers.mass(found.total_kg, language)
    for expected in (f"{total}CO2e", found.head_sha256, found.runs[0], f"{found.parcels:,}"):
        assert squeezed(expected) in text
    categories = [float(value) for value in found.categories["co2e_kg"]]
    third = float(found.scopes.loc[found.scopes["scope"] == "3", "co2e_kg"].sum())
    scale = numbers.scale_for([*categories, third])
    for cell in numbers.mass_cells(categories, scale, language, third):
        assert squeezed(cell) in text
    assert all(squeezed(factor) in text for factor in found.factors["factor_id"])
    assert all(squeezed(sentence) in text for sentence in found.factors["attribution"].dropna().unique())


def test_the_same_ledger_gives_the_same_bytes(ledger, pdf_of, tmp_path):
    """Proves that two reports of one ledger are one, and what is taken where nothing is chosen."""
    again = write_esg(ledger, profile="ghg-protocol", period=None, output=tmp_path / "again.pdf")
    assert again.read_bytes() == pdf_of(Language.EN).read_bytes()


@pytest.mark.parametrize("language", list(Language))
def test_the_html_says_what_the_ledger_says(ledger, tmp_path, language):
    """Proves that the suffix chooses HTML, and that it holds the ledger's total, run, head hash and factors."""
    found = inventory(ledger)
    text = squeezed(
        html.unescape(
            re.sub(r"<[^>]*>", "", write_esg(ledger, language=language, output=tmp_path / "E.HTML").read_text())
        )
    )
    for expected in (f"{numbers.mass(found.total_kg, language)}CO2e", found.head_sha256, found.runs[0]):
        assert squeezed(expected) in text
    assert all(squeezed(factor) in text for factor in found.factors["factor_id"])


def test_a_month_and_a_period_without_parcels(ledger, tmp_path):
    """Proves that a shorter period is reported, and one without parcels says so."""
    path = write_esg(ledger, period="2025-03", output=tmp_path / "m.pdf")
    assert "2025-03-01to2025-03-31" in text_of(pypdf.PdfReader(path))
    path = write_esg(ledger, period="2031", output=tmp_path / "e.pdf")
    assert "Theledgerholdsnoparcelsinthisperiod" in text_of(pypdf.PdfReader(path))


def test_a_ledger_that_does_not_verify_is_refused(ledger, tmp_path):
    """Proves that no report is made of tampered files, and the message says which."""
    import shutil

    copy = tmp_path / "ledger"
    shutil.copytree(ledger, copy)
    target = next(copy.glob("runs/*/activity.parquet"))
    target.chmod(0o644)
    data = bytearray(target.read_bytes())
    data[len(data) // 2] ^= 1
    target.write_bytes(bytes(data))
    with pytest.raises(ReportError, match="does not verify"):
        write_esg(copy, output=tmp_path / "x.pdf")
    assert not (tmp_path / "x.pdf").exists()


def test_wrong_choices_are_said_before_any_work(ledger, tmp_path):
    """Proves that profile, language, period and ledger are each refused with a message of their own."""
    with pytest.raises(InputError, match="unknown profile"):
        write_esg(ledger, profile="iso-9001", output=tmp_path / "x.pdf")
    with pytest.raises(InputError, match="no such edition"):
        write_esg(ledger, profile="esrs", edition="1999", output=tmp_path / "x.pdf")
    with pytest.raises(ReportError, match="no report in language 'fr'"):
        write_esg(ledger, language="fr", output=tmp_path / "x.pdf")
    for name in ("x.docx", "x"):
        with pytest.raises(InputError, match=r"\.pdf or \.html"):
            write_esg(ledger, output=tmp_path / name)
    with pytest.raises(InputError, match="not a period"):
        write_esg(ledger, period="soon", output=tmp_path / "x.pdf")
    with pytest.raises(LedgerError):
        write_esg(tmp_path / "none", output=tmp_path / "x.pdf")
    assert list(tmp_path.iterdir()) == []


def test_content_holds_the_exact_values(ledger):
    """Proves that a machine reads full precision from the content, whatever is printed."""
    found = inventory(ledger)
    stages = next(section for section in build(found).sections if section.key == "stages").blocks[0]
    assert sum(bar.value for bar in stages.bars) == pytest.approx(found.total_kg, rel=1e-12)


def test_the_organisations_measures_are_in_the_report(ledger, tmp_path):
    """Proves that the data's planned measures save what `carbon.roi` reckons, in the curve's order; an empty period has none."""
    organisation = read_organisation(ledger.parent / "organisation.yaml")
    considered = measures_of(organisation, ledger)
    terms = terms_of(organisation, considered.baseline.currency, considered.baseline.year)
    curve = abatement_curve(considered.applicable, considered.baseline, terms)
    ordered = [each.measure for each in (*curve.blocks, *curve.beside)]
    steps = apply_in_sequence(ordered, considered.baseline)
    alone = [apply_in_sequence((each,), considered.baseline)[0].saved_kg for each in ordered]
    words = Words("en")
    told = planned_measures(organisation, ledger, None, words)
    assert [each.saving_kg for each in told] == [each.saved_kg for each in steps] and len(told) > 5
    assert [each.alone_kg for each in told] == alone
    without = organisation.model_copy(update={"finance": None})
    assert {each.name for each in planned_measures(without, ledger, None, words)} == {each.name for each in told}
    assert sum(each.saving_kg for each in told) < inventory(ledger).total_kg
    path = write_esg(ledger, profile="gri", organisation=organisation, output=tmp_path / "m.html")
    text = html.unescape(path.read_text(encoding="utf-8"))
    assert all(each.name in text for each in told)
    path = write_esg(ledger, period="2031", organisation=organisation, output=tmp_path / "e.html")
    assert words("reasons.no_measures") in path.read_text(encoding="utf-8")


def test_the_year_before_is_read_where_there_is_one(ledger):
    """Proves that a year's former year is looked for in the ledger, and that a part of a year has none."""
    found = inventory(ledger)
    assert former_year(ledger, found) is None
    later = replace(found, period=str(int(found.period[:4]) + 1))
    assert former_year(ledger, later).parcels == found.parcels
    assert former_year(ledger, replace(found, period=f"{found.period[:4]}-01")) is None
