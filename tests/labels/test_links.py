"""Where a QR code leads, and that it can be read."""

from __future__ import annotations

import re

import pytest
import segno

from carbon.errors import InputError
from carbon.labels.links import digital_link, qr_path

URL = "https://shop.example/calculation/k3v9"


def test_a_digital_link_is_the_gtin_below_a_resolver():
    """Proves the form: 14 digits below /01/, whatever the length of the GTIN, with or without a slash at the resolver's end."""
    for resolver in ("https://id.example.com/", "https://id.example.com"):
        assert digital_link("4006381333931", resolver) == "https://id.example.com/01/04006381333931"
    assert digital_link("96385074", "https://shop.example/id") == "https://shop.example/id/01/00000096385074"
    with pytest.raises(InputError, match="check digit"):
        digital_link("4006381333930", "https://id.example.com")


def test_the_path_draws_the_code():
    """Proves, module by module, that the drawn path is the code that segno makes, within its quiet zone."""
    path, size = qr_path(URL)
    dark = set()
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\d+z", path):
        dark |= {(int(x) + step, int(y)) for step in range(int(length))}
    matrix = segno.make(URL, error="m", micro=False).matrix
    wanted = {(x + 4, y + 4) for y, row in enumerate(matrix) for x, bit in enumerate(row) if bit}
    assert dark == wanted and size == len(matrix) + 8
