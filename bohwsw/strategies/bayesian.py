"""Constrained Bayesian optimisation over a discrete or mixed space.

Known constraints are met by construction; outcome constraints are modelled by their violation, and
what only the evaluator knows is learned from infeasible trials; both weight the acquisition (M. A.
Gelbart, J. Snoek and R. P. Adams, UAI 2014). The acquisition is maximised over a pool of valid
points and the neighbours of the best trials, then by climbing over valid neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from bohwsw.arrays import Values
from bohwsw.errors import SpecError, unknown_name
from bohwsw.space import Space
from bohwsw.strategies.acquisition_value import (
    ConstrainedImprovement,
    FeasibilitySearch,
    nearest_distance,
    trials_since_improvement,
)
from bohwsw.strategies.base import Rows, Strategy
from bohwsw.strategies.local_search import Score, best_of, climb
from bohwsw.strategies.outcome import Outcome
from bohwsw.strategies.posteriors import Posteriors, Surrogates
from bohwsw.surrogates import one_thread

ACQUISITIONS = ("log_ei", "lcb")
INITIAL_CANDIDATES = 16
GOOD_TRIALS = 5
"""The neighbours of this many best trials join the pool."""

STAGNATION = 20
"""Feasible trials without an improvement after which the models are no longer trusted alone."""

EXPLORATION_PERIOD = 4
"""Every fourth trial is then an exploration step."""

NEAR_ROWS = 120
"""At most this many neighbours of each."""


class BayesianStrategy(Strategy):
    """Gaussian processes, log expected improvement and probability of feasibility.

    With several objectives the expected improvement of the hypervolume.

    Args:
        n_initial: how many points, first ones included, are spread over the space before a model
            is used.
        pool: how many random valid points are scored.
        starts: from how many of the best of them the climb starts.
        acquisition: ``log_ei`` or ``lcb`` (one objective only).
        kappa: exploration of ``lcb``.
        caution: points that are less probably feasible than this, by what infeasible trials have
            taught, are suggested only if there are no others; 0 weighs them by their probability
            alone. Outcome constraints that are measured are not concerned.
        prior_means: for objectives by name, the feature of the space that they follow before
            anything is known, up to a constant: one more of it, one more of the objective. The
            models are of the difference.
        **common: as for every strategy, see `Strategy`.

    Raises:
        SpecError: an option is out of its range.
    """

    def __init__(
        self,
        space: Space,
        seed: int = 0,
        *,
        n_initial: int = 10,
        pool: int = 1000,
        starts: int = 4,
        acquisition: str = "log_ei",
        kappa: float = 1.0,
        caution: float = 0.7,
        prior_means: Mapping[str, str] = MappingProxyType({}),
        **common: Any,
    ) -> None:
        super().__init__(space, seed, **common)
        if acquisition not in ACQUISITIONS:
            raise unknown_name("acquisition", acquisition, ACQUISITIONS)
        if acquisition == "lcb" and len(self.goals.objectives) > 1:
            raise SpecError(
                "lcb knows one objective only", got=list(self.goals.objectives), expected="log_ei"
            )
        counts = {"n_initial": n_initial, "pool": pool, "starts": starts}
        if min(counts.values()) < 1 or not kappa >= 0.0 or not 0.0 <= caution < 1.0:
            raise SpecError(
                "an option of the Bayesian strategy is out of its range",
                got={**counts, "kappa": kappa, "caution": caution},
                expected="counts at least 1, kappa not negative, caution from 0 to below 1",
            )
        self.n_initial = n_initial
        self.pool = pool
        self.starts = starts
        self.acquisition = acquisition
        self.kappa = kappa
        self.caution = caution
        self.prior_means = dict(prior_means)
        for name, feature in prior_means.items():
            if name not in self.goals.objectives:
                raise unknown_name("objective", name, self.goals.objectives)
            space.feature(np.zeros((0, space.width)), feature)  # raises if there is none
        self.surrogates = Surrogates(
            self.goals,
            space.encoding_groups,
            {name: partial(space.feature, name=feature) for name, feature in prior_means.items()},
        )
        self._known: list[Values] = []

    def tell(self, point: Mapping[str, Any], outcome: Outcome) -> None:
        """Report what came of a point; see `Strategy.tell`."""
        super().tell(point, outcome)
        x = self.space.encode_rows(self._told_rows[-1][None, :])[0]
        self._known.append(x)
        self.surrogates.tell(self._history[-1], x)

    # -- suggesting ----------------------------------------------------------------------------

    def _suggest(self, rng: np.random.Generator) -> Rows:
        begun = len(self._history) + len(self._pending)
        if begun < self.n_initial or not self.surrogates.has_learned:
            return self._spread(rng)
        with one_thread():
            return self._most_promising(rng)

    def _most_promising(self, rng: np.random.Generator) -> Rows:
        """The row with the highest acquisition that pool and climb find."""
        posteriors = self.posteriors()
        fresh = self._fresh_rows(self.pool, rng)
        if self._is_exploration_due(posteriors):
            return self._exploration_step(fresh, posteriors, rng)
        best = [self._told_rows[index] for index in self._completed_order()[:GOOD_TRIALS]]
        near = [self._some_neighbours(row, rng) for row in best]
        score = self._score(posteriors)
        starts, scores = best_of(self._free(np.concatenate([*near, fresh])), score, self.starts)
        row, _ = climb(self.space, starts, scores, score, self._is_taken, rng)
        return row

    def _is_exploration_due(self, posteriors: Posteriors) -> bool:
        """Whether the models have had their chances, and it is the turn of chance."""
        if len(posteriors.objectives) != 1 or not len(posteriors.observed):
            return False
        begun = len(self._history) + len(self._pending)
        waited = trials_since_improvement(posteriors.observed[:, 0])
        return begun % EXPLORATION_PERIOD == 0 and waited >= STAGNATION

    def _exploration_step(
        self, rows: Rows, posteriors: Posteriors, rng: np.random.Generator
    ) -> Rows:
        """Any of some rows that are probably feasible, whatever the model of the objective says."""
        probability = np.exp(posteriors.log_feasible(self.space.encode_rows(rows)))
        probable = np.flatnonzero(probability >= min(self.caution, float(probability.max())))
        chosen: Rows = rows[rng.choice(probable)]
        return chosen

    def _some_neighbours(self, row: Rows, rng: np.random.Generator) -> Rows:
        rows = self.space.neighbour_rows(row)
        if len(rows) <= NEAR_ROWS:
            return rows
        return rows[rng.choice(len(rows), size=NEAR_ROWS, replace=False)]

    def _spread(self, rng: np.random.Generator) -> Rows:
        """The farthest of a few random valid points from all points so far.

        Best-candidate sampling (D. P. Mitchell, "Spectrally optimal sampling for distribution ray
        tracing", 1991). Choosing among many more would prefer the corners of the space, where
        designs are infeasible more often than elsewhere.
        """
        rows = self._fresh_rows(INITIAL_CANDIDATES, rng)
        known = self._known_encoded()
        farthest: Rows = rows[int(np.argmax(nearest_distance(self.space.encode_rows(rows), known)))]
        return farthest

    def _known_encoded(self) -> Values:
        pending = self.space.encode_rows(self._pending_rows())
        return np.concatenate([np.array(self._known).reshape(-1, self.space.width), pending])

    # -- scoring -------------------------------------------------------------------------------

    def posteriors(self) -> Posteriors:
        """The models of all trials so far; see `Posteriors`."""
        return self.surrogates.posteriors(self.space.encode_rows(self._pending_rows()))

    def _score(self, posteriors: Posteriors) -> Score:
        """The function that is maximised."""
        known = self._known_encoded()
        if not len(posteriors.observed):
            return FeasibilitySearch(self.space, posteriors, known)
        kappa = self.kappa if self.acquisition == "lcb" else None
        return ConstrainedImprovement(self.space, posteriors, self.caution, kappa, known)
