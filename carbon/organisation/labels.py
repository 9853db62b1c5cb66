"""What a merchant may set of its labels: a stricter floor, and names that may stand though a rule would refuse them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from carbon.fields import Part
from carbon.terms import DELIVERY_STAGES, Stage

#: The loosest floor there is, which is the one where nothing is set: beyond it a label would mislead rather than inform.
#: Nine tenths on default data: the figure would be the same for any shop. A range twice as wide as the figure:
#: it holds values of nearly nothing and of twice the figure, and not even the first digit is known.
MOST_DEFAULT_SHARE, MOST_RANGE_RATIO = 0.9, 2.0


class Floor(Part):
    """Below it a label says that no figure is available; an organisation can raise it, never lower it.

    Attributes
    ----------
    default_share : float
        Most of the emissions that may rest on default data.
    range_ratio : float
        Widest 95 % range, end to end, as a multiple of the figure.
    stages : tuple of Stage
        Stages that must be counted besides the last mile.
    """

    default_share: Annotated[float, Field(ge=0, le=MOST_DEFAULT_SHARE)] = MOST_DEFAULT_SHARE
    range_ratio: Annotated[float, Field(gt=0, le=MOST_RANGE_RATIO)] = MOST_RANGE_RATIO
    stages: tuple[Stage, ...] = ()

    @property
    def required(self) -> tuple[Stage, ...]:
        """The stages without which there is no label, in their usual order: a delivery has a last mile."""
        return tuple(each for each in DELIVERY_STAGES if each is Stage.LAST_MILE or each in self.stages)


class Allowed(Part):
    """A whole name (a brand, a street) in which a term may stand that a rule refuses elsewhere, and why it may."""

    text: str = Field(min_length=3, max_length=200)
    reason: str = Field(min_length=10, max_length=500)


#: An address of the web without query, below which ``/01/`` and a GTIN follow.
Resolver = Annotated[str, Field(pattern=r"^https://[^\s/?#@]+(/[^\s?#]*)?$", max_length=200)]


class Labels(Part):
    """The `labels` part of an organisation file.

    Attributes
    ----------
    resolver : str or None
        Where the merchant's GS1 Digital Links resolve, such as ``https://id.shop.example``; the label service itself
        otherwise.
    """

    floor: Floor = Floor()
    allowed: tuple[Allowed, ...] = ()
    resolver: Resolver | None = None
