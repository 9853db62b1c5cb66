"""The project's own source as the house tests read it: files, syntax trees, imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CODE = ("carbon", "app", "benchmarks", "tests")

#: Folders that are made, not written.
MADE = {
    "__pycache__",
    "node_modules",
    ".git",
    ".venv",
    ".hypothesis",
    ".pytest_cache",
    ".ruff_cache",
    "demo",
    "dist",
    "build",
}


def walk(folder: Path) -> Iterator[Path]:
    """Yield every written file below a folder."""
    for path in sorted(folder.iterdir()):
        if path.name in MADE or path.is_symlink():
            continue
        if path.is_dir():
            yield from walk(path)
        else:
            yield path


@cache
def python_files(*folders: str) -> tuple[Path, ...]:
    """Return the Python files of the project's folders, those that exist."""
    chosen = [ROOT / name for name in folders or CODE]
    return tuple(path for folder in chosen if folder.is_dir() for path in walk(folder) if path.suffix == ".py")


def label(path: Path) -> str:
    """Return a file's name as messages give it."""
    return path.relative_to(ROOT).as_posix()


def module_name(path: Path) -> str:
    """Return the dotted name of a file below the root."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path: Path) -> ast.Module:
    """Return a file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


@cache
def modules() -> frozenset[str]:
    """Return the names of all modules of `carbon` and `app`."""
    return frozenset(module_name(path) for path in python_files("carbon", "app"))


@cache
def public_names() -> frozenset[str]:
    """Return `carbon.__all__` as its file writes it."""
    path = ROOT / "carbon" / "__init__.py"
    for node in tree(path).body if path.exists() else ():
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return frozenset(ast.literal_eval(node.value))
    return frozenset()


def _only_for_types(source: ast.Module) -> set[ast.AST]:
    """Return the nodes under ``if TYPE_CHECKING:``, which never run."""
    guards = [
        node for node in ast.walk(source) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
    ]
    return {inner for guard in guards for node in guard.body for inner in ast.walk(node)}


def imports(
    source: ast.Module, name: str, package: bool, known: frozenset[str] | set[str], types: bool = True
) -> set[tuple[str, int]]:
    """Return what a module imports, anywhere in it, with line numbers.

    ``from carbon import documents`` is an import of ``carbon.documents``; ``from carbon import Registry``, a public
    name, is one of ``carbon:Registry``. `types` says whether imports for type checkers only count.
    """
    found: set[tuple[str, int]] = set()
    left_out = set() if types else _only_for_types(source)
    for node in ast.walk(source):
        if node in left_out:
            continue
        if isinstance(node, ast.Import):
            found |= {(alias.name, node.lineno) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = name.split(".")
                kept = parts[: len(parts) - node.level + (1 if package else 0)]
                base = ".".join([*kept, *([node.module] if node.module else [])])
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                if base == "carbon" and (alias.name in public_names() or inner not in known):
                    found.add((f"carbon:{alias.name}", node.lineno))
                else:
                    found.add((inner if inner in known else base, node.lineno))
    return found


def imports_of(path: Path, types: bool = True) -> set[tuple[str, int]]:
    """Return what a file of the project imports."""
    return imports(tree(path), module_name(path), path.name == "__init__.py", modules(), types)
