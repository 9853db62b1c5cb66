"""The address a label's QR code leads to, and the code itself."""

from __future__ import annotations

from carbon.errors import InputError

_LENGTHS = (8, 12, 13, 14)
#: A weight for each digit of a GTIN, from the right: the check digit itself counts once.
_WEIGHTS = (1, 3)


def gtin14(text: str) -> str:
    """Return a GTIN of 8, 12, 13 or 14 digits as 14 digits.

    Raises
    ------
    InputError
        If it has another length, or its check digit is wrong.
    """
    digits = "".join(text.split()).replace("-", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) in _LENGTHS):
        raise InputError("not a GTIN", found=text, expected="8, 12, 13 or 14 digits")
    total = sum(int(digit) * _WEIGHTS[place % 2] for place, digit in enumerate(reversed(digits)))
    if total % 10:
        right = (int(digits[-1]) - total) % 10
        raise InputError("the check digit of a GTIN is wrong", found=text, expected=f"{digits[:-1]}{right}")
    return digits.zfill(max(_LENGTHS))


def qr_target(url: str, gtin: str | None = None, resolver: str | None = None) -> str:
    """Return what a QR code holds: the product's GS1 Digital Link where its GTIN and a resolver are known, else `url`.

    Parameters
    ----------
    resolver : str, optional
        Address under which the merchant's Digital Links resolve, such as ``https://id.gs1.org`` for those registered
        there. Without one no such link is made, because it would lead nowhere.
    """
    if gtin is None or resolver is None:
        return url
    if not resolver.startswith("https://"):
        raise InputError("a resolver's address must be https", found=resolver, expected="https://id.example.com")
    return f"{resolver.rstrip('/')}/01/{gtin14(gtin)}"


def qr_path(url: str) -> tuple[str, int]:
    """Return a QR code as an SVG path in modules, and the number of modules a side, quiet zone included."""
    import segno

    code = segno.make(url, error="m", micro=False)
    border, width = 4, code.symbol_size(border=4)[0]
    runs = []
    for y, row in enumerate(code.matrix):
        x = 0
        while x < len(row):
            length = next((n for n in range(len(row) - x) if not row[x + n]), len(row) - x)
            if length:
                runs.append(f"M{x + border} {y + border}h{length}v1h-{length}z")
            x += max(length, 1)
    return "".join(runs), width
