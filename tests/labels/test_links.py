"""Where a QR code leads, and that it can be read."""

from __future__ import annotations

import re

import pytest
import segno

from carbon.errors import InputError
from carbon.labels.links import gtin14, qr_path, qr_target

URL = "https://shop.example/calculation/k3v9"


@pytest.mark.parametrize(
    ("text", "whole"),
    [("4006381333931", "04006381333931"), ("036000291452", "00036000291452"), ("96385074", "00000096385074"), ("10614141000415", "10614141000415"), ("400 638 133 393 1", "04006381333931")],
)  # fmt: skip
def test_a_gtin_is_fourteen_digits(text, whole):
    """Proves the four lengths, padded."""
    assert gtin14(text) == whole


@pytest.mark.parametrize("text", ["4006381333932", "12345", "40063813339x1", "", "４００６３８１３３３９３１"])
def test_a_wrong_gtin_is_refused(text):
    """Proves that a check digit, a length or a letter that is wrong makes no link."""
    with pytest.raises(InputError, match="GTIN"):
        gtin14(text)


def test_the_digital_link_needs_a_gtin_and_a_resolver():
    """Proves that the GS1 form is used where it leads somewhere, and the calculation's own address otherwise."""
    assert qr_target(URL, "4006381333931", "https://id.example.com/") == "https://id.example.com/01/04006381333931"
    assert qr_target(URL, "4006381333931") == URL == qr_target(URL, None, "https://id.example.com")
    with pytest.raises(InputError, match="https"):
        qr_target(URL, "4006381333931", "http://id.example.com")
    with pytest.raises(InputError, match="check digit"):
        qr_target(URL, "4006381333930", "https://id.example.com")


def test_the_path_draws_the_code():
    """Proves, module by module, that the drawn path is the code that segno makes, within its quiet zone."""
    path, size = qr_path(URL)
    dark = set()
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", path):
        dark |= {(int(x) + step, int(y)) for step in range(int(length))}
    matrix = segno.make(URL, error="m", micro=False).matrix
    wanted = {(x + 4, y + 4) for y, row in enumerate(matrix) for x, bit in enumerate(row) if bit}
    assert dark == wanted and size == len(matrix) + 8
