"""The one strict reader of YAML and JSON, whose errors name file, line and key.

YAML is read by the C loader with the traps of YAML 1.1 taken out: ``NO`` is Norway, ``1e3`` is a number,
``12:30`` is text, and a key written twice is an error.
"""

from __future__ import annotations

import gc
import io
import itertools
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from carbon.errors import InputError, Where

Model = TypeVar("Model", bound=BaseModel)

_MAX_BYTES = 64 * 1024 * 1024
#: How many values a document may stand for, by those it writes; small ones have some more room.
_MOST_GROWN, _FEW_VALUES = 20, 1000


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


_TEXT, _MAP, _MERGE = "tag:yaml.org,2002:str", "tag:yaml.org,2002:map", "tag:yaml.org,2002:merge"


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


def _construct_mapping(loader: _Loader, node: yaml.MappingNode) -> Mapping:
    construct, mapping = loader.construct_object, Mapping()
    match _unusual(node):
        case []:
            pass
        case [(key_node, base)] if key_node.tag == _MERGE and base.tag == _MAP:
            mapping.update(construct(base, deep=True))  # read once, however many rows share it
        case _:
            loader.flatten_mapping(node)
    for key_node, value_node in node.value:
        if key_node.tag == _MERGE:
            continue
        # Most are text: what it says needs no constructor.
        key = key_node.value if key_node.tag == _TEXT else construct(key_node, deep=True)
        mapping[key] = value_node.value if value_node.tag == _TEXT else construct(value_node, deep=True)
    mapping.line = node.start_mark.line + 1
    return mapping


def _unusual(node: yaml.MappingNode) -> list[tuple[yaml.Node, yaml.Node]]:
    """Return the pairs of a mapping whose key is no text; a key that stands twice is an error."""
    seen: set[str] = set()
    found = []
    for key_node, value_node in node.value:
        if key_node.tag != _TEXT:
            found.append((key_node, value_node))
            if key_node.tag == _MERGE:
                continue
            if not isinstance(key_node, yaml.ScalarNode):
                raise InputError.of("odd_key", where=_line_of(key_node))
        if key_node.value in seen:
            raise InputError.of("key_twice", where=_line_of(key_node), key=key_node.value)
        seen.add(key_node.value)
    return found


def _line_of(node: yaml.Node) -> Where:
    return Where(None, node.start_mark.line + 1)


_Loader.add_constructor(_MAP, _construct_mapping)


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
        return _load(text, name) if "*" in text and "&" in text else yaml.load(text, _Loader)
    except RecursionError:
        raise InputError("nested too deeply", expected="a plain document", where=Where(name)) from None
    except InputError as error:
        raise error.at(Where(name, error.where.row)) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = error.problem or error.context or ""
        raise InputError.of("yaml", said, where=Where(name, mark.line + 1 if mark else None)) from None
    except yaml.YAMLError as error:
        raise InputError.of("yaml", str(error), where=Where(name)) from None


def _load(text: str, name: str) -> Any:
    """Read YAML that repeats parts of itself, unless it would grow beyond reason: ten lines can hold ten thousand million values."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        extent = _Extent()
        if extent.of(node) > _MOST_GROWN * (extent.written + _FEW_VALUES):
            raise InputError(
                "the document repeats itself too often",
                found=f"{extent.written} values that stand for {extent.of(node):,}",
                expected=f"at most {_MOST_GROWN} times as many",
                mend="write out what is repeated (&name and *name), or leave it out",
                where=Where(name),
            )
        return loader.construct_document(node)
    finally:
        loader.dispose()


class _Extent:
    """How many values a document writes, and how many a part of it stands for, repeated ones counted every time."""

    def __init__(self):
        self.written = 1
        self._known: dict[int, int] = {}

    def of(self, node: yaml.Node) -> int:
        """Return how many values a node stands for."""
        if isinstance(node, yaml.ScalarNode):
            return 1
        if id(node) not in self._known:
            self._known[id(node)] = 1  # an alias to what it is part of
            inside = node.value if isinstance(node, yaml.SequenceNode) else list(itertools.chain(*node.value))
            parts = [each for each in inside if not isinstance(each, yaml.ScalarNode)]
            self.written += len(inside)
            self._known[id(node)] += len(inside) - len(parts) + sum(map(self.of, parts))
        return self._known[id(node)]


def _parse_json(text: str, name: str) -> Any:
    def refuse_duplicates(pairs: list[tuple[str, Any]]) -> Mapping:
        mapping = Mapping(pairs)
        if len(mapping) != len(pairs):
            keys = [key for key, _ in pairs]
            twice = next(key for key in keys if keys.count(key) > 1)
            raise InputError.of("key_twice", where=Where(name, None, twice), key=twice)
        return mapping

    def refuse_constant(word: str) -> Any:
        raise InputError("not a JSON number", found=word, expected="a finite number", where=Where(name))

    try:
        return json.loads(text, object_pairs_hook=refuse_duplicates, parse_constant=refuse_constant)
    except RecursionError:
        raise InputError("nested too deeply", expected="a plain document", where=Where(name)) from None
    except json.JSONDecodeError as error:
        where = Where(name, error.lineno)
        raise InputError.of("json", error.msg, where=where, column=str(error.colno)) from None


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
    first, more = problems[0], len(problems) - 1
    path = [str(part) for part in first["loc"]]
    inner = first.get("ctx", {}).get("error")
    key = ".".join(path) or None
    if isinstance(inner, InputError):
        message = f"{inner.problem} (and {more} more in this file)" if more else inner.problem
        where = Where(name, line_of(data, first["loc"] or _named_in(message)), key)
        made = error_type(message, found=inner.found, expected=inner.expected, mend=inner.mend, where=where)
        made.fault = inner.fault
        return made
    code, values = fault_of(first)
    found = None if code in ("unknown_key", "missing_key") else repr(first.get("input"))[:120]
    where = Where(name, line_of(data, first["loc"] or _named_in(first["msg"])), key)
    detail = "" if code in ("unknown_key", "missing_key") else first["msg"]
    return error_type.of(code, detail, found=found, where=where, more=more, **values)


#: Beginnings of pydantic's kinds of faults, to ours; the first that fits counts.
_KINDS = (
    ("extra_forbidden", "unknown_key"), ("missing", "missing_key"), ("int", "whole_number"), ("float", "number"),
    ("decimal", "number"), ("finite_number", "number"), ("bool", "truth"), ("string_pattern", "form"), ("string_too", "length"),
    ("string", "text"), ("literal", "choice"), ("enum", "choice"), ("union_tag", "choice"), ("greater", "bounds"),
    ("less", "bounds"), ("multiple", "bounds"), ("too_", "length"), ("list", "list"), ("tuple", "list"), ("set", "list"),
    ("dict", "mapping"), ("model", "mapping"), ("mapping", "mapping"), ("date", "date"),
)  # fmt: skip
#: What is expected, from what pydantic says beside a fault.
_EXPECTED = {
    "expected": "{}", "expected_tags": "{}", "pattern": "{}", "gt": "> {}", "ge": ">= {}", "lt": "< {}", "le": "<= {}",
    "min_length": ">= {}", "max_length": "<= {}", "multiple_of": "x {}", "discriminator": "{}",
}  # fmt: skip


def fault_of(found: Any) -> tuple[str, dict[str, str]]:
    """Return the code in `FAULTS` of one of pydantic's errors, and what fills its texts."""
    inner = found.get("ctx", {}).get("error")
    if isinstance(inner, InputError) and inner.fault is not None:
        return inner.fault.code, {"key": "", "expected": "", **inner.fault.values}
    code = next((ours for theirs, ours in _KINDS if found["type"].startswith(theirs)), "value")
    told = found.get("ctx", {})
    expected = next((text.format(told[key]) for key, text in _EXPECTED.items() if key in told), "")
    if code == "choice":
        expected = expected.replace(" or ", ", ").replace("'", "")
    return code, {"key": str(found["loc"][-1]) if found["loc"] else "", "expected": expected}


def _named_in(message: str) -> tuple[str, ...]:
    """Return the dotted key that a problem of a whole document begins with; `line_of` follows it as far as it goes."""
    return tuple(message.split(" ", 1)[0].rstrip(":").split("."))


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


def file_text(data: Any) -> str:
    """Return plain values as the text of a YAML file that `read` reads back the same."""
    text = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
    if parse(text, "") != data:
        raise InputError("these values cannot be written as YAML", expected="text, numbers, dates, lists and mappings")
    return text


def edited_text(text: str, changes: Iterable[tuple[tuple[str | int, ...], Any]]) -> str:
    """Return a YAML file's text with some values changed; comments, anchors and order stay.

    Parameters
    ----------
    text : str
    changes : iterable of (path, value)
        A path is keys and positions from the top, such as ``("sites", "leeds", "name")``; missing mappings on the way are
        made, and None takes the key out.

    Raises
    ------
    InputError
        If a path leads through a value that is neither a mapping nor a list, or the result would not read back.
    """
    from ruamel.yaml import YAML  # few write, and all read

    editor = YAML(typ="rt")
    editor.preserve_quotes, editor.width = True, 4096
    editor.indent(mapping=2, sequence=4, offset=2)
    data = editor.load(text) if text.strip() else {}
    changes = list(changes)
    for path, value in changes:
        _change(data, path, value)
    made = io.StringIO()
    editor.dump(data, made)
    again = parse(made.getvalue(), "")
    for path, value in changes:
        if _at(again, path) != value:
            raise InputError(
                "this value cannot be written", found=repr(value)[:120], where=Where(None, None, _dotted(path))
            )
    return made.getvalue()


def _change(data: Any, path: tuple[str | int, ...], value: Any) -> None:
    *way, last = path
    for number, key in enumerate(way):
        inside = data.get(key) if isinstance(data, dict) else data[key]
        if inside is None:
            inside = data[key] = {}
        if not isinstance(inside, dict | list):
            where = Where(None, None, _dotted(path[: number + 1]))
            raise InputError("no part of the file", found=type(inside).__name__, expected="a mapping", where=where)
        data = inside
    if value is not None:
        data[last] = value
    elif isinstance(data, dict) and last in data:
        del data[last]


def _at(data: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        try:
            data = data[key]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def _dotted(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path))


class _Dumper(yaml.CSafeDumper):
    """CSafeDumper that quotes what our reader would take for a number."""


def _text(dumper: _Dumper, value: str) -> yaml.Node:
    plain = _Loader.yaml_implicit_resolvers.get(value[:1], [])
    quoted = any(pattern.match(value) for _, pattern in plain)
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"' if quoted else None)


_Dumper.add_representer(str, _text)
