"""A Chinese report speaks Chinese: what models remark, why measures do not apply, what runs noted."""

from __future__ import annotations

import ast
import html
import re
import string
from collections.abc import Iterable

from carbon.factors.registry import Registry
from carbon.reports import build
from carbon.reports.causes import activity_name
from carbon.reports.report import Bullets
from carbon.reports.words import Words
from carbon.terms import Language
from tests.house.source import ROOT
from tests.reports.inventories import full

#: Three words of Latin letters in a row are a sentence in English; units, names and commands are shorter.
_RUN = re.compile(r"[A-Za-z][A-Za-z'’-]*(?:[ ,:;]+[A-Za-z][A-Za-z'’-]*){2,}")
#: What a Chinese reader finds in Latin letters, too: terms of finance and the project's own licence words.
_ALLOWED = ("US public domain", "SIL Open Font License")


def _templates(place: str, wanted) -> dict[str, str]:
    """Return the texts of calls that `wanted` names, with {names} for what is filled in, and where they stand."""
    found = {}
    for path in sorted((ROOT / place).glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (text := wanted(node, tree)) is not None:
                found[text] = f"{path.name}:{node.lineno}"
    return found


def _filled(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "7" for part in node.values)
    return None


def _noted(node: ast.Call, tree: ast.Module) -> str | None:
    method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
    of = getattr(node.func.value, "id", "") if method else ""
    if (of, method) in (("context", "note"), ("notes", "append")) and node.args:
        return _filled(node.args[0])
    return None


def remarks() -> dict[str, str]:
    """Return key and English text of every remark in the code."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "carbon/roi").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = [
            (node.lineno, node.targets[0].id, node.value.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and isinstance(node.value, ast.Constant)
        ]
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Remark":
                key, text = node.args
                said = text.value if isinstance(text, ast.Constant) else None
                if said is None:  # a text too long for its line stands just above
                    said = max(each for each in named if each[1] == text.id and each[0] < node.lineno)[2]
                assert found.setdefault(key.value, said) == said, key.value
    return found


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_remark_of_the_models_is_worded():
    """Proves that the texts hold each remark of the code and no other, in English word for word, in Chinese with the same values."""
    english, chinese = (Words(each).at("roi.remarks") for each in ("en", "zh"))
    assert remarks() == english and len(english) > 30
    assert {key: names_in(text) for key, text in chinese.items()} == {
        key: names_in(text) for key, text in english.items()
    }


def test_a_measure_is_refused_in_words_that_a_report_can_say():
    """Proves that no model raises a plain RoiError: each refusal says why by a remark."""
    plain = {}
    for path in [
        *(ROOT / "carbon/roi/measures").glob("*.py"),
        ROOT / "carbon/roi/inputs.py",
        ROOT / "carbon/roi/model.py",
    ]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Raise) and getattr(getattr(node.exc, "func", None), "id", "") == "RoiError":
                plain[f"{path.name}:{node.lineno}"] = ast.unparse(node)
    assert plain == {}


def english_runs(page: str, cited: Iterable[str] = ()) -> list[str]:
    """Return runs of English words of an HTML page, what it cites left out."""
    page = re.sub(r"<(style|script).*?</\1>", "", page, flags=re.DOTALL)
    text = re.sub(r"</?(?:su[bp]|span|wbr|b|i|em|strong|a|code)\b[^>]*>", "", page)
    text = _plain(html.unescape(re.sub(r"<[^>]*>", "\n", text)))
    for citation in sorted({*map(_plain, cited), *_ALLOWED}, key=len, reverse=True):
        text = text.replace(citation, "")
    return _RUN.findall(text)


def _plain(text: str) -> str:
    return re.sub(r"[^\S\n]+", " ", text.replace("\N{ZERO WIDTH SPACE}", ""))


def test_notes_of_runs_are_told_in_chinese():
    """Proves that each note that the engine or an inventory writes has its Chinese text, and that an unknown one is quoted as recorded."""
    notes = _templates("carbon/engine", _noted) | _templates("carbon/ledger", _noted)
    notes |= {"undoes run 7: the parcels of run 6 count again": "", "undoes run 7: its parcels count no more": ""}
    # One note is made of a beginning and one of two ends.
    ends = ("declare 'outbound' if it ships more than these", "declared outbound (7) is less than they are (8)")
    told = [text.removesuffix("7") + end for text in notes if "shared among" in text for end in ends]
    listed = [text for text in notes if "shared among" not in text] + told
    assert len(listed) > 10
    report = build(full(notes=[*listed, "a note of a later version"]), language="zh")
    method = next(section for section in report.sections if section.key == "method")
    (printed,) = (block.items for block in method.blocks if isinstance(block, Bullets))
    assert [each for each in printed[:-1] if _RUN.search(each)] == []
    assert printed[-1] == Words("zh")("method.as_recorded", note="a note of a later version")
    assert next(
        block.items
        for section in build(full(notes=listed)).sections
        if section.key == "method"
        for block in section.blocks
        if isinstance(block, Bullets)
    ) == tuple(listed)


def test_notes_of_runs_name_sites_in_english_and_keep_what_follows():
    """Proves that a reader sees a site's name in place of its key, with the rest of the note as recorded."""
    note = "site hub_7: no metered amount to share in 2025-02; the default by mass stands in: nothing was read"
    report = build(full(notes=[note]), organisation={"sites": {"hub_7": {"name": "Quay hall"}}})
    method = next(section for section in report.sections if section.key == "method")
    (printed,) = (block.items for block in method.blocks if isinstance(block, Bullets))
    assert printed == (note.replace("hub_7", "Quay hall"),)


def test_every_activity_of_the_tables_has_a_chinese_name():
    """Proves that no name of an activity holds an English word; signs of refrigerants and numbers of industries are none."""
    registry, words = Registry.load(), Words(Language.ZH)
    names = {each: activity_name(words, each) for each in registry.activities() if not each.startswith("refrigerant.")}
    assert len(names) > 1_500
    assert {each: name for each, name in names.items() if re.search("[a-z]{3}", name)} == {}
