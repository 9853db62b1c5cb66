"""What a label says, when it says nothing, and what it never compares."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest

from carbon.errors import InputError, OrganisationError
from carbon.labels.content import Label, plain
from carbon.labels.label import (
    Names,
    Subject,
    Why,
    compared,
    edition_year,
    label_of_option,
    label_of_order,
    label_of_product,
)
from carbon.labels.phrases import as_dict, whole_words, words_of
from carbon.ledger import explain
from carbon.organisation import Floor, Organisation
from carbon.organisation import read as read_organisation
from carbon.terms import DELIVERY_STAGES, Stage
from tests.labels.conftest import NOW, SHOP, STANDARD, URL, Change, Option, label_of

NBSP = "\u00a0"


def test_a_label_in_english():
    """Proves a whole label, sentence by sentence."""
    shop = label_of(Option().but(co2e_kg=0.77, low_kg=0.62, high_kg=1.1), SHOP)
    said = words_of(compared(shop, label_of(Option()), Change(-0.1536, -0.2, -0.1)), "en", "kg")
    assert said == {
        "name": "Parcel shop",
        "line": f"0.77{NBSP}kg CO2e (0.62–1.1)",
        "value": f"0.77{NBSP}kg",
        "range": "0.62–1.1",
        "difference": f"0.15{NBSP}kg less than Standard delivery, same order",
        "difference_range": "95 % range of the difference: 0.10 to 0.20 kg less",
        "stages": [
            {"stage": "packaging", "name": "packaging", "text": f"0.12{NBSP}kg"},
            {"stage": "line_haul", "name": "line haul", "text": f"0.20{NBSP}kg"},
            {"stage": "hubs", "name": "hubs", "text": f"0.010{NBSP}kg"},
            {"stage": "last_mile", "name": "last mile", "text": f"0.51{NBSP}kg"},
            {"stage": "warehousing", "name": "warehousing", "text": f"0.080{NBSP}kg"},
        ],
        "counted": "Counted: packaging, line haul, hubs, last mile, warehousing.",
        "not_counted": "Not counted: returns, end of life of the packaging, the product itself.",
        "product": "",
        "data": f"Data by emissions: 0{NBSP}% measured, 70{NBSP}% modelled, 30{NBSP}% default. "
        "Factors of 2024 to 2025. Warming potentials over 100 years: IPCC AR5.",
        "method": "Transport is calculated as ISO 14083:2023 asks, well to wheel with hubs; the other stages by the method of "
        f"Carbon per Order {label_of(Option()).edition}. "
        "Compared with Standard delivery: same order, same stages, same method, same factors.",
        "calculated": "Calculated on 30 Nov 2026.",
        "statement": "Calculated estimate, not certified, offsets not included",
        "spoken": "0.77 kilograms carbon dioxide equivalent, 95 % range 0.62 to 1.1 kilograms.",
    }


def test_a_label_in_chinese():
    """Proves the line, the difference, the statement and the spoken form in Chinese, brackets and commas included."""
    shop = label_of(Option().but(co2e_kg=0.77, low_kg=0.62, high_kg=1.1), SHOP)
    said = words_of(compared(shop, label_of(Option()), Change(0.1536, 0.1, 0.2)), "zh", "kg")
    assert said["line"] == f"0.77{NBSP}千克 CO2e（0.62–1.1）"
    assert said["difference"] == f"同一订单，比“标准配送”多 0.15{NBSP}千克"
    assert said["not_counted"] == "未计入：退货、包装的废弃处理、产品本身。"
    assert said["statement"] == "计算所得估计值，未经认证，不含碳抵消"
    assert said["spoken"] == "0.77千克二氧化碳当量，95% 区间为0.62至1.1千克。"
    assert whole_words("zh")["language"] == "简体中文"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (Change(-0.15, -0.2, -0.1), "0.15\u00a0kg less than"),
        (Change(0.15, 0.1, 0.2), "0.15\u00a0kg more than"),
        (Change(-0.15, -0.4, 0.1), "no clear difference to"),
        (Change(0.15, -0.1, 0.4), "no clear difference to"),
        (Change(0.15, 0.0, 0.4), "no clear difference to"),
        (Change(0.0, 0.0, 0.0), "no clear difference to"),
        (Change(-0.15, None, None), "no clear difference to"),
        (Change(-0.15, -0.4, 0.1, clear=True), "no clear difference to"),
        (Change(-0.0004, -0.0005, -0.0003), "0.00040\u00a0kg less than"),
    ],
)
def test_a_difference_is_said_only_where_its_range_leaves_out_zero(change, says):
    """Proves the words by the interval itself, with the sign of the difference, and never a zero."""
    said = words_of(compared(label_of(Option(), SHOP), label_of(Option()), change), "en", "kg")
    assert said["difference"].startswith(says) and said["difference"].endswith("Standard delivery, same order")
    assert bool(said["difference_range"]) == ("clear" not in says)


def test_what_counts_other_stages_is_not_compared():
    """Proves that a difference across boundaries is refused, and that the label says why."""
    fewer = {stage: kg for stage, kg in Option().stages.items() if stage is not Stage.WAREHOUSING}
    said = words_of(
        compared(label_of(Option().but(stages=fewer), SHOP), label_of(Option()), Change(-0.1, -0.2, -0.05)), "en"
    )
    assert said["difference"] == "" == said["difference_range"]
    assert said["method"].endswith("Not compared with Standard delivery: the two do not count the same stages.")
    stated = label_of(Option().but(stages=fewer), SHOP, counted=label_of(Option()).counted)
    assert compared(stated, label_of(Option()), Change(-0.1, -0.2, -0.05)).comparison.clear
    missing = label_of(Option().but(reason="unavailable"))
    assert compared(label_of(Option(), SHOP), missing, Change(-0.1, -0.2, -0.05)).comparison is None


NO_LAST_MILE = {stage: kg for stage, kg in Option().stages.items() if stage is not Stage.LAST_MILE}


@pytest.mark.parametrize(
    ("option", "why"),
    [
        (Option().but(reason="no such service here"), Why.UNAVAILABLE),
        (Option().but(co2e_kg=0.0), Why.NO_FIGURE),
        (Option().but(co2e_kg=math.nan), Why.NO_FIGURE),
        (Option().but(co2e_kg=-0.1), Why.NO_FIGURE),
        (Option().but(stages=NO_LAST_MILE), Why.STAGE_MISSING),
        (Option().but(low_kg=None, high_kg=None), Why.RANGE_UNKNOWN),
        (Option().but(low_kg=0.01, high_kg=1.9), Why.RANGE_WIDE),
        (Option().but(shares={}), Why.SHARES_UNKNOWN),
        (Option().but(shares={"primary": 0.0, "modelled": 0.05, "default": 0.95}), Why.DEFAULT_SHARE),
    ],
)
def test_below_the_floor_there_is_no_figure(option, why):
    """Proves each reason for having none: it is said in words in every language, and no digit of a figure is left."""
    label = label_of(option)
    assert label.missing.why is why and label.co2e_kg is None and not label.stages
    for language, line in (("en", "CO2e not available"), ("zh", "暂无 CO2e 数据")):
        said = words_of(label, language)
        assert set(said) == {"name", "line", "why", "spoken"} and said["line"] == line and said["why"]
        assert "0" not in said["line"] + said["spoken"]


def test_the_floor_is_met_at_its_limits():
    """Proves that a share or width of exactly the limit still has a figure."""
    floor = Floor()
    wide = Option().but(co2e_kg=1.0, low_kg=0.0, high_kg=floor.range_ratio)
    shares = {"primary": 0.0, "modelled": 1 - floor.default_share, "default": floor.default_share}
    assert label_of(wide).available and label_of(Option().but(shares=shares)).available


def test_an_organisation_can_only_raise_the_floor(recorded, tmp_path):
    """Proves that a stricter floor is taken from the organisation file, and a looser one refused with file and key."""
    text = (recorded[0].folder.parent / "organisation.yaml").read_text(encoding="utf-8")
    path = tmp_path / "organisation.yaml"
    path.write_text(
        f"{text}\nlabels:\n  floor: {{default_share: 0.2, range_ratio: 1, stages: [returns]}}\n", encoding="utf-8"
    )
    floor = read_organisation(path).labels.floor
    assert floor.required == (Stage.LAST_MILE, Stage.RETURNS)
    missing = label_of(Option(), floor=floor).missing
    assert (missing.why, missing.stages) == (Why.STAGE_MISSING, (Stage.RETURNS,))
    assert label_of(Option(), floor=Floor(default_share=0.2)).missing.limit == 0.2
    path.write_text(f"{text}\nlabels:\n  floor: {{default_share: 0.95}}\n", encoding="utf-8")
    with pytest.raises(OrganisationError, match=r"labels\.floor\.default_share"):
        read_organisation(path)
    assert Organisation.model_fields["labels"].default.floor == Floor()


def test_a_recorded_order_is_the_sum_of_its_parcels(recorded):
    """Proves that label, `explain` and ledger agree to 1e-9, stage by stage, for an order of several parcels."""
    ledger, found = recorded
    label = label_of_order(found, STANDARD, url=URL, calculated_at=NOW)
    assert len(found) > 1 and label.subject is Subject.ORDER
    stored = math.fsum(each.stored_total_kg for each in found)
    assert label.co2e_kg == pytest.approx(stored, rel=1e-9)
    assert math.fsum(label.stages.values()) == pytest.approx(stored, rel=1e-9)
    assert label.low_kg < label.co2e_kg < label.high_kg
    assert Stage.PRODUCT not in label.stages and set(label.counted) <= set(DELIVERY_STAGES)
    assert math.fsum(label.shares.values()) == pytest.approx(1)
    assert label.factor_years and set(label.gwp_sets) and label.ratings["technological"] >= 1
    again = label_of_order(explain(ledger, found[0].parcel["order_id"]), STANDARD, url=URL, calculated_at=NOW)
    assert again == label


def test_an_order_that_cannot_be_repeated_has_no_label(recorded):
    """Proves that a figure that `explain` does not confirm is not shown."""
    _, found = recorded
    assert label_of_order([replace(found[0], agrees=False)], STANDARD).missing.why is Why.NOT_REPEATED
    assert label_of_order([], STANDARD).missing.why is Why.NO_FIGURE


def test_iso_14083_is_named_only_where_the_rule_allows(recorded):
    """Proves the rule: every transport line well to wheel, and hubs among them; and that the words follow it."""
    _, found = recorded
    whole = next(each for each in found if any(line.stage == Stage.HUBS for line in each.lines))
    assert label_of_order([whole], STANDARD).iso_14083
    without_hubs = replace(whole, lines=[line for line in whole.lines if line.stage != Stage.HUBS])
    no_wtt = [replace(line, flags=("no WTT",)) if line.stage == Stage.LAST_MILE else line for line in whole.lines]
    for each in (without_hubs, replace(whole, lines=no_wtt)):
        label = label_of_order([each], STANDARD)
        assert not label.iso_14083 and "is not stated as ISO 14083" in words_of(label, "en")["method"]
    packaging = [replace(line, flags=("no WTT",)) if line.stage == Stage.PACKAGING else line for line in whole.lines]
    assert label_of_order([replace(whole, lines=packaging)], STANDARD).iso_14083


def test_a_product_is_shown_as_declared():
    """Proves that a declared figure names its declarer, its boundary and no method of ours; without one there is no figure."""
    label = label_of_product(
        2.4, Names({"en": "Mug"}), low_kg=2.0, high_kg=3.0, declared_by="Harbour Potteries", year=2025
    )
    said = words_of(label, "en")
    assert (
        said["line"] == f"2.4{NBSP}kg CO2e (2.0–3.0)"
        and said["method"] == "Declared by Harbour Potteries; not calculated here."
    )
    assert "Harbour Potteries" in said["counted"] and said["stages"] == [] and said["data"] == "Factors of 2025."
    assert said["statement"] == "Declared figure, not certified here, offsets not included"
    assert words_of(label_of_product(2.4, Names({"en": "Mug"})), "en")["line"] == f"2.4{NBSP}kg CO2e"
    assert "ISO" not in str(said)
    for nothing in (None, 0.0, math.nan):
        assert label_of_product(nothing, Names({"en": "Mug"})).missing.why is Why.NOT_DECLARED
    assert words_of(label_of_product(2.4, Names({"en": "Mug"})), "en")["spoken"] == (
        "2.4 kilograms carbon dioxide equivalent."
    )


def test_figures_for_json():
    """Proves that the plain values are those of the label, in JSON's types, and that a missing figure is no null among them."""
    shop = compared(
        label_of(Option().but(co2e_kg=0.77, low_kg=0.62, high_kg=1.1), SHOP),
        label_of(Option()),
        Change(-0.15, -0.2, -0.1),
    )
    found = json.loads(json.dumps(as_dict(shop, ["en", "zh"], "kg")))
    assert (found["available"], found["co2e_kg"], found["low_kg"], found["high_kg"]) == (True, 0.77, 0.62, 1.1)
    assert found["difference"] == {"co2e_kg": -0.15, "low_kg": -0.2, "high_kg": -0.1, "clear": True}
    assert {each["stage"]: each["co2e_kg"] for each in found["stages"]} == {
        str(key): kg for key, kg in Option().stages.items()
    }
    assert set(found["counted"]) | set(found["not_counted"]) == {str(stage) for stage in Stage}
    assert found["words"]["en"] == words_of(shop, "en", "kg") and found["words"]["zh"]["name"] == "自提点"
    assert set(as_dict(label_of(Option().but(co2e_kg=0.0)), ["en"])) == {"available", "reason", "words"}


def test_merchants_names_are_checked():
    """Proves that a refused name does not become a label's, in any of its languages."""
    with pytest.raises(InputError, match="generic_claim"):
        Names.checked({"en": "Van", "zh": "绿色配送"}, "EU")
    assert Names.checked({"en": "Van", "zh": "货车"}, "EU").of("fr") == "Van"


def test_the_sample_merchants_names_pass_everywhere(recorded):
    """Proves that ordinary names of services, in both languages, are claims in no market."""
    setup = read_organisation(recorded[0].folder.parent / "organisation.yaml")
    for service in setup.services.values():
        texts = {"en": service.name, "zh": service.name_zh}
        for market in ("EU", "UK", "US", "CN", "FR"):
            Names.checked({language: text for language, text in texts.items() if text}, market)


def test_names_become_one_plain_line():
    """Proves that control and direction characters go, joiners stay, and a very long name is cut."""
    assert plain("a\x00b\u202ec\n\td") == "abc d" and plain("می\u200cخواهم") == "می\u200cخواهم"
    assert len(plain("x" * 5000)) == 120 and plain("x" * 5000).endswith("…")


def test_a_label_has_a_figure_or_a_reason():
    """Proves that neither both nor none can be made."""
    with pytest.raises(ValueError):
        Label(Subject.OPTION, STANDARD)
    for url in ("javascript:alert(1)", "data:text/html,x", "shop.example"):
        with pytest.raises(ValueError):
            label_of(Option(), url=url)


@pytest.mark.parametrize(
    ("edition", "year"), [("2025 (June 2025)", 2025), ("v1.3.0", None), ("2019, as summarised in 20", 2019)]
)
def test_years_of_editions(edition, year):
    """Proves that a factor's year is read from its edition and not made up."""
    assert edition_year(edition) == year


def test_options_need_no_label_of_their_own_class():
    """Proves that any object with an option's figures serves."""
    assert label_of_option(Option(), STANDARD).available
