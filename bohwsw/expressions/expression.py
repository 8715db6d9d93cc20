"""Arithmetic and conditions as text: parsed against a whitelist, never evaluated as Python.

``mesh_x * mesh_y == 168``, ``input + weight + output <= 220``, ``dataflow == 'ws' or banks >= 4``.
Python's own parser reads the text; only what `_Translator` knows becomes the small tree of
`syntax`, everything else is refused with its position. Nothing of the text is ever executed.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bohwsw.errors import SpecError, nearest_name, unknown_name
from bohwsw.expressions.evaluation import evaluate_arrays, evaluate_scalar
from bohwsw.expressions.names import Source, source
from bohwsw.expressions.operators import BY_SYNTAX, OPERATORS, functions
from bohwsw.expressions.syntax import (
    MAX_INTEGER,
    Comparison,
    Constant,
    Logic,
    Name,
    Node,
    Operation,
    Value,
    children,
    is_condition,
    walk,
)

MAX_LENGTH = 2000
MAX_DEPTH = 64

CONDITION = "'a * b <= 8'"
"""A condition, as an example in messages."""

Sequences = Mapping[str, tuple[int, tuple[Any, ...] | None]]
"""Parameters whose values are tuples: their length and, for a permutation, the items."""


@dataclass(frozen=True)
class Expression:
    """A parsed expression."""

    text: str
    tree: Node
    names: tuple[str, ...]  # the parameters it mentions, in the order of their first mention

    @property
    def is_condition(self) -> bool:
        """Whether it is true or false, as a constraint must be."""
        return is_condition(self.tree)

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """The value of the expression, for one point or for many at once.

        Args:
            values: one entry a name; scalars (tuples for what is indexed), or NumPy arrays that
                broadcast against one another (with the entries of a tuple along one more axis, the
                last). Further entries are ignored.

        Returns:
            A Python number or bool if every used value is a scalar (integers stay exact), else a
            float64 array (bool for a condition) of the broadcast shape.

        Raises:
            SpecError: a name has no value; a division by zero, an overflow or a logarithm of a
                number that is not positive. An operand that ``and`` / ``or`` does not need to
                look at may be undefined, as in ``b == 0 or a % b == 0``.
        """
        for name in self.names:
            if name not in values:
                raise unknown_name("name in an expression", name, values).within(key_path=self.text)
        used = {name: values[name] for name in self.names}
        indexed = self._indexed
        if any(isinstance(v, np.ndarray) and v.ndim > (n in indexed) for n, v in used.items()):
            return evaluate_arrays(self.tree, self.text, used)
        plain = {n: _plain_tuple(v) if n in indexed else _plain(v) for n, v in used.items()}
        return evaluate_scalar(self.tree, self.text, plain)

    @cached_property
    def _indexed(self) -> frozenset[str]:
        """The names of which entries are taken."""
        nodes = (n for n in walk(self.tree) if isinstance(n, Name))
        return frozenset(n.identifier for n in nodes if n.index is not None)


def parse(
    text: object,
    names: Iterable[str] | None = None,
    sequences: Sequences | None = None,
    example: str = CONDITION,
    *,
    known: Iterable[str] = (),
    is_open: bool = False,
) -> Expression:
    """Read an expression.

    A name that is no identifier stands in backticks, or as it is where it is known; see
    ``bohwsw.expressions.names``.

    Args:
        text: the expression; anything but a string is refused.
        names: the names that may occur; None allows any.
        sequences: the names among them that stand for tuples.
        example: what the text could have been, for messages.
        known: names that are found as they are, whatever they look like; ``names`` are.
        is_open: whether other names may look like ``my lr`` or ``train/loss``, too.

    Raises:
        SpecError: it is not an expression, too long or too deep, uses something that is not
            whitelisted, or mentions a name that is not in ``names``.
    """
    if not isinstance(text, str):
        raise SpecError("an expression must be text", got=text, expected=f"for example {example}")
    stripped = text.strip()
    if not stripped or len(stripped) > MAX_LENGTH:
        raise SpecError(
            "an expression is empty or too long",
            got=stripped,
            expected=f"1 to {MAX_LENGTH} characters",
        )
    allowed = None if names is None else list(names)
    read = source(stripped, known if allowed is None else allowed, is_open=is_open)
    try:
        body = ast.parse(read.python, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else "it is nested too deeply"
        raise SpecError(
            f"not an expression: {reason}", got=stripped, expected=f"for example {example}"
        ) from None
    for node in ast.walk(body):
        if isinstance(node, ast.Name):
            node.id = read.name(node.id)
    tree = _Translator(stripped, sequences or {}, read).translate(body)
    _check_text_use(tree, stripped)
    mentioned = tuple(dict.fromkeys(n.identifier for n in walk(tree) if isinstance(n, Name)))
    for name in mentioned:
        if allowed is not None and name not in allowed:
            raise unknown_name("name in an expression", name, allowed).within(key_path=stripped)
    return Expression(stripped, tree, mentioned)


def _plain(value: Any) -> Value:
    """A Python scalar for a NumPy one, so that integers stay exact whatever their size."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.item()
    if value is not None and not isinstance(value, int | float | str):
        raise SpecError("a value in an expression must be a number or text", got=value)
    return value


def _plain_tuple(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return tuple(value.tolist())
    if not isinstance(value, tuple | list):
        raise SpecError("a value that is indexed in an expression must be a list", got=value)
    return tuple(_plain(item) for item in value)


def _check_text_use(node: Node, text: str, *, inside_comparison: bool = False) -> None:
    """Text constants may only be compared for equality: arithmetic on them has no meaning."""
    if isinstance(node, Constant) and isinstance(node.value, str) and not inside_comparison:
        raise SpecError("text may only be compared with == or !=", key_path=text, got=node.value)
    equality = isinstance(node, Comparison) and set(node.operators) <= {"==", "!="}
    for child in children(node):
        _check_text_use(child, text, inside_comparison=equality)


@dataclass(frozen=True)
class _Translator:
    """From Python's syntax tree to ours: the whitelist. What is not translated is refused."""

    text: str
    sequences: Sequences
    source: Source

    def translate(self, node: ast.expr, depth: int = 0) -> Node:
        """One node of Python's tree as one of ours, or a SpecError."""
        if depth > MAX_DEPTH:
            raise SpecError(
                "an expression is nested too deeply",
                got=self.text,
                expected=f"at most {MAX_DEPTH} levels",
            )
        translated = self._node(node, lambda child: self.translate(child, depth + 1))
        if translated is not None:
            return translated
        signs = [row.name for kind, row in BY_SYNTAX.items() if issubclass(kind, ast.operator)]
        raise self._error(
            "this is not allowed in an expression",
            self._piece(node) or type(node).__name__,
            f"names, numbers, {' '.join(signs)}, comparisons, and/or/not and the functions "
            + ", ".join(functions()),
        )

    def _node(self, node: ast.expr, inner: Callable[[ast.expr], Node]) -> Node | None:
        match node:
            case ast.Constant(value=bool() | str() as value):
                return Constant(value)
            case ast.Constant(value=int() as value) if abs(value) <= MAX_INTEGER:
                return Constant(value)
            case ast.Constant(value=float() as value) if math.isfinite(value):
                return Constant(value)
            case ast.Name(id=name):
                return self._name(name)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return inner(operand)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return Logic("not", (inner(operand),))
            case ast.UnaryOp(op=sign, operand=operand) if type(sign) in BY_SYNTAX:
                return Operation(BY_SYNTAX[type(sign)].name, (inner(operand),))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in BY_SYNTAX:
                return Operation(BY_SYNTAX[type(op)].name, (inner(left), inner(right)))
            case ast.Compare(left=left, ops=ops, comparators=others):
                if all(type(op) in BY_SYNTAX for op in ops):
                    signs = tuple(BY_SYNTAX[type(op)].name for op in ops)
                    return Comparison(tuple(map(inner, (left, *others))), signs)
            case ast.BoolOp(op=op, values=values):
                word = "and" if isinstance(op, ast.And) else "or"
                return Logic(word, tuple(map(inner, values)))
            case ast.Subscript(value=ast.Name(id=name)) if self.sequences:
                return self._entry(node, name)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(node, name, arguments, inner)
        return None

    def _name(self, name: str) -> Node:
        if name not in self.sequences:
            return Name(name)
        length, items = self.sequences[name]
        entry = f"{name}[0] to {name}[{length - 1}]"
        calls = [row.name for row in OPERATORS.values() if row.of_tuple]
        *most, last = [f"{function}({name})" for function in calls]
        uses = f"{entry} or position({name}, {items[0]!r})" if items else ""
        uses = uses or f"{entry}, {', '.join(most)} or {last}"
        raise self._error("the values of this parameter are tuples", name, uses)

    def _entry(self, node: ast.Subscript, name: str) -> Node:
        """``tile[0]``: a number that stands there, never a computed one."""
        if name not in self.sequences:
            raise self._error(
                "only a parameter whose values are tuples has entries",
                name,
                "one of " + ", ".join(self.sequences),
                nearest_name(name, self.sequences),
            )
        index = node.slice.value if isinstance(node.slice, ast.Constant) else None
        length, _ = self.sequences[name]
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < length:
            expected = f"{name}[0] to {name}[{length - 1}]"
            raise self._error(f"{name} has no such entry", self._piece(node), expected)
        return Name(name, index)

    def _call(
        self,
        node: ast.Call,
        function: str,
        arguments: list[ast.expr],
        inner: Callable[[ast.expr], Node],
    ) -> Node:
        row = OPERATORS.get(function)
        first = arguments[0].id if arguments and isinstance(arguments[0], ast.Name) else ""
        if self.sequences and function == "position":
            return self._position(arguments, first)
        if row is not None and row.of_tuple and first in self.sequences and len(arguments) == 1:
            length, items = self.sequences[first]
            if items is None:
                return Operation(function, tuple(Name(first, index) for index in range(length)))
        if row is None or row.syntax is not None or row.arguments is None:
            known = functions(with_tuples=bool(self.sequences))
            if function in known:
                piece = self._piece(node)
                expected = f"{function}(tile); for numbers write a * b"
                raise self._error(f"{function} takes one factorisation", piece, expected)
            raise unknown_name("function in an expression", function, known).within(
                key_path=self.text
            )
        least, most = row.arguments
        if not least <= len(arguments) <= most:
            expected = str(least) if least == most else f"{least} to {most}"
            problem = f"wrong number of arguments of {function}"
            raise self._error(problem, len(arguments), expected)
        return Operation(function, tuple(map(inner, arguments)))

    def _position(self, arguments: list[ast.expr], name: str) -> Node:
        """``position(order, 'K')``: the entry, counted from 0, that is the item."""
        items = self.sequences[name][1] if name in self.sequences else None
        if len(arguments) != 2 or items is None:
            raise self._error(
                "position takes a permutation and one of its items",
                ", ".join(ast.unparse(argument) for argument in arguments),
                "such as position(order, 'K')",
                nearest_name(name, [n for n, (_, i) in self.sequences.items() if i]),
            )
        item = arguments[1].value if isinstance(arguments[1], ast.Constant) else None
        if isinstance(item, bool) or not isinstance(item, int | str) or item not in items:
            raise self._error(
                f"{name} has no such item",
                ast.unparse(arguments[1]),
                "one of " + ", ".join(map(repr, items)),
                nearest_name(item, map(str, items)),
            )
        flags = (Comparison((Name(name, k), Constant(item)), ("==",)) for k in range(len(items)))
        return Operation("position", tuple(flags))

    def _piece(self, node: ast.expr) -> str | None:
        """What stands there in the text."""
        piece = ast.get_source_segment(self.source.python, node)
        return None if piece is None else self.source.restored(piece)

    def _error(
        self, problem: str, got: object, expected: str, nearest: str | None = None
    ) -> SpecError:
        return SpecError(problem, key_path=self.text, got=got, expected=expected, nearest=nearest)
