"""Words of Streamlit's own widgets: each stands in its scripts letter for letter, and each has another language's."""

from __future__ import annotations

import json
import re
from pathlib import Path

from app import chrome, text
from carbon.terms import Language

WORDS = {key: value for key, value in text.catalogue("en").items() if key.startswith("chrome.")}


def test_every_word_is_one_that_streamlit_shows():
    """Proves that the words looked for stand in Streamlit's scripts, so that a newer version that words them otherwise,
    or puts them into the reader's language itself, is noticed here."""
    import streamlit

    folder = Path(streamlit.__file__).parent / "static" / "static" / "js"
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.js"))
    # Names of a date's parts, and what stands between a label and its context, are put together when they are shown.
    fixed = {key: max(re.split(r"\{\w+\}|: \{|, \{", value), key=len).strip(" :,") for key, value in WORDS.items()}
    for key in ("chrome.enter_apply", "chrome.enter_submit"):
        first, last = fixed.pop(key).split("Press Enter to ")
        assert "`Press Enter to ${" in scripts and last in scripts and not first
    assert {key: value for key, value in fixed.items() if value not in scripts} == {}


def test_the_script_has_a_rule_for_every_word_in_both_directions():
    """Proves that each text becomes the other language's, places kept, and that no text can end the script."""
    for into, other in ((Language.ZH, Language.EN), (Language.EN, Language.ZH)):
        script = chrome.script(into)
        rules = json.loads(re.search(r"const rules = (\[.*?\])\.map\(", script, re.DOTALL)[1])
        assert len(rules) == len(WORDS) and script.count("</script>") == 1
        for (pattern, made), key in zip(rules, WORDS, strict=True):
            sample = re.sub(r"\{\w+\}", "X 1", text.catalogue(other)[key])
            found = re.match(pattern, sample)
            said = re.sub(r"\{(\d)\}", lambda place, found=found: found[int(place[1]) + 1], made)
            assert said == re.sub(r"\{\w+\}", "X 1", text.catalogue(into)[key])


def test_drop_zones_are_still_what_the_script_mends():
    """Proves that Streamlit's drop zone is still found by its name and still calls itself a decoration though it has a label,
    so that a newer version that mends it itself is noticed here."""
    import streamlit

    folder = Path(streamlit.__file__).parent / "static" / "static" / "js"
    scripts = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.js"))
    assert "stFileUploaderDropzone" in scripts and "presentation" in scripts
    script = chrome.script(Language.EN)
    assert "[data-testid=stFileUploaderDropzone][role=presentation]" in script and '"role"]' in script
