"""Returned parcels: the way back uses the transport models; a write-off adds waste, never production."""

from __future__ import annotations


def write_off(goods_kg, write_off_share):
    """Mass of returned goods that is disposed of [kg].

    Production was booked when the goods were bought; a write-off adds waste only.
    """
    return goods_kg * write_off_share
