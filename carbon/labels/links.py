"""The address a label's QR code leads to, and the code itself."""

from __future__ import annotations

from carbon.orders.gtin import gtin14


def digital_link(gtin: str, resolver: str) -> str:
    """Return a product's GS1 Digital Link: its GTIN of 14 digits below a resolver's address.

    Parameters
    ----------
    resolver : str
        Under which the link leads somewhere: the merchant's own, or the label service (`carbon.labels.service.pages`).
    """
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
