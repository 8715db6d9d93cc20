"""Mapper: a few hundred mappings, each chosen by a strategy from what came of the last ones.

The software half of Z. Shi, C. Sakhuja, M. Hashemi, K. Swersky and C. Lin, "Learned
Hardware/Software Co-Design of Neural Accelerators", arXiv:2010.02075: 250 mappings a layer, each
the best of a pool of 150 that fit, by a linear surrogate on features. No code of it was published
and its details are not all known, so every choice is an option and its default is our reading.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.errors import NoValidMappingError
from bohwsw.mapper import TRACE_POINTS, Goal, MapperResult, Objective, check_search
from bohwsw.mapping import Mapping, MapSpace, sample, violations
from bohwsw.mapping_search.mapping_codec import MappingCodec
from bohwsw.mapping_search.mapping_space import Encoding, MappingSpace, Rows
from bohwsw.simulator import Costs, simulate
from bohwsw.space import Component
from bohwsw.strategies import Outcome, SpaceExhaustedError, TrialState, strategy

PROBE_DRAWS = 16_384
"""Draws from which the share of valid ones is estimated; also the most made in one step."""

LEAST_SHARE = 1 / 500
"""Share of valid draws from which on rejection is the faster way to even samples: a draw takes
about 0.3 us, an even row without rejection 60 to 140 us (ResNet-18 on Eyeriss-168)."""


@dataclass(frozen=True)
class SequentialMapper:
    """Search of a layer's mappings by ask and tell; the strategy is told log(objective).

    For budgets of hundreds: a mapping takes milliseconds, not the microsecond of the other mappers.
    The search ends before its budget if it has tried every mapping. One thread is used.

    All defaults are our reading of arXiv:2010.02075.

    Attributes:
        strategy: how the next mapping is chosen, one of `bohwsw.strategies.STRATEGIES`. Our
            reading: ``linear``, a Gaussian process with a linear kernel and a confidence bound.
        pool: random mappings scored for each that is tried; ``linear`` only. Our reading: 150.
        kappa: standard deviations of optimism in the bound; ``linear`` only. Our reading: 1.
        initial: mappings drawn at random before a model is used; ``linear`` only. Not known.
        encoding: what a model sees, see `MappingSpace`. The paper has buffer ``usage`` and
            parallelism; its exact list is not known.
        known_capacity: see `MappingSpace`; as the paper does with all constraints known beforehand.
            If not, mappings that do not fit use up the budget, and a classifier learns from them.
        even: see `MappingSpace`; it is what the paper's rejection sampling gives.
    """

    strategy: str = "linear"
    pool: int = 150
    kappa: float = 1.0
    initial: int = 5
    encoding: Encoding = "usage"
    known_capacity: bool = True
    even: bool = True
    name: str = "sequential"

    def search(
        self,
        space: MapSpace,
        costs: Costs,
        *,
        objective: Objective = "edp",
        evaluations: int = 250,
        seed: int = 0,
        threads: int = 1,
        warm_starts: Sequence[Mapping] = (),
    ) -> MapperResult:
        """Find a good mapping; see ``Mapper.search``.

        Returns:
            The best mapping, with the number of evaluations really made.

        Raises:
            NoValidMappingError: the space holds no valid mapping; or, without ``known_capacity``,
                none of those tried fits.
            SpecError: as for every mapper; or a field of this one is not valid.
        """
        check_search(objective, evaluations, seed, threads)
        first_seed = int(np.random.SeedSequence(seed).generate_state(1)[0])
        first = sample(space, 1, first_seed)  # where nothing is valid, this says why
        goal = Goal(objective)
        codec = MappingCodec(space)
        if not (codec.places or codec.orders or codec.keeps):
            evaluation = simulate(space.layer, space.architecture, first.mapping(0), costs)
            only = np.array([goal.of(evaluation)])
            return MapperResult(first.mapping(0), evaluation, 1, 1.0, only)
        points = EvenMappingSpace(
            space.layer,
            space.architecture,
            space.dataflow,
            known_capacity=self.known_capacity,
            encoding=self.encoding,
            even=self.even,
        )
        return _result(space, costs, *self._tried(points, costs, goal, evaluations, seed))

    def _tried(
        self, points: MappingSpace, costs: Costs, goal: Goal, evaluations: int, seed: int
    ) -> tuple[Mapping, npt.NDArray[np.float64]]:
        """Ask, simulate and tell until the budget is used up or no mapping is left.

        Returns:
            The best mapping, or the one closest to fitting if none fits; and the objective of each
            in turn, infinite where it does not fit.
        """
        options: dict[str, Any] = {}
        if self.strategy == "linear":
            options = {"pool": self.pool, "kappa": self.kappa, "n_initial": self.initial}
        asked = strategy(self.strategy, points, seed, **options)
        rows, values, ratios = [], [], []
        for _ in range(evaluations):
            try:
                point = asked.ask()[0]
            except SpaceExhaustedError:
                break
            rows.append(points.row(point))
            found = points.evaluate(rows[-1][None, :], costs)
            ratios.append(float(found.worst_ratio[0]))
            value = goal.value(float(found.energy_pj[0]), float(found.latency_cycles[0]))
            values.append(value if found.valid[0] else math.inf)
            asked.tell(point, _outcome(values[-1], ratios[-1]))
        best, nearest = int(np.argmin(values)), int(np.argmin(ratios))
        chosen = rows[best if values[best] < math.inf else nearest]
        return points.mappings(chosen[None, :]).mapping(0), np.array(values)


def _outcome(value: float, ratio: float) -> Outcome:
    """What the strategy is told of a mapping; `ratio` is its largest use over limit."""
    if math.isinf(value):
        return Outcome(TrialState.INFEASIBLE, reason=f"a limit is exceeded {ratio:.3g} times")
    # A machine whose actions are all free has energy 0.
    return Outcome(TrialState.COMPLETED, math.log(max(value, sys.float_info.min)))


def _result(
    space: MapSpace, costs: Costs, mapping: Mapping, values: npt.NDArray[np.float64]
) -> MapperResult:
    """The result of a search; NoValidMappingError if none of the mappings fits."""
    valid = np.isfinite(values)
    if not valid.any():
        broken = violations(space.layer, space.architecture, mapping)
        raise NoValidMappingError(
            f"none of the {len(valid)} mappings of layer {space.layer.name!r} that were tried "
            f"fits {space.architecture.name!r}. Closest: {'; '.join(map(str, broken))}",
            space.layer.name,
            broken,
        )
    running = np.minimum.accumulate(values)
    ends = np.linspace(0, len(running) - 1, min(TRACE_POINTS, len(running))).astype(int)
    return MapperResult(
        mapping=mapping,
        evaluation=simulate(space.layer, space.architecture, mapping, costs),
        evaluations=len(valid),
        valid_share=float(valid.mean()),
        trace=running[ends],
    )


class EvenMappingSpace(MappingSpace):
    """A `MappingSpace` whose even samples are drawn by rejection, where enough of the draws fit.

    A draw takes one value a parameter, among those that no constraint rules out by itself, and is
    thrown away if it breaks any constraint. So all points are equally likely, and a pool costs a
    fraction of what drawing parameter by parameter does. Arguments: as for `MappingSpace`.
    """

    def sample_rows(self, n: int, rng: np.random.Generator) -> Rows:
        """``n`` valid rows ``[n, n_columns]``, drawn with replacement; evenly if ``even``."""
        if not self.even:
            return super().sample_rows(n, rng)
        rows = np.empty((n, self.n_columns), dtype=np.int32)
        self._unconstrained.fill(rows, rng)
        for index, share in self._shares.items():
            if share >= LEAST_SHARE:
                part = _by_rejection(self._components[index], n, share, rng)
            else:
                part = self._samplers[index].sample(n, rng)
            rows[:, self.group_columns[index]] = part
        return rows

    @cached_property
    def _shares(self) -> dict[int, float]:
        """For each component with constraints, about the share of draws that meet them."""
        rng = np.random.default_rng(0)
        return {
            index: len(_valid_draws(self._components[index], PROBE_DRAWS, rng)) / PROBE_DRAWS
            for index in self._tied
        }


def _by_rejection(component: Component, n: int, share: float, rng: np.random.Generator) -> Rows:
    """``n`` valid rows of a component, all equally likely; about this share of draws is valid."""
    found = [np.empty((0, len(component.columns)), dtype=np.int32)]
    missing = n
    while missing:
        count = min(PROBE_DRAWS, 64 + int(1.1 * missing / share))
        valid = _valid_draws(component, count, rng)[:missing]
        found.append(valid)
        missing -= len(valid)
    return np.concatenate(found)


def _valid_draws(component: Component, count: int, rng: np.random.Generator) -> Rows:
    """Those of ``count`` independent draws of all columns that meet every constraint."""
    picks = [codes[rng.integers(len(codes), size=count)] for codes in component.allowed]
    rows = np.stack(picks, axis=1)
    for propagator in component.propagators:
        rows = rows[component.meets(rows, [propagator])]
    return rows
