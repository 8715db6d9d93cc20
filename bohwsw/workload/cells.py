"""What a model sees of a cell: what lies on its paths, rather than what stands at which edge.

In a cell whose edges carry operators (X. Dong and Y. Yang, "NAS-Bench-201", ICLR 2020; DARTS) an
edge that no path from input to output uses does nothing, an identity changes nothing, and cells
with the same paths are the same network. Encodings by paths are those of C. White, W. Neiswanger
and Y. Savani, "BANANAS: Bayesian Optimization with Neural Architectures for Neural Architecture
Search", AAAI 2021; these are their sums and extremes, which fewer observations suffice for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.arrays import Values
from bohwsw.errors import SpecError
from bohwsw.space import Features

Edges = Mapping[str, tuple[int, int]]


def cell_features(
    edges: Edges, operators: Sequence[Any], *, absent: Any = None, identity: Any = None
) -> Features:
    """Features of a space whose parameters are the operators at the edges of a cell.

    Of each operator how many lie on paths, and the most on one path; how many paths there are, and
    the operators of the longest and the shortest. They share a length-scale: what is not seen of
    one operator is as uncertain as what is known of the others.

    Args:
        edges: for each parameter the nodes that it joins, numbered from the input, 0, to the
            output, the last; each edge leads to a higher number.
        operators: the values of these parameters.
        absent: the operator that is no edge at all.
        identity: the one that hands on what it gets.

    Raises:
        SpecError: an edge does not lead onwards, or no path leads to the output.
    """
    for name, (here, there) in edges.items():
        if not 0 <= here < there:
            expected = "two nodes, the second with the higher number"
            raise SpecError("not an edge", key_path=name, got=(here, there), expected=expected)
    paths = _paths(edges, 0, max((there for _, there in edges.values()), default=1))
    if not paths:
        raise SpecError("no path from node 0 to the last", got=dict(edges), expected="a cell")
    kinds = [operator for operator in operators if operator != absent]
    active = [operator for operator in kinds if operator != identity]
    names = [f"{kind} on paths" for kind in kinds] + [f"most {kind} on a path" for kind in active]
    function = partial(_features, paths, kinds, active, absent)
    return Features(function, [*names, "paths", "longest path", "shortest path"], together=True)


def _paths(edges: Edges, node: int, last: int) -> list[tuple[str, ...]]:
    """All ways from a node to the last, as names of edges."""
    if node == last:
        return [()]
    onwards = ((name, there) for name, (here, there) in edges.items() if here == node)
    return [(name, *rest) for name, there in onwards for rest in _paths(edges, there, last)]


def _features(
    paths: Sequence[tuple[str, ...]],
    kinds: Sequence[Any],
    active: Sequence[Any],
    absent: Any,
    columns: Mapping[str, npt.NDArray[Any]],
) -> Values:
    """Features ``[n, n_features]`` of points, given as a column of values a parameter."""
    n = len(next(iter(columns.values())))
    used = {name: np.zeros(n, dtype=bool) for path in paths for name in path}
    most = {kind: np.zeros(n) for kind in active}
    count, longest, shortest = np.zeros(n), np.zeros(n), np.full(n, float(len(used)))
    for path in paths:
        whole = np.all([columns[name] != absent for name in path], axis=0)
        count += whole
        length = np.zeros(n)
        for kind in active:
            own = np.sum([columns[name] == kind for name in path], axis=0)
            most[kind] = np.maximum(most[kind], own * whole)
            length += own
        longest = np.maximum(longest, length * whole)
        shortest = np.where(whole, np.minimum(shortest, length), shortest)
        for name in path:
            used[name] |= whole
    on_paths = [sum((columns[e] == kind) & used[e] for e in used) for kind in kinds]
    return np.stack([*on_paths, *most.values(), count, longest, shortest], axis=1).astype(float)
