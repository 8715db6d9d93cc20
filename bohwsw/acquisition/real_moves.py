"""Sizes changed and reals moved along, to where models foretell the best design within its limits.

Where several told limits are active a size that changes by itself breaks one of them, and so does a
real: only together do they lead anywhere. Here a few sizes are changed first, and the reals follow
by sequential quadratic programming (J. Nocedal and S. J. Wright, "Numerical Optimization", 2006,
chapter 18) on the means of the models, all designs at once: limits that are near are kept by a
quadratic penalty, which has a solution in closed form whatever they ask for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from bohwsw.acquisition.local_search import joint_moves
from bohwsw.arrays import Indices, Values
from bohwsw.space import Real, Space

Rows = npt.NDArray[np.int32]

DESIGNS = 48
"""Changes of sizes after which reals are moved, a random part of them where there are more."""

PAIRS = 60
"""Random pairs of moves of a design, of which those that leave the reals alone count."""

ROUNDS, SETTLING = 3, 6
"""Models are made linear so many times, and each time limits join or leave so often."""

STEP, REACH = 2.0**-10, 0.2
"""Of a difference quotient, and how far a real moves in one round at most; shares of its range."""

PENALTY = 100.0
"""Of a limit, relative to the curvature by which the objective alone would move reals by 0.1."""


class Model(Protocol):
    """A posterior of encoded points ``[n, width]``."""

    def predict(self, x: Values) -> tuple[Values, Values]:
        """Means and variances ``[n]``."""

    def predict_mean(self, x: Values) -> Values:
        """The means alone ``[n]``."""


def first_of_sizes(space: Space, rows: Sequence[Rows]) -> list[Rows]:
    """Of rows ``[d]`` that differ in their reals alone the first, in their order."""
    reals, found = _reals(space), dict[bytes, Rows]()
    for row in rows:
        found.setdefault(np.delete(row, reals).tobytes(), row)
    return list(found.values())


def resized(
    space: Space,
    rows: Sequence[Rows],
    objective: Model,
    limits: Sequence[Model],
    rng: np.random.Generator,
) -> Rows:
    """Valid rows ``[n, d]``, one or two moves of sizes away from some, each with its best reals.

    Args:
        space: of the rows; none are found where it has no reals.
        rows: valid ones ``[d]``, which are among those whose reals are moved.
        objective: to be minimised.
        limits: 0 or less is met, by a standard deviation where the reals were, if there is room.
        rng: picks `DESIGNS` of them where there are more.
    """
    reals, ends = _reals(space), float(2**30)
    designs = _changed_sizes(space, rows, reals, rng)
    margin = np.zeros(0)
    for _ in range(ROUNDS if len(designs) else 0):
        share = designs[:, reals] / ends
        step = np.where(share > 0.5, -STEP, STEP)
        probes = np.repeat(designs[:, None, :], 1 + len(reals), axis=1)
        for k, column in enumerate(reals):
            probes[:, k + 1, column] = np.rint((share[:, k] + step[:, k]) * ends)
        x = space.encode_rows(probes.reshape(-1, space.n_columns))
        values = [model.predict_mean(x).reshape(len(share), -1) for model in (objective, *limits)]
        seen = np.stack(values, axis=1)  # [n, 1 + limits, 1 + reals]
        if not margin.size:
            here = x[:: 1 + len(reals)]
            margin = np.sqrt(np.stack([model.predict(here)[1] for model in limits], axis=1))
        slopes = (seen[:, :, 1:] - seen[:, :, :1]) / step[:, None, :]
        move = _least_within(slopes[:, 0], slopes[:, 1:], seen[:, 1:, 0] + margin)
        designs[:, reals] = np.rint(np.clip(share + move, 0.0, 1.0) * ends)
    return designs


def _changed_sizes(
    space: Space, rows: Sequence[Rows], reals: Indices, rng: np.random.Generator
) -> Rows:
    """Rows themselves and valid ones ``[n, d]`` of their reals, one or two moves away."""
    own = np.array(rows if len(reals) else [], np.int32).reshape(-1, space.n_columns)
    found = [own[:0]]
    for row in own:
        moves = space.neighbour_rows(row), joint_moves(space, row, PAIRS, rng)
        near = np.concatenate(moves)
        found.append(near[(near[:, reals] == row[reals]).all(axis=1)])
    others = np.unique(np.concatenate(found), axis=0)
    return np.concatenate([own, others[rng.permutation(len(others))[:DESIGNS]]])


def _least_within(slope: Values, limits: Values, excess: Values) -> Values:
    """Moves ``[n, r]`` that lower a linear objective and keep linear limits, by `REACH` at most.

    ``slope [n, r]`` of the objective, ``limits [n, m, r]`` those of the limits, ``excess [n, m]``
    by which these are broken without a move.
    """
    stiff = np.linalg.norm(slope, axis=1) / 0.1 + 1e-9
    weight = PENALTY * stiff[:, None] / ((limits**2).sum(axis=2) + 1e-12)
    active, move = excess > 0.0, np.zeros_like(slope)
    for _ in range(SETTLING):
        weighted = (weight * active)[:, :, None] * limits
        curve = np.einsum("nmi,nmj->nij", weighted, limits)
        curve += stiff[:, None, None] * np.eye(slope.shape[1])
        pull = -slope - np.einsum("nmi,nm->ni", weighted, excess)
        move = np.clip(np.linalg.solve(curve, pull[:, :, None])[:, :, 0], -REACH, REACH)
        active = excess + np.einsum("nmi,ni->nm", limits, move) > -1e-6
    return move


def _reals(space: Space) -> Indices:
    """The columns of a row that are reals which no known constraint and no condition ties."""
    tied = {name for group in space.groups if len(group) > 1 for name in group}
    tied |= {name for constraint in space.constraints for name in constraint.names}
    places = np.cumsum([0, *(p.n_columns for p in space.parameters)])
    free = [isinstance(p, Real) and p.low < p.high and p.name not in tied for p in space.parameters]
    return np.asarray(places[:-1][free], dtype=np.intp)
