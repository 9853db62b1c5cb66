"""Global Trade Item Numbers: the four lengths, the check digit, and numbers that are none."""

from __future__ import annotations

import pytest

from carbon.errors import InputError
from carbon.orders.gtin import gtin14, is_gtin


@pytest.mark.parametrize(
    ("text", "whole"),
    [("4006381333931", "04006381333931"), ("036000291452", "00036000291452"), ("96385074", "00000096385074"), ("10614141000415", "10614141000415"), ("400 638 133 393 1", "04006381333931"), ("978-0-306-40615-7", "09780306406157")],
)  # fmt: skip
def test_a_gtin_is_fourteen_digits(text, whole):
    """Proves the four lengths, padded; spaces and hyphens are how people write them."""
    assert gtin14(text) == whole and is_gtin(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("4006381333932", "Expected 1, got 2"),
        ("36000291452", "got 11"),
        ("40063813339x1", "not a GTIN"),
        ("", "not a GTIN"),
        ("４００６３８１３３３９３１", "not a GTIN"),
        ("2000000000008", "inside a shop"),
    ],
)
def test_what_is_no_gtin_is_refused_with_the_way_out(text, said):
    """Proves that a wrong check digit, a lost zero, a letter, full-width digits and a shop's own number say what is wrong."""
    with pytest.raises(InputError, match=said) as caught:
        gtin14(text)
    assert caught.value.expected and caught.value.mend and not is_gtin(text)
