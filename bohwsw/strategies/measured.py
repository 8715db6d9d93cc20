"""Expressions of measured values, whose names are only known when something is measured.

``-train/loss`` speaks of ``train/loss`` where a trial measures that, and of a quotient where it
measures ``train`` and ``loss``: a text is read anew for every set of names that trials report.
Where none of its names is known yet, words that are joined without spaces are one name, as in Ax.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from bohwsw.errors import SpecError
from bohwsw.space import Expression, checked
from bohwsw.space.syntax import Comparison, Name, Node, walk

CONSTRAINT = "one comparison of measured values, such as 'area_mm2 <= 12'"
Sides = tuple[Expression, Expression]


def of_measured(text: str, example: str, measured: Iterable[str] = ()) -> Expression:
    """Read an expression of measured values.

    Args:
        text: as it was written.
        example: what it could have been, for messages.
        measured: the names that there are.

    Raises:
        SpecError: it is not an expression.
    """
    return _read(text, example, frozenset(measured))


def sides(text: object, measured: Iterable[str] = ()) -> Sides:
    """The side of an outcome constraint that must not exceed the other, and the other.

    Raises:
        SpecError: it is no comparison of measured values.
    """
    if not isinstance(text, str):
        raise SpecError("not an outcome constraint", got=text, expected=CONSTRAINT)
    return _sides(text, frozenset(measured))


@lru_cache(maxsize=512)
def _read(text: str, example: str, measured: frozenset[str]) -> Expression:
    return checked(text, None, example, known=sorted(measured), is_open=True)


@lru_cache(maxsize=512)
def _sides(text: str, measured: frozenset[str]) -> Sides:
    expression = of_measured(text, "'area_mm2 <= 12'", measured)
    tree = expression.tree
    if (
        not isinstance(tree, Comparison)
        or len(tree.operators) != 1
        or tree.operators[0] not in ("<", "<=", ">", ">=")
        or not expression.names
    ):
        raise SpecError("not an outcome constraint", got=expression.text, expected=CONSTRAINT)
    left, right = (
        Expression(expression.text, operand, _names(operand)) for operand in tree.operands
    )
    return (left, right) if tree.operators[0] in ("<", "<=") else (right, left)


def _names(node: Node) -> tuple[str, ...]:
    return tuple(dict.fromkeys(n.identifier for n in walk(node) if isinstance(n, Name)))
