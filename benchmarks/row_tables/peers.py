"""Peers on tables: Optuna's samplers where a table is a full grid, BoTorch on any table.

Optuna has no space of listed rows, so its samplers are asked where every combination of values is
a row. BoTorch chooses among all rows that were not tried by `optimize_acqf_discrete`. Settings are
those that their documents recommend for several objectives.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from bohwsw.rows import RowTable
from bohwsw.space import Ordinal

Values = npt.NDArray[np.float64]

INITIAL = 10
"""Random rows before BoTorch's first model: as many as ours."""


class Peer(Protocol):
    """Ask for a row of the table, tell its objectives ``[m]``, all minimised."""

    def ask(self) -> int: ...

    def tell(self, row: int, values: Values) -> None: ...


class Optuna:
    """A sampler of Optuna on the grid of a table's columns."""

    def __init__(self, designs: RowTable, seed: int, n_objectives: int, sampler: str) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
        samplers: Mapping[str, Callable[[], Any]] = {
            "optuna_tpe": lambda: optuna.samplers.TPESampler(
                seed=seed, multivariate=True, group=True
            ),
            "optuna_gp": lambda: optuna.samplers.GPSampler(seed=seed, deterministic_objective=True),
            "optuna_nsga2": lambda: optuna.samplers.NSGAIISampler(seed=seed, population_size=20),
        }
        self._designs = designs
        self._place = {row.tobytes(): k for k, row in enumerate(designs.codes)}
        self._study = optuna.create_study(
            sampler=samplers[sampler](), directions=["minimize"] * n_objectives
        )
        self._asked: Any = None

    def ask(self) -> int:
        """The row of the next trial."""
        self._asked = self._study.ask()
        codes = [
            self._asked.suggest_categorical(p.name, list(range(len(p.values))))
            for p in self._designs.parameters
        ]
        return self._place[np.array(codes, dtype=self._designs.codes.dtype).tobytes()]

    def tell(self, row: int, values: Values) -> None:
        """Tell that trial."""
        self._study.tell(self._asked, values.tolist())


class Botorch:
    """Independent Gaussian processes and the exact expected hypervolume improvement of all rows."""

    def __init__(self, designs: RowTable, seed: int, n_objectives: int) -> None:
        self._x = encoded(designs)
        self._rng = np.random.default_rng(seed)
        self._rows: list[int] = []
        self._values: list[Values] = []

    def ask(self) -> int:
        """A random row first, then the one of the highest acquisition value."""
        left = np.setdiff1d(np.arange(len(self._x)), self._rows)
        if len(self._rows) < INITIAL:
            return int(self._rng.choice(left))
        return int(left[self._best(self._x[left])])

    def tell(self, row: int, values: Values) -> None:
        """Remember what came of it."""
        self._rows.append(row)
        self._values.append(values)

    def _best(self, choices: Values) -> int:
        import torch
        from botorch.acquisition.multi_objective.analytic import ExpectedHypervolumeImprovement
        from botorch.fit import fit_gpytorch_mll
        from botorch.models import ModelListGP, SingleTaskGP
        from botorch.optim import optimize_acqf_discrete
        from botorch.utils.multi_objective.box_decompositions import (
            FastNondominatedPartitioning,
        )
        from botorch.utils.multi_objective.hypervolume import infer_reference_point
        from botorch.utils.multi_objective.pareto import is_non_dominated
        from gpytorch.mlls import SumMarginalLogLikelihood

        warnings.filterwarnings("ignore")
        torch.manual_seed(int(self._rng.integers(2**31)))
        x = torch.from_numpy(self._x[self._rows])
        y = torch.from_numpy(-np.array(self._values))
        model = ModelListGP(*(SingleTaskGP(x, column[:, None]) for column in y.T))
        fit_gpytorch_mll(SumMarginalLogLikelihood(model.likelihood, model))
        reference = infer_reference_point(y[is_non_dominated(y)], scale=0.1)
        cells: Any = FastNondominatedPartitioning(reference, y)
        acquisition = ExpectedHypervolumeImprovement(model, reference.tolist(), cells)
        points = torch.from_numpy(choices)
        best, _ = optimize_acqf_discrete(acquisition, 1, points, max_batch_size=1024)
        return int((points == best).all(dim=1).nonzero()[0, 0])


def encoded(designs: RowTable) -> Values:
    """The rows ``[n, width]`` in [0, 1]: numbers by their range, categories one-hot."""
    columns: list[Values] = []
    for parameter, codes in zip(designs.parameters, designs.codes.T, strict=True):
        if isinstance(parameter, Ordinal):
            numbers = np.array(parameter.values, dtype=np.float64)[codes]
            columns.append((numbers - numbers.min())[:, None] / max(np.ptp(numbers), 1e-12))
        else:
            columns.append(np.eye(len(parameter.values))[codes])
    return np.concatenate(columns, axis=1)


def peer(name: str, designs: RowTable, seed: int, n_objectives: int) -> Peer:
    """A peer by its name."""
    if name == "botorch":
        return Botorch(designs, seed, n_objectives)
    return Optuna(designs, seed, n_objectives, name)


def takes(name: str, designs: RowTable) -> bool:
    """Whether a peer can be asked for rows of this table."""
    full = int(np.prod([len(p.values) for p in designs.parameters], dtype=object))
    return name == "botorch" or full == len(designs)
