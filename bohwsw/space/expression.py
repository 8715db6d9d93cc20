"""Arithmetic and conditions as text: parsed against a whitelist, never evaluated as Python.

``mesh_x * mesh_y == 168``, ``input + weight + output <= 220``, ``dataflow == 'ws' or banks >= 4``.
Python's own parser reads the text; only the node types below are translated into the small tree
of `syntax`, everything else is refused with its position. Nothing of the text is ever executed.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bohwsw.errors import SpecError, unknown_name
from bohwsw.space.evaluate_arrays import evaluate_arrays
from bohwsw.space.evaluate_scalar import evaluate_scalar
from bohwsw.space.syntax import (
    FUNCTIONS,
    Binary,
    Call,
    Comparison,
    Constant,
    Logic,
    Name,
    Node,
    Scalar,
    Unary,
    children,
    is_condition,
    walk,
)

MAX_LENGTH = 2000
MAX_DEPTH = 64
MAX_INTEGER = 2**53
"""Beyond it float64, in which batches are evaluated, no longer holds every integer."""

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
class Expression:
    """A parsed expression.

    Attributes:
        text: as it was written.
        tree: what it means.
        names: the parameters it mentions, in the order of their first mention.
    """

    text: str
    tree: Node
    names: tuple[str, ...]

    @property
    def is_condition(self) -> bool:
        """Whether it answers yes or no, as a constraint must."""
        return is_condition(self.tree)

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """The value of the expression, for one point or for many at once.

        Args:
            values: one entry a name; scalars, or NumPy arrays that broadcast against one another.
                Further entries are ignored.

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
        if any(isinstance(value, np.ndarray) and value.ndim for value in used.values()):
            return evaluate_arrays(self.tree, self.text, used)
        plain = {name: _plain(value) for name, value in used.items()}
        return evaluate_scalar(self.tree, self.text, plain)


def parse(text: object, names: Iterable[str] | None = None) -> Expression:
    """Read an expression.

    Args:
        text: the expression; anything but a string is refused.
        names: the names that may occur; None allows any.

    Raises:
        SpecError: it is not an expression, too long or too deep, uses something that is not
            whitelisted, or mentions a name that is not in ``names``.
    """
    if not isinstance(text, str):
        raise SpecError("an expression must be text", got=text, expected="for example 'a * b <= 8'")
    stripped = text.strip()
    if not stripped or len(stripped) > MAX_LENGTH:
        raise SpecError(
            "an expression is empty or too long",
            got=stripped,
            expected=f"1 to {MAX_LENGTH} characters",
        )
    try:
        body = ast.parse(stripped, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else "it is nested too deeply"
        raise SpecError(
            f"not an expression: {reason}", got=stripped, expected="for example 'a * b <= 8'"
        ) from None
    tree = _translate(body, stripped, 0)
    _check_text_use(tree, stripped, inside_comparison=False)
    mentioned = tuple(dict.fromkeys(n.identifier for n in walk(tree) if isinstance(n, Name)))
    if names is not None:
        known = list(names)
        for name in mentioned:
            if name not in known:
                raise unknown_name("name in an expression", name, known).within(key_path=stripped)
    return Expression(stripped, tree, mentioned)


def _translate(node: ast.expr, text: str, depth: int) -> Node:
    """One node of Python's tree as one of ours, or a refusal."""
    if depth > MAX_DEPTH:
        raise SpecError(
            "an expression is nested too deeply", got=text, expected=f"at most {MAX_DEPTH} levels"
        )

    def inner(child: ast.expr) -> Node:
        return _translate(child, text, depth + 1)

    translator = _TRANSLATORS.get(type(node))
    translated = translator(node, text, inner) if translator else None
    if translated is None:
        piece = ast.get_source_segment(text, node) or type(node).__name__
        raise SpecError(
            "this is not allowed in an expression", key_path=text, got=piece, expected=_ALLOWED
        )
    return translated


_Inner = Callable[[ast.expr], Node]


def _constant(node: Any, text: str, inner: _Inner) -> Node | None:
    value = node.value
    if isinstance(value, bool | str):
        return Constant(value)
    if isinstance(value, int) and abs(value) <= MAX_INTEGER:
        return Constant(value)
    if isinstance(value, float) and math.isfinite(value):
        return Constant(value)
    return None


def _name(node: Any, text: str, inner: _Inner) -> Node | None:
    return Name(node.id)


def _unary(node: Any, text: str, inner: _Inner) -> Node | None:
    if isinstance(node.op, ast.USub):
        return Unary("-", inner(node.operand))
    if isinstance(node.op, ast.UAdd):
        return inner(node.operand)
    return Unary("not", inner(node.operand)) if isinstance(node.op, ast.Not) else None


def _binary(node: Any, text: str, inner: _Inner) -> Node | None:
    operator = _BINARY.get(type(node.op))
    return Binary(operator, inner(node.left), inner(node.right)) if operator else None


def _comparison(node: Any, text: str, inner: _Inner) -> Node | None:
    operators = tuple(_COMPARE.get(type(op), "") for op in node.ops)
    if "" in operators:
        return None
    return Comparison(tuple(inner(child) for child in (node.left, *node.comparators)), operators)


def _logic(node: Any, text: str, inner: _Inner) -> Node | None:
    operator = "and" if isinstance(node.op, ast.And) else "or"
    return Logic(operator, tuple(inner(child) for child in node.values))


def _call(node: Any, text: str, inner: _Inner) -> Node | None:
    if not isinstance(node.func, ast.Name) or node.keywords:
        return None
    function = node.func.id
    if function not in FUNCTIONS:
        raise unknown_name("function in an expression", function, FUNCTIONS).within(key_path=text)
    least, most = FUNCTIONS[function]
    if not least <= len(node.args) <= most:
        raise SpecError(
            f"wrong number of arguments of {function}",
            key_path=text,
            got=len(node.args),
            expected=str(least) if least == most else f"{least} to {most}",
        )
    return Call(function, tuple(inner(child) for child in node.args))


_TRANSLATORS: dict[type[ast.expr], Callable[[Any, str, _Inner], Node | None]] = {
    ast.Constant: _constant,
    ast.Name: _name,
    ast.UnaryOp: _unary,
    ast.BinOp: _binary,
    ast.Compare: _comparison,
    ast.BoolOp: _logic,
    ast.Call: _call,
}


def _check_text_use(node: Node, text: str, *, inside_comparison: bool) -> None:
    """Text constants may only be compared for equality: arithmetic on them has no meaning."""
    if isinstance(node, Constant) and isinstance(node.value, str) and not inside_comparison:
        raise SpecError("text may only be compared with == or !=", key_path=text, got=node.value)
    equality = isinstance(node, Comparison) and set(node.operators) <= {"==", "!="}
    for child in children(node):
        _check_text_use(child, text, inside_comparison=equality)


def _plain(value: Any) -> Scalar:
    """A Python scalar for a NumPy one, so that integers stay exact whatever their size."""
    if isinstance(value, np.generic | np.ndarray):
        value = value.item()
    if not isinstance(value, int | float | str):
        raise SpecError("a value in an expression must be a number or text", got=value)
    return value
