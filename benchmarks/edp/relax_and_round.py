"""Machines by Bayesian optimisation of a continuous relaxation, rounded; random mappings.

The outer search is the benchmark's own relax-and-round (`benchmarks.optimizers.methods`): the
parameters are reals in the unit cube, choices one real for each value; a Gaussian process with one
length scale for each of them (BoTorch's default kernel, a squared exponential); log expected
improvement, maximised over the whole cube by gradients. It differs in one thing: what it finds is
rounded to the nearest machine that meets the constraints known beforehand. Without that next to no
trial would be a machine: ``mesh_x * mesh_y == 168`` hardly ever holds after rounding alone. This
is the out-of-the-box Bayesian optimisation with which Z. Shi, C. Sakhuja, M. Hashemi, K. Swersky
and C. Lin, "Learned Hardware/Software Co-Design of Neural Accelerators", arXiv:2010.02075, compare.

A machine that cannot run a layer is told as in that benchmark: as "no" to a hidden constraint. A
second Gaussian process models it, and the improvement is weighted by the probability of "yes".

The mappings are 250 random valid ones for each layer and machine (`RandomMapper`). The same
relax-and-round on the raw parameters of the mappings is too slow. For a layer of DQN on Eyeriss
(54 reals) a suggestion took 0.2 CPU-seconds after 50 mappings and 0.5 after 200, about 90 for the
250 of one layer and machine. Rounded without regard to the constraints, 40 of them took 45.
"""

from __future__ import annotations

import time
from functools import cached_property

import numpy as np
import numpy.typing as npt

from benchmarks.edp.case import Case
from benchmarks.edp.contender import Step, random_recipe
from benchmarks.optimizers.encoding import Code
from benchmarks.optimizers.methods.encoded import Record
from benchmarks.optimizers.methods.relax_and_round import RelaxAndRound
from benchmarks.optimizers.problem import INFEASIBLE, Evaluation, Problem
from bohwsw.codesign import Design
from bohwsw.codesign import Problem as CodesignProblem
from bohwsw.space import Categorical, ListedParameter, Point, Space
from bohwsw.strategies import Outcome

Rows = npt.NDArray[np.int32]
Places = npt.NDArray[np.float64]

POOL = 2**18
"""Valid machines of which the nearest is taken before it is improved move by move."""


def relax_and_round_search(case: Case, seed: int, trials: int) -> list[Step]:
    """Search machines by relax-and-round; each is mapped by 250 random mappings a layer.

    Args:
        case: the problem.
        seed: of all random draws.
        trials: machines to try; one that cannot be mapped costs a trial, as in `nested`.
    """
    space = case.hardware_space()
    assert space.space is not None
    codesign = CodesignProblem(space, case.network(), recipe=random_recipe(), seed=seed)

    def evaluate(point: Point) -> Evaluation:
        return _told(codesign.evaluate(point)[0])

    problem = Problem(
        case.name, "codesign", space.space, evaluate, 0.0, None, trials, True, "this benchmark"
    )
    method = NearestMachine(problem, seed)
    steps: list[Step] = []
    evaluations = 0
    started = time.process_time()
    for _ in range(trials):
        candidate = method.suggest()
        assert candidate.point is not None
        outcome, found = codesign.evaluate(candidate.point)
        method.observe(candidate, _told(outcome))
        edp = found.edp_pj_cycles if isinstance(found, Design) else None
        evaluations += found.evaluations if isinstance(found, Design) else 0
        steps.append(Step(edp, evaluations, time.process_time() - started))
    return steps


def _told(outcome: Outcome) -> Evaluation:
    """An outcome in the words of the benchmark of optimisers."""
    if outcome.objective is None:
        return INFEASIBLE
    return Evaluation(True, outcome.objective)


class NearestMachine(RelaxAndRound):
    """Relax-and-round that rounds to the nearest point that meets all known constraints.

    For spaces whose parameters are lists of values, as those of machines are. Parameters that no
    constraint ties together are rounded by themselves. Of those that are tied, the nearest of many
    valid draws is taken, then any better neighbour: nearest but for a step or two of a buffer size.
    """

    def __init__(self, problem: Problem, seed: int) -> None:
        super().__init__(problem, seed)
        self.space: Space = problem.space

    def learn(self, record: Record) -> None:
        """Keep where the point lies in the unit cube."""
        point = self.encoding.decode(record.code).point
        assert point is not None
        self._x.append(self.places(self.space.row(point)[None, :])[0].tolist())

    def places(self, rows: Rows) -> Places:
        """Where rows of codes ``[n, n_columns]`` lie in the unit cube ``[n, d]``."""
        parts = []
        for column, parameter in enumerate(self.space.parameters):
            assert isinstance(parameter, ListedParameter)
            n_values = len(parameter.values)
            code = rows[:, column]
            if isinstance(parameter, Categorical):
                parts.append((code[:, None] == np.arange(n_values)).astype(np.float64))
            else:
                parts.append(code[:, None] / max(1, n_values - 1))
        return np.concatenate(parts, axis=1)

    def nearest(self, place: Places) -> Rows:
        """The valid row nearest to a place in the unit cube."""
        row = np.empty(self.space.n_columns, dtype=np.int32)
        rows, places = self._pool
        for columns in self.space.group_columns:
            reals = np.flatnonzero(np.isin(self._column_of_real, columns))
            distances = ((places[:, reals] - place[reals]) ** 2).sum(axis=1)
            row[columns] = rows[distances.argmin()][columns]
        while True:
            near = np.concatenate([row[None, :], self.space.neighbour_rows(row)])
            best = int(((self.places(near) - place) ** 2).sum(axis=1).argmin())
            if best == 0:
                return row
            row = near[best]

    def _rounded(self, place: list[float]) -> Code:
        return self.encoding.encode(self.space.point(self.nearest(np.array(place))))

    @cached_property
    def _pool(self) -> tuple[Rows, Places]:
        rows = self.space.sample_rows(POOL, np.random.default_rng(self.seed))
        return rows, self.places(rows)

    @cached_property
    def _column_of_real(self) -> npt.NDArray[np.int64]:
        widths = [
            len(p.values) if isinstance(p, Categorical) else 1
            for p in self.space.parameters
            if isinstance(p, ListedParameter)
        ]
        return np.repeat(np.arange(len(widths)), widths)
