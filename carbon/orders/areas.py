"""Postcodes without their signs, and the leading part that may be kept of an address."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

_SIGNS = "[^0-9A-Za-z]+"
_NOT_CODE = re.compile(_SIGNS)
_USUAL_SIGNS = (" ", "-")
_BRITISH = ("GB", "UK")


def normal_postcode(text: str) -> str:
    """Return a postcode's letters and digits in upper case."""
    return (text if text.isalnum() and text.isascii() else _NOT_CODE.sub("", text)).upper()


def postcode_area(country: str | None, postcode: str | None) -> str | None:
    """Return a postcode's leading part: the British outward code, else three characters, or two of a short code."""
    if not postcode:
        return None
    code = normal_postcode(postcode)
    if country in _BRITISH and len(code) >= 5:
        return code[:-3]
    return code[:3] if len(code) >= 5 else code[:2]


def postcode_areas(country: pa.Array, postcode: pa.Array) -> pa.Array:
    """Return `postcode_area` of whole columns."""
    code = pc.utf8_upper(_without_signs(postcode))
    long = pc.greater_equal(pc.binary_length(code), 5)
    british = pc.fill_null(pc.is_in(country, pa.array(_BRITISH)), False)
    short = pc.if_else(long, pc.utf8_slice_codeunits(code, 0, 3), pc.utf8_slice_codeunits(code, 0, 2))
    outward = pc.if_else(pc.and_(long, british), pc.utf8_slice_codeunits(code, 0, -3), short)
    return pc.if_else(pc.equal(pc.binary_length(postcode), 0), pa.scalar(None, pa.string()), outward)


def _without_signs(postcode: pa.Array) -> pa.Array:
    """Return letters and digits only; the search for all that is none is tried last, it takes ten times as long."""
    for sign in ("", *_USUAL_SIGNS):
        if sign:
            postcode = pc.replace_substring(postcode, sign, "")
        if pc.all(pc.or_(pc.ascii_is_alnum(postcode), pc.equal(pc.binary_length(postcode), 0))).as_py() is not False:
            return postcode
    return pc.replace_substring_regex(postcode, _SIGNS, "")
