"""The organisation's articles and their suppliers' product footprints: a file beside the organisation file."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd

from app import session
from app.access import needs
from app.people import Right
from app.reading import versions
from carbon import rejects_text, supplier_footprints, with_articles, with_footprints

ARTICLES = "articles.csv"
TEMPLATE = "sku,gtin,product_id,content,unit_mass_kg\nA-100,4006381333931,,750 ml,0.9\n".encode("utf-8-sig")
VALUE = "unit_co2e_kg"


@dataclass(frozen=True)
class Found:
    """What footprints that were sent would do to the articles.

    Attributes
    ----------
    taken, rejects : pandas.DataFrame
    text : str
        The articles file as it would become.
    table : str
        The rejects as CSV.
    """

    sent: int
    taken: pd.DataFrame
    rejects: pd.DataFrame
    text: str
    table: str


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
    return len(rows), int(rows[VALUE].notna().sum()) if VALUE in rows else 0


def look(sent: Sequence[Path], articles: Path, on: date) -> Found:
    """Return what footprints would do to articles; nothing is kept."""
    read = supplier_footprints(sent, on)
    with tempfile.TemporaryDirectory(prefix="carbon-articles-") as made:
        output = Path(made) / ARTICLES
        filled = with_footprints(articles, read, output)
        text = output.read_text(encoding="utf-8-sig")
    refused = [*read.rejects, *filled.rejects]
    taken = pd.DataFrame(
        [
            (each.article, each.footprint.product, each.footprint.company, each.footprint,
             each.footprint.co2e_kg, each.pieces, each.unit_co2e_kg, each.footprint.primary_share,
             each.footprint.valid_to)
            for each in filled.taken
        ],
        columns=["article", "product", "company", "declared", "co2e_kg", "pieces", VALUE, "primary_share", "valid_to"],
    )  # fmt: skip
    rejects = pd.DataFrame(
        [(each.file, each.product or each.id, each.article, each.reason, each.found) for each in refused],
        columns=["file", "product", "article", "reason", "found"],
    )
    return Found(read.found, taken, rejects, text, rejects_text(refused))


def day() -> date:
    """Return the day that footprints should be valid on: the last that the newest run has parcels of, else today."""
    runs = session.current_runs() if session.head() else []
    return max((run.period.last_day for run in runs if run.period.last_day), default=datetime.now(UTC).date())


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
    with_articles(articles, file, output, beside=True)
    return output


def filled_lines(lines: Path) -> tuple[Path, int, int] | None:
    """Return lines with the articles' footprints where they have none: the file, its lines, and how many got one.

    None where no article has a footprint.

    Raises
    ------
    OrdersError
        If the lines cannot be read in this way, or an article stands with two footprints.
    """
    file, known = path(), held()
    if file is None or not known or not known[1]:
        return None
    output = lines.with_name(f"{lines.name.split('.')[0]}-with-footprints.csv")
    return output, *with_articles(lines, file, output)
