"""Break-even of reuse, own containers, swaps of material: by hand, and by the limits where there is no answer."""

from __future__ import annotations

import math

import pytest

from carbon.engine.packages import expected_uses
from carbon.errors import InputError
from carbon.optimise.reuse import MaterialOption, Sku, break_even, material_swaps, own_containers, reusable_co2e_kg


def test_break_even_by_hand():
    """Proves 2.4 / (0.3 - 0.02 - 0.04) = 10 uses without losses, and that the tenth, not the ninth, breaks even."""
    found = break_even(0.3, 2.4, 0.02, 0.04).co2e
    assert found.needed_uses == 10 and found.uses == 10
    assert reusable_co2e_kg(2.4, 0.02, 0.04, 10, 0) == pytest.approx(0.3)
    assert reusable_co2e_kg(2.4, 0.02, 0.04, 9, 0) > 0.3
    assert "= 10 uses" in found.why


@pytest.mark.parametrize("loss_rate", [0.001, 0.01, 0.03, 0.05, 0.09])
@pytest.mark.parametrize("making_co2e_kg", [0.5, 1.0, 2.4])
def test_losses_raise_the_uses_to_the_first_that_is_enough(loss_rate, making_co2e_kg):
    """Proves, by the engine's own rule of expected uses, that the number is enough and one fewer is not."""
    found = break_even(0.3, making_co2e_kg, 0.02, 0.04, loss_rate).co2e
    assert found.uses >= math.ceil(making_co2e_kg / 0.24 - 1e-9)
    assert reusable_co2e_kg(making_co2e_kg, 0.02, 0.04, found.uses, loss_rate) <= 0.3 * (1 + 1e-9)
    assert reusable_co2e_kg(making_co2e_kg, 0.02, 0.04, found.uses - 1, loss_rate) > 0.3
    assert float(expected_uses(found.uses, loss_rate)) >= found.needed_uses * (1 - 1e-9)


def test_no_break_even_says_why_in_numbers():
    """Proves that there is none where washing and return reach the single-use package, or losses come first."""
    dirty = break_even(0.1, 0.5, 0.06, 0.04).co2e
    assert dirty.uses is None and dirty.needed_uses is None
    assert "washing 0.06 and return 0.04" in dirty.why and "0.1 kg CO2e of a single-use" in dirty.why
    lost = break_even(0.3, 2.4, 0.02, 0.04, loss_rate=0.1).co2e
    assert lost.uses is None and "10 uses are needed" in lost.why and "fewer than 10 on average" in lost.why
    assert break_even(0.3, 0.2, 0.02, 0.04, loss_rate=1.0).co2e.uses == 1
    assert break_even(0.3, 0.3, 0.02, 0.04, loss_rate=1.0).co2e.uses is None


def test_money_has_a_break_even_of_its_own():
    """Proves that money is asked apart, may say no where kg CO2e say yes, and is never half known."""
    found = break_even(0.3, 2.4, 0.02, 0.04, 0.0, 0.4, 6.0, 0.1, 0.35, "EUR")
    assert found.co2e.uses == 10 and found.money.uses is None and "EUR" in found.money.why
    assert break_even(0.3, 2.4, 0.02, 0.04).money is None
    with pytest.raises(InputError, match="all four sums"):
        break_even(0.3, 2.4, 0.02, 0.04, single_use_money=0.4)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((0.3, -1, 0, 0), "making"),
        ((0.3, 1, math.nan, 0), "washing"),
        ((0.3, 1, 0, 0, 1.2), "loss rate"),
    ],
)
def test_impossible_amounts_are_named(given, said):
    """Proves that negative and missing amounts and loss rates beyond one are refused by name."""
    with pytest.raises(InputError, match=said):
        break_even(*given)


def test_own_containers_by_hand():
    """Proves saved - risk x damaged, the risk at which it is gone, the sequence, and that an unknown risk stays unknown."""
    found = own_containers(
        [
            Sku("unknown", 100, 0.5, 10.0),
            Sku("fragile", 100, 0.2, 50.0, 0.01),
            Sku("book", 100, 0.2, 5.0, 0.01, 0.4, 20.0),
            Sku("brick", 10, 0.2, 0.1, 1.0),
        ]
    )
    assert [each.sku.key for each in found] == ["book", "brick", "fragile", "unknown"]
    book, brick, fragile, unknown = found
    assert book.net_co2e_kg == pytest.approx(100 * (0.2 - 0.05)) and book.net_money == pytest.approx(100 * (0.4 - 0.2))
    assert (book.most_risk_co2e, book.most_risk_money) == (pytest.approx(0.04), pytest.approx(0.02))
    assert fragile.net_co2e_kg == pytest.approx(-30) and fragile.most_risk_co2e == pytest.approx(0.004)
    assert brick.most_risk_co2e == 1 and brick.net_co2e_kg == pytest.approx(1)
    assert unknown.net_co2e_kg is None and unknown.most_risk_co2e == pytest.approx(0.05) and unknown.net_money is None
    assert own_containers([Sku("worse", 1, -0.1, 1, 0.1)])[0].most_risk_co2e == 0


def test_at_the_named_risk_the_saving_is_gone():
    """Proves that the break-even risk put in as the risk leaves exactly nothing."""
    for damaged_kg in (0.5, 3.0, 80.0):
        risk = own_containers([Sku("a", 7, 0.3, damaged_kg)])[0].most_risk_co2e
        assert own_containers([Sku("a", 7, 0.3, damaged_kg, risk)])[0].net_co2e_kg == pytest.approx(0, abs=1e-12)


def test_impossible_skus_are_named():
    """Proves that a risk beyond one and negative damage are refused with the article's name."""
    with pytest.raises(InputError, match="vase is no share"):
        own_containers([Sku("vase", 1, 0.1, 1, 1.5)])
    with pytest.raises(InputError, match="of vase is below zero"):
        own_containers([Sku("vase", 1, 0.1, -1, 0.5)])


def option(key: str, content: float, end_of_life_co2e_kg: float = 0.01, **more) -> MaterialOption:
    """Board of 0.2 kg, virgin 1.0 and recycled 0.6 kg CO2e per kg, unless said otherwise."""
    given = {"mass_kg": 0.2, "virgin_co2e_kg_per_kg": 1.0, "recycled_co2e_kg_per_kg": 0.6, "source": "one"}
    return MaterialOption(key, recycled_content=content, end_of_life_co2e_kg=end_of_life_co2e_kg, **(given | more))


def test_recycled_content_carries_its_own_benefit():
    """Proves mass x ((1 - r) virgin + r recycled), the saving against today, and a rank by production."""
    half = option("half", 0.5)
    found = material_swaps(half, [option("all", 1.0), option("film", 0.0, mass_kg=0.03, source="two")])
    assert [each.option.key for each in found] == ["film", "all", "half"]
    assert [each.rank for each in found] == [1, 2, 3]
    assert [each.production_co2e_kg for each in found] == pytest.approx([0.03, 0.12, 0.16])
    assert [each.saved_co2e_kg for each in found] == pytest.approx([0.13, 0.04, 0.0])
    assert [each.same_source for each in found] == [False, True, True]


def test_end_of_life_ranks_nothing():
    """Proves that options that differ in treatment only have no rank, and that any treatment leaves ranks as they are."""
    burnt, buried = option("burnt", 0.5, 0.3), option("buried", 0.5, 0.0)
    found = material_swaps(burnt, [buried, option("all", 1.0, 9.0)])
    ranks = {each.option.key: each.rank for each in found}
    assert ranks == {"all": 1, "burnt": None, "buried": None}
    assert all("does not rank" in each.why and each.saved_co2e_kg == 0 for each in found if each.rank is None)


def test_credits_and_missing_factors_are_refused():
    """Proves that an end-of-life credit and a material without its factor are refused, an unused factor is not needed."""
    with pytest.raises(InputError, match="end of life is credited"):
        material_swaps(option("a", 0.5), [option("b", 0.5, -0.1)])
    with pytest.raises(InputError, match="no factor for its recycled"):
        material_swaps(option("a", 0.5, recycled_co2e_kg_per_kg=None), [])
    assert option("a", 0.0, recycled_co2e_kg_per_kg=None).production_co2e_kg() == pytest.approx(0.2)
    with pytest.raises(InputError, match="no share"):
        option("a", 1.5).production_co2e_kg()
