"""Constrained Bayesian optimisation over a discrete or mixed space.

Known constraints are met by construction; outcome constraints are modelled by their violation, and
what only the evaluator knows is learned from infeasible trials; both weight the acquisition (M. A.
Gelbart, J. Snoek and R. P. Adams, UAI 2014). The acquisition is maximised over a pool of valid
points and the neighbours of the best trials, then by climbing over valid neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from bohwsw.acquisition import (
    JOINT_ROWS,
    MAX_SCORED,
    NEAR_ROWS,
    Branches,
    Score,
    climbed,
    first_of_sizes,
    is_exploration_due,
    joint_moves,
    most_central,
    region_of,
    region_option,
    resized,
    some_neighbours,
    top_row,
)
from bohwsw.arrays import Values
from bohwsw.checks import real_option, whole_option
from bohwsw.errors import unknown_name
from bohwsw.space import Point, Real, Space, plain
from bohwsw.strategies.acquisition_value import (
    ConstrainedImprovement,
    exploration_row,
    feasibility_score,
    is_thin,
    nearest_distance,
    with_foreseen_ends,
)
from bohwsw.strategies.base import Rows, Strategy
from bohwsw.strategies.botorch_score import ForeignAcquisition, is_foreign, refuse_together
from bohwsw.strategies.fidelity import SpaceFidelity, fidelity_of
from bohwsw.strategies.fidelity_search import FidelitySearch, recommended
from bohwsw.strategies.outcome import Outcome, Told
from bohwsw.strategies.posteriors import Posteriors, Surrogates
from bohwsw.strategies.space_filling import EVEN_ROWS, EVEN_STOCK, FAR_ROWS, most_even_row
from bohwsw.surrogates import botorch_model, one_thread

GOOD_TRIALS = 5
"""The neighbours of this many best trials join the pool."""

DEAR_ROWS = 96
"""Rows among which an acquisition chooses that looks ahead, and so many again while it climbs."""


class BayesianStrategy(Strategy):
    """Gaussian processes, log expected improvement and probability of feasibility.

    With several objectives the expected improvement of the hypervolume.

    Args:
        n_initial: how many points, first ones included, are spread over the space before a model
            is used.
        pool: how many random valid points are scored.
        starts: from how many of the best of them the climb starts.
        acquisition: ``log_ei`` or ``lcb`` (one objective only); or any acquisition of BoTorch, a
            class or function, itself or as ``package.module:Name``; see `BotorchAcquisition`.
        model: any model of BoTorch in place of ours, given likewise; see `BotorchModel`.
        fidelity: which parameters are fidelities, and what evaluations cost: a `Fidelity` or a
            mapping with its fields.
        kappa: exploration of ``lcb``.
        caution: points that are less probably feasible than this, by what infeasible trials have
            taught, are suggested only if there are no others; 0 weighs them by their probability
            alone. Outcome constraints that are measured are not concerned.
        trust_region: whether to stay near the best trial, see `TrustRegion` and `region_option`.
        prior_means: for objectives by name, the feature of the space that they follow before
            anything is known, up to a constant: one more of it, one more of the objective. The
            models are of the difference.
        relevant: for objectives and measured values by name, the parameters and features that they
            depend on, where that is known; of others they depend on all.
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
        acquisition: Any = "log_ei",
        model: Any = None,
        fidelity: Any = None,
        kappa: float = 1.0,
        caution: float = 0.7,
        trust_region: bool | None = None,
        prior_means: Mapping[str, str] = MappingProxyType({}),
        relevant: Mapping[str, Sequence[str]] = MappingProxyType({}),
        **common: Any,
    ) -> None:
        super().__init__(space, seed, **common)
        n_objectives = len(self.goals.objectives)
        foreign = is_foreign(acquisition, n_objectives, has_fidelity=fidelity is not None)
        self.n_initial, self.pool = whole_option("n_initial", n_initial), whole_option("pool", pool)
        self.starts = whole_option("starts", starts)
        self.acquisition, self.kappa = acquisition, real_option("kappa", kappa, "[0, inf)")
        self.caution = real_option("caution", caution, "[0, 1)")
        self.fidelity = None if fidelity is None else SpaceFidelity(fidelity_of(fidelity), space)
        targets = () if self.fidelity is None else self.fidelity.named_targets
        theirs = None if model is None else botorch_model(model, space, targets)
        if foreign or theirs is not None:
            refuse_together(prior_means=dict(prior_means), trust_region=trust_region)
            trust_region = False
        is_possible = n_objectives == 1 and fidelity is None
        self.trust_region = region_option(trust_region, space, is_possible)
        self._foreign = ForeignAcquisition(acquisition, space, self.fidelity) if foreign else None
        self.prior_means = dict(prior_means)
        for name, feature in prior_means.items():
            if name not in self.goals.objectives:
                raise unknown_name("objective", name, self.goals.objectives)
            space.feature(np.zeros((0, space.width)), feature)  # raises if there is none
        self.surrogates = Surrogates(
            self.goals,
            space.encoding_groups,
            {name: partial(space.feature, name=feature) for name, feature in prior_means.items()},
            theirs,
            self.fidelity,
            {name: space.encoded_columns(names) for name, names in relevant.items()},
        )
        self._has_reals = any(isinstance(plain(p), Real) for p in space.parameters)
        self._known, self._waited = list[Values](), 0.0
        self._branches = Branches(space)

    def tell(self, point: Mapping[str, Any], outcome: Outcome) -> None:
        """Report what came of a point; see `Strategy.tell`."""
        super().tell(point, outcome)
        row = self._told_rows[-1][None, :]
        self._known.append(self.space.encode_rows(row)[0])
        self.surrogates.tell(self._history[-1], self._known[-1])
        if self.fidelity is not None:
            spent = self._waited + float(self.fidelity.cost(row)[0])
            self._waited = 0.0 if self.fidelity.at_target(row)[0] else spent

    def recommended(self) -> list[Point]:
        """The designs that the models believe to be best: one, or those of a Pareto front.

        With fidelities at their target, whether they were tried there or elsewhere; else feasible
        trials, taken at their word unless measurements are noisy.
        """
        with one_thread():
            posteriors = self.surrogates.posteriors(np.zeros((0, self.space.width)))
            if self.fidelity is None and not posteriors.is_noisy:
                return [told.point for told in self.pareto_front]
            order, all_count = sorted(self._completed_order()), self.fidelity is not None
            kept = [k for k in order if all_count or self._history[k].is_feasible]
            rows = [self._told_rows[k] for k in kept]
            found = recommended(self.space, self.fidelity, posteriors, rows)
        return [self.space.point(each.row) for each in found]

    def _basis(self) -> Callable[[Values], Values] | None:
        return None if self.fidelity is None else self.fidelity.basis

    def _is_final(self, told: Told) -> bool:
        fidelity = self.fidelity
        return fidelity is None or bool(fidelity.at_target(self.space.row(told.point)[None, :])[0])

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
        if not len(posteriors.observed) and posteriors.closest is None:  # a climb went to corners
            return (self._spread if self._has_reals or self.fidelity else self._fresh_row)(rng)
        if self._foreign is not None and len(posteriors.observed):
            return self._foreign_choice(self._fresh_rows(self.pool, rng), rng)
        if self.fidelity is not None:
            return self._fidelity_choice(self._fresh_rows(self.pool, rng), posteriors, rng)
        fresh = self._fresh_rows(max(self.pool, self.space.listed_rows), rng)
        posteriors = with_foreseen_ends(self.space, posteriors, fresh)
        if self.trust_region and len(posteriors.observed):
            return self._in_region(fresh, posteriors, rng)
        begun, is_single = len(self._history) + len(self._pending), len(self.goals.objectives) == 1
        if is_single and is_exploration_due(posteriors.observed.ravel(), begun):
            return exploration_row(self.space, fresh, posteriors, self.caution, rng)
        if self.space.listed_rows >= self.space.size().count:
            return top_row(fresh, self._score(posteriors))
        if (elsewhere := self._branch_step(fresh, posteriors, rng)) is not None:
            return elsewhere
        best = self._good_rows()
        near = [self._some_neighbours(row, rng) for row in best]
        if self.surrogates.knows_nothing and len(posteriors.observed):
            # Spread points and neighbours in turn: an order of some sort is in both.
            is_local = len(self._history) % 2 == 1 and sum(map(len, near)) > 0
            rows = self._free(np.concatenate(near)) if is_local else self._spread(rng)[None]
            rows = rows if len(rows) else fresh
            return exploration_row(self.space, rows, posteriors, self.caution, rng)
        score, thin = self._score(posteriors), is_thin(posteriors, len(self._history))
        n_joint = NEAR_ROWS if thin else JOINT_ROWS
        near += [joint_moves(self.space, row, n_joint, rng) for row in best]
        if thin and len(rows := self._free(np.concatenate(near))):
            return top_row(rows, score)
        if is_single and (limits := posteriors.constraints) and len(posteriors.observed):
            some, model = best[:2] + best[GOOD_TRIALS:][:2], posteriors.objectives[0]
            near.append(resized(self.space, some, model, limits, rng))
        rows = self._free(np.concatenate([*near, fresh]))
        return climbed(self.space, rows, score, self.starts, self._is_taken, rng)

    def _in_region(self, fresh: Rows, posteriors: Posteriors, rng: np.random.Generator) -> Rows:
        """The best row of the trust region; where one has just begun, a spread point."""
        own = [self.goals.vector(t.outcome)[0] if t.is_feasible else np.nan for t in self._history]
        model = posteriors.objectives[0]
        region = region_of(self.space, self._told_rows, own, self.n_initial, model)
        rows = fresh[:0] if region is None else self._free(region.candidates(fresh, rng))
        if region is None or not len(rows):
            return self._spread(rng)
        score = region.limited(self._score(posteriors))
        return climbed(self.space, rows, score, self.starts, self._is_taken, rng)

    def _fidelity_choice(
        self, fresh: Rows, posteriors: Posteriors, rng: np.random.Generator
    ) -> Rows:
        """The row that is worth most for its cost."""
        assert self.fidelity is not None
        best = [self.space.row(point) for point in self.recommended()[:GOOD_TRIALS]]
        near = [self._some_neighbours(row, rng) for row in best]
        rows = self._free(np.concatenate([*near, fresh]))
        pending = self._pending_rows()
        waiting = 0.0 if self.fidelity.at_target(pending).any() else self._waited
        row = FidelitySearch(self.space, self.fidelity).next(
            posteriors,
            np.concatenate([rows, np.array(best, np.int32).reshape(-1, self.space.n_columns)]),
            self._known_encoded(),
            self._is_taken,
            self.caution,
            self.starts,
            waiting + float(self.fidelity.cost(pending).sum()) if waiting else 0.0,
            rng,
        )
        return fresh[0] if row is None else row

    def _foreign_choice(self, fresh: Rows, rng: np.random.Generator) -> Rows:
        """The row that an acquisition of BoTorch likes best, of pool and climb."""
        assert self._foreign is not None
        pending = self.space.encode_rows(self._pending_rows())
        told = pending[:0] if self._foreign.takes_pending else pending
        score = self._foreign.score(
            self.surrogates.posteriors(told),
            np.array([self._known[index] for index in sorted(self._completed_order())]),
            pending if self._foreign.takes_pending else pending[:0],
            fresh,
            self.kappa,
            self.caution,
            int(rng.integers(2**31)),
        )
        near = [self._some_neighbours(row, rng) for row in self._good_rows()]
        rows, n_starts, most = self._free(np.concatenate([*near, fresh])), self.starts, MAX_SCORED
        if score.is_dear:
            most = n_dear = min(len(rows), DEAR_ROWS)
            rows, n_starts = rows[rng.choice(len(rows), n_dear, replace=False)], 1
        return climbed(self.space, rows, score, n_starts, self._is_taken, rng, most)

    def _branch_step(
        self, fresh: Rows, posteriors: Posteriors, rng: np.random.Generator
    ) -> Rows | None:
        """In its turn the best row of a branch that the best trial is not in; see `Branches`."""
        begun = len(self._history) + len(self._pending)
        if len(posteriors.objectives) != 1 or not self._branches.are_due(begun):
            return None
        told, values = np.array(self._told_rows), np.full(len(self._history), np.nan)
        values[sorted(self._completed_order())] = self.surrogates.objectives[0].warped()
        values[[not trial.is_feasible for trial in self._history]] = np.nan
        branch = self._branches.next(told, values, fresh)
        if branch is None:
            return None
        near = [self._some_neighbours(row, rng) for row in branch.rows[:GOOD_TRIALS]]
        rows = self._free(np.concatenate([*near, fresh]))
        rows = rows[[name == branch.name for name in self._branches.names(rows)]]
        if not len(rows) or not len(branch.rows):
            return most_central(self.space, rows) if len(rows) else None
        return top_row(rows, self._score(replace(posteriors, observed=branch.values[:, None])))

    def _good_rows(self) -> list[Rows]:
        """A few of the best trials, and a few that are better yet but miss a limit by little."""
        order = self._completed_order()
        better = list[int]()
        if order and self._history[order[0]].is_feasible and len(self.goals.objectives) == 1:
            own = {index: self.goals.vector(self._history[index].outcome)[0] for index in order}
            better = [index for index in order if own[index] < own[order[0]]]
        nearly = first_of_sizes(self.space, [self._told_rows[index] for index in better])
        return [self._told_rows[index] for index in order[:GOOD_TRIALS]] + nearly[:GOOD_TRIALS]

    def _some_neighbours(self, row: Rows, rng: np.random.Generator) -> Rows:
        return some_neighbours(self.space, row, rng)

    def _spread(self, rng: np.random.Generator) -> Rows:
        """The farthest of a few random valid points from all points so far.

        Best-candidate sampling (D. P. Mitchell, 1991): corners win, which tell a model most. Where
        reals have had nothing but "no" the most even one, as most in a corner is infeasible. Of a
        table any row: what is far from all others says little of them.
        """
        if self.space.listed_rows and self.fidelity is None:
            return self._fresh_row(rng)
        rows = self._fresh_rows(FAR_ROWS, rng)
        known = self._known_encoded()
        if self.fidelity is not None:
            row = FidelitySearch(self.space, self.fidelity).first(rows, len(known), known, rng)
            return self._fresh_row(rng) if self._is_taken(row) else row
        if self.surrogates.is_blind and self._has_reals:
            rows = self._fresh_rows(EVEN_ROWS, rng)
            return most_even_row(self.space, rows, self._pool_rows(EVEN_STOCK, rng), known)
        at, taken = self.space.positions(self.space.encode_rows(rows)), self.space.positions(known)
        return np.asarray(rows[int(np.argmax(nearest_distance(at, taken)))])

    def _known_encoded(self) -> Values:
        known = np.array(self._known).reshape(-1, self.space.width)
        return np.concatenate([known, self.space.encode_rows(self._pending_rows())])

    # -- scoring -------------------------------------------------------------------------------

    def posteriors(self) -> Posteriors:
        """The models of all trials so far; see `Posteriors`."""
        return self.surrogates.posteriors(self.space.encode_rows(self._pending_rows()))

    def _score(self, posteriors: Posteriors) -> Score:
        """The function that is maximised."""
        known = self._known_encoded()
        if not len(posteriors.observed):
            return partial(feasibility_score, self.space, posteriors, known)
        kappa = self.kappa if self.acquisition == "lcb" else None
        return ConstrainedImprovement(self.space, posteriors, self.caution, kappa, known)
