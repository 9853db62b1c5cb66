"""Exchange rates and price levels for spend-based factors."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

from currency_converter import CurrencyConverter, RateNotFoundError

from carbon.engine.block import Value
from carbon.engine.context import Context
from carbon.errors import FactorError
from carbon.factors.spread import joined
from carbon.units import CURRENCIES

#: Country whose consumer price index measures a currency.
_INDEX_REGIONS = {"USD": "US", "GBP": "GB", "CNY": "CN", "EUR": "EU"}

#: Middle of each month; their mean stands for the year's average.
_DAYS = tuple((month, 15) for month in range(1, 13))


@lru_cache(maxsize=1)
def _converter() -> CurrencyConverter:
    return CurrencyConverter(fallback_on_missing_rate=True, fallback_on_wrong_date=False)


@lru_cache(maxsize=1024)
def exchange_rate(currency: str, target: str, year: int) -> float:
    """Return [target per currency], the year's average of ECB reference rates at mid-month.

    A year that the bundled rates only partly cover uses the months they cover.

    Raises
    ------
    FactorError
        If the European Central Bank publishes no rate of the pair in that year.
    """
    if currency == target:
        return 1.0
    if currency not in CURRENCIES:
        raise FactorError(
            f"currency {currency} is not known",
            found=currency,
            expected=", ".join(CURRENCIES),
            mend="convert the values yourself and give them in " + target,
        )
    rates = []
    for month, day in _DAYS:
        try:
            rates.append(_converter().convert(1, currency, target, date(year, month, day)))
        except (RateNotFoundError, ValueError):
            continue
    if not rates:
        raise FactorError(
            f"no exchange rate {currency} to {target} for {year}",
            expected="a currency and year that the ECB publishes",
            mend="convert the values yourself and give them in " + target,
        )
    return sum(rates) / len(rates)


def deflator(context: Context, currency: str, year: int, price_year: int) -> Value:
    """Return the price level of `price_year` over that of `year`, from the sourced index.

    Where the index lacks a year, the nearest one is used and its gap is in the row's match.
    """
    if year == price_year:
        return Value.given(1, "1", "same price year")
    name = f"deflator.{currency.lower()}"
    region = _INDEX_REGIONS[currency]
    now = context.registry.needed_parameter(name, region, year)
    then = context.registry.needed_parameter(name, region, price_year)
    return Value(
        then.value / now.value,
        "1",
        f"{then.parameter.id} over {now.parameter.id}",
        f"{then.parameter.id}/{now.parameter.id}",
        joined([*then.spreads, *(spread.raised(-1) for spread in now.spreads)]),
    )
