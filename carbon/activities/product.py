"""The product itself, always shown apart: spend-based, or the supplier's own footprint."""

from __future__ import annotations


def spend(value, exchange_rate, deflator):
    """Spend in the currency and price year of a factor.

    Parameters
    ----------
    value : price paid, net of tax, in the orders' currency
    exchange_rate : factor's currency per unit of the orders' currency, average of the year of sale
    deflator : price level of the factor's year over that of the year of sale [-]

    Returns
    -------
    Spend in the factor's currency at its price level.
    """
    return value * exchange_rate * deflator


def declared(product_co2e_kg):
    """A supplier's product carbon footprint [kg]."""
    return product_co2e_kg
