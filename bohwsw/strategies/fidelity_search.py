"""Which design comes next, and at which fidelity."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from bohwsw.acquisition import Score, climbed, non_dominated
from bohwsw.arrays import Values
from bohwsw.space import Space
from bohwsw.strategies.acquisition_value import nearest_distance
from bohwsw.strategies.base import Rows
from bohwsw.strategies.fidelity import SpaceFidelity
from bohwsw.strategies.fidelity_score import FeasibilityAtTarget, FidelityScore
from bohwsw.strategies.posteriors import Posteriors

PROMISING = 16
"""Designs of which every fidelity is looked at: so many as improve most on what was seen at the
target, and so many as improve most on what is predicted there."""

FIRST_AT_TARGET = 4
"""Of the first points every so manieth is at the target."""

MOST_WAITED = 3.0
"""So many times the cost of the target may go into lower fidelities before one is at the target."""

MOST_CLIMBED = 1200


@dataclass(frozen=True)
class FidelitySearch:
    """Chooses rows of a space with fidelities."""

    space: Space
    fidelity: SpaceFidelity

    def first(self, rows: Rows, begun: int, known: Values, rng: np.random.Generator) -> Rows:
        """Of some free rows the one farthest from all known points, as designs.

        Every fourth first point is at the target; the others are at cheap fidelities, chosen with
        probabilities that fall as their costs rise.
        """
        target = self.fidelity.encoded_at_target
        distance = nearest_distance(target(self.space.encode_rows(rows)), target(known))
        for place in np.argsort(-distance, kind="stable"):
            row: Rows = rows[place]
            if begun % FIRST_AT_TARGET == 0:
                moved = self._valid(self.fidelity.projected(row[None, :]))
            else:
                moved = self._valid(self.fidelity.variants(row))
                moved = moved[~self.fidelity.at_target(moved)]
            if len(moved):
                weight = 1.0 / self.fidelity.cost(moved)
                return np.asarray(moved[rng.choice(len(moved), p=weight / weight.sum())])
        return np.asarray(rows[int(np.argmax(distance))])

    def next(
        self,
        posteriors: Posteriors,
        rows: Rows,
        known: Values,
        is_taken: Callable[[Rows], bool],
        caution: float,
        starts: int,
        waited: float,
        rng: np.random.Generator,
    ) -> Rows | None:
        """The row of the highest value for its cost that pool and climb find; None: there is none.

        Args:
            posteriors: models of all trials.
            rows: free ones, at any fidelities.
            known: encoded points ``[n, width]`` of trials and pending ones.
            is_taken: which rows may not be returned.
            caution: of hidden feasibility.
            starts: from how many rows the climb starts.
            waited: what was spent since the last trial at the target.
            rng: the only source of chance.
        """
        designs = np.unique(self.fidelity.projected(rows), axis=0)
        score: Score = FeasibilityAtTarget(self.space, posteriors, self.fidelity, known)
        gain = None
        if posteriors.objectives:
            gain = FidelityScore(self.space, posteriors, self.fidelity, known, caution)
        if gain is not None and gain.has_feasible:
            score, promises = gain, gain.promises(designs)
        else:
            promises = score(designs, np.full(len(designs), -np.inf))[None, :]
        some = [designs[np.argsort(-each, kind="stable")[: 4 * PROMISING]] for each in promises]
        valid = [self._valid(each) for each in some]
        # Where the target is not in the space at all, what can be learned of it elsewhere counts.
        kept = [
            v[:PROMISING] if len(v) else s[:PROMISING] for v, s in zip(valid, some, strict=True)
        ]
        designs = np.unique(np.concatenate(kept), axis=0)
        must = waited >= MOST_WAITED * float(np.median(self.fidelity.cost(designs)))
        each = [self.fidelity.variants(row) for row in designs]
        near = self._valid(np.unique(np.concatenate(each), axis=0))
        near = near[[not is_taken(row) for row in near]] if len(near) else near
        if must and len(near):
            final = near[self.fidelity.at_target(near)]
            near, score = (final, self._held(score)) if len(final) else (near, score)
        if not len(near):
            return None
        return climbed(self.space, near, score, starts, is_taken, rng, MOST_CLIMBED)

    def _held(self, score: Score) -> Score:
        """The score of rows at the target, of others minus infinity."""

        def held(rows: Rows, floor: Values) -> Values:
            final = self.fidelity.at_target(rows)
            value = np.full(len(rows), -np.inf)
            if final.any():
                value[final] = score(rows[final], floor[final])
            return value

        return held

    def _valid(self, rows: Rows) -> Rows:
        """Those that are in the space; all are, unless constraints tie a fidelity."""
        names = {parameter.name for parameter in self.fidelity.parameters}
        tied = [group for group in self.space.groups if len(group) > 1]
        tied += [constraint.names for constraint in self.space.constraints]
        if not any(names & set(group) for group in tied) or not len(rows):
            return rows
        return rows[[not self.space.violations(self.space.point(row)) for row in rows]]


@dataclass(frozen=True)
class Recommendation:
    """A design that the models believe to be the best, or on the Pareto front, at the target."""

    row: Rows  # its codes, at the target
    objectives: Values  # predicted values ``[n_objectives]``, minimised, as the models see them
    is_measured: bool  # whether a trial was there


def recommended(
    space: Space,
    fidelity: SpaceFidelity | None,
    posteriors: Posteriors,
    rows: Sequence[Rows],
) -> list[Recommendation]:
    """The best of the designs that were tried at any fidelity, by their predictions at the target.

    Without fidelities all of them count as feasible.

    Args:
        space: encodes the rows.
        fidelity: says where the target is.
        posteriors: models of all trials.
        rows: of trials.
    """
    if not rows or not posteriors.objectives:
        return []
    told = np.array(rows)
    designs = np.unique(told if fidelity is None else fidelity.projected(told), axis=0)
    if fidelity is not None:
        designs = FidelitySearch(space, fidelity)._valid(designs)
    if not len(designs):
        return []
    x = space.encode_rows(designs)
    feasible = np.ones(len(x)) if fidelity is None else np.exp(posteriors.log_feasible(x))
    kept = np.flatnonzero(feasible >= min(0.5, float(feasible.max())))
    mean = posteriors.predict(x[kept])[0]
    front = np.flatnonzero(non_dominated(mean))
    tried = {row.tobytes() for row in told}
    return [
        Recommendation(designs[kept[k]], mean[k], designs[kept[k]].tobytes() in tried)
        for k in front[np.argsort(mean[front, 0], kind="stable")]
    ]
