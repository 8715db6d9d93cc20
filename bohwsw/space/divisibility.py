"""Products that equal a whole number: the factors chosen so far have to divide it.

With ``a * b == 65536`` bounds alone rule nothing out, as ``65536 / a`` always lies between those of
``b``; but no ``a`` is possible that does not divide 65536.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from bohwsw.space.column import Codes
from bohwsw.space.evaluation import walk_arrays
from bohwsw.space.syntax import Comparison, Logic, Name, Node, is_whole, walk
from bohwsw.space.tabulation import Leaf, Tabulated, flattened


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

    def may_divide(self, at: Mapping[int, Codes], column: int) -> npt.NDArray[np.bool_]:
        """Where it can be met, as far as the factors tell that have a value; see `can_hold`.

        True if ``column`` is no factor, or the other side is not known.
        """
        if not any(leaf.column == column for leaf in self.factors) or not all(
            leaf.column in at for leaf in self.leaves.values()
        ):
            return np.asarray(True)
        factors = (leaf.at(at[leaf.column]) for leaf in self.factors if leaf.column in at)
        arrays = {name: leaf.at(at[leaf.column]) for name, leaf in self.leaves.items()}
        with np.errstate(all="ignore"):
            number = np.asarray(walk_arrays(self.number, arrays)[0], dtype=np.float64)
            product = functools.reduce(np.multiply, factors)
            return np.asarray((number == 0.0) | (np.mod(number, product) == 0.0))


def products_of(tabulated: Tabulated) -> Iterator[Product]:
    """All such equations of a condition; none where something may be undefined."""
    if tabulated.undefined:
        return
    leaves = {f"#{k}": leaf for k, leaf in enumerate(tabulated.leaves)}

    def has_whole_values(name: Name) -> bool:
        table = leaves[name.identifier].table
        return table is not None and bool((table == np.floor(table)).all())

    for left, right in _equal_sides(tabulated.tree):
        for side, other in ((left, right), (right, left)):
            factors = flattened(side, ("*", "prod"))
            named = [leaves[f.identifier] for f in factors if isinstance(f, Name)]
            if named and all(is_whole(factor, has_whole_values) for factor in factors):
                names = (node.identifier for node in walk(other) if isinstance(node, Name))
                yield Product(tuple(named), other, {name: leaves[name] for name in names})


def _equal_sides(tree: Node) -> Iterator[tuple[Node, Node]]:
    """The sides of all equations that have to hold."""
    if isinstance(tree, Logic) and tree.operator == "and":
        for operand in tree.operands:
            yield from _equal_sides(operand)
    if isinstance(tree, Comparison):
        pairs = zip(tree.operators, pairwise(tree.operands), strict=True)
        yield from (sides for sign, sides in pairs if sign == "==")
