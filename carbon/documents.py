"""The one strict reader of YAML and JSON: errors name file, line and key.

YAML is read by the C loader with the traps of YAML 1.1 taken out: ``NO`` is Norway, ``1e3`` is a number,
``12:30`` is text, and a key written twice is an error.
"""

from __future__ import annotations

import gc
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from carbon.errors import InputError, Where

Model = TypeVar("Model", bound=BaseModel)

_MAX_BYTES = 64 * 1024 * 1024


@contextmanager
def no_collector() -> Iterator[None]:
    """Hold back the garbage collector while many small values without cycles are made: it would take half the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Mapping(dict):
    """A dict that knows the line it was written on."""

    line: int | None = None


class _Loader(yaml.CSafeLoader):
    """CSafeLoader with line numbers, duplicate detection and YAML 1.2 scalars."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.rsplit(":", 1)[-1] not in ("bool", "float", "int")]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][-+]?[0-9]+)?$"),
    list("-+0123456789."),
)


_TEXT = "tag:yaml.org,2002:str"


def _construct_mapping(loader: _Loader, node: yaml.MappingNode) -> Mapping:
    seen: set[str] = set()
    plain = True
    for key_node, _ in node.value:
        if key_node.tag != _TEXT:
            plain = False
        if key_node.tag == "tag:yaml.org,2002:merge":
            continue
        if key_node.value in seen:
            raise yaml.constructor.ConstructorError(
                None, None, f"key '{key_node.value}' stands twice in one mapping", key_node.start_mark
            )
        seen.add(key_node.value)
    line = node.start_mark.line + 1
    if not plain:
        loader.flatten_mapping(node)
    construct, mapping = loader.construct_object, Mapping()
    for key_node, value_node in node.value:
        # Most are text: what it says needs no constructor.
        key = key_node.value if key_node.tag == _TEXT else construct(key_node, deep=True)
        mapping[key] = value_node.value if value_node.tag == _TEXT else construct(value_node, deep=True)
    mapping.line = line
    return mapping


_Loader.add_constructor("tag:yaml.org,2002:map", _construct_mapping)


def read_text(path: Path | str) -> str:
    """Return a document's text.

    Raises
    ------
    InputError
        If the file is absent, a folder, too large or not UTF-8.
    """
    path = Path(path)
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(
                "file too large", found=f"{path.stat().st_size} bytes", expected="at most 64 MB", where=Where(str(path))
            )
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(
            "no such file", expected="an existing file", mend="check the path", where=Where(str(path))
        ) from None
    except IsADirectoryError:
        raise InputError("this is a folder", expected="a file", where=Where(str(path))) from None
    except UnicodeDecodeError as error:
        raise InputError(
            "not UTF-8 text",
            found=f"byte {error.object[error.start]:#x} at {error.start}",
            expected="UTF-8",
            mend="save the file as UTF-8",
            where=Where(str(path)),
        ) from None


def read(path: Path | str) -> Any:
    """Read a YAML or JSON file (by its ending) into plain values; mappings know their line."""
    path = Path(path)
    return parse(read_text(path), str(path))


def parse(text: str, name: str) -> Any:
    """Read YAML, or JSON where `name` ends in ``.json``."""
    if name.endswith(".json"):
        return _parse_json(text, name)
    try:
        return yaml.load(text, _Loader)
    except RecursionError:
        raise InputError("nested too deeply", expected="a plain document", where=Where(name)) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise InputError(
            f"not valid YAML: {error.problem or error.context}",
            expected="YAML",
            mend="check indentation, colons and quotes on that line",
            where=Where(name, mark.line + 1 if mark else None),
        ) from None
    except yaml.YAMLError as error:
        raise InputError(f"not valid YAML: {error}", where=Where(name)) from None


def _parse_json(text: str, name: str) -> Any:
    def refuse_duplicates(pairs: list[tuple[str, Any]]) -> Mapping:
        mapping = Mapping(pairs)
        if len(mapping) != len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise InputError(f"key '{twice}' stands twice in one object", where=Where(name, None, twice))
        return mapping

    def refuse_constant(word: str) -> Any:
        raise InputError("not a JSON number", found=word, expected="a finite number", where=Where(name))

    try:
        return json.loads(text, object_pairs_hook=refuse_duplicates, parse_constant=refuse_constant)
    except RecursionError:
        raise InputError("nested too deeply", expected="a plain document", where=Where(name)) from None
    except json.JSONDecodeError as error:
        raise InputError(
            f"not valid JSON: {error.msg}",
            expected="JSON",
            mend=f"look at column {error.colno}",
            where=Where(name, error.lineno),
        ) from None


def validate(model: type[Model], data: Any, name: str, error_type: type[InputError] = InputError) -> Model:
    """Check plain values against a schema; the first problem becomes one message with file, line and key."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise first_problem(error, data, name, error_type) from None


def first_problem(
    error: ValidationError, data: Any, name: str, error_type: type[InputError] = InputError
) -> InputError:
    """Turn pydantic's report into our message; the number of further problems is said, too."""
    problems = error.errors()
    first = problems[0]
    path = [str(part) for part in first["loc"]]
    inner = first.get("ctx", {}).get("error")
    if isinstance(inner, InputError):
        message, found, expected, mend = inner.problem, inner.found, inner.expected, inner.mend
    else:
        message, found, expected, mend = first["msg"], repr(first.get("input"))[:120], None, None
    if first["type"] == "extra_forbidden":
        message, found = f"unknown key '{path[-1]}'", None
        mend = "check the spelling against `carbon schema`"
    elif first["type"] == "missing":
        message, found = f"key '{path[-1]}' is missing", None
        mend = "add it"
    if len(problems) > 1:
        message += f" (and {len(problems) - 1} more in this file)"
    return error_type(
        message,
        found=found,
        expected=expected,
        mend=mend,
        where=Where(name, line_of(data, first["loc"]), ".".join(path) or None),
    )


def line_of(data: Any, location: tuple) -> int | None:
    """Return the line of the innermost mapping on the way to `location`."""
    line = getattr(data, "line", None)
    for part in location:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            break
        line = getattr(data, "line", None) or line
    return line
