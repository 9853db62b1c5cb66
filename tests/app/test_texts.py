"""The catalogue: both languages complete, nothing unused, nothing promised that the style forbids."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

from app import text
from carbon.errors import FAULTS
from carbon.orders.columns import COLUMNS
from carbon.orders.rejects import REASONS
from carbon.terms import DataType, Match, Stage

APP = Path(text.__file__).parent
EN, ZH = text.catalogue("en"), text.catalogue("zh")

#: Groups whose keys are codes of the library.
CODED = ("stage.", "match.", "data_type.", "fallback.", "flag.", "mend.", "fault.", "fault_expected.", "fault_mend.")


def _asked() -> tuple[set[str], list[str]]:
    """Keys that the app asks for: whole ones, and patterns of those with a part filled in."""
    keys, patterns = set(), []
    for path in APP.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and re.fullmatch(r"[a-z0-9_]+(\.[\w ]+)+", node.value)
            ):
                keys.add(node.value)
            if isinstance(node, ast.JoinedStr):
                parts = [re.escape(each.value) if isinstance(each, ast.Constant) else r"[\w ]+" for each in node.values]
                patterns.append("".join(parts))
    return keys, [each for each in patterns if r"\." in each]


def test_both_languages_have_the_same_keys():
    """Proves that no text is missing in one language."""
    assert set(EN) == set(ZH)


def test_places_to_fill_are_the_same():
    """Proves that a translation fills the same places."""

    def places(value):
        return {name for _, name, _, _ in string.Formatter().parse(value) if name}

    assert {key: places(EN[key]) for key in EN} == {key: places(ZH[key]) for key in ZH}


def test_every_text_asked_for_exists_and_every_text_is_used():
    """Proves that no page fails for want of a word, and that no word is left over."""
    keys, patterns = _asked()
    groups = {key.split(".")[0] for key in EN}
    missing = {key for key in keys if key.split(".")[0] in groups and not key.startswith(CODED) and key not in EN}
    # File names look like keys, and the beginning of a key that is put together ends in an underline.
    assert {
        key for key in missing if not key.endswith((".py", ".csv", ".pdf", ".yaml", ".xlsx", ".parquet", "_"))
    } == set()
    unused = {
        key for key in EN
        if key not in keys and not key.startswith(CODED) and not any(re.fullmatch(each, key) for each in patterns)
    }  # fmt: skip
    assert unused == set()


def test_codes_of_the_library_have_words():
    """Proves that stages, matches, data types, fallbacks and reject codes are never shown as codes."""
    from carbon.engine.columns import Fallback
    from carbon.engine.rejecting import REASONS as PLANNED

    wanted = (
        {f"stage.{each}" for each in Stage}
        | {f"match.{each}" for each in Match}
        | {f"data_type.{each}" for each in DataType}
    )
    wanted |= {f"fallback.{flag.name.lower()}" for flag in Fallback if flag}
    wanted |= {f"mend.{code}" for code in {*REASONS, *PLANNED}}
    kinds = ("fault", "fault_expected", "fault_mend")
    told = {f"{kind}.{code}" for code, texts in FAULTS.items() for kind, text in zip(kinds, texts, strict=True) if text}
    assert {key for key in EN if key.split(".")[0] in kinds} == told
    assert wanted - set(EN) == set()


def test_chinese_is_chinese():
    """Proves that texts are translated, not copied."""
    same = {key for key in EN if EN[key] == ZH[key] and re.search("[a-z]{3}", re.sub("{.*?}", "", EN[key]))}
    assert same == set()


@pytest.mark.parametrize("word", ["eco-", "neutral", "certified", "compliant", "saved the planet", "碳中和", "环保"])
def test_no_word_of_virtue(word):
    """Proves that the app speaks of differences, not of virtue."""
    assert [key for catalogue in (EN, ZH) for key, value in catalogue.items() if word in value.lower()] == []


def test_no_picture_characters():
    """Proves that no text holds an emoji."""
    assert [
        key
        for catalogue in (EN, ZH)
        for key, value in catalogue.items()
        if re.search("[\U0001f000-\U0001ffff\u2600-\u27bf]", value)
    ] == []


@pytest.mark.parametrize(
    "hostile",
    ["<b>x</b>", "[a](http://b)", ":red[x]", "$x^2$", "**x**", "`x`", ":smile:", "![i](u)", "a\n\n# b", "~~x~~"],
)
def test_user_text_is_never_markup(hostile):
    """Proves that every character with a meaning in Markdown is escaped, and no line break is left."""
    made = text.plain(hostile)
    assert "\n" not in made
    assert re.search(r"(?<!\\)(?:\\\\)*[*_`\[\]<>$~#!|]", made) is None
    assert ":smile:" not in made.replace("\\", "")


def test_canonical_columns_are_described_in_both_languages():
    """Proves that the import page can explain each column."""
    assert [each.name for each in COLUMNS if not (each.description and each.description_zh)] == []
