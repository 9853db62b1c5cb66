"""What the library says in English stands in Chinese in the Chinese app: every sentence, wherever it is written."""

from __future__ import annotations

import inspect
import re
import string

import pytest

from app import faults, said, text
from carbon import read_organisation
from carbon.activities import MODELS
from carbon.errors import InputError, Where
from carbon.terms import Language
from tests.app.library_texts import ROOT, Library


@pytest.fixture
def chinese(monkeypatch):
    """Let the page's language be Chinese."""
    for module in (said, text):
        monkeypatch.setattr(module, "language", lambda: Language.ZH)


def _places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_every_sentence_of_the_library_has_its_chinese():
    """Proves that no error, note or origin that a page may show lacks its Chinese, and that none is left over."""
    found = Library().texts()
    assert {sentence: found[sentence] for sentence in set(found) - set(said.catalogue())} == {}
    assert set(said.catalogue()) - set(found) == set()


def test_the_search_finds_a_planted_sentence(tmp_path):
    """Proves that a sentence is found where it is written, behind a name, in one of two words, or in a called function."""
    planted = tmp_path / "planted.py"
    planted.write_text(
        "def check(row, other):\n"
        "    problem = f'{row} is no such thing'\n"
        "    raise InputError(problem, mend='try this' if other else 'try that', expected=_told(row))\n"
        "def _told(row):\n"
        "    return 'one of ' + ', '.join(row)\n",
        encoding="utf-8",
    )
    found = Library([planted], tmp_path).texts()
    assert set(found) == {"{0} is no such thing", "try this", "try that", "one of {0}"}


def test_a_translation_fills_the_same_places_and_says_it_in_chinese():
    """Proves that nothing that was found is lost, and that no sentence is copied."""
    both = said.catalogue().items()
    assert [english for english, chinese in both if _places(english) != _places(chinese)] == []
    plain = [(english, re.sub(r"[`'“{].*?[`'”}]", "", chinese)) for english, chinese in both]
    names = ("low {0}, value {1}, high {2}", "party: {0}")
    assert [
        each for each, told in plain if not re.search("[\u3000-\u9fff\uff00-\uffef]", told) and each not in names
    ] == []


def test_no_sentence_is_taken_for_another():
    """Proves that each sentence is recognised with its places filled, and told by its own Chinese."""
    filled = {each: [f"X{number}" for number in range(len(_places(each)))] for each in said.catalogue()}
    wrong = [each for each, parts in filled.items()
             if said.in_chinese(each.format(*parts)) != said.catalogue()[each].format(*parts)]  # fmt: skip
    assert wrong == []


@pytest.mark.parametrize("own", ["none", "Red, and blue", "Shoes (red)", "a file", "重量"])
def test_the_users_own_words_stay(chinese, own):
    """Proves that what was found in a user's file is quoted as it stands there."""
    lines = faults.lines_of(InputError("not a number", found=own))
    assert text.plain(own) in lines[1] or own == "a file"


def test_an_error_is_wholly_chinese(chinese, tmp_path):
    """Proves that the rule, the place, what is expected and the way out are told in Chinese, and keys stay as they are."""
    path = tmp_path / "organisation.yaml"
    sample = (ROOT / "sample" / "organisation.yaml").read_text(encoding="utf-8")
    path.write_text(re.sub(r"(?m)^  site: .*$", "  site: nowhere", sample, count=1), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        read_organisation(path)
    lines = faults.lines_of(caught.value)
    assert lines[0].startswith("**defaults\\.site 写了“nowhere”，但它未定义")
    assert any("第 " in line and "organisation" in line for line in lines) and lines[-1] == "处理办法：请先定义"


def test_an_error_in_english_is_what_the_command_line_says():
    """Proves that the English app shows the library's own words."""
    error = InputError(
        "a unit is missing", found="12", expected="a unit such as 'kg' or 'km'", where=Where("a.yaml", 3, "x")
    )
    lines = faults.lines_of(error)
    assert lines == ["**a unit is missing**", "Where: a\\.yaml, line 3, “x”", "Found: 12",
                     "Expected: a unit such as 'kg' or 'km'"]  # fmt: skip


def test_inputs_of_a_calculation_have_names():
    """Proves that every number a model takes is named in both languages, and by no code."""
    names = {name for model in MODELS.values() for name in inspect.signature(model.function).parameters}
    assert {name for name in names if f"input.{name}" not in text.catalogue("zh")} == set()


@pytest.mark.parametrize(
    ("origin", "told"),
    [
        ("orders: gross_mass_kg", "订单：gross_mass_kg"),
        ("organisation: expected uses", "组织文件：预期使用次数"),
        ("wang_2024.circuity.road (proxy)", "wang_2024.circuity.road（替代地区）"),
        ("port_of_ningbo to port_of_felixstowe", "port_of_ningbo 到 port_of_felixstowe"),
        ("organisation, 0.4 of it for parcels", "组织文件，其中 0.4 属于包裹"),
        ("0.4792 of certificates sold of coventry by rego", "coventry 的已售证书，其中 0.4792 依据 rego"),
    ],
)
def test_where_a_number_comes_from_is_told_in_chinese(chinese, origin, told):
    """Proves that columns, factors and places keep their names while the words around them are Chinese."""
    assert said.origin(origin) == told
