"""Arithmetic and conditions as text: parsed against a whitelist, never evaluated as Python.

``mesh_x * mesh_y == 168``, ``input + weight + output <= 220``, ``dataflow == 'ws' or banks >= 4``.
Python's own parser reads the text; only the node types of `translate` become the small tree of
`syntax`, everything else is refused with its position. Nothing of the text is ever executed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from bohwsw.errors import SpecError, unknown_name
from bohwsw.space.evaluate_arrays import evaluate_arrays
from bohwsw.space.evaluate_scalar import evaluate_scalar
from bohwsw.space.names import source
from bohwsw.space.syntax import CONDITION, Name, Node, Value, is_condition, walk
from bohwsw.space.translate import Sequences, Translator, check_text_use

MAX_LENGTH = 2000


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
    ``bohwsw.space.names``.

    Args:
        text: the expression; anything but a string is refused.
        names: the names that may occur; None allows any.
        sequences: the names among them that stand for tuples, with the length of the tuple and,
            for a permutation, its items.
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
    tree = Translator(stripped, sequences or {}, read).translate(body)
    check_text_use(tree, stripped)
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
