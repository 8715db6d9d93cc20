"""Optuna's tree-structured Parzen estimator, multivariate, told constraint values.

J. Bergstra et al., "Algorithms for hyper-parameter optimization", NeurIPS 2011; constraints as in
`optuna.samplers.TPESampler` of Optuna 5.
"""

from __future__ import annotations

import warnings
from abc import abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar

import optuna

from benchmarks.optimizers.encoding import Code, IntVariable, RealVariable
from benchmarks.optimizers.method import Candidate
from benchmarks.optimizers.methods.encoded import EncodedMethod, Record
from benchmarks.optimizers.problem import Evaluation, Problem


class OptunaMethod(EncodedMethod):
    """Ask and tell with any of Optuna's samplers."""

    def __init__(self, problem: Problem, seed: int) -> None:
        super().__init__(problem, seed)
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
        self._sampler = self.sampler()
        self._study = self._new_study()
        self._running: dict[int, Any] = {}
        self._asked: Any = None
        self._scale_known = False

    @abstractmethod
    def sampler(self) -> Any:
        """The sampler with its settings."""

    def _new_study(self) -> Any:
        goals = ["minimize"] * self.problem.n_objectives
        return optuna.create_study(sampler=self._sampler, directions=goals)

    def suggest(self) -> Candidate:
        """The next point; its trial runs until it is observed."""
        candidate = super().suggest()
        self._running[id(candidate)] = self._asked
        return candidate

    def suggest_code(self) -> Code:
        """Ask for a trial and read its parameters one by one."""
        self._asked = self._study.ask()
        return self._read(self._asked)

    def observe(self, candidate: Candidate, evaluation: Evaluation) -> None:
        """Tell the trial of this point."""
        self._asked = self._running.pop(id(candidate))
        super().observe(candidate, evaluation)

    def learn(self, record: Record) -> None:
        """Tell objective and constraint values.

        Until the first objective nobody knows what the trials without one should be told: they
        are told anew when it is there.
        """
        if not self._scale_known and record.objective is not None:
            self._scale_known = True
            if len(self.records) > 1:
                self._study = self._new_study()
                for earlier in self.records:
                    self._tell(self._again(earlier.code), earlier)
                self._running = {
                    key: self._again(self._read(trial)) for key, trial in self._running.items()
                }
                return
        if self._read(self._asked) != record.code:  # the nearest row of a table took its place
            self._study.tell(self._asked, state=optuna.trial.TrialState.FAIL)
            self._asked = self._again(record.code)
        self._tell(self._asked, record)

    def _again(self, code: Code) -> Any:
        """A trial of a new study at a point that is known."""
        self._study.enqueue_trial(dict(code))
        trial = self._study.ask()
        self._read(trial)
        return trial

    def _tell(self, trial: Any, record: Record) -> None:
        self._read(trial)
        for name, value in self.all_constraints(record).items():
            trial.set_constraint(name, value)
        self._study.tell(trial, self.filled_objectives(record))

    def _read(self, trial: Any) -> Code:
        code: dict[str, Any] = {}
        for variable in self.encoding.variables:
            if isinstance(variable, IntVariable):
                code[variable.name] = trial.suggest_int(variable.name, variable.low, variable.high)
            elif isinstance(variable, RealVariable):
                code[variable.name] = trial.suggest_float(
                    variable.name, variable.low, variable.high, log=variable.log
                )
            else:
                code[variable.name] = trial.suggest_categorical(variable.name, variable.values)
        return code


class OptunaTpe(OptunaMethod):
    """TPE over all parameters jointly."""

    packages = ("optuna",)
    settings: ClassVar[Mapping[str, Any]] = {"multivariate": True, "group": True}

    def sampler(self) -> Any:
        """TPE."""
        return optuna.samplers.TPESampler(seed=self.seed, **self.settings)
