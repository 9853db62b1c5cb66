"""What a measure reads: the merchant's own numbers first, sourced defaults next, and a list of what nobody gave."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from statistics import NormalDist
from typing import Any

from carbon.engine.money import exchange_rate
from carbon.engine.packages import PackageSpec, packages_of
from carbon.factors.registry import FactorMatch, ParameterMatch, Registry
from carbon.organisation import Assumed, Organisation, Scheme
from carbon.organisation.measures import SHARE
from carbon.roi.baseline import Baseline
from carbon.roi.measure import ORGANISATION, Input
from carbon.roi.remark import NotApplicable, Remark
from carbon.units import Price, parse_price, parse_quantity

#: Parameters that begin so are illustrative wherever they are used.
_ILLUSTRATIVE = "cost."
_P95 = NormalDist().inv_cdf(0.95)


@dataclass(frozen=True)
class Setup:
    """What every measure works from.

    Attributes
    ----------
    organisation : Organisation
    registry : Registry
    baseline : Baseline
        Before any measure: what a measure needs at all is looked for in it.
    """

    organisation: Organisation
    registry: Registry
    baseline: Baseline

    @property
    def year(self) -> int:
        """Whose factors and rates serve."""
        return self.organisation.method.edition or self.baseline.year

    @cached_property
    def packages(self) -> dict[str, PackageSpec]:
        """The organisation's packages as the plan uses them."""
        found = packages_of(self.organisation, self.registry, self.year)
        return {spec.key: spec for spec in found if spec.key in self.organisation.packages}

    def money(self, price: Price | None) -> float:
        """Return a price in the baseline's currency at the year's average rate; 0 where there is none."""
        if price is None:
            return 0.0
        return price.value * exchange_rate(price.currency, self.baseline.currency, self.baseline.year)


@dataclass
class Reader:
    """Reads the inputs of one measure.

    Attributes
    ----------
    inputs : mapping
        What was read.
    missing : list of str
        Keys that nobody gave.
    shares : set of str
        Keys whose numbers lie in 0 to 1.
    """

    setup: Setup
    key: str
    scheme: Scheme
    inputs: dict[str, Input] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    shares: set[str] = field(default_factory=set)

    def own(self, key: str, *, default: float | None = None) -> None:
        """Read a number that only the merchant can give; `default` where leaving it out has a plain meaning."""
        given: Assumed | None = getattr(self.scheme, key)
        if given is not None:
            self.inputs[key] = self._given(key, given)
        elif default is not None:
            self.inputs[key] = Input(key, "", default, default, default, "not given")
        else:
            self.missing.append(f"measures.{self.key}.{key}")

    def sourced(self, key: str, parameter: str, unit: str = "1", *, region: str | None = None) -> None:
        """Read a number from the merchant, else from a sourced parameter."""
        given: Assumed | None = getattr(self.scheme, key)
        region = region or self.setup.organisation.country
        found = None if given is not None else self.setup.registry.parameter(parameter, region, self.setup.year)
        if given is not None:
            self.inputs[key] = self._given(key, given)
        elif found is not None:
            self.inputs[key] = self._parameter(key, found, unit)
        else:
            self.missing.append(f"measures.{self.key}.{key}")

    def factor(self, match: FactorMatch) -> None:
        """Take how far the factor that a measure brings may be off: a multiple of its published value."""
        sigma = math.sqrt(sum((each.sigma * each.elasticity) ** 2 for each in match.spreads))
        spread, row = math.exp(_P95 * sigma), match.factor.first
        source = f"{row.source}, {row.locator}" if row.locator else row.source
        self.inputs["factor"] = Input("factor", "1", 1.0, 1 / spread, spread, source)

    def costs(self, *, once: bool = True) -> None:
        """Read what every measure costs: once, which must be given unless other inputs tell it, and every year."""
        self.own("investment", default=None if once else 0.0)
        self.own("running_cost", default=0.0)

    def named(self, key: str) -> Any:
        """Return a name that the merchant must give, such as a service; noted as missing where it is not."""
        value = getattr(self.scheme, key)
        if value is None or value == ():
            self.missing.append(f"measures.{self.key}.{key}")
        return value

    def done(self) -> Mapping[str, Input]:
        """Return the inputs.

        Raises
        ------
        RoiError
            If any is missing, naming all of them.
        """
        if self.scheme.lifetime_years is None:
            self.missing.append(f"measures.{self.key}.lifetime_years")
        if self.missing:
            missing = ", ".join(dict.fromkeys(self.missing))
            raise NotApplicable(
                Remark(
                    "missing", "the organisation file lacks what only the merchant knows: {missing}", missing=missing
                ),
                f"measure '{self.key}' lacks what only the merchant knows",
                found=f"no value for {missing}",
                expected="a number for each, or one with low, high and source",
                mend="fill them in in the organisation file; nothing is made up",
            )
        return self.inputs

    def _given(self, key: str, given: Assumed) -> Input:
        if given.unit == SHARE:
            self.shares.add(key)
        numbers = [self._number(given.read(each)) for each in (given.value, given.low, given.high) if each is not None]
        value = numbers[0]
        low = self._number(given.read(given.low)) if given.low is not None else value
        high = self._number(given.read(given.high)) if given.high is not None else value
        source = ORGANISATION if given.source is None else f"{ORGANISATION}: {given.source}"
        return Input(key, self._unit(given.unit), value, low, high, source)

    def _parameter(self, key: str, found: ParameterMatch, unit: str) -> Input:
        row = found.parameter
        value = self._in_unit(row.value, row.unit, unit, found.parameter.valid_from)
        gsd = self.setup.registry.gsd(row) or 1.0
        spread = math.exp(_P95 * math.hypot(math.log(gsd), math.log(found.proxy_gsd)))
        high = value * spread
        if unit == SHARE:
            self.shares.add(key)
            high = min(high, 1.0)
        source = f"{row.source}, {row.locator}" if row.locator else row.source
        illustrative = row.parameter.startswith(_ILLUSTRATIVE)
        return Input(key, self._unit(unit), value, value / spread, max(high, value), source, illustrative)

    def _in_unit(self, value: float, written: str, unit: str, valid_from) -> float:
        if not unit.startswith("money"):
            return (
                value if written == "dimensionless" else float(parse_quantity(f"{value} {written}").to(unit).magnitude)
            )
        per = unit.removeprefix("money").removeprefix("/").removeprefix("(").removesuffix(")")
        price = parse_price(f"{value} {written}", *([per] if per and "/" in written else []))
        # A published price is converted at its own year's rate, and not inflated.
        year = valid_from.year if valid_from is not None else self.setup.baseline.year
        return price.value * exchange_rate(price.currency, self.setup.baseline.currency, year)

    def _number(self, found: float | Price) -> float:
        return self.setup.money(found) if isinstance(found, Price) else found

    def _unit(self, unit: str) -> str:
        if unit == SHARE:
            return "1"
        return unit.replace("money", self.setup.baseline.currency)
