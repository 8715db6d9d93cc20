"""Products that equal a whole number: the factors chosen so far have to divide it.

With ``a * b == 65536`` bounds alone rule nothing out, as ``65536 / a`` always lies between those of
``b``; but no ``a`` is possible that does not divide 65536.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bohwsw.space.column import Codes
from bohwsw.space.evaluate_arrays import walk_arrays
from bohwsw.space.lowering import Leaf, Lowered
from bohwsw.space.syntax import Binary, Call, Comparison, Constant, Logic, Name, Node, children

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Product:
    """An equation that has to hold, with a product of whole numbers on one side.

    Attributes:
        factors: the leaves that are factors; there may be other factors beside them.
        number: the other side.
        leaves: the leaves of the other side by name.
    """

    factors: tuple[Leaf, ...]
    number: Node
    leaves: dict[str, Leaf]

    def may_divide(self, rows: Codes, known: Sequence[int], column: int, codes: Codes) -> Flags:
        """Whether partial rows can meet it with each code of one more column.

        Args:
            rows: ``[n, n_columns]``.
            known: the columns that have a value.
            column: the next one.
            codes: ``[m]``.

        Returns:
            bool ``[n, m]``, or what broadcasts to it; true wherever the other side is not known.
        """
        chosen = {*known, column}
        if not any(leaf.column == column for leaf in self.factors) or not all(
            leaf.column in known for leaf in self.leaves.values()
        ):
            return np.ones((1, 1), dtype=bool)
        product: npt.NDArray[np.float64] = np.ones((1, 1))
        for leaf in self.factors:
            if leaf.column in chosen:
                at = codes[None, :] if leaf.column == column else rows[:, leaf.column][:, None]
                product = product * leaf.at(at)
        arrays = {
            name: leaf.at(rows[:, leaf.column])[:, None] for name, leaf in self.leaves.items()
        }
        with np.errstate(all="ignore"):
            number = np.asarray(walk_arrays(self.number, arrays, frozenset())[0], dtype=np.float64)
            return np.asarray((number == 0.0) | (np.mod(number, product) == 0.0))


def products_of(lowered: Lowered) -> Iterator[Product]:
    """All such equations of a condition; none where something may be undefined."""
    if lowered.undefined:
        return
    leaves = {f"#{k}": leaf for k, leaf in enumerate(lowered.leaves)}
    for left, right in _equal_sides(lowered.tree):
        for side, other in ((left, right), (right, left)):
            factors = list(_factors(side))
            plain = [leaves[f.identifier] for f in factors if isinstance(f, Name)]
            if plain and all(_is_whole(factor, leaves) for factor in factors):
                yield Product(tuple(plain), other, {name: leaves[name] for name in _names(other)})


def _equal_sides(tree: Node) -> Iterator[tuple[Node, Node]]:
    """The sides of all equations that have to hold."""
    if isinstance(tree, Logic) and tree.operator == "and":
        for operand in tree.operands:
            yield from _equal_sides(operand)
    if isinstance(tree, Comparison):
        sides = itertools.pairwise(tree.operands)
        yield from (pair for pair, sign in zip(sides, tree.operators, strict=True) if sign == "==")


def _factors(node: Node) -> Iterator[Node]:
    if isinstance(node, Binary) and node.operator == "*":
        yield from _factors(node.left)
        yield from _factors(node.right)
    elif isinstance(node, Call) and node.function == "prod":
        for argument in node.arguments:
            yield from _factors(argument)
    else:
        yield node


def _names(node: Node) -> Iterator[str]:
    if isinstance(node, Name):
        yield node.identifier
    for child in children(node):
        yield from _names(child)


def _is_whole(node: Node, leaves: dict[str, Leaf]) -> bool:
    """Whether a factor is always a whole number."""
    if isinstance(node, Constant):
        return isinstance(node.value, int)
    if isinstance(node, Name):
        table = leaves[node.identifier].table
        return table is not None and bool((table == np.floor(table)).all())
    if isinstance(node, Binary) and node.operator in "+-*":
        return _is_whole(node.left, leaves) and _is_whole(node.right, leaves)
    return (
        isinstance(node, Call)
        and node.function in ("sum", "prod", "min", "max", "abs")
        and all(_is_whole(argument, leaves) for argument in node.arguments)
    )
