"""The YAML border: files are read here, checked against a schema here, and trusted from here on.

A file is read event by event into plain lists, dictionaries, text, numbers, booleans and None.
Nothing is ever constructed from a tag, and the tree grows on an explicit stack, so a hostile file
costs no more than its size. What is refused, and why:

- tags (``!!python/object`` and all others): a specification needs plain data only;
- anchors and aliases: nine lines of them can stand for a billion nodes, and no specification of
  ours needs one;
- duplicate keys: YAML keeps the last, a person meant one of them;
- keys that are not text, several documents in one file, and deep nesting.

Plain scalars follow the core schema of YAML 1.2 (https://yaml.org/spec/1.2.2/, section 10.3.2):
only ``true`` and ``false`` are booleans (a layer may be called ``no``), and ``1e-3`` is a number.
Numbers with leading zeros, hexadecimal and octal numbers stay text: readers disagree on them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pydantic
import yaml

from bohwsw.errors import SpecError
from bohwsw.schema_errors import explain, join_key_path

MAX_FILE_BYTES = 4_000_000
MAX_DEPTH = 32
MAX_NUMBER_CHARACTERS = 40
MAX_INTEGER_BITS = 200

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(
    r"[-+]?((0|[1-9][0-9]*)?\.[0-9]+|(0|[1-9][0-9]*)\.?)([eE][-+]?[0-9]+)?\Z"
    r"|[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z"
)
_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_QUOTED = frozenset({"true", "false", "null", "yes", "no", "on", "off"})
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
# libyaml's parser, where it is compiled in, reads a large file about ten times faster.
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class SpecModel(pydantic.BaseModel):
    """Base of every schema at the YAML border: strict types, no unknown keys, finite numbers."""

    model_config = pydantic.ConfigDict(
        extra="forbid", strict=True, frozen=True, allow_inf_nan=False, defer_build=True
    )
    unsupported: ClassVar[Mapping[str, str]] = {}
    """What to say of unknown keys that people will try, by key in small letters."""


Model = TypeVar("Model", bound=pydantic.BaseModel)


def read_yaml(path: str | Path) -> object:
    """The contents of a YAML file as plain data: dict, list, str, int, float, bool, None.

    Numbers that are not finite are read as they are; refusing them is the schema's business.

    Raises:
        SpecError: the file is missing, unreadable, too large, not UTF-8, not YAML or empty, or it
            uses something of YAML that is refused (see the head of this module).
    """
    return parse_yaml(read_text(Path(path)), file=str(path))


def parse_yaml(text: str, *, file: str) -> object:
    """``read_yaml`` for text that is in memory already; ``file`` is its name in errors."""
    try:
        return _Builder(file).build(yaml.parse(text, Loader=LOADER))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
        raise SpecError(
            f"not valid YAML{_place(mark)}: {reason}", file=file, expected="a YAML file"
        ) from error


def validate(model_class: type[Model], data: object, *, file: str | None = None) -> Model:
    """Data checked against a schema and turned into it.

    Types are strict: text is not a number, ``true`` is not 1, 3.0 is not 3; a whole number is
    welcome where a float is asked. Lists become tuples where the schema says so.

    Args:
        data: plain data as ``read_yaml`` gives it.
        file: where the data come from, for the error.

    Raises:
        SpecError: the first thing that is wrong, with key path, got, expected and nearest name; the
            places of any further ones are listed in its problem.
    """
    data = _plain(data, (), file)
    try:
        # Strict validation of JSON, unlike that of Python objects, takes a list for a tuple.
        return model_class.model_validate_json(json.dumps(data, ensure_ascii=False).encode())
    except UnicodeEncodeError as error:
        raise SpecError("text is not valid Unicode", file=file, got=error.object[:100]) from error
    except pydantic.ValidationError as error:
        raise explain(error, model_class, data).within(file=file) from error
    except SpecError as error:
        raise error.within(file=file) from error


def plain_scalar(text: str) -> object:
    """What a scalar without quotes means: a number, true, false, None or a text.

    Whole numbers of thousands of digits are infinite: Python converts none that long.
    """
    if text in _WORDS:
        return _WORDS[text]
    if len(text) <= 4_000 and _INTEGER.match(text):
        return int(text)
    if _FLOAT.match(text):
        return float(text.replace(".", "") if text[-1] in "fFnN" else text)  # .inf, .nan
    return text


def read_text(path: Path) -> str:
    """The text of a YAML file; a SpecError if it is missing, unreadable, too large or not UTF-8."""
    file = str(path)
    try:
        if path.is_dir():
            raise SpecError("this is a folder", file=file, expected="a YAML file")
        with path.open("rb") as stream:
            raw = stream.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        raise SpecError("no such file", file=file, expected="an existing YAML file") from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the path
        reason = getattr(error, "strerror", None) or str(error)
        raise SpecError(f"cannot be read: {reason}", file=file) from error
    if len(raw) > MAX_FILE_BYTES:
        raise SpecError("too large", file=file, expected=f"at most {MAX_FILE_BYTES} bytes")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SpecError(
            f"not UTF-8 text (byte {error.start})", file=file, expected="a YAML file in UTF-8"
        ) from error


class _Builder:
    """Grows plain data from YAML events; ``stack`` holds the open lists and dictionaries."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.documents = 0
        self.root: object = None
        self.stack: list[list[object] | dict[str, object]] = []
        self.keys: list[str | None] = []  # for each open container, the key that waits for a value

    def build(self, events: Iterator[Any]) -> object:
        for event in events:
            self._refuse_special(event)
            if isinstance(event, yaml.DocumentStartEvent):
                self.documents += 1
                if self.documents > 1:
                    raise self._error(event, "more than one document", "one document")
            elif isinstance(event, yaml.CollectionStartEvent):
                opened: list[object] | dict[str, object] = (
                    {} if isinstance(event, yaml.MappingStartEvent) else []
                )
                if len(self.stack) == MAX_DEPTH:
                    raise self._error(event, "nested too deep", f"at most {MAX_DEPTH} levels")
                self._place(event, opened)
                self.stack.append(opened)
                self.keys.append(None)
            elif isinstance(event, yaml.CollectionEndEvent):
                self.stack.pop()
                self.keys.pop()
            elif isinstance(event, yaml.ScalarEvent):
                self._place(event, self._scalar(event))
        if self.root is None:
            raise SpecError("the file is empty", file=self.file, expected="keys and values")
        return self.root

    def _place(self, event: Any, value: object) -> None:
        """Puts a value, or a container that is about to be filled, where it belongs."""
        if not self.stack:
            self.root = value
            return
        top = self.stack[-1]
        if isinstance(top, list):
            top.append(value)
            return
        key = self.keys[-1]
        if key is not None:
            top[key] = value
            self.keys[-1] = None
        elif not isinstance(value, str):
            got = None if isinstance(value, list | dict) else value
            raise self._error(event, "a key is not text", "text; put it in quotes", got)
        elif value in top:
            raise self._error(event, "a key occurs twice", "each key once", value)
        else:
            self.keys[-1] = value

    def _refuse_special(self, event: Any) -> None:
        if getattr(event, "tag", None) is not None:
            raise self._error(event, "YAML tags are not accepted", "plain values", event.tag)
        if getattr(event, "anchor", None) is not None:
            sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
            got = sign + str(event.anchor)
            raise self._error(
                event, "YAML anchors and aliases are not accepted", "values written out", got
            )

    def _scalar(self, event: Any) -> object:
        text: str = event.value
        if not event.implicit[0]:  # quoted
            return text
        value = plain_scalar(text)
        if type(value) in (int, float) and len(text) > MAX_NUMBER_CHARACTERS:
            expected = f"at most {MAX_NUMBER_CHARACTERS} characters"
            raise self._error(event, "a number is too long", expected, text)
        return value

    def _error(self, event: Any, problem: str, expected: str, got: object = None) -> SpecError:
        return SpecError(
            problem + _place(event.start_mark),
            file=self.file,
            key_path=join_key_path(self._path()) or None,
            got=got,
            expected=expected,
        )

    def _path(self) -> list[str | int]:
        """Where the event at hand belongs; for a key, the mapping that it is a key of."""
        path: list[str | int] = []
        for depth, (container, key) in enumerate(zip(self.stack, self.keys, strict=True)):
            is_filled_already = depth < len(self.stack) - 1
            if isinstance(container, list):
                path.append(len(container) - is_filled_already)
            elif key is not None:
                path.append(key)
            elif is_filled_already:
                path.append(next(reversed(container)))
        return path


def _place(mark: Any) -> str:
    return f" (line {mark.line + 1}, column {mark.column + 1})" if mark is not None else ""


def _plain(data: object, path: tuple[str | int, ...], file: str | None) -> object:
    """The data, NumPy's numbers as Python's; refuses what JSON would change in silence.

    That is keys that are not text, foreign objects, loops.
    """
    problem, got, expected = "", None, None
    if getattr(data, "ndim", None) == 0:  # of NumPy: it is not imported here
        data = data.item()  # type: ignore[attr-defined]
    if len(path) > MAX_DEPTH:
        problem, expected = "nested too deep", f"at most {MAX_DEPTH} levels"
    elif isinstance(data, dict):
        for key in data:
            if not isinstance(key, str):
                problem, got, expected = "a key is not text", key, "text"
                break
        else:
            return {key: _plain(value, (*path, key), file) for key, value in data.items()}
    elif isinstance(data, list | tuple):
        return [_plain(value, (*path, position), file) for position, value in enumerate(data)]
    elif data is not None and type(data) not in (str, int, float, bool):
        problem, got = "not plain data", data
        expected = "text, a number, true or false, a list or a mapping"
    elif isinstance(data, int) and data.bit_length() > MAX_INTEGER_BITS:
        problem, expected = "a number is too long", f"at most {MAX_INTEGER_BITS} bits"
    if problem:
        place = join_key_path(path) or None
        raise SpecError(problem, file=file, key_path=place, got=got, expected=expected)
    return data


def yaml_text(data: Any) -> str:
    """Plain data as YAML, as ``read_yaml`` reads it."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, width=100)


class _Dumper(yaml.SafeDumper):
    """Short lists and mappings of plain values on one line, no aliases, only plain names unquoted.

    PyYAML writes by YAML 1.1, where ``1e3`` is text. Our reader goes by YAML 1.2, where it is a
    number.
    """

    def represent_str(self, data: str) -> Any:
        is_plain = _PLAIN_NAME.fullmatch(data) and data.lower() not in _QUOTED
        return self.represent_scalar("tag:yaml.org,2002:str", data, style=None if is_plain else '"')

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_sequence(self, tag: str, sequence: Any, flow_style: bool | None = None) -> Any:
        return super().represent_sequence(tag, sequence, flow_style or _short(sequence))

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> Any:
        plain = isinstance(mapping, dict) and _short(list(mapping.values())) and len(mapping) < 8
        return super().represent_mapping(tag, mapping, flow_style or plain)


def _short(values: Any) -> bool:
    """Whether a list holds plain values or loops only."""
    return all(
        not isinstance(value, dict | list)
        or (isinstance(value, list) and not any(isinstance(v, dict | list) for v in value))
        for value in values
    )


_Dumper.add_representer(str, _Dumper.represent_str)
