"""A block: one model, its columns, and the factor and values it uses for each region, year, package ...

The footprint is linear in the factors: a stage is the sum over its blocks of amount times coefficient.
Blocks are plain data; the ledger stores them, and `explain` evaluates them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product as cells_of
from typing import Any

import numpy as np

from carbon.activities import MODELS
from carbon.activities.scoping import Kind
from carbon.engine.columns import unit_of
from carbon.errors import FactorError
from carbon.factors.registry import FactorMatch, FactorSet, ParameterMatch
from carbon.terms import DataType, Party, Stage
from carbon.units import parse_unit, ureg

NOT_APPLICABLE = -1
UNRESOLVED = -2

#: What an amount counts towards: the total, the market-based view, or shown beside both.
IN_TOTAL, MARKET_BASED, BESIDE = "total", "market_based", "beside"


@dataclass(frozen=True)
class Value:
    """A number a model needs besides columns, and where it comes from."""

    value: float
    unit: str
    origin: str
    parameter: str | None = None

    @classmethod
    def of(cls, match: ParameterMatch, unit: str | None = None) -> Value:
        """Take a resolved parameter."""
        row = match.parameter
        return cls(match.value, unit or match.unit, f"{row.id} ({match.match})", row.id)

    @classmethod
    def given(cls, value: float, unit: str, origin: str = "organisation") -> Value:
        """Take a number of the organisation file, or a neutral element."""
        return cls(float(value), unit, origin)


#: Neutral elements of products and sums.
ONE = Value.given(1, "1", "neutral")
NONE = Value.given(0, "1", "neutral")


@dataclass(frozen=True)
class Binding:
    """The factor and the values for one cell of a block's axes."""

    match: FactorMatch
    values: Mapping[str, Value]

    @property
    def factor(self) -> FactorSet:
        """The factor itself."""
        return self.match.factor

    @cached_property
    def key(self) -> tuple:
        """What makes two cells the same."""
        return (
            self.factor.id,
            self.match.match,
            self.match.edition_gap_years,
            self.match.wanted_region,
            self.match.proxy_gsd,
            tuple((name, value.value, value.origin) for name, value in sorted(self.values.items())),
        )


@dataclass
class Block:
    """One term of the footprint.

    Attributes
    ----------
    model, output : str, int
        Name in `MODELS`, and which of its amounts is meant.
    columns : mapping
        Argument to kernel column; all other arguments come from the binding.
    weights : tuple of str
        Kernel columns that multiply the amount (returned, modelled ...).
    service : int or None
        Code of the service whose parcels it applies to; None for all.
    axes, table :
        Codes that choose a binding; `table` holds its index, NOT_APPLICABLE or UNRESOLVED.
    """

    name: str
    stage: Stage
    kind: Kind
    party: Party
    model: str
    columns: Mapping[str, str]
    axes: tuple[str, ...]
    table: np.ndarray
    bindings: list[Binding]
    output: int = 0
    weights: tuple[str, ...] = ()
    service: int | None = None
    accounting: str = IN_TOTAL
    data_type: DataType = DataType.DEFAULT
    column_units: Mapping[str, str] = field(default_factory=dict)
    missing: dict[tuple[int, ...], str] = field(default_factory=dict)

    @cached_property
    def coefficients(self) -> np.ndarray:
        """[kg CO2e per canonical unit], rows: total, WTT, TTW; shape (3, bindings)."""
        rows = [
            (factor.co2e_kg, factor.wtt_kg or 0.0, factor.ttw_kg or 0.0)
            for factor in (binding.factor for binding in self.bindings)
        ]
        return np.array(rows, dtype=float).reshape(-1, 3).T.copy()

    @cached_property
    def values(self) -> dict[str, np.ndarray]:
        """Value arguments by binding, each of shape (bindings,)."""
        names = self.bindings[0].values if self.bindings else ()
        return {name: np.array([binding.values[name].value for binding in self.bindings]) for name in names}

    def choose(self, codes: Mapping[str, np.ndarray]) -> np.ndarray:
        """Return the binding index of each row."""
        if not self.axes:
            any_column = next(iter(codes.values()))
            return np.full(len(any_column), int(self.table), dtype=np.int32)
        return self.table[tuple(codes[axis] for axis in self.axes)]

    def amounts(self, columns: Mapping[str, np.ndarray], chosen: np.ndarray) -> np.ndarray:
        """Return the block's amount for each row, in the factor's canonical unit; 0 where not applicable."""
        applicable = chosen >= 0
        index = np.where(applicable, chosen, 0)
        arguments = {name: columns[column] for name, column in self.columns.items()}
        arguments |= {name: values[index] for name, values in self.values.items()}
        amount = MODELS[self.model].amounts(**arguments)[self.output]
        for weight in self.weights:
            amount = amount * columns[weight]
        return np.where(applicable, amount, 0.0)

    def prove(self) -> None:
        """Check on one pint sample per unit signature that amount times factor is kg CO2e, with the same value.

        Raises
        ------
        FactorError
            If a dimension or a value disagrees; nothing is calculated then.
        """
        proved = set()
        for binding in self.bindings:
            signature = (binding.factor.unit, tuple(sorted((n, v.unit) for n, v in binding.values.items())))
            rows = [row for row in binding.factor.rows if (signature, row.unit) not in proved]
            if not rows:
                continue
            plain, measured = self._sample(binding)
            for row in rows:
                proved.add((signature, row.unit))
                unit = row.parsed_unit
                published = (
                    row.value * (1 * unit.numerator).to("kg").magnitude * ureg("co2e_kg") / (1 * unit.denominator)
                )
                try:
                    by_pint = (measured * published).to("co2e_kg").magnitude
                except Exception as error:
                    raise FactorError(
                        f"block '{self.name}': amount times factor is not kg CO2e",
                        found=f"{getattr(measured, 'units', '1')} x {row.unit}",
                        expected=f"an amount per {unit.denominator}",
                        mend=f"use a factor of another unit than '{row.id}'",
                    ) from error
                by_float = plain * row.kg_per_canonical
                if abs(by_pint - by_float) > 1e-9 * max(abs(by_pint), abs(by_float), 1e-300):
                    raise FactorError(
                        f"block '{self.name}': units do not cohere",
                        found=f"{by_float} kg by floats",
                        expected=f"{by_pint} kg by units",
                    )

    def _sample(self, binding: Binding) -> tuple[float, Any]:
        """Evaluate the model once on floats and once on quantities."""
        plain: dict[str, float] = {}
        units: dict[str, str] = {}
        for position, (name, column) in enumerate(self.columns.items()):
            plain[name] = 1.25 + 0.5 * position
            units[name] = self.column_units.get(name) or unit_of(column)
        for name, value in binding.values.items():
            plain[name], units[name] = value.value, value.unit
        measured = {
            name: value if units[name] == "1" else value * ureg(_pint_text(units[name])).units
            for name, value in plain.items()
        }
        model = MODELS[self.model]
        return float(model.amounts(**plain)[self.output]), model.amounts(**measured)[self.output] * ureg.dimensionless


def _pint_text(unit: str) -> str:
    if "/" in unit:
        top, below = unit.split("/", 1)
        parse_unit(top.strip("()"))
        return f"({top})/({below.strip('()')})"
    parse_unit(unit)
    return unit


def build(
    *,
    axes: Mapping[str, int],
    choose: Callable[..., Binding | None],
    **attributes: Any,
) -> Block | None:
    """Make a block by asking `choose` for every cell; None if it applies nowhere.

    Parameters
    ----------
    axes : mapping
        Axis name to its length, in order.
    choose : callable
        Gets one code per axis; returns a Binding, or None where the block does not apply. A FactorError
        marks the cell unresolved: its parcels are rejected with that reason.
    """
    shape = tuple(axes.values())
    table = np.full(shape, NOT_APPLICABLE, dtype=np.int32)
    bindings: list[Binding] = []
    known: dict[tuple, int] = {}
    missing: dict[tuple[int, ...], str] = {}
    for cell in _cells(shape):
        try:
            binding = choose(*cell)
        except FactorError as error:
            table[cell] = UNRESOLVED
            missing[cell] = str(error).replace("\n", ";")
            continue
        if binding is None:
            continue
        if binding.key not in known:
            known[binding.key] = len(bindings)
            bindings.append(binding)
        table[cell] = known[binding.key]
    if not bindings and not missing:
        return None
    block = Block(axes=tuple(axes), table=table, bindings=bindings, missing=missing, **attributes)
    block.prove()
    return block


def _cells(shape: tuple[int, ...]) -> Iterable[tuple[int, ...]]:
    return cells_of(*(range(length) for length in shape))


def applicable(block: Block | None) -> Iterator[Block]:
    """Yield a block if it applies anywhere."""
    if block is not None:
        yield block
