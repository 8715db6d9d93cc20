"""YAML as Timeloop 3.0.3 takes it: a scalar is text until a reader asks it for a number.

A key that no reader asks for is ignored, whatever it says.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

import yaml

T = TypeVar("T")
INTEGER = re.compile(r"[-+]?(0[xX][0-9a-fA-F]+|[0-9]+)")
REAL = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")
YES, NO = ("y", "yes", "true", "on"), ("n", "no", "false", "off")


class RefusedError(Exception):
    """Timeloop says ``ERROR: ...`` and ends with exit code 1."""


class AbortedError(Exception):
    """An assertion of Timeloop fails, or nobody catches an exception of it: it is aborted."""


def demand(value: T | None, what: str) -> T:
    """A value that Timeloop asserts to be there."""
    if value is None:
        raise AbortedError(what)
    return value


class Node:
    """A node of the input, with the ways in which Timeloop's readers look into it."""

    def __init__(self, node: yaml.Node) -> None:
        self._node = node

    def _child(self, key: str) -> yaml.Node | None:
        if not isinstance(self._node, yaml.MappingNode):
            return None
        return next((value for name, value in self._node.value if name.value == key), None)

    def __contains__(self, key: str) -> bool:
        return self._child(key) is not None

    def lookup(self, key: str) -> Node:
        """What has to be there."""
        child = self._child(key)
        if child is None:
            raise RefusedError(f"key not found: {key}, at line: {self._node.start_mark.line + 1}")
        return Node(child)

    def nodes(self) -> list[Node]:
        """The nodes of a list."""
        if not isinstance(self._node, yaml.SequenceNode):
            raise AbortedError("isList()")
        return [Node(child) for child in self._node.value]

    def texts(self) -> list[str]:
        """The scalars of a list."""
        nodes = [node._node for node in self.nodes()]
        if not all(isinstance(node, yaml.ScalarNode) for node in nodes):
            raise AbortedError("isArray()")
        return [node.value for node in nodes]

    def text(self, *keys: str) -> str | None:
        """The scalar under the first of these keys that has one."""
        return self._converted(keys, lambda text: text)

    def integer(self, *keys: str) -> int | None:
        """The same as a signed integer of 32 bits."""
        return self._converted(keys, lambda text: _integer(text, -(2**31), 2**31 - 1))

    def count(self, *keys: str) -> int | None:
        """The same as an unsigned integer of 32 bits."""
        return self._converted(keys, lambda text: _integer(text, 0, 2**32 - 1))

    def real(self, *keys: str) -> float | None:
        """The same as a double; what is none counts as 0, and nothing is said."""
        return self._converted(keys, lambda text: float(text) if REAL.fullmatch(text) else 0.0)

    def flag(self, *keys: str) -> bool | None:
        """The same as yes or no."""
        return self._converted(keys, _flag)

    def _converted(self, keys: tuple[str, ...], convert: Callable[[str], T | None]) -> T | None:
        for key in keys:
            child = self._child(key)
            if isinstance(child, yaml.ScalarNode) and not child.tag.endswith(":null"):
                value = convert(child.value)
                if value is None:
                    line = child.start_mark.line + 1
                    raise RefusedError(f"bad conversion, at line: {line}")
                return value
        return None


def _integer(text: str, least: int, most: int) -> int | None:
    if not INTEGER.fullmatch(text):
        return None
    digits = text.lstrip("+-").lower()
    base = 16 if digits.startswith("0x") else 8 if digits.startswith("0") else 10
    try:
        value = int(text, base)
    except ValueError:  # 8 or 9 in an octal number
        return None
    return value if least <= value <= most else None


def _flag(text: str) -> bool | None:
    lower = text.lower()
    if text not in (lower, lower.upper(), lower.capitalize()):
        return None
    return True if lower in YES else False if lower in NO else None
