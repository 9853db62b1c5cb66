"""What a plan of rounds is to have least of; apart from the problem, so that the command line is there without tables."""

from __future__ import annotations

from enum import StrEnum


class Goal(StrEnum):
    """What a plan is to have least of; the front is every trade-off of kg CO2e and money."""

    CO2E = "co2e"
    MONEY = "money"
    WEIGHTED = "weighted"
    FRONT = "front"
