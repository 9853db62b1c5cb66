"""The organisation's articles and their suppliers' product footprints: a file beside the organisation file."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from app import session
from app.access import needs
from app.people import Right
from app.reading import versions
from carbon import supplier_footprints, with_footprints, with_kept

ARTICLES = "articles.csv"
TEMPLATE = "sku,gtin,product_id,content,unit_mass_kg\nA-100,4006381333931,,750 ml,0.9\n".encode("utf-8-sig")
VALUE = "unit_co2e_kg"


@dataclass(frozen=True)
class Found:
    """What footprints that were sent would do to the articles.

    Attributes
    ----------
    taken : pandas.DataFrame
    rejects : list of Reject
    text : str
        The articles file as it would become.
    """

    sent: int
    taken: pd.DataFrame
    rejects: list[Any]
    text: str


def path() -> Path | None:
    """Return where the articles are, or would be; None without an organisation file."""
    organisation = session.settings().organisation
    return organisation.parent / ARTICLES if organisation is not None else None


def held() -> tuple[int, int] | None:
    """Return how many articles there are and how many have a footprint; None where none were given yet."""
    file = path()
    if file is None or not file.is_file():
        return None
    rows = pd.read_csv(file, dtype=str, encoding="utf-8-sig")
    # An article has a row for each time of a footprint.
    names = [name for name in ("sku", "gtin", "product_id") if name in rows]
    filled = rows[rows[VALUE].notna()] if VALUE in rows else rows.iloc[:0]
    return len(rows.drop_duplicates(names)), len(filled.drop_duplicates(names))


def look(sent: Sequence[Path], articles: Path) -> Found:
    """Return what footprints would do to articles; nothing is kept."""
    read = supplier_footprints(sent)
    with tempfile.TemporaryDirectory(prefix="carbon-articles-") as made:
        output = Path(made) / ARTICLES
        filled = with_footprints(articles, read, output)
        text = output.read_text(encoding="utf-8-sig")
    refused = [*read.rejects, *filled.rejects]
    taken = pd.DataFrame(
        [
            (each.article, each.footprint.product, each.footprint.company, each.footprint,
             each.footprint.co2e_kg, each.pieces, each.unit_co2e_kg, each.footprint.primary_share,
             each.valid_from, each.valid_to)
            for each in filled.taken
        ],
        columns=["article", "product", "company", "declared", "co2e_kg", "pieces", VALUE, "primary_share",
                 "valid_from", "valid_to"],
    )  # fmt: skip
    return Found(read.found, taken, refused, text)


@needs(Right.MANAGE)
def keep(text: str) -> None:
    """Keep an articles file; the former one is kept, too."""
    file = path()
    if file is not None:
        versions.save(file, text)


def history() -> list[versions.Version]:
    """Return the versions of the articles file."""
    file = path()
    return versions.history(file) if file is not None else []


@needs(Right.MANAGE)
def restore(version: versions.Version) -> None:
    """Bring a former articles file back."""
    file = path()
    if file is not None:
        versions.restore(file, version)


def anew(articles: Path) -> Path:
    """Return another articles file with the footprints that are kept, by `sku`, where it states none."""
    file, known = path(), held()
    if file is None or not known or not known[1]:
        return articles
    output = articles.with_name(f"kept-{articles.name}")
    with_kept(articles, file, output)
    return output


def for_lines() -> tuple[Path | None, int]:
    """Return the articles whose footprints an import uses, None where lines cannot find them, and how many have one."""
    file, known = path(), held()
    if file is None or not known or not known[1]:
        return None, 0
    return (file if "sku" in pd.read_csv(file, nrows=0, encoding="utf-8-sig") else None), known[1]
