"""Acquisitions of BoTorch, made with what they take and evaluated on lists of points.

An acquisition is a class or a function; its arguments are looked up by name among what is known
here (`offers`). Knowledge gradients are optimised over points and fantasies at once in BoTorch;
here each point gets, for each of its fantasies, the best of a list of designs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bohwsw.arrays import Values
from bohwsw.surrogates import BotorchRegression, arguments, called, seeded

SAMPLES = 128
"""Of a Monte-Carlo acquisition."""

FANTASIES, PARETO_POINTS = 8, 8
"""Of a knowledge gradient, and how many designs of a Pareto front it looks at."""

OPTIMA = 16
"""Sampled optima of an entropy search."""

MOST_DESIGNS = 256
"""Designs among which these are sought."""

INNER_DESIGNS = 48
"""Designs among which a fantasy chooses: the best by the model's mean."""

BLOCK, ONE_SHOT_BLOCK = 256, 32

AWARE = ("project", "cost_aware_utility", "target_fidelities")
"""Whoever takes one of these knows of fidelities and their costs."""


@dataclass(frozen=True)
class Known:
    """What an acquisition can be told."""

    objectives: Sequence[BotorchRegression]  # models of what is minimised, one each
    constraints: Sequence[BotorchRegression]  # models of what must not exceed 0, one each
    observed: Values  # objectives ``[n, m]`` of feasible trials, as the models see them
    tried: Values  # encoded points ``[n, width]`` of the trials, at the target
    pending: Values  # encoded points ``[k, width]`` that are being evaluated
    designs: Values  # encoded valid points ``[p, width]``, at the target
    exploration: float  # of a confidence bound, in standard deviations
    seed: int  # of all draws


class BotorchAcquisition:
    """An acquisition of BoTorch over encoded points.

    Attributes:
        is_log: whether its values are logarithms.
        is_one_shot: whether it is a knowledge gradient, which is dear.
        sees_constraints: whether it was told of the outcome constraints.
        sees_pending: whether it was told of the pending points.
        sees_fidelity: whether it weighs fidelities and costs itself.

    Raises:
        SpecError: the acquisition needs what is not offered, or cannot be made.
    """

    def __init__(self, factory: Callable[..., Any], known: Known) -> None:
        self._known = known
        self._inputs = known.objectives[0].inputs
        takes = arguments(factory)
        self.sees_constraints = bool(known.constraints) and "constraints" in takes
        self.sees_pending = "X_pending" in takes
        self.sees_fidelity = bool(set(AWARE) & set(takes))
        self._is_analytic = _is_kind(factory, "AnalyticAcquisitionFunction")
        self.is_one_shot = _is_kind(factory, "OneShotAcquisitionFunction")
        self._cost = _Costs()
        _never_compile()
        with torch.no_grad(), seeded(known.seed):
            self._function = called(factory, "acquisition", self._offers())
        self.is_log = bool(getattr(self._function, "_log", False))
        if hasattr(self._function, "get_augmented_q_batch_size"):
            self.is_one_shot = True

    def __call__(self, x: Values, cost: Values | None = None) -> Values:
        """Values ``[n]`` of encoded points ``[n, width]`` that cost ``[n]``."""
        points = self._inputs(x)[:, None, :]
        size = ONE_SHOT_BLOCK if self.is_one_shot else BLOCK
        costs = torch.ones(len(x)) if cost is None else torch.from_numpy(np.array(cost))
        found = []
        with torch.no_grad(), seeded(self._known.seed):
            parts = zip(torch.split(points, size), torch.split(costs, size), strict=True)
            for block, of_block in parts:
                self._cost.current = of_block
                found.append(self._function(self._completed(block)).reshape(len(block)))
        return np.asarray(np.nan_to_num(torch.cat(found).double().numpy(), nan=-np.inf))

    # -- what it is offered ---------------------------------------------------------------------

    def _offers(self) -> Mapping[str, Callable[[], Any]]:
        known, inputs = self._known, self._inputs
        return {
            "model": lambda: self._model,
            "best_f": lambda: self._seen.max(),
            "X_baseline": lambda: inputs(known.tried),
            "X_observed": lambda: inputs(known.tried),
            "X_pending": lambda: inputs(known.pending) if len(known.pending) else None,
            "ref_point": lambda: self._reference,
            "partitioning": self._partitioning,
            "constraints": self._constraints,
            "objective_index": lambda: 0,
            "objective": self._objective,
            "candidate_set": lambda: self._designs,
            "mc_points": lambda: self._designs,
            "optimal_inputs": lambda: self._optima[0][:, 0],
            "optimal_outputs": lambda: self._optima[1][:, 0],
            "pareto_sets": lambda: self._optima[0],
            "pareto_fronts": lambda: self._optima[1],
            "hypercell_bounds": self._hypercells,
            "beta": lambda: known.exploration**2,
            "prune_baseline": lambda: True,
            "sampler": self._sampler,
            "num_fantasies": lambda: FANTASIES if self.is_one_shot else None,
            "num_pareto": lambda: PARETO_POINTS,
            "current_value": self._current_value,
            "cost_aware_utility": self._utility,
            "project": lambda: inputs.projected if inputs.targets else None,
            "target_fidelities": lambda: dict(inputs.targets) or None,
        }

    @cached_property
    def _model(self) -> Any:
        from botorch.models import ModelListGP
        from botorch.models.gpytorch import GPyTorchModel
        from botorch.models.model import ModelList

        models = [one.model for one in self._known.objectives]
        if self.sees_constraints:
            models += [one.model for one in self._known.constraints]
        if len(models) == 1:
            return models[0]
        are_processes = all(isinstance(model, GPyTorchModel) for model in models)
        return (ModelListGP if are_processes else ModelList)(*models)

    @cached_property
    def _seen(self) -> Tensor:
        """What was observed ``[n, m]``, maximised, as the models have it."""
        columns = zip(self._known.objectives, self._known.observed.T, strict=True)
        return torch.stack([model.as_seen(column) for model, column in columns], dim=1)

    @cached_property
    def _reference(self) -> Tensor:
        from bohwsw.acquisition.expected_hypervolume_improvement import reference_point

        return torch.from_numpy(-reference_point(-self._seen.numpy()))

    @cached_property
    def _designs(self) -> Tensor:
        """Some of the valid designs, those that were tried among them."""
        both = np.concatenate([self._known.tried[-MOST_DESIGNS // 2 :], self._known.designs])
        return self._inputs(both[:MOST_DESIGNS])

    def _partitioning(self) -> Any:
        from botorch.utils.multi_objective.box_decompositions import FastNondominatedPartitioning

        return FastNondominatedPartitioning(ref_point=self._reference, Y=self._seen)

    def _constraints(self) -> Any:
        m = len(self._known.objectives)
        places = range(m, m + len(self._known.constraints))
        if not self.sees_constraints:
            return None
        if self._is_analytic:
            return dict.fromkeys(places, (None, 0.0))
        return [itemgetter((..., place)) for place in places]

    def _objective(self) -> Any:
        from botorch.acquisition.multi_objective.objective import IdentityMCMultiOutputObjective
        from botorch.acquisition.objective import LinearMCObjective

        if not self.sees_constraints:
            return None
        m, k = len(self._known.objectives), len(self._known.constraints)
        if m > 1:
            return IdentityMCMultiOutputObjective(outcomes=list(range(m)))
        return LinearMCObjective(torch.tensor([1.0] + [0.0] * k, dtype=torch.float64))

    def _sampler(self) -> Any:
        from botorch.sampling.get_sampler import get_sampler

        if self.is_one_shot:
            return None
        posterior = self._model.posterior(self._designs[:1])
        return get_sampler(posterior, torch.Size([SAMPLES]), seed=self._known.seed % 2**31)

    def _utility(self) -> Any:
        from botorch.acquisition.cost_aware import InverseCostWeightedUtility
        from botorch.models.deterministic import GenericDeterministicModel

        return InverseCostWeightedUtility(GenericDeterministicModel(self._cost, num_outputs=1))

    # -- entropy search -------------------------------------------------------------------------

    @cached_property
    def _optima(self) -> tuple[Tensor, Tensor]:
        """Sampled Pareto sets ``[s, p, d]`` and fronts ``[s, p, m]`` among the designs."""
        from botorch.utils.multi_objective.pareto import is_non_dominated

        draws = self._model.posterior(self._designs).rsample(torch.Size([OPTIMA]))
        draws = draws.reshape(-1, *draws.shape[-2:])[:OPTIMA]
        if draws.shape[-1] == 1:
            top = draws[..., 0].argmax(dim=1)
            return self._designs[top][:, None, :], draws.amax(dim=1)[:, None, :]
        fronts = [torch.nonzero(is_non_dominated(draw))[:, 0] for draw in draws]
        size = min(*(len(front) for front in fronts), PARETO_POINTS)
        places = [front[torch.randperm(len(front))[:size]] for front in fronts]
        sets = torch.stack([self._designs[place] for place in places])
        return sets, torch.stack([d[place] for d, place in zip(draws, places, strict=True)])

    def _hypercells(self) -> Tensor:
        from botorch.acquisition.multi_objective.utils import compute_sample_box_decomposition

        cells: Tensor = compute_sample_box_decomposition(self._optima[1])
        return cells

    # -- knowledge gradients --------------------------------------------------------------------

    @cached_property
    def _inner(self) -> Tensor:
        """The designs among which fantasies choose ``[a, d]``: those of the best means."""
        designs = self._inputs.projected(self._designs)
        means = self._model.posterior(designs).mean
        places = _best_weighted(means, _weights(means.shape[-1], INNER_DESIGNS)).tolist()
        best = means.sum(dim=1).argsort(descending=True)[:INNER_DESIGNS].tolist()
        return designs[sorted({*places, *best})]

    def _current_value(self) -> Tensor | None:
        """The value of the best designs if nothing more is learned."""
        if not self.is_one_shot:
            return None
        means = self._model.posterior(self._inner).mean
        if means.shape[-1] == 1:
            best: Tensor = means.max()
            return best
        from botorch.utils.multi_objective.hypervolume import Hypervolume
        from botorch.utils.multi_objective.pareto import is_non_dominated

        chosen = means[_best_weighted(means, _weights(means.shape[-1], PARETO_POINTS))]
        front = chosen[is_non_dominated(chosen)]
        return torch.tensor(Hypervolume(self._reference).compute(front), dtype=torch.float64)

    def _completed(self, points: Tensor) -> Tensor:
        """Points ``[b, 1, d]`` with the designs that their fantasies would choose."""
        if not self.is_one_shot:
            return points
        acquisition = self._function
        pending = acquisition.X_pending
        told = points
        if pending is not None:
            told = torch.cat([points, pending.expand(len(points), -1, -1)], dim=1)
        fantasies = self._model.fantasize(X=told, sampler=acquisition.sampler)
        means = fantasies.posterior(self._inner).mean  # [fantasies, b, a, m]
        m = means.shape[-1]
        n_designs = getattr(acquisition, "num_pareto", 1)
        chosen = self._inner[_best_weighted(means, _weights(m, n_designs))]
        # [fantasies, b, p, d], in the order in which BoTorch takes it apart again
        chosen = chosen.reshape(len(points), -1, chosen.shape[-1])
        if m == 1:
            chosen = self._inner[means[..., 0].argmax(dim=-1)].transpose(0, 1)
        return torch.cat([points, chosen], dim=1)


@dataclass
class _Costs:
    """The costs of the points that are being evaluated, as a function of them."""

    current: Tensor = field(default_factory=lambda: torch.ones(1))

    def __call__(self, points: Tensor) -> Tensor:
        return self.current.reshape(-1, 1, 1).expand(*points.shape[:-1], 1).double()


def _never_compile() -> None:
    """Keep BoTorch from compiling its kernel of hypervolumes: its own Python does the same.

    The compiler takes a minute of the first suggestion, and who is killed in it leaves a lock for
    which everybody else waits, in silence and without end. What is suggested would also depend on
    whether there is a compiler: the two differ in the last digits.
    """
    from botorch.acquisition.multi_objective import logei

    logei._load_attempted = True


def _is_kind(factory: Any, name: str) -> bool:
    """Whether it is a class, bare or in a partial, with a base of that name."""
    inner = getattr(factory, "func", factory)
    return isinstance(inner, type) and name in [base.__name__ for base in inner.__mro__]


def _weights(m: int, n: int) -> Tensor:
    """``n`` weights ``[n, m]`` of ``m`` objectives, evenly drawn, the same each time."""
    if m == 1:
        return torch.ones(n, 1, dtype=torch.float64)
    return torch.from_numpy(np.random.default_rng(0).dirichlet(np.ones(m), size=n))


def _best_weighted(means: Tensor, weights: Tensor) -> Tensor:
    """For each weight the design of the best augmented Chebyshev value.

    R. E. Steuer and E.-U. Choo, "An interactive weighted Tchebycheff procedure for multiple
    objective programming", 1983. Means ``[..., a, m]``, weights ``[p, m]``: places ``[..., p]``.
    """
    best = means.amax(dim=-2, keepdim=True)
    away = (best - means).unsqueeze(-3) * weights[:, None, :]
    value = away.amax(dim=-1) + 0.05 * away.sum(dim=-1)
    places: Tensor = value.argmin(dim=-1)
    return places
