"""The disclosure map: tables that hold together, in both languages, filled by facts that exist."""

from __future__ import annotations

import gzip
import json
import os
import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from carbon import documents
from carbon.errors import InputError
from carbon.reports import PROFILES, fonts
from carbon.reports.answers import FACTS, _scale, answer
from carbon.reports.context import Context
from carbon.reports.profile import SECTIONS
from carbon.reports.standard import Asked, Standard, kpis, load, vsme_concepts
from carbon.reports.words import Words
from tests.house.source import ROOT
from tests.reports.inventories import full
from tests.reports.test_content import LANGUAGES, _leaves

#: Claims that no wording of ours may make; names of documents are not ours.
CLAIMS = re.compile(
    r"complian|certified|neutral|net[- ]zero|\bgreen\b|合规|认证|中和|零碳|净零|绿色|环保", re.IGNORECASE
)
_TAXONOMY = (
    Path(os.environ.get("CARBON_STANDARDS", ROOT.parent / "shared" / "standards")) / "vsme/vsme-2026-05-01.json.gz"
)


def asked() -> list[Asked]:
    """Return everything that any table asks for."""
    points: list[Asked] = [point for profile in PROFILES for point in load(profile).datapoints]
    return points + [kpi for group in kpis().groups.values() for kpi in group.kpis]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_table_names_only_what_exists(profile):
    """Proves that every fact, reason, limit and section of a table exists, and no id stands twice in an edition."""
    standard, words = load(profile), Words("en")
    assert set(standard.sections) <= set(SECTIONS) and len(set(standard.sections)) == len(standard.sections)
    assert {"index", "glossary", "assurance"} <= set(standard.sections)
    assert {"factors", "transport_factors"} & set(standard.sections)
    used = {document for edition in standard.editions.values() for document in edition.documents}
    assert used == set(standard.documents), "a document belongs to no edition"
    for edition in standard.editions:
        ids = [(document.edition, point.id) for document, points in standard.points(edition) for point in points]
        assert len(set(ids)) == len(ids) and ids
    for point in standard.datapoints:
        assert point.filled_by is None or point.filled_by in FACTS, point.id
        assert point.omitted is None or words.has(f"reasons.{point.omitted}"), point.id
        assert all(words.has(f"limits.{each}") for each in point.limits), point.id


def test_every_figure_can_be_printed_in_the_unit_that_is_asked_for():
    """Proves that no table asks a fact for a unit that it cannot have: mass for energy, a share for a mass."""
    context = Context(full(), Words("en"), full().organisation)
    for each in asked():
        if each.filled_by is None:
            continue
        fact = FACTS[each.filled_by](context)
        if each.unit != "text" and fact.unit != "text":
            assert _scale(fact.unit, each.unit) > 0, each.id


def test_esrs_ids_never_stand_without_their_edition():
    """Proves that E1-6 is emissions in one edition and targets in the other, told apart by what is printed."""
    standard = load("esrs")
    filled = {point.id: point.filled_by for _, points in standard.points("2026") for point in points}
    older = {point.id: point.filled_by for _, points in standard.points("2023") for point in points}
    assert filled["E1-6"] == "targets" and older["E1-4"] == "targets"
    assert older["E1-6_07"] == "scope_1" and "E1-6_07" not in filled
    assert {document.edition for document, _ in standard.points("2026")} == {"2026"}


def test_what_is_confirmed_says_where_it_was_seen():
    """Proves that a datapoint from memory cannot pass for a confirmed one."""
    data = load("sasb").model_dump(mode="json")
    data["datapoints"][0]["seen"] = None
    with pytest.raises(ValidationError, match="says where it was seen"):
        Standard.model_validate(data)
    assert any(not point.confirmed for profile in PROFILES for point in load(profile).datapoints)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data["datapoints"].append(data["datapoints"][0]), "stands twice"),
        (lambda data: data["datapoints"][0].update(document="none"), "not defined"),
        (lambda data: data["datapoints"][0].update(unit="furlong"), "Input should be"),
        (lambda data: data["datapoints"][0].update(omitted="6", filled_by="scope_1"), "not both"),
        (lambda data: data["datapoints"][0]["title"].update(zh=""), "at least 1 character"),
        (lambda data: data.update(default="1066"), "none of"),
        (lambda data: data.update(colour="blue"), "unknown key"),
    ],
)
def test_a_table_with_a_fault_is_refused(change, message):
    """Proves that doubles, unknown documents, units and keys, and missing translations are errors that say so."""
    data = load("gri").model_dump(mode="json", exclude_none=True)
    change(data)
    with pytest.raises(InputError, match=message):
        documents.validate(Standard, data, "gri.yaml")


@pytest.mark.parametrize("name", [*PROFILES, "kpi"])
def test_tables_word_both_languages_without_claims(name):
    """Proves that every text of a table is there in both languages, in its own script, and claims nothing."""
    table = kpis() if name == "kpi" else load(name)
    texts = dict(_leaves(table.model_dump(mode="json", exclude={"datapoints": {"__all__": {"seen"}}})))
    english = {path for path in texts if path.endswith(".en")}
    assert {path.removesuffix("en") for path in english} == {
        path.removesuffix("zh") for path in texts if path.endswith(".zh")
    }
    assert [text for text in texts.values() if CLAIMS.search(str(text))] == []
    assert [texts[path] for path in english if re.search(r"[\u4e00-\u9fff]", texts[path])] == []


def test_gri_is_referred_to_as_gri_asks():
    """Proves that GRI is named with reference to, never as followed."""
    statement = load("gri").statement
    assert "with reference to" in statement.en and "no report in accordance" in statement.en
    assert "参照" in statement.zh and "并非" in statement.zh


def test_an_unknown_edition_names_the_known_ones():
    """Proves that a wrong edition is answered with the right ones, and none means the default."""
    with pytest.raises(InputError, match="2023, 2026"):
        load("esrs").edition("2024")
    assert load("esrs").edition(None) == "2023" and load("esrs").edition("2026") == "2026"


def test_concepts_of_vsme_are_those_we_hold():
    """Proves that the table names only concepts in our part of the taxonomy, with a unit of the concept's type."""
    known = vsme_concepts().concepts
    types = {
        "ghgEmissionsItemType": {"t CO2e"},
        "ghgEmissionsPerMonetaryItemType": {"t CO2e/currency"},
        "energyItemType": {"MWh"},
        "massItemType": {"t"},
        "textBlockItemType": {"text"},
        "gYearItemType": {"number"},
    }
    named = [point for point in load("vsme").datapoints if point.concept]
    assert {point.concept for point in named} == set(known) and len(named) == len(known)
    for point in named:
        assert point.unit in types[known[point.concept].type], point.id


def test_concepts_of_vsme_are_those_of_the_taxonomy():
    """Proves that names, data types and period types are EFRAG's."""
    if not _TAXONOMY.is_file():
        pytest.skip("the VSME taxonomy is not here (CARBON_STANDARDS or ../shared/standards)")
    with gzip.open(_TAXONOMY) as stream:
        taxonomy = json.load(stream)
    assert taxonomy["entryPoint"] == vsme_concepts().entry_point
    for name, concept in vsme_concepts().concepts.items():
        found = taxonomy["concepts"][name]
        assert found["dataType"].rpartition(":")[2] == concept.type and found["periodType"] == concept.period
        assert not found.get("abstract")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fact_answers_with_a_figure_or_a_reason(language):
    """Proves that each fact of a full inventory has a value or a worded reason, and that parts sum to the whole."""
    context = Context(full(), Words(language), full().organisation)
    for each in asked():
        found = answer(context, each)
        assert (found.value is None) == bool(found.reason), each.id
        if isinstance(found.value, float) and found.parts:
            assert sum(part for *_, part in found.parts) == pytest.approx(found.value, rel=1e-9), each.id


def test_every_sign_of_the_tables_is_there_in_bold():
    """Proves that no Chinese heading of any profile falls back to the regular weight."""
    bold = fonts.coverage(fonts.STRONG) | fonts.coverage("NotoSansSC-SemiBold")
    tables = [load(profile) for profile in PROFILES] + [kpis()]
    texts = [str(text) for table in tables for _, text in _leaves(table.model_dump(mode="json"))]
    texts += [
        str(text) for _, text in _leaves({key: Words("zh").at(key) for key in ("limits", "reasons", "facts", "index")})
    ]
    assert {sign for text in texts for sign in text if ord(sign) not in bold} == set()
