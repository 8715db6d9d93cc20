"""YAML files of other tools, with the line of every value.

Unlike specifications of ours (``bohwsw.yamlfile``) these have tags, anchors and several documents.
Like there, a file is read event by event, on a stack of our own, and nothing is constructed from a
tag. An alias stands for the item that its anchor names, so that it costs nothing; what aliases
would come to when written out is counted, and limited.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from bohwsw.errors import SpecError
from bohwsw.importers.yaml_files.place import Item, NotModelled, Place
from bohwsw.schema_errors import join_key_path
from bohwsw.yamlfile import LOADER, plain_scalar, read_text

MAX_ITEMS = 200_000
"""Of a file, aliases written out: far above any architecture."""
MAX_DEPTH = 48
INCLUDES = ("include", "include_text", "nomerge", "merge")
PLAIN_TAGS = tuple(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "seq", "map"))
TEMPLATE = "a Jinja template, which is not rendered"
_TEMPLATE_LINE = re.compile(r"\s*(\{\{.*\}\}|\{%.*%\}|\{#.*#\})\s*(#.*)?\Z")
_TEMPLATE_VALUE = re.compile(r"(?<=[:,\[]\s)\{\{.*?\}\}|(?<=- )\{\{.*?\}\}")


def read_documents(path: str | Path, notes: list[NotModelled], tags: Sequence[str]) -> list[Place]:
    """The documents of a file.

    Args:
        notes: where to add what is not read: templates and includes.
        tags: the tool's. Others are refused, but those of YAML's own plain values.

    Raises:
        SpecError: no such file, not YAML, an unknown tag, an anchor that contains itself, or too
            much; it says the line.
    """
    file = str(path)
    text = _without_templates(read_text(Path(path)), file, notes)
    try:
        found = list(_Tree(file, notes, tags).documents(yaml.parse(text, Loader=LOADER)))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"
        line = "" if mark is None else f": line {mark.line + 1}"
        raise SpecError(
            f"not valid YAML: {reason}", file=file + line, expected="a YAML file"
        ) from error
    if not found:
        raise SpecError("the file is empty", file=file, expected="keys and values")
    return found


def sections_of(
    paths: Sequence[str | Path],
    notes: list[NotModelled],
    tags: Sequence[str],
    single: Mapping[str, str],
    named: Mapping[str, str],
    several: Sequence[str] = (),
    silent: Sequence[str] = (),
) -> tuple[dict[str, Place], list[Place]]:
    """What files hold by top-level key, and all that may be there ``several`` times.

    Of ``single`` keys, which may be there once, the value is what they are called here; ``named``
    ones are not read, and why; ``silent`` ones are not even named.
    """
    found: dict[str, Place] = {}
    others: list[Place] = []
    for path in paths:
        for document in read_documents(path, notes, tags):
            for key, place in document.mapping().items():
                if key in several:
                    others.append(place)
                elif key in named:
                    place.note(named[key])
                elif key in single:
                    first = found.setdefault(single[key], place)
                    if first is not place:
                        where = f"one; there is one in {first.file}: line {first.item.line}"
                        raise place.error(f"a second {single[key]}", where)
                elif key not in silent:
                    raise place.unknown("key", key, [*single, *several, *named])
    return found, others


def _without_templates(text: str, file: str, notes: list[NotModelled]) -> str:
    """The text with lines of Jinja blanked and values of Jinja as texts."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if not re.search(r"\{\{|\{%|\{#", line) or line.lstrip().startswith("#"):
            continue
        if _TEMPLATE_LINE.match(line):
            notes.append(NotModelled(file, number + 1, line.strip()[:80], TEMPLATE))
            lines[number] = ""
        else:
            lines[number] = _TEMPLATE_VALUE.sub(lambda found: json.dumps(found[0]), line)
    return "\n".join(lines)


class _Open:
    """A list or dictionary that is being read."""

    def __init__(self, event: Any, line: int, tag: str | None) -> None:
        self.is_mapping = isinstance(event, yaml.MappingStartEvent)
        self.anchor: str | None = event.anchor
        self.line, self.tag = line, tag
        self.entries: dict[str, Item] = {}
        self.list: list[Item] = []
        self.key: tuple[str, int] | None = None
        self.size, self.depth = 1, 0

    def closed(self) -> Item:
        value: object = self.entries if self.is_mapping else self.list
        return Item(value, self.line, self.tag, self.size, self.depth + 1)


class _Tree:
    """Grows items from events."""

    def __init__(self, file: str, notes: list[NotModelled], tags: Sequence[str]) -> None:
        self.file, self.notes, self.tags = file, notes, tags
        self.stack: list[_Open] = []
        self.anchors: dict[str, Item | None] = {}  # None: of what is still being read
        self.root: Item | None = None
        self.size = 0

    def documents(self, events: Iterator[Any]) -> Iterator[Place]:
        for event in events:
            line = event.start_mark.line + 1
            if isinstance(event, yaml.DocumentStartEvent):
                self.anchors, self.root = {}, None
            elif isinstance(event, yaml.DocumentEndEvent):
                if self.root is not None and self.root.value is not None:
                    yield Place(self.file, (), self.root, self.notes)
            elif isinstance(event, yaml.CollectionStartEvent):
                if len(self.stack) == MAX_DEPTH:
                    raise self._error(line, "nested too deep", f"at most {MAX_DEPTH} levels")
                self.stack.append(_Open(event, line, self._tag(event, line)))
                if event.anchor:
                    self.anchors[event.anchor] = None
            elif isinstance(event, yaml.CollectionEndEvent):
                opened = self.stack.pop()
                self._merge(opened)
                self._place(opened.closed(), line, opened.anchor)
            elif isinstance(event, yaml.AliasEvent):
                self._place(self._alias(event.anchor, line), line)
            elif isinstance(event, yaml.ScalarEvent):
                plain = event.implicit[0]
                value = plain_scalar(event.value) if plain else event.value
                self._place(Item(value, line, self._tag(event, line)), line, event.anchor)

    def _alias(self, anchor: Any, line: int) -> Item:
        if anchor not in self.anchors:
            raise self._error(line, "an alias without an anchor", "an anchor above", f"*{anchor}")
        item = self.anchors[anchor]
        if item is None:
            expected = "an alias outside of what its anchor names"
            raise self._error(line, "an anchor contains itself", expected, f"*{anchor}")
        return item

    def _place(self, item: Item, line: int, anchor: str | None = None) -> None:
        """Puts an item where it belongs."""
        if anchor:
            self.anchors[anchor] = item
        if not self.stack:
            self.root = item
            return
        top = self.stack[-1]
        if top.is_mapping and top.key is None:
            if not isinstance(item.value, str):
                value = item.value if not isinstance(item.value, dict | list) else None
                raise self._error(line, "a key is not text", "text; put it in quotes", value)
            if item.value in top.entries:
                raise self._error(line, "a key occurs twice", "each key once", item.value)
            top.key = (item.value, line)
            return
        top.size += item.size
        top.depth = max(top.depth, item.depth)
        if top.size > MAX_ITEMS:
            raise self._error(line, "too many values", f"at most {MAX_ITEMS}, aliases written out")
        if top.depth + len(self.stack) > MAX_DEPTH:
            raise self._error(line, "nested too deep", f"at most {MAX_DEPTH} levels")
        key, key_line = top.key or (None, line)
        top.key = None
        if item.tag in INCLUDES:
            path = join_key_path(self._path(key))
            self.notes.append(NotModelled(self.file, line, path, f"!{item.tag} is not followed"))
        elif key is not None:
            top.entries[key] = Item(item.value, key_line, item.tag, item.size, item.depth)
        else:
            top.list.append(item)

    def _merge(self, opened: _Open) -> None:
        """YAML's merge key: entries of other dictionaries, where a key is not given here."""
        given = opened.entries.pop("<<", None)
        if given is None:
            return
        for item in given.value if isinstance(given.value, list) else [given]:
            if not isinstance(item.value, dict):
                raise self._error(item.line, "<< merges mappings only", "an alias of a mapping")
            for key, value in item.value.items():
                opened.entries.setdefault(key, value)

    def _tag(self, event: Any, line: int) -> str | None:
        tag = event.tag
        if tag in (None, "!", *PLAIN_TAGS):
            return None
        name = str(tag).removeprefix("!")
        if name not in (*self.tags, *INCLUDES):
            expected = ", ".join(f"!{known}" for known in self.tags)
            raise self._error(line, "unknown tag", f"one of {expected}", tag)
        return name

    def _path(self, key: str | None = None) -> list[str | int]:
        path: list[str | int] = []
        for opened in self.stack:
            if not opened.is_mapping:
                path.append(len(opened.list))
            elif opened.key is not None:
                path.append(opened.key[0])
        return path if key is None else [*path, key]

    def _error(self, line: int, problem: str, expected: str, got: object = None) -> SpecError:
        return SpecError(
            problem,
            file=f"{self.file}: line {line}",
            key_path=join_key_path(self._path()) or None,
            got=got,
            expected=expected,
        )
