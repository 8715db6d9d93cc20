"""A fit on categorical parameters: ours beside BoTorch's two ways."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from botorch.fit import fit_gpytorch_mll
from botorch.models import MixedSingleTaskGP, SingleTaskGP
from gpytorch.mlls import ExactMarginalLogLikelihood

from benchmarks.command import Log, Row
from bohwsw.space import Categorical, Integer, Point, Space
from bohwsw.surrogates import GaussianProcess, one_thread

Values = npt.NDArray[np.float64]
Predict = Callable[[list[Point]], tuple[Values, Values]]

INTEGERS, CATEGORIES, LEVELS = 5, 3, 8
CHOICES = ["none", "row", "weight", "output"]
HELD_OUT = 1000

SPACE = Space(
    [
        *(Integer(f"x{i}", 0, LEVELS - 1) for i in range(INTEGERS)),
        *(Categorical(f"c{i}", CHOICES) for i in range(CATEGORIES)),
    ]
)


def category_rows(sizes: list[int], log: Log) -> list[Row]:
    """CPU-seconds of one fit from the priors, and the log score of what it predicts."""
    rows: list[Row] = []
    fits = {
        "ours, a column a value": _ours,
        "BoTorch SingleTaskGP, a column a value": _one_hot,
        "BoTorch MixedSingleTaskGP": _mixed,
    }
    test = SPACE.sample(HELD_OUT, np.random.default_rng(999))
    truth = _outcomes(test)
    _ours(test[:20], truth[:20])  # compiles
    for n in sizes:
        train = SPACE.sample(n, np.random.default_rng(0))
        for name, fit in fits.items():
            with one_thread(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                start = time.process_time()
                predict = fit(train, _outcomes(train))
                seconds = time.process_time() - start
                mean, variance = predict(test)
            score = -0.5 * ((truth - mean) ** 2 / variance + np.log(2.0 * math.pi * variance))
            row = {"model": name, "observations": n, "fit_s": seconds}
            rows.append({**row, "log_score": float(score.mean())})
            log(f"categories, {n} observations, {name}: {seconds:.2f} CPU-s")
    return rows


def _outcomes(points: list[Point]) -> Values:
    """A smooth function that the first two choices bend and shift."""
    heights = np.random.default_rng(7).normal(size=(CATEGORIES, len(CHOICES)))
    outcomes = []
    for point in points:
        x = [point[f"x{i}"] / (LEVELS - 1) for i in range(INTEGERS)]
        shift = [heights[i, CHOICES.index(point[f"c{i}"])] for i in range(CATEGORIES)]
        outcomes.append(math.sin(3.0 * x[0]) + x[1] * x[2] * (2.0 + shift[0]) + shift[1])
    return np.array(outcomes)


def _ours(points: list[Point], y: Values) -> Predict:
    model = GaussianProcess(SPACE.encoding_groups).fit(SPACE.encode(points), y)
    return lambda others: model.predict(SPACE.encode(others))


def _one_hot(points: list[Point], y: Values) -> Predict:
    return _botorch(SingleTaskGP, SPACE.encode, points, y)


def _mixed(points: list[Point], y: Values) -> Predict:
    def codes(some: list[Point]) -> Values:
        numbers = [[point[f"x{i}"] / (LEVELS - 1) for i in range(INTEGERS)] for point in some]
        choices = [[CHOICES.index(point[f"c{i}"]) for i in range(CATEGORIES)] for point in some]
        return np.hstack([numbers, choices])

    def model(x: torch.Tensor, y: torch.Tensor) -> MixedSingleTaskGP:
        return MixedSingleTaskGP(x, y, cat_dims=list(range(INTEGERS, INTEGERS + CATEGORIES)))

    return _botorch(model, codes, points, y)


def _botorch(
    build: Callable[[torch.Tensor, torch.Tensor], SingleTaskGP],
    encode: Callable[[list[Point]], Values],
    points: list[Point],
    y: Values,
) -> Predict:
    # Both models standardise the outcome themselves and predict in its units.
    model = build(torch.tensor(encode(points)), torch.tensor(y[:, None]))
    fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))

    def predict(others: list[Point]) -> tuple[Values, Values]:
        with torch.no_grad():
            posterior = model.posterior(torch.tensor(encode(others)))
            return posterior.mean[:, 0].numpy(), posterior.variance[:, 0].numpy()

    return predict
