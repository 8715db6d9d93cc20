"""Breaks specification files in many ways, for tests that feed them to a reader.

``broken_trees(text)`` and ``broken_files(text)`` are hypothesis strategies. Each draws a broken
variant of a YAML text: the first as a data tree, after reading, the second as the bytes of a file.
A variant says how it was broken. The kinds in ``NEVER_VALID`` are wrong in any schema without free
keys and without values of open type; the others may by chance be valid.
"""

from __future__ import annotations

import copy
import functools
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

import yaml
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from bohwsw.errors import SpecError
from bohwsw.yamlfile import parse_yaml

KeyPath = tuple[str | int, ...]
Result = TypeVar("Result")

NEVER_VALID = frozenset(
    {
        "unknown key",
        "misspelt key",
        "not a finite number",
        "a fraction for a whole number",
        "text for a number",
        "true for a number",
        "a key that is not text",
        "nested deep",
        "a tag",
        "an alias",
        "a billion laughs",
        "a key twice",
        "two documents",
        "not UTF-8",
        "a null character",
        "empty",
        "no YAML",
    }
)


class BrokenTree(NamedTuple):
    """A data tree, how it was broken and where."""

    kind: str
    path: KeyPath
    data: Any


class BrokenFile(NamedTuple):
    """The bytes of a file and how it was broken."""

    kind: str
    raw: bytes


def nodes(data: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Every place of a data tree with what stands there, the root first."""
    yield path, data
    pairs: Any = ()
    if isinstance(data, dict):
        pairs = data.items()
    elif isinstance(data, list):
        pairs = enumerate(data)
    for key, value in pairs:
        yield from nodes(value, (*path, key))


def changed(data: Any, path: KeyPath, value: Any) -> Any:
    """A copy of a data tree with another value at one place."""
    if not path:
        return value
    root = copy.deepcopy(data)
    _at(root, path[:-1])[path[-1]] = value
    return root


@functools.cache
def broken_trees(text: str) -> SearchStrategy[BrokenTree]:
    """Broken variants of a YAML text as data trees."""
    data = parse_yaml(text, file="the unbroken text")
    places = list(nodes(data))
    mappings = [path for path, value in places if isinstance(value, dict)]
    numbers = [path for path, value in places if _is_number(value)]
    strategies = [
        _retyped(data, places),
        _rekeyed(data, mappings),
        _without(data, [path for path, _ in places if path]),
        _nested(data, [path for path, _ in places]),
    ]
    if numbers:
        strategies.append(_renumbered(data, numbers))
    return st.one_of(strategies)


@functools.cache
def broken_files(text: str) -> SearchStrategy[BrokenFile]:
    """Broken variants of a YAML text as bytes."""
    events = yaml.parse(text, Loader=yaml.SafeLoader)
    scalars: list[Any] = [event for event in events if isinstance(event, yaml.ScalarEvent)]
    starts = [scalar.start_mark.index for scalar in scalars]
    return st.one_of(_respelt(text, starts), _cut(text), _overwritten(text), _replaced())


def result_or_error(load: Callable[[], Result]) -> Result | SpecError:
    """What a reader returns, or the one kind of error that it may raise."""
    try:
        return load()
    except SpecError as error:
        return error


_JUNK: tuple[Any, ...] = (None, True, "", "text", 3, -1, 0.5, [], {}, [1, 2], {"a": 1}, [[]], [{}])


@st.composite
def _retyped(draw: DrawFn, data: Any, places: list[tuple[KeyPath, Any]]) -> BrokenTree:
    path, _ = draw(st.sampled_from(places))
    return BrokenTree("another type", path, changed(data, path, draw(st.sampled_from(_JUNK))))


@st.composite
def _renumbered(draw: DrawFn, data: Any, numbers: list[KeyPath]) -> BrokenTree:
    path = draw(st.sampled_from(numbers))
    value = _at(data, path)
    kind, new = draw(
        st.sampled_from(
            [
                ("zero", 0),
                ("negative", -value),
                ("huge", 2**70),
                ("absurd", 10**5000),
                ("large", 2**31),
                ("text for a number", str(value)),
                ("true for a number", True),
                ("not a finite number", math.nan),
                ("not a finite number", math.inf),
                ("not a finite number", -math.inf),
            ]
            + ([("a fraction for a whole number", value + 0.5)] if isinstance(value, int) else [])
        )
    )
    return BrokenTree(kind, path, changed(data, path, new))


@st.composite
def _rekeyed(draw: DrawFn, data: Any, mappings: list[KeyPath]) -> BrokenTree:
    path = draw(st.sampled_from(mappings))
    mapping = dict(_at(data, path))
    kind = draw(st.sampled_from(["unknown key", "misspelt key", "a key that is not text"]))
    if kind == "misspelt key" and mapping:
        key = draw(st.sampled_from(sorted(mapping)))
        mapping[key + "x"] = mapping.pop(key)
    elif kind == "a key that is not text":
        mapping[draw(st.sampled_from([1, None, True, 1.5, ("a",)]))] = 1
    else:
        kind = "unknown key"
        mapping["unheard_of"] = 1
    return BrokenTree(kind, path, changed(data, path, mapping))


@st.composite
def _without(draw: DrawFn, data: Any, paths: list[KeyPath]) -> BrokenTree:
    path = draw(st.sampled_from(paths))
    root = copy.deepcopy(data)
    del _at(root, path[:-1])[path[-1]]
    return BrokenTree("deleted", path, root)


@st.composite
def _nested(draw: DrawFn, data: Any, paths: list[KeyPath]) -> BrokenTree:
    path = draw(st.sampled_from(paths))
    depth = draw(st.sampled_from([1, 2, 500]))
    as_list = draw(st.booleans())
    value = copy.deepcopy(_at(data, path))
    for _ in range(depth):
        value = [value] if as_list else {"inner": value}
    root = value
    if path:  # by hand: a deep copy of what is nested deep would itself recurse too far
        root = copy.deepcopy(data)
        _at(root, path[:-1])[path[-1]] = value
    return BrokenTree("nested deep" if depth > 100 else "nested", path, root)


_BILLION_LAUGHS = "laugh0: &l0 [lol]\n" + "".join(
    f"laugh{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 10)}]\n" for i in range(1, 10)
)


@st.composite
def _respelt(draw: DrawFn, text: str, scalar_starts: list[int]) -> BrokenFile:
    """Something that no specification may use, at one of its keys and values or at an end."""
    at = draw(st.sampled_from(scalar_starts))
    tags = ["!!python/object/apply:os.system ", "!!int ", "!mine ", "!!binary ", "! "]
    kind, new = draw(
        st.sampled_from(
            [("a tag", text[:at] + tag + text[at:]) for tag in tags]
            + [
                ("an alias", text[:at] + "&here " + text[at:]),
                ("an alias", text[:at] + "*there " + text[at:]),
                ("a billion laughs", _BILLION_LAUGHS + text),
                ("a billion laughs", text + "\n" + _BILLION_LAUGHS),
                ("a key twice", text + "\nname: again\nname: again\n"),
                ("two documents", text + "\n---\n" + text),
                ("a null character", text[:at] + "\0" + text[at:]),
                ("nested deep", text[:at] + "[" * 5000 + text[at:]),
                ("nested deep", text[:at] + "{a: " * 5000 + text[at:]),
                ("a tab", text[:at] + "\t" + text[at:]),
                ("a line end", text[:at] + "\n" + text[at:]),
                ("a long number", text[:at] + "9" * 10_000 + text[at:]),
                ("a merge key", text + "\n<<: {name: merged}\n"),
            ]
        )
    )
    return BrokenFile(kind, new.encode())


@st.composite
def _cut(draw: DrawFn, text: str) -> BrokenFile:
    raw = text.encode()
    start, stop = sorted(draw(st.tuples(*[st.integers(0, len(raw))] * 2)))
    kind = draw(st.sampled_from(["truncated", "a part missing", "a part twice"]))
    pieces = {
        "truncated": raw[:start],
        "a part missing": raw[:start] + raw[stop:],
        "a part twice": raw[:stop] + raw[start:],
    }
    return BrokenFile(kind, pieces[kind])


_CHARACTERS = b"\t\n" + bytes(range(32, 127))


@st.composite
def _overwritten(draw: DrawFn, text: str) -> BrokenFile:
    raw = bytearray(text.encode())
    if draw(st.booleans()):
        at = draw(st.integers(0, len(raw)))
        return BrokenFile("not UTF-8", bytes(raw[:at]) + b"\xff\xfe\xfd" + bytes(raw[at:]))
    for _ in range(draw(st.integers(1, 8))):
        raw[draw(st.integers(0, len(raw) - 1))] = draw(st.sampled_from(_CHARACTERS))
    return BrokenFile("some characters changed", bytes(raw))


def _replaced() -> SearchStrategy[BrokenFile]:
    """Files that have nothing to do with the text."""
    fixed = [
        BrokenFile("empty", b""),
        BrokenFile("empty", b"# nothing but a comment\n"),
        BrokenFile("empty", b"---\n...\n"),
        BrokenFile("no YAML", b"\x7fELF\x02\x01\x01\x00\x00"),
        BrokenFile("no YAML", b"<html><body>not found</body></html>"),
        BrokenFile("no YAML", b"{ a: [ b"),
        BrokenFile("no YAML", b"42"),
        BrokenFile("no YAML", b"- 1\n- 2\n"),
    ]
    noise = st.binary(max_size=200).map(lambda raw: BrokenFile("random bytes", raw))
    return st.one_of(st.sampled_from(fixed), noise)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _at(data: Any, path: KeyPath) -> Any:
    for part in path:
        data = data[part]
    return data
