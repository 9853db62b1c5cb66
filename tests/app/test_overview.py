"""The overview's own parts: what to do next, the way to the target, what carries most."""

from __future__ import annotations

import re
import shutil

import pytest


def _table(test, name: str):
    """Return a table by the name of one of its columns."""
    return next(each.value for each in test.dataframe if name in each.value.columns)


def test_next_steps_are_the_curves_and_the_gaps_first(open_app, merchant, words):
    """Proves that the best measures are the first three of the abatement curve on the whole ledger whatever the period, with
    what they save and are worth, and that the gaps are the inventory's first three."""
    from carbon import inventory
    from carbon.reports import causes, numbers
    from carbon.reports.context import Context
    from carbon.reports.words import Words
    from carbon.roi import abatement_curve, terms_of, workbench_of
    from carbon.terms import Language

    bench = workbench_of(merchant / "organisation.yaml", merchant / "ledger")
    baseline = bench.considered.baseline
    terms = terms_of(bench.organisation, baseline.currency, baseline.year)
    blocks = abatement_curve(bench.considered.applicable, baseline, terms).blocks
    test = open_app(merchant, period_held="2025-03")
    assert not test.exception and not test.error
    said = words(test)
    lines = [line for line in said.splitlines() if "CO₂e less a year" in line]
    assert len(lines) == 3
    for block, line in zip(blocks, lines, strict=False):
        assert Words(Language.EN)(f"roi.measures.{block.measure.key}.name") in line
        assert numbers.mass(block.width_kg, Language.EN) in line
        assert ("worth GBP" in line) == (block.appraisal.npv >= 0)
    held = inventory(merchant / "ledger", "2025-03")
    wanted = [text for text, *_ in causes.gaps(Context(held, Words(Language.EN), held.organisation))][:3]
    shown = said.replace("\\", "").split("Three worst data gaps**\n")[1].splitlines()[:3]
    assert shown == [f"{place}. {text}" for place, text in enumerate(wanted, 1)] and len(wanted) == 3


def test_the_way_to_the_target_is_the_reports(open_app, merchant):
    """Proves that base year, target and path are those of the ESG report's own path, in the unit of the column."""
    from carbon import inventory
    from carbon.reports.over_time import target_path

    held = inventory(merchant / "ledger")
    path = target_path(held, held.organisation)
    assert path.wanted[0] == (2025, held.base_year_kg) and path.reported == () and path.away_kg is None
    test = open_app(merchant)
    assert any("The path ends at" in each.value and "below the base year" in each.value for each in test.header)
    found = _table(test, "Year")
    assert list(found["Year"]) == [str(year) for year, _ in path.wanted]
    kg_per = {"Path (CO₂e, kg)": 1.0, "Path (CO₂e, t)": 1_000.0}
    column = next(each for each in kg_per if each in found)
    assert list(found[column] * kg_per[column]) == pytest.approx([kg for _, kg in path.wanted])


@pytest.mark.parametrize("period", [None, "2025-03"])
def test_what_carries_most_adds_up_to_the_total(open_app, merchant, period):
    """Proves that carriers, and product categories, each hold every parcel and kilogram of the period's delivery once."""
    from carbon import inventory

    held = inventory(merchant / "ledger", period)
    test = open_app(merchant, **({"period_held": period} if period else {}))
    for name in ("Carrier", "Product category"):
        found = _table(test, name)
        assert found["Parcels"].sum() == held.parcels and len(found) > 1
        head = next(each for each in found if each.startswith("CO₂e ("))
        assert found[head].sum() * {"CO₂e (kg)": 1, "CO₂e (t)": 1_000}[head] == pytest.approx(held.total_kg)
        assert list(found[head]) == sorted(found[head], reverse=True)


def test_articles_add_up_to_the_total_and_are_harmless_as_a_file(open_app, own, words):
    """Proves that articles hold every kilogram of parcels with lines, in both languages, the parcels without lines told beside
    them, and that an article number that looks like a formula is none in the download."""
    from app import session
    from carbon import article_totals, calculate, inventory

    lines = (own / "lines.csv").read_text(encoding="utf-8").splitlines()
    sku = lines[1].split(",")[1]
    (own / "lines.csv").write_text("\n".join([*lines, ""]).replace(f",{sku},", ",=1+1,"), encoding="utf-8")
    shutil.rmtree(own / "ledger")
    calculate(own / "orders.csv", own / "organisation.yaml", lines=own / "lines.csv", ledger=own / "ledger")
    held = article_totals(own / "ledger")
    assert held.co2e_kg + held.unlined_kg == pytest.approx(inventory(own / "ledger").total_kg, rel=1e-9)
    for tongue, name, pieces, head in (("en", "Article", "Pieces", "CO₂e (kg)"), ("zh", "商品", "件数", "CO₂e（kg）")):
        test = open_app(own, language=tongue)
        found = _table(test, name)
        assert not test.exception and len(found) == 20 and "=1+1" in list(held.articles["sku"])
        assert list(found[name]) == list(held.articles["sku"][:20])
        assert list(found[pieces]) == list(held.articles["pieces"][:20])
        assert list(found[head]) == pytest.approx(list(held.articles["co2e_kg"][:20]))
    assert "\ufeffsku,parcels,pieces" in (text := session.csv_of(held.articles).decode()) and "'=1+1," in text


def test_without_lines_the_way_to_articles_is_said(open_app, own, words):
    """Proves the empty state of a ledger without lines files, with the way to the import."""
    from carbon import calculate

    shutil.rmtree(own / "ledger")
    calculate(own / "orders.csv", own / "organisation.yaml", ledger=own / "ledger")
    test = open_app(own)
    assert not test.exception and "Import orders with a lines file" in words(test)


def test_without_measures_or_targets_the_next_step_is_said(open_app, merchant, tmp_path, words):
    """Proves that an organisation file without measures leads to the set-up instead of failing, and that a ledger whose
    organisation sets no target says what a path needs."""
    from carbon import documents, inventory
    from carbon.reports.over_time import target_path

    shutil.copytree(merchant / "ledger", tmp_path / "ledger")
    text = (merchant / "organisation.yaml").read_text(encoding="utf-8")
    (tmp_path / "organisation.yaml").write_text(text[: text.index("\nmeasures:") + 1], encoding="utf-8")
    assert "measures" not in documents.read(tmp_path / "organisation.yaml")
    test = open_app(tmp_path)
    assert not test.exception and not test.error
    assert "The organisation file names no measure yet." in words(test)
    held = inventory(merchant / "ledger")
    assert target_path(held, {**held.organisation, "targets": []}) is None


def test_why_no_measure_is_reckoned_is_said_in_the_page_s_language(open_app, merchant, tmp_path, words):
    """Proves that measures without a discount rate leave the page whole, and that the reason stands there in Chinese."""
    shutil.copytree(merchant / "ledger", tmp_path / "ledger")
    text = (merchant / "organisation.yaml").read_text(encoding="utf-8")
    without, count = re.subn(r"\nfinance:\n(?: .*\n)+", "\n", text)
    assert count == 1
    (tmp_path / "organisation.yaml").write_text(without, encoding="utf-8")
    test = open_app(tmp_path, language="zh")
    assert not test.exception and not test.error
    assert "没有用于评价措施的折现率" in words(test)
