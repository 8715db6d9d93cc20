"""Names in expressions that are no identifiers: ``my lr``, ``lr.x``, ``train/loss``.

Such a name is written in backticks, or as it is where it is known; ``my lr + b <= 1`` then means
what it says. Before Python's parser reads a text, each of them gives way to an identifier of ours.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

WORDS = ("and", "or", "not", "if", "else", "in", "is", "True", "False", "None")
"""Words of the language: never a name, unless in backticks."""

JOINTS = ".:@|"
"""Signs that mean nothing in an expression, and so may stand inside a name."""

_WORD = r"(?<![\w.])(?!(?:{words})\b)[^\W\d]\w*".format(words="|".join(WORDS))
_TEXT = r"'[^']*'|\"[^\"]*\""
_GAP = rf"\s+(?!(?:{'|'.join(WORDS)})\b)(?=\w)"
_END = rf"(?![\w]|[{JOINTS}]\w|{_GAP})"
_WRITABLE = re.compile(r"[^\W\d]\w*(?:[-/.:@|]\w+|\s+\w+|\(\w+\))*")


@dataclass(frozen=True)
class Source:
    """A text that Python can parse, and the names that identifiers of ours stand for in it."""

    python: str
    names: Mapping[str, str]

    def name(self, identifier: str) -> str:
        """What an identifier stands for."""
        return self.names.get(identifier, identifier)

    def restored(self, piece: str) -> str:
        """A piece of the text as it was written, but for backticks and spaces."""
        return re.sub(r"\w+", lambda match: self.name(match[0]), piece)


def source(text: str, known: Iterable[str] = (), *, is_open: bool = False) -> Source:
    """Put identifiers in the place of names that Python cannot read: known ones, longest first.

    If ``is_open``, other names may be in the text, too: words that are joined by a space or any of
    `JOINTS`, or by ``/`` without spaces, as Ax has it (``train/loss``).
    """
    pattern = _pattern(tuple(known), is_open)
    if pattern is None and "`" not in text:
        return Source(text, {})
    prefix = "name"
    while prefix in text:
        prefix += "_"
    found: dict[str, str] = {}

    def place(match: re.Match[str]) -> str:
        if match["text"]:
            return match[0]
        name = match["quoted"] or " ".join(match[0].split())
        if is_plain(name):
            return name
        return found.setdefault(name, f"{prefix}{len(found)}_")

    python = (pattern or _QUOTED).sub(place, text)
    return Source(python, {identifier: name for name, identifier in found.items()})


def is_plain(name: str) -> bool:
    """Whether Python reads a name as it is."""
    return name.isascii() and name.isidentifier() and not keyword.iskeyword(name)


def written(name: str) -> str:
    """A name as an expression has it: in backticks, unless it is an identifier."""
    return name if is_plain(name) else f"`{name}`"


_ALWAYS = rf"(?P<text>{_TEXT})|`(?P<quoted>[^`]+)`"
_QUOTED = re.compile(_ALWAYS)


@lru_cache(maxsize=256)
def _pattern(known: tuple[str, ...], is_open: bool) -> re.Pattern[str] | None:
    """What is replaced beside quoted names; None if nothing is."""
    longest_first = sorted(known, key=len, reverse=True)
    writable = [n for n in longest_first if _WRITABLE.fullmatch(n) and (is_open or not is_plain(n))]
    names = [name for name in writable if not set(WORDS).intersection(name.split())]
    if not names and not is_open:
        return None
    # Words that are joined as those of a known name are one name: a misspelt one, presumably.
    joints = JOINTS if is_open else "".join(j for j in JOINTS if any(j in n for n in names))
    joined = [rf"[{re.escape(joints)}]\w+"] if joints else []
    joined += [r"/[^\W\d]\w*"] if is_open else []
    joined += [rf"{_GAP}\w+"] if is_open or any(" " in name for name in names) else []
    each = "|".join(re.sub(r"(?:\\\s)+", r"\\s+", re.escape(name)) for name in names)
    parts = [_ALWAYS]
    parts += [rf"(?<![\w.])(?:{each}){_END}"] if names else []
    parts += [f"{_WORD}(?:{'|'.join(joined)})*"] if joined else []
    return re.compile("|".join(parts))
