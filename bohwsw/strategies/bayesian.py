"""Constrained Bayesian optimisation over a discrete space.

Known constraints are met by construction; unknown ones are learned from infeasible trials and
weight the acquisition (Gelbart, Snoek and Adams, UAI 2014). The acquisition is maximised over a
pool of valid points and the neighbours of the best trials, then by climbing over valid neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.acquisition.feasibility_weighted import feasibility_weighted
from bohwsw.acquisition.log_expected_improvement import log_expected_improvement
from bohwsw.acquisition.lower_confidence_bound import log_optimistic_gain
from bohwsw.errors import SpecError, unknown_name
from bohwsw.space import Space
from bohwsw.strategies.base import Outcome, Rows, Strategy, TrialState
from bohwsw.strategies.local_search import Score, climb
from bohwsw.strategies.warm_starts import WarmStarts
from bohwsw.surrogates.feasibility import FeasibilityClassifier
from bohwsw.surrogates.gp import GaussianProcess
from bohwsw.surrogates.kernel import Hyperparameters
from bohwsw.surrogates.outcomes import tamed
from bohwsw.surrogates.threads import one_thread

Values = npt.NDArray[np.float64]

ACQUISITIONS = ("log_ei", "lcb")
DESIGN_POOL = 16
GOOD_TRIALS = 5
"""The neighbours of this many best trials join the pool."""

SPREAD_WEIGHT = 0.1
"""Before the first feasible point, how much a log distance counts beside a log probability."""


class BayesianStrategy(Strategy):
    """Gaussian process, log expected improvement and probability of feasibility.

    Args:
        space: where to search.
        seed: as for every strategy.
        first: points to suggest before anything else, such as a baseline.
        n_initial: how many points, ``first`` included, are spread over the space before a model
            is used.
        pool: how many random valid points are scored.
        starts: from how many of the best of them the climb starts.
        acquisition: ``log_ei`` or ``lcb``.
        kappa: exploration of ``lcb``.

    Raises:
        SpecError: an option is out of its range, or a point of ``first`` is not in the space.
    """

    def __init__(
        self,
        space: Space,
        seed: int = 0,
        *,
        first: Sequence[Mapping[str, Any]] = (),
        n_initial: int = 8,
        pool: int = 2000,
        starts: int = 5,
        acquisition: str = "log_ei",
        kappa: float = 1.0,
    ) -> None:
        super().__init__(space, seed)
        if acquisition not in ACQUISITIONS:
            raise unknown_name("acquisition", acquisition, ACQUISITIONS)
        if n_initial < 1 or pool < 1 or starts < 1 or not kappa >= 0.0:
            raise SpecError(
                "an option of the Bayesian strategy is out of its range",
                got={"n_initial": n_initial, "pool": pool, "starts": starts, "kappa": kappa},
                expected="n_initial, pool and starts at least 1, kappa not negative",
            )
        self.n_initial = n_initial
        self.pool = pool
        self.starts = starts
        self.acquisition = acquisition
        self.kappa = kappa
        self._first = [self._valid_row(point) for point in first]
        self._completed: list[tuple[Rows, float]] = []
        self._labelled: list[tuple[Rows, bool]] = []
        self._objective_fits = WarmStarts(self._fit_objective)
        self._feasibility_fits = WarmStarts(self._fit_feasibility)

    def tell(self, point: Mapping[str, Any], outcome: Outcome) -> None:
        """Report what came of a point; see `Strategy.tell`."""
        super().tell(point, outcome)
        row = self._told_rows[-1]
        if outcome.objective is not None:
            self._completed.append((row, outcome.objective))
            self._labelled.append((row, True))
        elif outcome.state is TrialState.INFEASIBLE:
            self._labelled.append((row, False))

    # -- suggesting ----------------------------------------------------------------------------

    def _suggest(self, rng: np.random.Generator) -> Rows:
        for row in self._first:
            if not self._is_taken(row):
                return row
        begun = len(self._history) + len(self._pending)
        if begun < self.n_initial or not self._labelled:
            return self._spread(rng)
        with one_thread():
            return self._most_promising(rng)

    def _most_promising(self, rng: np.random.Generator) -> Rows:
        """The row with the highest acquisition that pool and climb find."""
        rows = self._fresh_rows(self.pool, rng)
        near = [self.space.neighbour_rows(row) for row in self._good_rows()]
        rows = self._free(np.concatenate([rows, *near]))
        score = self._scorer()
        scores = score(rows)
        top = np.argsort(-scores, kind="stable")[: self.starts]
        row, _ = climb(self.space, rows[top], scores[top], score, self._is_taken, rng)
        return row

    def _spread(self, rng: np.random.Generator) -> Rows:
        """The farthest of a few random valid points from all points so far.

        Best-candidate sampling (D. P. Mitchell, "Spectrally optimal sampling for distribution ray
        tracing", 1991). Choosing among many more would prefer the corners of the space, where
        designs are infeasible more often than elsewhere.
        """
        rows = self._fresh_rows(DESIGN_POOL, rng)
        known = self._known_encoded()
        farthest: Rows = rows[int(np.argmax(_distance(self.space.encode_rows(rows), known)))]
        return farthest

    def _good_rows(self) -> list[Rows]:
        return [self._told_rows[index] for index in self._completed_order()[:GOOD_TRIALS]]

    def _known_encoded(self) -> Values:
        rows = np.array([*self._told_rows, *self._pending_rows()], dtype=np.int32)
        return self.space.encode_rows(rows.reshape(-1, len(self.space.names)))

    # -- models --------------------------------------------------------------------------------

    def _scorer(self) -> Score:
        """The function that is maximised: rows ``[n, d]`` to log worth ``[n]``."""
        feasibility = self._feasibility_model()
        if not self._completed:
            known = self._known_encoded()

            def search_feasible(rows: Rows) -> Values:
                x = self.space.encode_rows(rows)
                spread = np.log(_distance(x, known) + 1e-3)
                probability = feasibility.log_predict(x) if feasibility else 0.0
                return probability + SPREAD_WEIGHT * spread

            return search_feasible
        model, best, scale = self._objective_model()

        def worth(rows: Rows) -> Values:
            x = self.space.encode_rows(rows)
            mean, variance = model.predict(x)
            if self.acquisition == "log_ei":
                gain = log_expected_improvement(mean, variance, best)
            else:
                gain = log_optimistic_gain(mean, variance, best, self.kappa, scale)
            return feasibility_weighted(gain, feasibility.log_predict(x)) if feasibility else gain

        return worth

    def _objective_model(self) -> tuple[GaussianProcess, float, float]:
        """The model with all that is known, the value to improve on, and the unit of values."""
        n = len(self._completed)
        x, y = self._objective_data(n)
        model = GaussianProcess().fit(x, y, start=self._objective_fits.at(n), max_iterations=0)
        best, scale = float(y.min()), float(y.std()) or 1.0
        failed = self._rows_in_state(TrialState.FAILED)
        if len(failed):
            # Unknown, and never to be suggested again; but a region in which evaluations break
            # should lose its appeal. Its points count as no better than the middle of the rest.
            points = self.space.encode_rows(failed)
            mean, _ = model.predict(points)
            model = model.with_observations(points, np.maximum(mean, np.median(y)))
        pending = self._pending_rows()
        if len(pending):
            # Believe the model at pending points (D. Ginsbourger, R. Le Riche and L. Carraro,
            # "Kriging is well-suited to parallelize optimization", 2010).
            points = self.space.encode_rows(pending)
            mean, _ = model.predict(points)
            model = model.with_observations(points, mean)
            best = min(best, float(mean.min()))
        return model, best, scale

    def _objective_data(self, n: int) -> tuple[Values, Values]:
        """The first ``n`` completed trials: encoded points and tamed objectives."""
        rows = np.array([row for row, _ in self._completed[:n]], dtype=np.int32)
        values = np.array([value for _, value in self._completed[:n]], dtype=np.float64)
        return self.space.encode_rows(rows), tamed(values)

    def _fit_objective(
        self, n: int, start: Hyperparameters | None, iterations: int
    ) -> Hyperparameters:
        x, y = self._objective_data(n)
        return GaussianProcess().fit(x, y, start=start, max_iterations=iterations).hyperparameters

    def _feasibility_data(self, n: int) -> tuple[Values, npt.NDArray[np.bool_]]:
        rows = np.array([row for row, _ in self._labelled[:n]], dtype=np.int32)
        labels = np.array([label for _, label in self._labelled[:n]], dtype=bool)
        return self.space.encode_rows(rows), labels

    def _feasibility_model(self) -> FeasibilityClassifier | None:
        """None while nothing was infeasible: there is nothing to learn."""
        if all(label for _, label in self._labelled):
            return None
        n = len(self._labelled)
        x, labels = self._feasibility_data(n)
        start = self._feasibility_fits.at(n)
        return FeasibilityClassifier().fit(x, labels, start=start, max_iterations=0)

    def _fit_feasibility(
        self, n: int, start: tuple[Hyperparameters, Hyperparameters] | None, iterations: int
    ) -> tuple[Hyperparameters, Hyperparameters]:
        x, labels = self._feasibility_data(n)
        classifier = FeasibilityClassifier().fit(x, labels, start=start, max_iterations=iterations)
        return classifier.hyperparameters


def _distance(x: Values, known: Values) -> Values:
    """Distance ``[n]`` of encoded points to the nearest known one; 1 if none is known."""
    if not len(known):
        return np.ones(len(x))
    squared = (x**2).sum(1)[:, None] + (known**2).sum(1)[None, :] - 2.0 * x @ known.T
    nearest: Values = np.sqrt(np.maximum(squared.min(axis=1), 0.0))
    return nearest
