"""Global Trade Item Numbers: what barcodes and GS1 Digital Links name a product by."""

from __future__ import annotations

from functools import lru_cache

from carbon.errors import InputError

#: How a GTIN is written out, whatever its length.
_RULE = "8, 12, 13 or 14 digits, the last of which checks the others"
_BY_SPREADSHEET = "copy it as it stands below the barcode; a spreadsheet drops leading zeros unless the column is text"
_IN_STORE = "leave it empty: outside the shop such a number names another article, or none"


def gtin14(text: str) -> str:
    """Return a GTIN of 8, 12, 13 or 14 digits as 14 digits; spaces and hyphens are left out.

    Raises
    ------
    InputError
        If it has another length, its check digit is wrong, or it is a number that shops give out themselves.
    """
    gtin, problem, mend = _read(text)
    if gtin is None:
        raise InputError(problem, found=text, expected=_RULE, mend=mend)
    return gtin


def is_gtin(text: str) -> bool:
    """Whether a text is a GTIN."""
    return _read(text)[0] is not None


@lru_cache(maxsize=65_536)
def _read(text: str) -> tuple[str | None, str, str]:
    """Return 14 digits, or None with what is wrong and how to mend it."""
    from biip import ParseError
    from biip.gtin import Gtin
    from biip.rcn import Rcn

    digits = "".join(text.split()).replace("-", "")
    if not (digits.isascii() and digits.isdigit()):
        return None, "not a GTIN", _BY_SPREADSHEET
    try:
        found = Gtin.parse(digits)
    except ParseError as error:
        return None, f"not a GTIN: {error}", _BY_SPREADSHEET
    if isinstance(found, Rcn):
        return None, "a number for use inside a shop, not a GTIN", _IN_STORE
    return found.as_gtin_14(), "", ""
