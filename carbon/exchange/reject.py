"""Product footprints that are not taken, and why: nothing that was sent disappears."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType

from pydantic import ValidationError

from carbon.documents import fault_of
from carbon.errors import FAULTS

#: Reason -> what is wrong, and the way out.
REASONS = MappingProxyType({
    "unreadable": ("the file cannot be read", "ask for the footprint again, as JSON in UTF-8"),
    "version": ("this version of the PACT data model is not read", "ask for the footprint in version 2.3 or 3.0"),
    "schema": ("the footprint breaks the PACT data model", "ask the supplier to correct the field"),
    "deprecated": ("the supplier has withdrawn the footprint", "ask for the one that is active"),
    "superseded": ("another footprint of these files takes its place", "nothing to do: the newer one is looked at"),
    "not_valid": ("the footprint's validity ends before it begins", "ask the supplier to correct the period"),
    "credit": (
        "the footprint holds a credit for captured carbon, whose size it does not tell",
        "ask for it by the cut-off approach: credits enter no total",
    ),
    "service": (
        "a footprint of transport or another service, not of goods",
        "a carrier's intensities come in as iLEAP: `carbon intensities`",
    ),
    "negative": ("without removals the footprint is still negative", "ask the supplier how it came about"),
    "no_article": (
        "no article has this product's number",
        "write its GTIN into `gtin`, or its product id (urn:...) into `product_id` of the article",
    ),
    "no_content": (
        "how much of the declared unit a piece of the article holds is not known",
        "write it into `content` of the article, such as 0.75 l",
    ),
    "unit": (
        "the article's content cannot be converted to the declared unit",
        "write `content` in the declared unit, or as a mass where the footprint states a mass",
    ),
    "too_heavy": (
        "the declared product is heavier than the article in its sales packaging",
        "write how much a piece holds into `content` of the article, or correct its mass",
    ),
    "not_shipment": ("no shipment footprint of iLEAP stands in it", "intensities come in by `carbon intensities`"),
    "other_shipment": ("an element of the chain is of another shipment", "ask the carrier to correct the ids"),
    "chain": ("an element of the chain stands twice, or follows one that is not there", "ask the carrier for the whole chain"),
    "activity": (
        "mass in kg times distance in km is not the activity in tkm",
        "ask the carrier for the units: iLEAP has kg, km and tkm",
    ),
    "sums": ("the chain does not add up to the footprint around it", "ask the carrier which of both counts"),
    "no_order": ("no order has this shipment's number", "name the column that holds it with --by"),
    "two_for_order": ("another shipment's figure is taken for this order", "keep one shipment an order"),
    "no_masses": (
        "several rows share the shipment, and not all have a goods_mass_kg to share it by",
        "weigh them, or match by the parcel's own number",
    ),
    "shipment_mass": (
        "the shipment's mass does not fit that of its goods",
        "ask the carrier for the unit: iLEAP has kg; or correct the order's mass",
    ),
    "not_ileap": ("no transport or hub category of iLEAP stands in it", "product footprints come in by `carbon footprints`"),
    "mode": ("this mode has no factors here", "enter it as an own factor"),
    "activity_unit": ("an intensity per TEU cannot be used for parcels", "ask for it per tonne-km, or per tonne"),
    "older": ("newer footprints of the same article are valid all the time that this one is", "nothing to do"),
    "no_day": (
        "another footprint of the same article is taken: these lines do not tell the day",
        "give an articles file here and to `carbon calculate --articles`, or write `shipped_on` into the lines",
    ),
})  # fmt: skip


@dataclass(frozen=True)
class Reject:
    """A footprint that is not taken, or not for this article.

    Attributes
    ----------
    number : int
        Which footprint of the file; 0 for the file itself.
    fault, expected : str
        Of a field that breaks the data model: a code of `FAULTS`, and what would have been right.
    """

    file: str
    number: int
    id: str
    product: str
    reason: str
    found: str
    article: str = ""
    fault: str = ""
    expected: str = ""

    @property
    def problem(self) -> str:
        """What is wrong."""
        said = REASONS[self.reason][0]
        if not self.fault:
            return said
        key = self.found.partition(":")[0].rpartition(".")[2]
        what = FAULTS[self.fault][0].format_map({"key": key, "expected": self.expected})
        return f"{said}: {what}" + (f", expected: {self.expected}" if self.expected else "")

    @property
    def mend(self) -> str:
        """The way out."""
        return REASONS[self.reason][1]


def broken_field(error: ValidationError) -> dict[str, str]:
    """Return what of a reject tells the first field that breaks a data model: found, fault, expected."""
    first = error.errors()[0]
    code, values = fault_of(first)
    place = ".".join(str(part) for part in first["loc"])
    given = "" if first["type"] == "missing" else f": {str(first.get('input'))[:60]}"
    more = f" (+{error.error_count() - 1})" if error.error_count() > 1 else ""
    expected = values["expected"] or ("" if code in ("missing_key", "unknown_key") else FAULTS[code][1])
    return {"found": f"{place}{given}{more}"[:300], "fault": code, "expected": expected.replace("{expected}", "")}


_HEAD = ("file", "number", "footprint_id", "product", "article", "reason", "problem", "found", "mend")


def _cell(text: str) -> str:
    """A spreadsheet takes a cell that begins like a formula for one."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def rejects_text(rejects: Iterable[Reject]) -> str:
    """Return rejects as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_HEAD)
    for each in rejects:
        cells = (
            each.file,
            str(each.number),
            each.id,
            each.product,
            each.article,
            each.reason,
            each.problem,
            each.found,
        )
        writer.writerow([_cell(cell) for cell in (*cells, each.mend)])
    return text.getvalue()
