"""Explaining change: two runs, or two periods, compared."""

from carbon.ledger.diff.compare import EFFECTS, Comparison, diff

__all__ = ["EFFECTS", "Comparison", "diff"]
