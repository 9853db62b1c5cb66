"""Finds in the library's code every sentence that a page may show: arguments of errors, notes, names of inputs.

A sentence is a template: `{0}`, `{1}` ... stand where the code fills something in. A name is followed to where its
words stand: an assignment, a constant of the module, or the calls of the function whose parameter it is.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

import app
import carbon

ROOT = Path(carbon.__file__).parent
#: The app itself raises some errors, too.
_APP = Path(next(iter(app.__path__)))
#: Rooms whose sentences a page never shows: what only the command line, Spark, a service over the network or other code meets.
UNSEEN = (
    "__main__.py", "cli", "engine/engines.py", "engine/spark", "estimate/given.py", "estimate/options/cart.py",
    "estimate/options/lane.py", "estimate/service.py", "estimate/shipment.py", "exchange/articles.py", "labels/calculation.py",
    "labels/service", "ledger/sampling.py", "optimise/lines_output.py", "optimise/placing", "optimise/reuse.py",
    "optimise/rounds/replanning", "optimise/rounds/server.py", "optimise/rounds/tracks.py", "optimise/rounds/writing.py",
    "optimise/suites/choice.py", "optimise/suites/effects.py", "optimise/suites/fits.py", "optimise/suites/plain_costs.py",
    "orders/importers", "orders/rejects_file.py", "reports/charts.py", "reports/esg.py", "reports/rendering.py",
    "reports/standard.py", "reports/svg.py", "reports/words.py", "sample", "schemas.py",
)  # fmt: skip
ERRORS = {
    "CarbonError", "InputError", "UnitError", "FactorError", "OrganisationError", "OrdersError", "RoiError", "WorkError",
    "LedgerError", "AccessError", "ReportError", "NotApplicable", "error_type", "problem",
}  # fmt: skip
#: Which arguments say what is wrong, and the way out, where it is not the first.
_PLACES = {"NotApplicable": (1,), "problem": (1, 2)}
_PARTS = ("found", "expected", "mend")
#: Which argument says where a number comes from, or what would serve a stop.
_ORIGINS = {"given": 2, "Value": 2, "Piece": 3, "Unserved": 2}
#: Stands for what is filled in until the places are numbered.
_PLACE = "\0"
_WORD = re.compile(r"[A-Za-z]{3,}|[a-z]{2,} |\0 to \0|\0 of \0")
_DEEPEST = 6
#: A key with a value, an option with its value, a dotted activity, or codes with commas.
_YAML = re.compile(
    r"""[a-z_]+: +(["'{\[\d].*|[a-z.]\S*)|--\S+( [A-Z]+)?|[a-z_]+(\.[a-z_<>]*)+|[a-z_]+(, [a-z_]+)+|[A-Z]+|local|pyspark|\{.*\}"""
)
#: What a report's own texts are called, when a name leads to them.
_KEY = re.compile(r"[\w.\0]*[._][\w.\0]*")
#: Errors of work are written with their labels, one a line.
_LABEL = re.compile(r"^  (?:found|expected|mend|detail): +")


class Module:
    """A file of the library."""

    def __init__(self, path: Path, root: Path):
        self.name = path.relative_to(root).as_posix()
        self.tree = ast.parse(path.read_text(encoding="utf-8"))
        self._settings: dict[ast.AST, list[tuple[ast.expr, ast.expr]]] = {}
        self.parents = {child: node for node in ast.walk(self.tree) for child in ast.iter_child_nodes(node)}

    def function_of(self, node: ast.AST) -> ast.AST:
        """Return the function that a node stands in, else the module."""
        while node in self.parents and not isinstance(node, ast.FunctionDef):
            node = self.parents[node]
        return node

    @cached_property
    def functions(self) -> dict[str, list[ast.FunctionDef]]:
        """Return its functions by name."""
        found = defaultdict(list)
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef):
                found[node.name].append(node)
        return found

    def settings(self, scope: ast.AST) -> list[tuple[ast.expr, ast.expr]]:
        """Return what is set to what in a function, or at the top of the file."""
        if scope not in self._settings:
            nodes = ast.walk(scope) if isinstance(scope, ast.FunctionDef) else scope.body
            found: list[tuple[ast.expr, ast.expr]] = []
            for node in nodes:
                match node:
                    case ast.Assign(targets=targets, value=value):
                        found += [(target, value) for target in targets]
                    case (
                        ast.AnnAssign(target=target, value=ast.expr() as value)
                        | ast.NamedExpr(target=target, value=value)
                    ):
                        found.append((target, value))
                    case ast.For(target=target, iter=value):
                        found.append((target, value))
            self._settings[scope] = found
        return self._settings[scope]


class Library:
    """All the files whose sentences a page may show."""

    def __init__(self, paths: Iterable[Path] | None = None, root: Path | None = None):
        if paths is None:
            found = [Module(path, folder) for folder in (ROOT, _APP) for path in sorted(folder.rglob("*.py"))]
        else:
            found = [Module(path, root or ROOT) for path in paths]
        self.modules = [each for each in found if not each.name.startswith(UNSEEN)]
        self._calls: dict[str, list[tuple[Module, ast.Call]]] = defaultdict(list)
        for module in self.modules:
            for node in ast.walk(module.tree):
                if isinstance(node, ast.Call):
                    self._calls[_called(node)].append((module, node))

    @cached_property
    def _constants(self) -> dict[str, str]:
        """Return texts that a file has at its top, by name."""
        return {
            target.id: node.value.value
            for module in self.modules
            for node in module.tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
            for target in node.targets
            if isinstance(target, ast.Name) and target.id.isupper()
        }

    def texts(self) -> dict[str, str]:
        """Return templates with where they stand first."""
        found: dict[str, str] = {}
        for module, node in self._said():
            for raw in (line for text in self._of(module, node, 0) for line in text.splitlines()):
                said = _LABEL.sub("", raw)
                if _is_sentence(said, node):
                    found.setdefault(_numbered(said), f"{module.name}:{node.lineno}")
        return found

    def _said(self) -> Iterator[tuple[Module, ast.expr]]:
        for name in ERRORS:
            for module, call in self._calls[name]:
                if name == "problem" and not module.name.startswith("ledger"):
                    continue
                yield from ((module, call.args[at]) for at in _PLACES.get(name, (0,)) if at < len(call.args))
                yield from ((module, each.value) for each in call.keywords if each.arg in _PARTS)
        for name, at in _ORIGINS.items():
            for module, call in self._calls[name]:
                if module.name.startswith(("engine", "optimise/rounds")) and at < len(call.args):
                    yield module, call.args[at]
        for module in self.modules:
            if module.name.startswith("optimise"):
                yield from ((module, each) for each in _notes(module))
            for name in ("_origin", "basis_total", "_mass", "WOULD_SERVE"):
                yield from ((module, each.value) for each in _returns(module, name))
                yield from _assigned(module, module.tree, name)

    def _of(self, module: Module, node: ast.expr, depth: int) -> list[str]:
        """Return what an expression may say, with a mark for what is filled in."""
        again = depth + 1
        if depth > _DEEPEST:
            return [_PLACE]
        match node:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.Constant():
                return []
            case ast.JoinedStr():
                parts = [self._of(module, each, again) for each in node.values]
                return _joined(parts)
            case ast.FormattedValue(value=ast.Name(id=name)) if name in self._constants:
                return [self._constants[name]]
            case ast.FormattedValue():
                return self._of(module, node.value, again) if _written(node.value) else [_PLACE]
            case ast.BinOp(op=ast.Add()) if not any(map(_is_text, (node.left, node.right))):
                return self._of(module, node.left, again) + self._of(module, node.right, again)
            case ast.BinOp(op=ast.Add()):
                return _joined([self._of(module, each, again) or [_PLACE] for each in (node.left, node.right)])
            case ast.IfExp():
                return self._of(module, node.body, again) + self._of(module, node.orelse, again)
            case ast.BoolOp():
                return [text for each in node.values for text in self._of(module, each, again)]
            case ast.NamedExpr():
                return self._of(module, node.value, again)
            case ast.Dict():
                return [text for each in node.values for text in self._of(module, each, again)]
            case ast.Starred():
                return self._of(module, node.value, again)
            case ast.ListComp() | ast.GeneratorExp():
                return self._of(module, node.elt, again)
            case ast.Tuple() | ast.List() | ast.Set():
                return [text for each in node.elts for text in self._of(module, each, again)]
            case ast.Subscript():
                return self._of(module, node.value, again)
            case ast.Name():
                return self._named(module, node, again) or [_PLACE]
            case ast.Call(func=ast.Attribute(attr="format", value=base)):
                return [re.sub(r"\{[^{}]*\}", _PLACE, text) for text in self._of(module, base, again)]
            case ast.Call(func=ast.Attribute(attr="get", value=base)):
                return self._of(module, base, again) + [
                    text for each in node.args[1:] for text in self._of(module, each, again)
                ]
            case ast.Call(func=ast.Name(id="MappingProxyType")):
                return self._of(module, node.args[0], again)
            case ast.Call():
                return self._returned(module, _called(node), again) or [_PLACE]
        return [_PLACE]

    def _returned(self, module: Module, name: str, depth: int) -> list[str]:
        """Return what a function of the same file says, or of its room where another file has it."""
        room = module.name.rpartition("/")[0]
        near = [module] if name in module.functions else [each for each in self.modules if each.name.startswith(room)]
        return [text for where in near for node in _returns(where, name) for text in self._of(where, node.value, depth)]

    def _named(self, module: Module, node: ast.Name, depth: int) -> list[str]:
        name, scope = node.id, module.function_of(node)
        found = list(_assigned(module, scope, name))
        if isinstance(scope, ast.FunctionDef):
            names = [each.arg for each in (*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs)]
            if name in names:
                found = [(module, each) for each in _defaults(scope, name)]
                found += self._passed(module, scope.name, name, names.index(name) - (names[0] in ("self", "cls")))
                return [text for where, each in found for text in self._of(where, each, depth)]
        if not found:
            found = [(module, each) for _, each in _assigned(module, module.tree, name)]
        return [text for where, each in found for text in self._of(where, each, depth)]

    def _passed(self, module: Module, function: str, name: str, position: int) -> Iterator[tuple[Module, ast.expr]]:
        """Return what calls of a function give for a parameter."""
        for where, call in self._calls[function]:
            if function.startswith("_") and where is not module:
                continue
            yield from ((where, each.value) for each in call.keywords if each.arg == name)
            if position < len(call.args) and not any(isinstance(each, ast.Starred) for each in call.args):
                yield where, call.args[position]


def _returns(module: Module, name: str) -> list[ast.Return]:
    return [
        each for function in module.functions.get(name, ()) for each in ast.walk(function)
        if isinstance(each, ast.Return) and each.value is not None
    ]  # fmt: skip


def _notes(module: Module) -> Iterator[ast.expr]:
    """Return what a file adds to lists of notes, or yields as notes."""
    for node in ast.walk(module.tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="append" | "extend", value=target), args=[said]) if _is_notes(target):
                yield said
            case ast.AugAssign(target=target, value=said) | ast.Assign(targets=[target], value=said) if _is_notes(
                target
            ):
                yield said
            case ast.FunctionDef(name="notes"):
                yield from (each.value for each in ast.walk(node) if isinstance(each, ast.Yield))


def _is_notes(node: ast.expr) -> bool:
    return getattr(node, "attr", getattr(node, "id", "")) == "notes"


def _is_sentence(said: str, node: ast.expr) -> bool:
    """Whether words are meant for people: no code, no line of YAML, no option of the command line."""
    if not _WORD.search(said) or _YAML.fullmatch(said.replace(_PLACE, " ").strip()) or _KEY.fullmatch(said):
        return False
    return " " in said or any(getattr(each, "value", None) == said for each in ast.walk(node))


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _is_text(node: ast.expr) -> bool:
    """Whether a side of a sum is text, and no list."""
    if isinstance(node, ast.BinOp):
        return _is_text(node.left) or _is_text(node.right)
    if isinstance(node, ast.IfExp):
        return _is_text(node.body) or _is_text(node.orelse)
    joins = isinstance(node, ast.Call) and _called(node) in ("join", "format")
    return joins or isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _written(node: ast.expr) -> bool:
    """Whether what is filled in is written on the spot, such as one of two words."""
    return isinstance(node, ast.IfExp | ast.BoolOp) and any(
        isinstance(each, ast.Constant) and isinstance(each.value, str) for each in ast.walk(node)
    )


def _defaults(function: ast.FunctionDef, name: str) -> Iterator[ast.expr]:
    arguments = function.args
    usual = [*arguments.posonlyargs, *arguments.args]
    for argument, value in itertools.chain(
        zip(reversed(usual), reversed(arguments.defaults), strict=False),
        zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ):
        if argument.arg == name and value is not None:
            yield value


def _assigned(module: Module, scope: ast.AST, name: str) -> Iterator[tuple[Module, ast.expr]]:
    """Return what a name is set to in a function, or at the top of a file."""
    for target, value in module.settings(scope):
        yield from ((module, each) for each in _unpacked(target, value, name))


def _unpacked(target: ast.expr, value: ast.expr, name: str) -> Iterator[ast.expr]:
    if isinstance(target, ast.Name):
        if target.id == name:
            yield value
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        for each, part in zip(target.elts, value.elts, strict=True):
            yield from _unpacked(each, part, name)
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.IfExp):
        for side in (value.body, value.orelse):
            yield from _unpacked(target, side, name)
    elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple | ast.List):
        for row in value.elts:
            yield from _unpacked(target, row, name)


def _joined(parts: list[list[str]]) -> list[str]:
    return ["".join(each) for each in itertools.islice(itertools.product(*parts), 64)]


def _numbered(raw: str) -> str:
    """Return a template: places that touch are one, and braces of the text are doubled."""
    pieces = re.split(f"{_PLACE}+", raw.replace("{", "{{").replace("}", "}}"))
    text = pieces[0] + "".join(f"{{{number}}}{piece}" for number, piece in enumerate(pieces[1:]))
    return text.strip()
