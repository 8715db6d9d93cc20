"""What all the other tools share: codes, and constraint values for whatever went wrong."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.optimizers.encoding import ChoiceVariable, Code, Encoding
from benchmarks.optimizers.method import Candidate, Method
from benchmarks.optimizers.problem import Evaluation, Problem
from bohwsw.rows import RowSpace

HIDDEN = "hidden"
"""The constraint that stands for yes (-1) or no (1) where nothing else is told."""


@dataclass(frozen=True)
class Record:
    """One trial in the words of the tool.

    Attributes:
        code: where.
        objective: what came of it; None if nothing.
        constraints: the values there are; at most 0 is met.
        further: what came of it in further objectives.
    """

    code: Code
    objective: float | None
    constraints: Mapping[str, float]
    further: tuple[float, ...] = ()

    @property
    def feasible(self) -> bool:
        """Whether there is an objective and all constraints are met."""
        return self.objective is not None and all(v <= 0.0 for v in self.constraints.values())


class EncodedMethod(Method):
    """A tool that sees the encoding of a space.

    Attributes:
        encoding: the space in its words.
        constraint_names: constraints it is told about: those known beforehand, then those of the
            outcome, or the one hidden.
        records: the trials so far.
        rows: of a table of designs those that were not suggested yet; None for any other space.
    """

    def __init__(self, problem: Problem, seed: int) -> None:
        self.problem = problem
        self.seed = seed
        self.encoding = Encoding(problem.space)
        hidden = (HIDDEN,) if problem.hidden else ()
        self.constraint_names = (*self.encoding.known, *problem.constraint_names, *hidden)
        self.records: list[Record] = []
        self.rows: list[Code] | None = None
        if isinstance(problem.space, RowSpace):
            rows = map(problem.space.point, problem.space.group_rows(0, 0))
            self.rows = [self.encoding.encode(point) for point in rows]

    @abstractmethod
    def suggest_code(self) -> Code:
        """The next point in the tool's words."""

    @abstractmethod
    def learn(self, record: Record) -> None:
        """Take in the newest of the records."""

    def suggest(self) -> Candidate:
        """The next point, with what it breaks of what is known.

        Where only the rows of a table may be had, it is the nearest one that is left.
        """
        code = self.suggest_code()
        if self.rows is not None:
            code = self.rows.pop(self._nearest(code))
        return self.encoding.decode(code)

    def _nearest(self, code: Code) -> int:
        """The place of the row that is left nearest to a code: each variable by its range."""
        assert self.rows is not None
        distances = np.zeros(len(self.rows))
        for variable in self.encoding.variables:
            own, column = code[variable.name], [row[variable.name] for row in self.rows]
            if isinstance(variable, ChoiceVariable):
                distances += [value != own for value in column]
            else:
                distances += np.abs(np.array(column) - own) / (variable.high - variable.low)
        return int(distances.argmin())

    def observe(self, candidate: Candidate, evaluation: Evaluation) -> None:
        """Put down all values that there are, then let the tool learn.

        A point that breaks what is known beforehand was not evaluated: it has no outcome. One
        whose tiles do not multiply has no values for the other known constraints either.
        """
        told = {**candidate.excesses, **evaluation.constraints}
        if self.problem.hidden and candidate.can_be_evaluated:
            told[HIDDEN] = -1.0 if evaluation.feasible else 1.0
        assert candidate.code is not None
        record = Record(candidate.code, evaluation.objective, told, evaluation.further)
        self.records.append(record)
        self.learn(record)

    # -- for tools that want every value for every trial ---------------------------------------

    def all_constraints(self, record: Record) -> dict[str, float]:
        """A number for every constraint: where there is none, the worst seen, else 0."""
        return {
            name: record.constraints.get(name, max(self._seen(name), default=0.0))
            for name in self.constraint_names
        }

    def filled_objective(self, record: Record) -> float | None:
        """The objective; where there is none, the worst seen; None if none was ever seen.

        A huge number instead would spoil the scale of every model.
        """
        if record.objective is not None:
            return record.objective
        return max((r.objective for r in self.records if r.objective is not None), default=None)

    def filled_objectives(self, record: Record) -> list[float]:
        """All objectives, filled in the same way; zeros if none was ever seen."""
        seen = [record] if record.objective is not None else self.records
        known = [(r.objective, *r.further) for r in seen if r.objective is not None]
        return [max(column) for column in zip(*known, strict=True)] or [
            0.0
        ] * self.problem.n_objectives

    def _seen(self, name: str) -> list[float]:
        return [r.constraints[name] for r in self.records if name in r.constraints]

    def penalised_costs(self) -> list[float]:
        """One number a trial, for tools without constraints: feasible before infeasible.

        A feasible trial costs its objective. Others cost the worst feasible one plus the mean
        share of the worst violation seen of each constraint, in units of the feasible range;
        where only "no" is told, all of them cost the worst feasible one.
        """
        feasible = [r.objective for r in self.records if r.feasible and r.objective is not None]
        worst, best = max(feasible, default=1.0), min(feasible, default=0.0)
        names = [name for name in self.constraint_names if name != HIDDEN]
        largest = {name: max(self._seen(name), default=0.0) for name in names}
        costs = []
        for record in self.records:
            if record.feasible and record.objective is not None:
                costs.append(record.objective)
                continue
            shares = [
                max(record.constraints.get(name, largest[name]), 0.0) / largest[name]
                for name in names
                if largest[name] > 0.0
            ]
            share = math.fsum(shares) / len(shares) if shares else 0.0
            costs.append(worst + (worst - best) * share)
        return costs
