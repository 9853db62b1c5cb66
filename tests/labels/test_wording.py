"""What no text beside a label may say, market by market, and the words of each language."""

from __future__ import annotations

import re
import string

import pytest

from carbon import documents
from carbon.errors import InputError
from carbon.labels.rules import Law, Rules, fold, read_rules
from carbon.labels.wording import Allowed, check, languages, market_of, refuse, words
from tests.house.source import ROOT

RULES = read_rules()
CASES = [(key, rule) for key, rule in RULES.rules.items()]


def _texts(node, path=()):
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _texts(value, (*path, str(key)))
    else:
        yield ".".join(path), str(node)


@pytest.mark.parametrize(("key", "rule"), CASES, ids=[key for key, _ in CASES])
def test_every_rule_refuses_and_lets_pass_what_its_examples_say(key, rule):
    """Proves every rule both ways, in each of its markets; what one lets pass no other rule refuses either."""
    assert len(rule.examples["refused"]) >= 4 and len(rule.examples["passes"]) >= 3
    for market in rule.markets:
        missed = [text for text in rule.examples["refused"] if key not in {each.rule for each in check(text, market)}]
        assert missed == [], market
        assert [check(text, market) for text in rule.examples["passes"] if check(text, market)] == [], market


@pytest.mark.parametrize(("key", "rule"), CASES, ids=[key for key, _ in CASES])
def test_every_term_is_found(key, rule):
    """Proves that no term of the data file is written so that it can never be found."""
    market = next(iter(rule.markets))
    for term in (term for terms in rule.terms.values() for term in terms):
        text = term.rstrip("*")
        assert key in {each.rule for each in check(f"Our {text} way", market)}, term
        assert key in {each.rule for each in check(text.upper(), market)}, term


@pytest.mark.parametrize("market", RULES.markets)
@pytest.mark.parametrize("language", languages())
def test_our_own_texts_pass_everywhere(language, market):
    """Proves that nothing we say ourselves is refused in any market."""
    found = {key: check(text, market) for key, text in _texts(words(language).texts)}
    assert {key: refusals for key, refusals in found.items() if refusals} == {}


def test_every_market_has_rules_on_every_way_to_mislead():
    """Proves that the five markets are there, and that but for what is local each rule holds in all of them."""
    assert set(RULES.markets) == {"EU", "UK", "US", "CN", "FR"}
    local = {"recyclable_and_renewable"}
    assert {key for key, rule in CASES if set(rule.markets) != set(RULES.markets)} == local


@pytest.mark.parametrize(
    "text",
    [
        "Gr\u200been delivery", "G\u00adreen", "ＧＲＥＥＮ", "ɢreen", "g.r.e.e.n", "g-r-e-e-n", "𝓰𝓻𝓮𝓮𝓷", "grеen", "GRΕΕΝ", "gr33n", "gréén", "green\u202e",
        "carbon\u2011neutral", "carbon\nneutral", "C A R B O N neutral", "c@rbon neutral", "Klima­neutral", "CO₂‑neutral",
        "zero\u200demission", "ｃｌｉｍａｔｅ　ｎｅｕｔｒａｌ", "СО2-neutral", "nеutrе en carbone", "kⅼimaneutral", "eс\u043e-friendly", "ɡrеen", "g\u0301reen", "ｅｋｏlogiczna", "ΖΕRO CARBON",
        "碳·中·和", "碳\u200b中和", "零　碳", "綠色", "綠 色", "环-保", "環保", "绿⾊",
    ],
)  # fmt: skip
def test_tricks_are_seen_through(text):
    """Proves that invisible, look-alike, full-width, spaced-out and traditional characters hide nothing."""
    assert check(text, "EU") and check(text, "CN")


@pytest.mark.parametrize(
    "text",
    ["Economy delivery", "Evergreen Street", "Greenwich", "e-commerce", "Ecuador", "Standard", "次日达", "2-3 days", "", "😀", "Verdana", "Klimt print",
     "Neutral grey box", "Certificate of posting", "Offshore islands", "DHL GoParcel", "Sustainment Ltd", "顺丰速运", "Leaf tea", "A4 paper"],
)  # fmt: skip
def test_ordinary_names_pass(text):
    """Proves that words are matched whole: what merely looks like a term is no claim."""
    assert {market: check(text, market) for market in RULES.markets if check(text, market)} == {}


@pytest.mark.parametrize(("key", "rule"), CASES, ids=[key for key, _ in CASES])
def test_no_term_is_passed_over_for_its_beginning(key, rule):
    """Proves that looking for a term's first letters before its pattern hides no match: each term is found as the pattern finds it."""
    texts = [fold(each) for each in (*rule.examples["refused"], *rule.examples["passes"])]
    for search in rule.searches:
        assert search.term is None or search.first(fold(search.term.replace("*", ""))), search
        for text in texts:
            assert bool(search.first(text)) == bool(re.search(search.pattern, text)), (search, text)
            assert search.taken_out(text) == re.sub(search.pattern, "|", text)


def test_a_refusal_names_rule_law_and_way_out():
    """Proves that the message says which term, which rule, which law, and what to write instead."""
    with pytest.raises(InputError) as caught:
        refuse("Green delivery", "UK", where=None)
    message = str(caught.value)
    for part in (
        "'green'",
        "generic_claim",
        "CMA Green Claims Code",
        "principle 2",
        "Green delivery",
        "name what the option is",
    ):
        assert part in message
    assert refuse("Parcel shop", "UK") == "Parcel shop"
    assert "自提点" in check("绿色配送", "CN", "zh")[0].instead


def test_what_was_not_seen_says_so():
    """Proves that a reference from memory is never printed as if it had been read, and that one that was read says where."""
    remembered = next(each for each in check("Lowest carbon", "EU") if each.rule == "comparison_without_base")
    assert remembered.law_state == "remembered" and "(remembered)" in str(remembered)
    assert (
        "number to be confirmed" in remembered.law and "number to be confirmed" in check("Climate pledge", "EU")[0].law
    )
    for law in RULES.laws.values():
        place_seen = law.item is None or law.item.state == "seen"
        assert bool(law.seen_in) == (law.state == "seen") and (law.state == "seen" or not place_seen)
    assert "L541-9-1" in check("Biodegradable", "FR")[0].law and "L229-68" in check("Carbon neutral", "FR")[0].law
    assert "Annex I 2a" in check("Certified", "EU")[0].law and "section 260.6" in check("Certified", "US")[0].law


#: Languages of the EU's larger markets.
EUROPEAN = ("en", "fr", "de", "es", "it", "nl", "pl")


def test_the_larger_languages_of_the_market_are_covered():
    """Proves that each way to mislead that is said in words of its own has terms in seven languages of the EU and in Chinese."""
    in_words = {key for key, rule in CASES if len(rule.terms) > 2}
    assert in_words == {
        "generic_claim", "neutrality", "offsets", "pictures_of_nature", "marks_and_grades", "future_claim",
        "comparison_without_base", "degradable",
    }  # fmt: skip
    lacking = {key: {*EUROPEAN, "zh"} - set(rule.terms) for key, rule in CASES if key in in_words}
    assert {key: missing for key, missing in lacking.items() if missing} == {}


def test_a_name_may_be_allowed_with_a_reason():
    """Proves that a place or brand passes as a whole, that its term alone still does not, and that no bare term can be allowed."""
    street = Allowed(text="Green Street depot", reason="the name of the street it stands in")
    assert check("Green Street depot, parcel shop", "EU", allowed=[street]) == []
    assert check("Green delivery from Green Street depot", "EU", allowed=[street])
    with pytest.raises(InputError, match="nothing but a refused term"):
        check("Parcel shop", "EU", allowed=[Allowed(text="GREEN", reason="we would like to say it")])
    with pytest.raises(ValueError):
        Allowed(text="Green Street", reason="")


def test_a_colour_is_no_claim_in_a_products_name():
    """Proves that a green mug is one, that a green delivery is refused all the same, and so is any other claim."""
    for name in ("Mug, green", "绿色水杯", "Tasse, grün"):
        assert check(name, "EU") and check(name, "EU", of_product=True) == []
    for name in ("Eco mug", "Green delivery", "环保水杯", "Sustainable green mug"):
        assert check(name, "EU", of_product=True)


def test_countries_have_a_market():
    """Proves that a shop's country chooses its rules, and that none is without."""
    assert [market_of(each) for each in ("GB", "fr", "DE", "CN", "US", "JP")] == ["UK", "FR", "EU", "CN", "US", "EU"]


def test_unknown_markets_and_languages_are_refused():
    """Proves that a typing error does not switch the rules off."""
    with pytest.raises(InputError, match="no rules for this market"):
        check("Green", "uk")
    with pytest.raises(InputError, match="no label in this language"):
        words("xx")
    assert words("zh-CN").language == "zh" and words("en_GB").language == "en"


def test_a_rule_with_another_markets_law_is_refused():
    """Proves that the data file is checked: each rule rests on a law of its market."""
    law = Law(market="EU", title="t", edition="e", says="s", state="seen")
    rule = {"why": {"en": "w"}, "instead": {"en": "i"}, "markets": {"US": "x"}, "examples": {}}
    with pytest.raises(ValueError):
        Rules(checked_on="2026-11-22", laws={"x": law}, rules={"r": rule})


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_languages_have_the_same_keys_and_fields():
    """Proves that a language lacks nothing, has nothing beside, and fills in the same values."""
    first = dict(_texts(words("en").texts))
    assert len(languages()) >= 2
    for language in languages():
        other = dict(_texts(words(language).texts))
        assert set(other) == set(first), language
        assert {key for key in first if _fields(first[key]) != _fields(other[key])} == set(), language


def test_every_key_is_used():
    """Proves that no text stands in the files that nothing says."""
    folder = ROOT / "carbon" / "labels"
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for path in [*folder.rglob("*.py"), *folder.rglob("*.html"), *folder.rglob("*.svg")]
    )
    groups = ("stages", "data_types", "matches", "assumptions", "language", "units", "why", "subjects")
    unused = [
        key for key, _ in ((name.removesuffix("_plain"), text) for name, text in _texts(words("en").texts))
        if key.split(".")[0] not in groups and not re.search(rf"[\"'(]({re.escape(key)}|{re.escape(key.split('.')[1])})[\"')]", code)
    ]  # fmt: skip
    assert unused == []


def test_groups_word_every_key_of_the_code():
    """Proves that stages, data types, matches, reasons, subjects and fallbacks all have words."""
    from carbon.engine.columns import Fallback
    from carbon.labels.content import Subject, Why
    from carbon.terms import DataType, Match, Stage

    texts = words("zh").texts
    wanted = {
        "stages": Stage, "data_types": DataType, "matches": Match, "why": Why, "subjects": Subject,
        "assumptions": [each.name.lower() for each in Fallback if each],
    }  # fmt: skip
    for group, keys in wanted.items():
        assert set(texts[group]) == {str(each) for each in keys}, group


def test_values_are_filled_in_as_they_are():
    """Proves that braces in a merchant's name are text, and that no attribute of a value can be reached."""
    assert (
        words("en")("line.less", mass="1 kg", name="{mass.__class__}") == "1 kg less than {mass.__class__}, same order"
    )


def test_folding_is_stable_and_the_rules_read_strictly(tmp_path):
    """Proves that a folded text folds to itself, and that an unknown key in the rules is an error."""
    for _, rule in CASES:
        for text in rule.examples["refused"]:
            assert fold(fold(text)) == fold(text)
    with pytest.raises(InputError, match="unknown key"):
        documents.validate(Rules, {"checked_on": "x", "laws": {}, "rules": {}, "colour": 1}, "wording.yaml")


def test_the_document_lists_every_rule_with_the_state_of_its_reference():
    """Proves that the table in docs/labels.md is that of the data file."""
    text = (ROOT / "docs" / "labels.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- rules:.*?-->\n(.*?)\n<!-- end of rules -->", text, re.DOTALL)[1].splitlines()[2:]
    wanted = []
    for key, rule in CASES:
        for market, name in sorted(rule.markets.items()):
            law = RULES.laws[name]
            state = law.state + (f": {law.seen_in}" if law.seen_in else "")
            wanted.append(f"| `{key}` | {market} | {law.reference} | {law.says} | {state} |")
    assert shown == wanted
