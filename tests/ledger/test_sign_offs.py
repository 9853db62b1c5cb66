"""Sign-offs: what may be signed, what holds, what lapsed, what is open."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from carbon import documents, schema_of
from carbon.cli import app
from carbon.errors import InputError
from carbon.ledger import Subject, read_sign_offs, review, sign_off_text, subjects
from carbon.ledger.sign_offs import Lapse, SignOffs
from tests.house.source import ROOT

GRID = Subject("factor:desnz.grid", "Grid", "电网", "2025", "generation 0.177 kg/(kW*h)", 0.3)
LOAD = Subject("stated:load_share:post", "load", "装载率", "", "0.6", 0.2)
PLACE = Subject("fallback:destination_city", "place", "地点", "", "", 0.9)
SMALL = Subject("parameter:a.b", "small", "小", "", "2 km", 0.01)
FOUND = [PLACE, GRID, LOAD, SMALL]


def entry(signed: Subject, **changes):
    """Return an entry of the file that signs a subject as it is."""
    known = {"subject": signed.key, "who": "A. Reader", "when": "2026-02-03", "note": "seen"}
    known |= {"edition": signed.edition} if signed.edition else {}
    known |= {"value": signed.value} if signed.value else {}
    return {name: text for name, text in (known | changes).items() if text is not None}


def reviewed(*entries, found=FOUND, **more):
    """Return the review of entries."""
    return review(found, SignOffs.model_validate({"sign_offs": entries, **more}))


def test_what_is_material_is_open_until_signed():
    """Proves that subjects from the material share on are open, that a sign-off that holds closes its own, and that the share is the file's."""
    assert [each.key for each in review(FOUND).open] == [each.key for each in (PLACE, GRID, LOAD)]
    found = reviewed(entry(GRID), entry(PLACE))
    assert found.holding == 2 and found.open == (LOAD,) and found.material == 3
    assert reviewed(material_share=0.005).open == tuple(FOUND)


@pytest.mark.parametrize(
    ("subject", "now", "lapse"),
    [
        (GRID, {"edition": "2026"}, Lapse.EDITION),
        (GRID, {"value": "generation 0.15 kg/(kW*h)"}, Lapse.VALUE),
        (LOAD, {"value": "0.7"}, Lapse.VALUE),
        (LOAD, {"key": "stated:load_share:other"}, Lapse.GONE),
        (PLACE, {"key": "fallback:other"}, Lapse.GONE),
    ],
)
def test_what_changed_since_is_lapsed(subject, now, lapse):
    """Proves that a sign-off lapses by a new edition, a new value or a subject that is gone, and leaves what is material open."""
    changed = replace(subject, **now)
    found = reviewed(entry(subject), found=[changed])
    assert found.checked[0].lapse is lapse and found.holding == 0 and found.open == (changed,)
    assert reviewed(entry(changed), found=[changed]).open == ()


def test_a_number_is_signed_with_its_value():
    """Proves that a stated number signed without its value does not hold, and that a factor's edition alone does."""
    assert reviewed(entry(LOAD, value=None)).checked[0].lapse is Lapse.VALUE
    assert reviewed(entry(LOAD, value=0.6)).holding == 1
    assert reviewed(entry(GRID, value=None)).holding == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"subject": "grid"}, "unknown kind of subject"),
        ({"edition": None}, "signed with its edition"),
        ({"when": "2999-01-01"}, "signed in the future"),
        ({"who": ""}, "at least 1 character"),
        ({"note": None}, "'note' is missing"),
        ({"by": "me"}, "unknown key 'by'"),
    ],
)
def test_a_wrong_entry_is_refused(tmp_path, changes, said):
    """Proves that each fault of a file is told with file, line and key."""
    path = tmp_path / "sign-offs.yaml"
    path.write_text(documents.file_text({"sign_offs": [entry(GRID, **changes)]}), encoding="utf-8")
    with pytest.raises(InputError, match=said) as error:
        read_sign_offs(path)
    assert str(error.value).startswith(f"{path}, line 2, 'sign_offs.0")


def test_nobody_signs_twice_for_one_subject(tmp_path):
    """Proves that a second entry of one person for one subject is refused, and one of another person is not."""
    with pytest.raises(ValueError, match="signed twice"):
        SignOffs.model_validate({"sign_offs": [entry(GRID), entry(GRID, when="2026-03-03")]})
    assert reviewed(entry(GRID), entry(GRID, who="B. Other")).holding == 2


def test_subjects_of_a_ledger_are_what_its_figures_rest_on(sample):
    """Proves that each factor used is a subject with edition, value and its share of emissions, and fallbacks with theirs of parcels."""
    from carbon.ledger import inventory

    found, known = {each.key: each for each in subjects(sample)}, inventory(sample)
    delivery = known.factors[~known.factors["activity"].str.startswith("product.")]
    for factor, rows in delivery.groupby("factor_id"):
        subject = found[f"factor:{factor}"]
        assert subject.share == pytest.approx(rows["co2e_kg"].sum() / known.total_kg, rel=1e-9)
        assert subject.edition == rows["edition"].iloc[0] and subject.value
    for name, count in known.fallbacks.items():
        assert found[f"fallback:{name}"].share == pytest.approx(count / known.parcels)
    assert {each.partition(":")[0] for each in found} == {"factor", "parameter", "stated", "proxy", "fallback"}
    assert subjects(sample, "2031") == []


def test_entries_to_fill_in_hold_once_they_are(sample, tmp_path):
    """Proves, from the command to the file, that printed entries, filled in, close everything that was open."""
    typed = ["sign-offs", "--ledger", str(sample.folder)]
    printed = CliRunner().invoke(app, typed)
    assert printed.exit_code == 0, printed.output
    plain = documents.parse(printed.stdout, "printed.yaml")
    assert len(plain["sign_offs"]) == len(review(subjects(sample)).open) > 10
    for each in plain["sign_offs"]:
        each |= {"who": "A. Reader", "when": "2026-02-03", "note": "seen"}
    path = tmp_path / "sign-offs.yaml"
    path.write_text(json.dumps(plain), encoding="utf-8")
    again = review(subjects(sample), read_sign_offs(path))
    assert again.open == () and again.holding == len(plain["sign_offs"])
    told = CliRunner().invoke(app, [*typed, "--sign-offs", str(path)])
    assert told.exit_code == 0 and "# 0 of" in told.output and "LAPSED" not in told.output
    assert sign_off_text([GRID]) == sign_off_text([GRID]) and documents.parse(sign_off_text([GRID]), "x")["sign_offs"]


def test_the_file_has_a_schema():
    """Proves that what the method page prints as an example fits `carbon schema sign-offs`, and that an unknown key does not."""
    page = (ROOT / "docs" / "method.md").read_text(encoding="utf-8")
    example = next(each for each in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "sign_offs:" in each)
    given = json.loads(json.dumps(yaml.safe_load(example), default=str))
    jsonschema.validate(given, schema_of("sign-offs"))
    with pytest.raises(jsonschema.ValidationError, match="colour"):
        jsonschema.validate(given | {"colour": "red"}, schema_of("sign-offs"))
