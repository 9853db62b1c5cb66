"""A language is a file: what a new one needs, and that nothing else has to know of it."""

from __future__ import annotations

from importlib import resources
from types import SimpleNamespace

import yaml

from carbon.labels import wording
from carbon.labels.drawing import svg
from carbon.labels.page import calculation_page, html
from carbon.labels.phrases import as_dict
from tests.house.source import ROOT
from tests.labels.conftest import Option, label_of

TEXTS = ROOT / "carbon" / "labels" / "texts"


def _marked(node, mark: str):
    if isinstance(node, dict):
        return {key: value if key in ("locale", "direction") else _marked(value, mark) for key, value in node.items()}
    return f"{mark}{node}"


def test_a_new_language_is_one_file(tmp_path, monkeypatch, calculation):
    """Proves that a file beside the others is enough for JSON, SVG, HTML and the page, with its numbers and its own name in the list."""
    package = tmp_path / "labels"
    (package / "texts").mkdir(parents=True)
    for path in [*TEXTS.glob("*.yaml")]:
        (package / "texts" / path.name).write_bytes(path.read_bytes())
    german = _marked(yaml.safe_load((TEXTS / "en.yaml").read_text(encoding="utf-8")), "§")
    german["language"] = {"name": "Deutsch", "locale": "de_DE", "direction": "ltr"}
    (package / "texts" / "de.yaml").write_text(yaml.safe_dump(german, allow_unicode=True), encoding="utf-8")
    monkeypatch.setattr(wording, "resources", SimpleNamespace(files=lambda name: package, as_file=resources.as_file))
    wording.languages.cache_clear()
    try:
        assert wording.languages() == ("en", "de", "zh")
        label = label_of(Option())
        assert as_dict(label, wording.languages())["words"]["de"]["line"].startswith("§§920\xa0§g CO2e (§770–1.200")
        for text in (svg(label, "de"), html(label, "de"), calculation_page(calculation, "de")):
            assert "§" in text and 'lang="de-DE"' in text
        assert ">Deutsch</a>" in calculation_page(calculation, "en")
    finally:
        wording.languages.cache_clear()
        wording.words.cache_clear()
