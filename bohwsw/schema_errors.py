"""What a pydantic schema refuses, in plain words: key path, got, expected, nearest name.

pydantic tells what went wrong in terms of Python types and of its own union members. People who
write YAML think in key paths and in "a whole number of at least 1".
"""

from __future__ import annotations

import types
from collections.abc import Iterable
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pydantic
from pydantic.fields import FieldInfo

from bohwsw.errors import SpecError, nearest_name

KeyPath = tuple[str | int, ...]

_SIMPLE_WORDS: dict[object, str] = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "true or false",
    types.NoneType: "null",
}
_PROBLEMS: dict[str, str] = {
    **dict.fromkeys(("int_type", "int_from_float", "float_type", "string_type"), "wrong type"),
    **dict.fromkeys(("bool_type", "list_type", "tuple_type", "dict_type"), "wrong type"),
    "model_type": "wrong type",
    "finite_number": "not a finite number",
    **dict.fromkeys(("greater_than", "greater_than_equal"), "too small"),
    **dict.fromkeys(("less_than", "less_than_equal"), "too large"),
    "too_short": "too few entries",
    "too_long": "too many entries",
}
_LIMIT_WORDS: dict[str, str] = {
    "ge": "of at least {}",
    "gt": "above {}",
    "le": "of at most {}",
    "lt": "below {}",
    "min_length": "of length at least {}",
    "max_length": "of length at most {}",
    "multiple_of": "divisible by {}",
}
_ABOUT_A_KEY = ("missing", "union_tag_not_found", "union_tag_invalid")
_UNIONS = (Union, types.UnionType)
_MAX_COMPLAINTS = 100  # comparing them is quadratic, and nobody reads more
_LISTS = (list, tuple, set, frozenset)


def join_key_path(parts: Iterable[str | int]) -> str:
    """``("levels", 2, "entries")`` as ``levels[2].entries``."""
    joined = ""
    for part in parts:
        if isinstance(part, int):
            joined += f"[{part}]"
        else:
            joined += f".{part}" if joined else part
    return joined


def explain(
    error: pydantic.ValidationError, model_class: type[pydantic.BaseModel], data: object
) -> SpecError:
    """The first of pydantic's complaints as a SpecError, with the places of the others."""
    listed_errors = error.errors(include_url=False)[:_MAX_COMPLAINTS]
    complaints = [(_data_path(item, data), item) for item in listed_errors]
    paths = [path for path, _ in complaints]
    # A union complains once per member. The member that got deepest is the one that was meant.
    deepest = [
        (path, item)
        for path, item in complaints
        if not any(len(other) > len(path) and other[: len(path)] == path for other in paths)
    ]
    # A misspelt key is an unknown key and a missing one; the first says more.
    deepest.sort(key=lambda complaint: complaint[1]["type"] != "extra_forbidden")
    path, item = deepest[0]
    problem, got, expected, nearest = _words(path, item, model_class, data)
    others = list(dict.fromkeys(join_key_path(other) for other, _ in deepest if other != path))
    if others:
        listed = ", ".join(others[:5]) + (", ..." if len(others) > 5 else "")
        problem += f" (and {len(others)} more: {listed})"
    return SpecError(
        problem, key_path=join_key_path(path) or None, got=got, expected=expected, nearest=nearest
    )


def _data_path(item: Any, data: object) -> KeyPath:
    """pydantic's location without the names of union members, which are not in the file."""
    loc: tuple[str | int, ...] = item["loc"]
    if item["type"] in ("union_tag_invalid", "union_tag_not_found"):
        loc = (*loc, item["ctx"]["discriminator"].strip("'"))
    path: list[str | int] = []
    for position, part in enumerate(loc):
        names_a_key = item["type"] in _ABOUT_A_KEY and position == len(loc) - 1
        if _holds(data, part):
            data = _value_at((part,), data)
        elif not (isinstance(data, dict) and names_a_key):
            continue
        path.append(part)
    return tuple(path)


def _holds(data: object, part: str | int) -> bool:
    if isinstance(data, dict):
        return part in data
    return isinstance(data, list | tuple) and isinstance(part, int) and part < len(data)


def _value_at(path: KeyPath, data: Any) -> Any:
    """The value at a path, or None where the data have none."""
    for part in path:
        if not _holds(data, part):
            return None
        data = data[part]
    return data


def _words(
    path: KeyPath, item: Any, model_class: type[pydantic.BaseModel], data: object
) -> tuple[str, object, str | None, str | None]:
    """Problem, got, expected, nearest."""
    kind, is_key = item["type"], item["loc"][-1:] == ("[key]",)
    if kind == "extra_forbidden":
        key, parents = str(path[-1]), _annotations_at(path[:-1], model_class, data)
        known = list(dict.fromkeys(key for parent in parents for key in _fields(parent)))
        reasons = [getattr(parent, "unsupported", {}).get(key.lower()) for parent in parents]
        problem = next(filter(None, reasons), "unknown key")
        return problem, key, "one of " + ", ".join(known), nearest_name(key, known)
    value = path[-1] if is_key else _value_at(path, data)
    if kind in ("value_error", "assertion_error"):
        return str(item["ctx"]["error"]), value, None, None
    if is_key:
        containers = _annotations_at(path[:-1], model_class, data)
        annotations = [
            get_args(member)[0]
            for container in containers
            for member in _members(container)
            if get_origin(member) is dict
        ]
    else:
        annotations = _annotations_at(path, model_class, data)
    literals = [m for each in annotations for m in _members(each) if get_origin(m) is Literal]
    names = [str(value) for literal in literals for value in get_args(literal)]
    if kind == "union_tag_invalid" or (names and isinstance(value, str)):
        return "unknown name", value, "one of " + ", ".join(names), nearest_name(value, names)
    expected = "; or ".join(dict.fromkeys(describe(a) for a in annotations)) or item["msg"]
    if kind == "union_tag_not_found":
        return "a required key is missing", None, "one of " + ", ".join(names), None
    if kind == "missing":
        return "a required key is missing", None, expected, None
    if value is None:
        return "a value is missing", None, expected, None
    return _PROBLEMS.get(kind, "not valid"), value, expected, None


def _annotations_at(
    path: KeyPath, model_class: type[pydantic.BaseModel], data: object
) -> list[object]:
    """The annotations that the schema has for a place; several where unions leave it open."""
    current = _candidates([model_class], data)
    for position, part in enumerate(path):
        here = [found for annotation in current for found in _step(annotation, part)]
        if position == len(path) - 1 and not any(map(_is_model, _candidates(here, None))):
            return here  # with the limits that a field puts on it
        current = _candidates(here, _value_at(path[: position + 1], data))
    return current


def _candidates(annotations: list[object], data: object) -> list[object]:
    """All union members, less the models that the data's fixed words (``kind: a``) rule out."""
    members = [member for annotation in annotations for member in _members(annotation)]
    ruled_out = [m for m in members if _is_model(m) and not _tags_agree(_fields(m), data)]
    kept = [member for member in members if member not in ruled_out]
    return kept if any(_is_model(member) for member in kept) else members


def _tags_agree(fields: dict[str, FieldInfo], data: object) -> bool:
    return all(
        data[key] in get_args(field.annotation)
        for key, field in fields.items()
        if isinstance(data, dict) and key in data and get_origin(field.annotation) is Literal
    )


def _step(annotation: object, part: str | int) -> list[object]:
    """From one annotation to that of one of its keys or positions."""
    if _is_model(annotation):
        field = _fields(annotation).get(str(part))
        return [] if field is None else [field]
    arguments, origin = get_args(annotation), get_origin(annotation)
    if origin is dict:
        return [arguments[1]]
    if origin is tuple and isinstance(part, int) and Ellipsis not in arguments:
        return list(arguments[part : part + 1])
    return list(arguments[:1]) if origin in _LISTS else []


def _is_model(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel)


def _fields(model: Any) -> dict[str, FieldInfo]:
    """The keys of a model as they stand in a file; none for what is not a model."""
    if not _is_model(model):
        return {}
    return {field.alias or name: field for name, field in model.model_fields.items()}


def _members(annotation: object) -> list[object]:
    """The members of a union, with ``Annotated`` and field wrappers taken off."""
    if isinstance(annotation, FieldInfo):
        return _members(annotation.annotation)
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) in _UNIONS:
        return [inner for member in get_args(annotation) for inner in _members(member)]
    return [annotation]


def describe(annotation: object, limits: Iterable[Any] = ()) -> str:
    """What an annotation accepts: ``a whole number of at least 1; or text``."""
    if isinstance(annotation, FieldInfo):
        return describe(annotation.annotation, annotation.metadata)
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        spread = [m for entry in metadata for m in getattr(entry, "metadata", [entry])]
        return describe(inner, [*limits, *spread])
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in _UNIONS:
        return "; or ".join(describe(member, limits) for member in arguments)
    if origin is Literal:
        return "one of " + ", ".join(str(value) for value in arguments)
    if _is_model(annotation):
        return "a mapping with keys " + ", ".join(_fields(annotation))
    if origin is dict or annotation is dict:
        return "a mapping"
    if origin is tuple and Ellipsis not in arguments:
        return f"a list of {len(arguments)}, each {describe(arguments[0])}" if arguments else "[]"
    if origin in _LISTS:
        return f"a list{_range(limits)}, each entry {describe(arguments[0])}"
    if annotation in _SIMPLE_WORDS:
        return _SIMPLE_WORDS[annotation] + _range(limits)
    return "a valid value"


def _range(limits: Iterable[Any]) -> str:
    """`` of at least 1 and at most 8`` for a field's limits; nothing where it has none."""
    parts = [
        phrase.format(getattr(limit, key))
        for key, phrase in _LIMIT_WORDS.items()
        for limit in limits
        if getattr(limit, key, None) is not None
    ]
    words = " and ".join(parts).replace("and of length at most", "and at most")
    return " " + words.replace("and of at most", "and at most") if parts else ""
