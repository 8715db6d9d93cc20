"""A genetic algorithm from pymoo, with constraint values; its own operators for permutations.

J. Blank and K. Deb, "pymoo: multi-objective optimization in Python", IEEE Access 2020. Feasible
before infeasible, then less violation before more, as its survival does by default.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from pymoo.algorithms.soo.nonconvex.ga import GA
from pymoo.core.evaluator import Evaluator
from pymoo.core.mixed import MixedVariableGA
from pymoo.core.problem import Problem as PymooProblem
from pymoo.core.variable import Choice, Integer, Real
from pymoo.operators.crossover.ox import OrderCrossover
from pymoo.operators.mutation.inversion import InversionMutation
from pymoo.operators.sampling.rnd import PermutationRandomSampling
from pymoo.problems.static import StaticProblem
from pymoo.termination import get_termination

from benchmarks.optimizers.encoding import ChoiceVariable, Code, IntVariable, Variable
from benchmarks.optimizers.method import Candidate
from benchmarks.optimizers.methods.encoded import EncodedMethod, Record
from benchmarks.optimizers.methods.seeding import one_torch_thread
from benchmarks.optimizers.problem import Problem
from bohwsw.space import Permutation


class PymooGa(EncodedMethod):
    """The mixed-variable GA, or the GA with order crossover if all there is is one order."""

    packages = ("pymoo",)
    settings: ClassVar[Mapping[str, Any]] = {"pop_size": 10}

    def __init__(self, problem: Problem, seed: int) -> None:
        super().__init__(problem, seed)
        one_torch_thread(seed)
        only = problem.space.parameters[0]
        self._order = only if isinstance(only, Permutation) else None
        if len(problem.space.parameters) > 1:
            self._order = None
        limits = len(self.constraint_names)
        if self._order is not None:
            last = len(self._order.items) - 1
            self._pymoo = PymooProblem(
                n_var=last + 1, n_obj=1, n_ieq_constr=limits, xl=0, xu=last, vtype=int
            )
            self._ga = GA(
                sampling=PermutationRandomSampling(),
                crossover=OrderCrossover(),
                mutation=InversionMutation(),
                eliminate_duplicates=True,
                **self.settings,
            )
        else:
            variables = {v.name: _variable(v) for v in self.encoding.variables}
            self._pymoo = PymooProblem(vars=variables, n_obj=1, n_ieq_constr=limits)
            self._ga = MixedVariableGA(**self.settings)
        self._ga.setup(
            self._pymoo, termination=get_termination("n_eval", 10**9), seed=seed, verbose=False
        )
        self._waiting: list[Any] = []
        self._asked: Any = []

    def suggest(self) -> Candidate:
        """The next of the generation."""
        if not self._waiting:
            self._asked = self._ga.ask()
            self._waiting = list(self._asked)
        return super().suggest()

    def suggest_code(self) -> Code:
        """The next individual as a code."""
        genes = self._waiting[0].X
        if self._order is not None:
            order = tuple(self._order.items[int(i)] for i in genes)
            return self.encoding.encode({self._order.name: order})
        return {name: _plain(value) for name, value in dict(genes).items()}

    def learn(self, record: Record) -> None:
        """Tell a generation when all of it is known."""
        self._waiting.pop(0)
        if self._waiting:
            return
        records = self.records[-len(self._asked) :]
        values = [self.filled_objective(r) or 0.0 for r in records]
        broken = [list(self.all_constraints(r).values()) for r in records]
        shape = (len(records), len(self.constraint_names))
        static = StaticProblem(
            self._pymoo, F=np.array(values)[:, None], G=np.array(broken).reshape(shape)
        )
        Evaluator().eval(static, self._asked)
        self._ga.tell(infills=self._asked)


def _variable(variable: Variable) -> Any:
    if isinstance(variable, ChoiceVariable):
        return Choice(options=list(variable.values))
    if isinstance(variable, IntVariable):
        return Integer(bounds=(variable.low, variable.high))
    return Real(bounds=(variable.low, variable.high))


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value
