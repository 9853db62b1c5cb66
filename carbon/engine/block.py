"""A block: one model, its columns, and the factor and values it uses for each region, year, package ...

The footprint is linear in the factors: a stage is the sum over its blocks of amount times coefficient.
Blocks are plain data; the ledger stores them, and `explain` evaluates them again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import product as cells_of
from typing import Any

import numpy as np

from carbon.activities import MODELS
from carbon.activities.scoping import Kind
from carbon.engine.columns import unit_of
from carbon.errors import FactorError
from carbon.factors.registry import FactorMatch, FactorSet, ParameterMatch
from carbon.factors.spread import Spread
from carbon.terms import DataType, Party, Stage
from carbon.units import co2e_kg, parse_unit, ureg

NOT_APPLICABLE = -1
UNRESOLVED = -2

#: What an amount counts towards: the total, the market-based view, or shown beside both.
IN_TOTAL, MARKET_BASED, BESIDE = "total", "market_based", "beside"

#: What a market-based term goes by where no instrument covers it, and what marks own power whose certificates were sold.
BY_RESIDUAL, BY_GRID, SOLD = "residual mix", "grid average", "certificates sold"

#: How the origin of a number from the organisation file begins.
STATED = "organisation"


@dataclass(frozen=True)
class Value:
    """A number a model needs besides columns, where it comes from, and how far it may be off."""

    value: float
    unit: str
    origin: str
    parameter: str | None = None
    spreads: tuple[Spread, ...] = ()

    @classmethod
    def of(cls, match: ParameterMatch, unit: str | None = None) -> Value:
        """Take a resolved parameter."""
        row = match.parameter
        return cls(match.value, unit or match.unit, f"{row.id} ({match.match})", row.id, match.spreads)

    @classmethod
    def given(cls, value: float, unit: str, origin: str = STATED) -> Value:
        """Take a number of the organisation file, or a neutral element."""
        return cls(float(value), unit, origin)

    @property
    def stated(self) -> bool:
        """Whether the organisation file says it."""
        return self.origin.startswith(STATED)


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


class Codes(Mapping[str, np.ndarray]):
    """Codes of some rows by axis; a combination of axes is worked out once for all blocks that ask for it."""

    def __init__(self, codes: Mapping[str, np.ndarray]):
        self._codes = codes
        self._cells: dict[tuple[tuple[str, ...], tuple[int, ...]], np.ndarray] = {}

    def __getitem__(self, axis: str) -> np.ndarray:
        return self._codes[axis]

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)

    def cell(self, axes: tuple[str, ...], shape: tuple[int, ...]) -> np.ndarray:
        """Return the position of each row's cell in a table of these axes, counted row by row of the table."""
        key = axes, shape
        if key not in self._cells:
            position: np.ndarray | int = 0
            for axis, length in zip(axes, shape, strict=True):
                position = position * length + (self._codes[axis] if length > 1 else 0)
            some = next(iter(self._codes.values()))
            whole = position if isinstance(position, np.ndarray) else np.zeros(len(some))
            self._cells[key] = whole.astype(np.intp)  # what numpy takes by; anything else it converts each time
        return self._cells[key]


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
    def unsplit(self) -> np.ndarray:
        """Which bindings have neither WTT nor TTW; bool, shape (bindings,)."""
        factors = [binding.factor for binding in self.bindings]
        return np.array([factor.wtt_kg is None and factor.ttw_kg is None for factor in factors], dtype=bool)

    @cached_property
    def values(self) -> dict[str, np.ndarray]:
        """Value arguments by binding, each of shape (bindings,)."""
        names = self.bindings[0].values if self.bindings else ()
        return {name: np.array([binding.values[name].value for binding in self.bindings]) for name in names}

    @cached_property
    def only(self) -> int | None:
        """The binding of every cell where there is but one, so that nothing need be looked up by row."""
        first = int(self.table.flat[0])
        return first if first >= 0 and (self.table == first).all() else None

    def choose(self, codes: Codes) -> np.ndarray | int:
        """Return the binding index of each row, or the one of all rows; below 0 where there is none."""
        if self.only is not None:
            return self.only
        chosen = self.table.reshape(-1).take(codes.cell(self.axes, self.table.shape))
        same = bool(len(chosen)) and bool((chosen == chosen[0]).all())
        return int(chosen[0]) if same else chosen

    def amounts(self, columns: Mapping[str, np.ndarray], chosen: np.ndarray | int, count: int) -> np.ndarray:
        """Return the block's amount for each of `count` rows, in the factor's canonical unit; 0 where not applicable."""
        some = isinstance(chosen, np.ndarray) and bool((chosen < 0).any())
        index = np.maximum(chosen, 0) if some else chosen
        arguments = {name: columns[column] for name, column in self.columns.items()}
        arguments |= {name: values.take(index) for name, values in self.values.items()}
        amount = MODELS[self.model].amounts(**arguments)[self.output]
        for weight in self.weights:
            amount = amount * columns[weight]
        if some:
            amount = np.where(chosen >= 0, amount, 0.0)
        return amount if isinstance(amount, np.ndarray) and amount.ndim else np.full(count, float(amount))

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
                try:
                    by_pint = (measured * (row.value * unit.co2e)).to(co2e_kg).magnitude
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

    def sample_columns(self) -> dict[str, float]:
        """Return the one-row sample of the orders' columns: nothing recorded, all numbers different."""
        return {
            name: math.nan if column == "delivery_attempts" else 1.25 + 0.5 * position
            for position, (name, column) in enumerate(self.columns.items())
        }

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
            name: value if units[name] == "1" else value * _pint_unit(units[name]) for name, value in plain.items()
        }
        model = MODELS[self.model]
        return float(model.amounts(**plain)[self.output]), model.amounts(**measured)[self.output] * ureg.dimensionless


@lru_cache(maxsize=1024)
def _pint_unit(unit: str) -> Any:
    if "/" in unit:
        top, below = unit.split("/", 1)
        parse_unit(top.strip("()"))
        return ureg(f"({top})/({below.strip('()')})").units
    parse_unit(unit)
    return ureg(unit).units


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
    table = np.full(shape, NOT_APPLICABLE, dtype=np.intp)
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
