"""From Python's syntax tree to ours: the whitelist. What is not translated here is refused."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bohwsw.errors import SpecError, nearest_name, unknown_name
from bohwsw.space.names import Source
from bohwsw.space.syntax import (
    FUNCTIONS,
    MAX_INTEGER,
    TUPLE_FUNCTIONS,
    Binary,
    Call,
    Comparison,
    Constant,
    Logic,
    Name,
    Node,
    Position,
    Unary,
    children,
)

MAX_DEPTH = 64

Sequences = Mapping[str, tuple[int, tuple[Any, ...] | None]]
"""Parameters whose values are tuples: their length and, for a permutation, the items."""

_BINARY: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
}
_COMPARE: dict[type[ast.cmpop], str] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}
_ALLOWED = "names, numbers, + - * / // %, comparisons, and/or/not and the functions " + ", ".join(
    FUNCTIONS
)


@dataclass(frozen=True)
class Translator:
    """Translates the tree of one text.

    Attributes:
        text: as it was written, for messages.
        sequences: the names that stand for tuples.
        source: the text as Python read it.
    """

    text: str
    sequences: Sequences
    source: Source

    def translate(self, node: ast.expr, depth: int = 0) -> Node:
        """One node of Python's tree as one of ours, or a refusal.

        Raises:
            SpecError: it, or something below it, is not whitelisted.
        """
        if depth > MAX_DEPTH:
            raise SpecError(
                "an expression is nested too deeply",
                got=self.text,
                expected=f"at most {MAX_DEPTH} levels",
            )

        def inner(child: ast.expr) -> Node:
            return self.translate(child, depth + 1)

        translator = _TRANSLATORS.get(type(node))
        translated = translator(self, node, inner) if translator else None
        if translated is None:
            piece = self._piece(node) or type(node).__name__
            raise SpecError(
                "this is not allowed in an expression",
                key_path=self.text,
                got=piece,
                expected=_ALLOWED,
            )
        return translated

    def constant(self, node: Any, inner: _Inner) -> Node | None:
        value = node.value
        if isinstance(value, bool | str):
            return Constant(value)
        if isinstance(value, int) and abs(value) <= MAX_INTEGER:
            return Constant(value)
        if isinstance(value, float) and math.isfinite(value):
            return Constant(value)
        return None

    def name(self, node: Any, inner: _Inner) -> Node | None:
        if node.id in self.sequences:
            raise SpecError(
                "the values of this parameter are tuples",
                key_path=self.text,
                got=node.id,
                expected=self._uses(node.id),
            )
        return Name(node.id)

    def unary(self, node: Any, inner: _Inner) -> Node | None:
        if isinstance(node.op, ast.USub):
            return Unary("-", inner(node.operand))
        if isinstance(node.op, ast.UAdd):
            return inner(node.operand)
        return Unary("not", inner(node.operand)) if isinstance(node.op, ast.Not) else None

    def binary(self, node: Any, inner: _Inner) -> Node | None:
        operator = _BINARY.get(type(node.op))
        return Binary(operator, inner(node.left), inner(node.right)) if operator else None

    def comparison(self, node: Any, inner: _Inner) -> Node | None:
        operators = tuple(_COMPARE.get(type(op), "") for op in node.ops)
        if "" in operators:
            return None
        operands = tuple(inner(child) for child in (node.left, *node.comparators))
        return Comparison(operands, operators)

    def logic(self, node: Any, inner: _Inner) -> Node | None:
        operator = "and" if isinstance(node.op, ast.And) else "or"
        return Logic(operator, tuple(inner(child) for child in node.values))

    def subscript(self, node: Any, inner: _Inner) -> Node | None:
        """``tile[0]``: a number that stands there, never a computed one."""
        if not isinstance(node.value, ast.Name) or not self.sequences:
            return None
        name = node.value.id
        if name not in self.sequences:
            raise SpecError(
                "only a parameter whose values are tuples has entries",
                key_path=self.text,
                got=name,
                expected="one of " + ", ".join(self.sequences),
                nearest=nearest_name(name, self.sequences),
            )
        index = node.slice.value if isinstance(node.slice, ast.Constant) else None
        length, _ = self.sequences[name]
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < length:
            raise SpecError(
                f"{name} has no such entry",
                key_path=self.text,
                got=self._piece(node),
                expected=f"{name}[0] to {name}[{length - 1}]",
            )
        return Name(name, index)

    def call(self, node: Any, inner: _Inner) -> Node | None:
        if not isinstance(node.func, ast.Name) or node.keywords:
            return None
        function, arguments = node.func.id, node.args
        first = arguments[0].id if arguments and isinstance(arguments[0], ast.Name) else ""
        if self.sequences and function == "position":
            return self._position(arguments, first)
        if first in self.sequences and len(arguments) == 1 and function in TUPLE_FUNCTIONS:
            length, items = self.sequences[first]
            if items is None:
                return Call(function, tuple(Name(first, index) for index in range(length)))
        if function not in FUNCTIONS:
            known = [*FUNCTIONS, *(("prod", "position") if self.sequences else ())]
            if self.sequences and function == "prod":
                raise SpecError(
                    "prod takes one factorisation",
                    key_path=self.text,
                    got=self._piece(node),
                    expected="prod(tile); for numbers write a * b",
                )
            raise unknown_name("function in an expression", function, known).within(
                key_path=self.text
            )
        least, most = FUNCTIONS[function]
        if not least <= len(arguments) <= most:
            raise SpecError(
                f"wrong number of arguments of {function}",
                key_path=self.text,
                got=len(arguments),
                expected=str(least) if least == most else f"{least} to {most}",
            )
        return Call(function, tuple(inner(child) for child in arguments))

    def _position(self, arguments: list[ast.expr], name: str) -> Node:
        """``position(order, 'K')``: the entry, counted from 0, that is the item."""
        items = self.sequences[name][1] if name in self.sequences else None
        if len(arguments) != 2 or items is None:
            raise SpecError(
                "position takes a permutation and one of its items",
                key_path=self.text,
                got=", ".join(ast.unparse(argument) for argument in arguments),
                expected="such as position(order, 'K')",
                nearest=nearest_name(name, [n for n, (_, i) in self.sequences.items() if i]),
            )
        item = arguments[1].value if isinstance(arguments[1], ast.Constant) else None
        if isinstance(item, bool) or item not in items:
            raise SpecError(
                f"{name} has no such item",
                key_path=self.text,
                got=ast.unparse(arguments[1]),
                expected="one of " + ", ".join(map(repr, items)),
                nearest=nearest_name(item, map(str, items)),
            )
        return Position(
            tuple(
                Comparison((Name(name, index), Constant(item)), ("==",))  # type: ignore[arg-type]
                for index in range(len(items))
            )
        )

    def _piece(self, node: ast.expr) -> str | None:
        """What stands there in the text."""
        piece = ast.get_source_segment(self.source.python, node)
        return None if piece is None else self.source.restored(piece)

    def _uses(self, name: str) -> str:
        length, items = self.sequences[name]
        entry = f"{name}[0] to {name}[{length - 1}]"
        if items is None:
            return f"{entry}, sum({name}), min({name}), max({name}) or prod({name})"
        return f"{entry} or position({name}, {items[0]!r})"


_Inner = Callable[[ast.expr], Node]

_TRANSLATORS: dict[type[ast.expr], Callable[[Translator, Any, _Inner], Node | None]] = {
    ast.Constant: Translator.constant,
    ast.Name: Translator.name,
    ast.UnaryOp: Translator.unary,
    ast.BinOp: Translator.binary,
    ast.Compare: Translator.comparison,
    ast.BoolOp: Translator.logic,
    ast.Call: Translator.call,
    ast.Subscript: Translator.subscript,
}


def check_text_use(node: Node, text: str, *, inside_comparison: bool = False) -> None:
    """Text constants may only be compared for equality: arithmetic on them has no meaning."""
    if isinstance(node, Constant) and isinstance(node.value, str) and not inside_comparison:
        raise SpecError("text may only be compared with == or !=", key_path=text, got=node.value)
    equality = isinstance(node, Comparison) and set(node.operators) <= {"==", "!="}
    for child in children(node):
        check_text_use(child, text, inside_comparison=equality)
