"""Suppliers' product footprints: what is read of them, what is counted, and what is refused with which way out."""

from __future__ import annotations

import copy
import json
import os
from datetime import date
from pathlib import Path

import pytest

from carbon import rejects_text, supplier_footprints
from carbon.exchange.reject import REASONS

STANDARDS = Path(os.environ.get("CARBON_STANDARDS", Path(__file__).resolve().parents[3] / "shared" / "standards"))
SCHEMA = STANDARDS / "pact" / "pact-v2-data-model.schema.json"


def _changed(data: dict, path: str, value: object) -> dict:
    made = copy.deepcopy(data)
    at = made
    *way, last = path.split(".")
    for key in way:
        at = at[key]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return made


def _only(files):
    read = supplier_footprints(files)
    assert read.found == len(read.taken) + len(read.rejects)
    return read


def test_version_2_is_per_unit_and_version_3_per_declared_amount(version_2, version_3, written):
    """Proves the two meanings by hand: 12 litres of 0.5 kg make 6 kg; a dozen pieces of 5.4 kg, of which 0.6 kg are
    removals, count as 6 kg. Uptake and removals stand apart, fossil and primary share are kept."""
    two, three = _only([written([version_2, version_3])]).taken
    assert (two.co2e_kg, two.declared, two.uptake_kg, two.removals_kg) == (6.0, "12 liter", pytest.approx(-2.4), 0.0)
    assert (two.fossil_kg, two.primary_share, two.region, two.gwp_sets) == (6.0, 0.4, "DE", ("AR6",))
    assert (three.co2e_kg, three.declared, three.mass_kg) == (pytest.approx(6.0, rel=1e-12), "12 piece", 4.8)
    assert (three.uptake_kg, three.removals_kg, three.primary_share) == (-1.0, pytest.approx(-0.6), 0.255)
    assert (three.valid_from, three.valid_to) == (date(2024, 1, 1), date(2027, 12, 31))


def test_an_answer_of_a_service_and_a_single_footprint_are_read(version_2, version_3, written):
    """Proves the three shapes that are sent: one footprint, a list, and either inside ``data``."""
    files = [
        written(version_2, "a.json"),
        written({"data": [version_3]}, "b.json"),
        written({"data": version_3}, "c.json"),
    ]
    read = supplier_footprints(files)
    assert len(read.taken) == 2
    # the same footprint sent twice counts once
    assert [each.reason for each in read.rejects] == ["superseded"]


@pytest.mark.parametrize(
    ("which", "path", "value", "reason", "said"),
    [
        (2, "specVersion", "1.0.1", "version", "1.0.1"),
        (3, "specVersion", "3.1.0", "version", "3.1.0"),
        (3, "specVersion", None, "version", "–"),
        (2, "pcf.pCfExcludingBiogenic", 0.5, "schema", "pcf.pCfExcludingBiogenic"),
        (2, "pcf.pCfExcludingBiogenic", "-0.5", "schema", "pcf.pCfExcludingBiogenic"),
        (2, "pcf.unitaryProductAmount", "0.0", "schema", "expected: > 0"),
        (2, "pcf.declaredUnit", "piece", "schema", "declaredUnit"),
        (3, "pcf.declaredUnitOfMeasurement", "dozen", "schema", "dozen"),
        (3, "pcf.biogenicCO2Uptake", "1.0", "schema", "expected: <= 0"),
        (3, "pcf.productMassPerDeclaredUnit", None, "schema", "productMassPerDeclaredUnit"),
        (3, "pcf.referencePeriodEnd", "2025-01-01", "schema", "2025-01-01T00:00:00Z"),
        (3, "productIds", ["towel"], "schema", "productIds"),
        (3, "status", "Deprecated", "deprecated", "Deprecated"),
        (3, "validityPeriodEnd", "2024-01-01T00:00:00Z", "not_valid", "2023-12-31"),
        (3, "validityPeriodStart", "2028-01-01T00:00:00Z", "not_valid", "2028-01-01"),
        (3, "pcf.ccuCalculationApproach", "Credit", "credit", "Credit"),
        (3, "pcf.declaredUnitOfMeasurement", "ton kilometer", "service", "ton kilometer"),
        (3, "pcf.pcfExcludingBiogenicUptake", "-1", "negative", "-0.4"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_a_reject_with_its_reason(
    version_2, version_3, written, which, path, value, reason, said
):
    """Proves each refusal, that it says what was found, and that nothing of it is taken."""
    data = _changed(version_2 if which == 2 else version_3, path, value)
    read = _only([written(data)])
    (reject,) = read.rejects
    assert (reject.reason, reject.number, read.taken) == (reason, 1, ())
    assert said in f"{reject.found} {reject.problem}" and reject.mend
    assert "Input should" not in f"{reject.found} {reject.problem}"


def test_an_unreadable_file_hides_no_other(version_3, written):
    """Proves that broken JSON, a key that stands twice and a file without footprints are rejects, and the rest is read."""
    bad = [written("{", "a.json"), written('{"id": 1, "id": 2}', "b.json"), written("[]", "c.json")]
    read = _only([*bad, written(version_3, "d.json")])
    assert [(each.file, each.reason) for each in read.rejects] == [(f"{name}.json", "unreadable") for name in "abc"]
    assert len(read.taken) == 1


def test_a_replaced_footprint_serves_only_the_time_before(version_3, written):
    """Proves that a footprint that another names as its past version is left out where that one is valid from the same
    day, and serves until the day before it where it begins later; ends of periods are exclusive, as PACT has them."""
    new = _changed(
        _changed(version_3, "id", "aaaaaaaa-bd44-4c8e-861d-079e4e1dfd69"), "precedingPfIds", [version_3["id"]]
    )
    read = _only([written([version_3, new])])
    assert [each.id for each in read.taken] == [new["id"]]
    assert [each.reason for each in read.rejects] == ["superseded"]
    late = _changed(new, "validityPeriodStart", "2026-01-01T00:00:00Z")
    old, later = _only([written([version_3, late])]).taken
    assert (old.id, old.valid_from, old.valid_to) == (version_3["id"], date(2024, 1, 1), date(2025, 12, 31))
    assert (later.valid_from, later.valid_to) == (date(2026, 1, 1), date(2027, 12, 31))


def test_the_gtin_of_an_epc_is_put_together(version_2, written):
    """Proves that company prefix and item reference of an EPC become the GTIN with its check digit (GS1's own example)."""
    read = _only([written(_changed(version_2, "productIds", ["urn:epc:id:sgtin:0614141.812345.6789"]))])
    assert read.taken[0].gtins == ("80614141123458",)


def test_rejects_leave_as_a_table_that_holds_no_formula(version_3, written):
    """Proves that every reject is a line with its reason, and that a product's name cannot run in a spreadsheet."""
    data = _changed(_changed(version_3, "productNameCompany", "=1+1"), "status", "Deprecated")
    text = rejects_text(_only([written(data)]).rejects)
    assert len(text.splitlines()) == 2 and ",'=1+1," in text and REASONS["deprecated"][0] in text


@pytest.mark.skipif(
    not SCHEMA.is_file(), reason="the standard's own schema is not here (CARBON_STANDARDS or ../shared/standards)"
)
def test_what_the_standards_schema_refuses_is_refused_here(version_2, written):
    """Proves by the published JSON Schema that the hand-made footprint is one of version 2, and that taking any required
    field that is used here away, or giving a number for digits, fails in both."""
    import jsonschema

    schema = jsonschema.Draft7Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))
    assert schema.is_valid(version_2)
    wrong = [_changed(version_2, f"pcf.{name}", 1.5) for name in ("unitaryProductAmount", "fossilGhgEmissions")]
    used = ("id", "created", "companyName", "companyIds", "productIds", "comment", "pcf.declaredUnit",
            "pcf.pCfExcludingBiogenic", "pcf.biogenicCarbonContent", "pcf.packagingEmissionsIncluded")  # fmt: skip
    wrong += [_changed(version_2, name, None) for name in used]
    for data in wrong:
        assert not schema.is_valid(data)
        assert _only([written(data)]).rejects[0].reason == "schema"
