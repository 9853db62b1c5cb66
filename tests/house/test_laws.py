"""Law 1 of the design: no emission number in Python. Two nets, each shown to catch a planted one."""

from __future__ import annotations

import ast
import math
import re

import pytest

from tests.house.source import label, python_files, tree

#: Where models and kernel live, no number may stand but those of arithmetic itself.
STRICT = ("carbon/activities/", "carbon/engine/")

#: Numbers of statistics or of this computer, never of emissions: file -> values.
KNOWN: dict[str, set[float]] = {
    # The amounts of the one-row sample that proves units at plan time.
    "carbon/engine/block.py": {1.25},
    # Months of a year.
    "carbon/engine/site_blocks.py": {12},
    # Quantiles.
    "carbon/engine/spreads.py": {0.975},
    "carbon/engine/uncertainty.py": {0.025, 0.05, 0.95, 0.975, 0.25, 0.75, 1.96},
}

#: Names under which a number would be a factor, a warming potential or the like.
_EMISSION = re.compile(r"co2|emission|gwp|intensity|ghg|per_tkm|per_kwh|per_litre|factor_value", re.IGNORECASE)

_LITERAL = (ast.UnaryOp, ast.BinOp, ast.List, ast.Tuple, ast.Dict, ast.Constant)


def _plain(value: float) -> bool:
    """Say whether a number is arithmetic's: zero, a half, small counts, powers of ten or of two."""
    value = abs(value)
    if value in (0, 0.5) or not math.isfinite(value):
        return True
    tens = math.log10(value)
    return math.isclose(tens, round(tens), abs_tol=1e-12) or (isinstance(value, int) and value & (value - 1) == 0)


def _numbers(source: ast.AST) -> list[tuple[float, int]]:
    return [
        (node.value, node.lineno)
        for node in ast.walk(source)
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)) and not isinstance(node.value, bool)
    ]


def _loose_numbers(source: ast.Module, known: set[float]) -> list[str]:
    """Return fractions that are not arithmetic's, anywhere, and whole numbers that multiply or divide."""
    found = {
        (value, line)
        for value, line in _numbers(source)
        if isinstance(value, float) and value != 2.0 and not _plain(value)
    }
    for node in ast.walk(source):
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Div)):
            for side in (node.left, node.right):
                if isinstance(side, ast.Constant) and isinstance(side.value, int) and not _plain(side.value):
                    found.add((side.value, side.lineno))
    return [f"line {line}: {value}" for value, line in sorted(found) if value not in known]


def _named_emissions(source: ast.Module) -> list[str]:
    """Return numbers given to a name, argument or key that speaks of emissions; 0 and 1 are no figures."""
    pairs: list[tuple[str, ast.AST | None]] = []
    for node in ast.walk(source):
        if isinstance(node, ast.Assign):
            pairs += [(ast.unparse(target), node.value) for target in node.targets]
        elif isinstance(node, (ast.AnnAssign, ast.NamedExpr)):
            pairs.append((ast.unparse(node.target), node.value))
        elif isinstance(node, ast.keyword) and node.arg:
            pairs.append((node.arg, node.value))
        elif isinstance(node, ast.Dict):
            pairs += [
                (str(key.value), value)
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant)
            ]
        elif isinstance(node, ast.arguments):
            named = [*node.posonlyargs, *node.args]
            pairs += [
                (each.arg, value)
                for each, value in zip(named[len(named) - len(node.defaults) :], node.defaults, strict=True)
            ]
            pairs += [(each.arg, value) for each, value in zip(node.kwonlyargs, node.kw_defaults, strict=True)]
    found = []
    for name, value in pairs:
        if isinstance(value, _LITERAL) and _EMISSION.search(name):
            # A call's own arguments are checked where they stand, by their names.
            called = any(isinstance(part, ast.Call) for part in ast.walk(value))
            figures = [] if called else [pair for pair in _numbers(value) if pair[0] not in (0, 1)]
            found += [f"line {line}: {name} = {number}" for number, line in figures]
    return found


@pytest.mark.parametrize("path", [path for path in python_files("carbon") if label(path).startswith(STRICT)], ids=label)
def test_models_and_kernel_hold_no_number_but_arithmetic(path):
    """Proves that a factor cannot hide as a bare number in a model: what it multiplies by comes as an argument."""
    assert _loose_numbers(tree(path), KNOWN.get(label(path), set())) == []


@pytest.mark.parametrize("path", python_files("carbon", "app"), ids=label)
def test_no_name_of_emissions_is_given_a_number(path):
    """Proves that nowhere a name with co2, gwp, emission or intensity in it is set to a figure."""
    assert _named_emissions(tree(path)) == []


@pytest.mark.parametrize("text", ["x = mass_kg * 0.107", "x = a * 21", "def f(share=0.35): ...", "y = [1.25]"])
def test_the_strict_net_catches(text):
    """Proves that the strict net finds figures in products, defaults and lists."""
    assert _loose_numbers(ast.parse(text), set())


@pytest.mark.parametrize(
    "text", ["x = a * 1000", "x = 0.5 * a / 2", "x = a - 1e-9", "x = rows * 2", "for i in range(3): ..."]
)
def test_the_strict_net_lets_arithmetic_pass(text):
    """Proves that the strict net does not punish halves, powers of ten and counting."""
    assert _loose_numbers(ast.parse(text), set()) == []


@pytest.mark.parametrize(
    "text",
    [
        "VAN_CO2E_KG = 0.24",
        "f(intensity=3)",
        "t = {'co2e_kg': 0.2}",
        "def f(gwp_ch4=28): ...",
        "GWP = {'CH4': 28}",
        "co2e_kg = -0.2",
    ],
)
def test_the_named_net_catches(text):
    """Proves that the second net finds constants, arguments, keys and defaults."""
    assert _named_emissions(ast.parse(text))
