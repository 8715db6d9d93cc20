"""What more evaluations may bring, by the models of those that there are.

Thompson sampling, all at once: each of the next evaluations is the best point of a function drawn
from the posterior, and what they find is looked up in one more function drawn from it, many times.
A search that learns from each of them before the next would find a little more.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.acquisition import hypervolume, non_dominated, some_neighbours
from bohwsw.report.network_steps import studied_space
from bohwsw.report.objectives import TrialValues
from bohwsw.report.search_contents import minimised, model_of, modelled
from bohwsw.report.sources import Source
from bohwsw.strategies import BayesianStrategy

EVALUATIONS = 50
LEAST = 5
"""Trials that count, fewer say nothing."""

NOTHING = 1e-3
"""Gain below which a search has found nothing."""

RUNS, POOL, NEAR, MOST_BEST = 40, 150, 60, 6
"""Searches that are drawn; points that are chosen from: random ones, and neighbours of the best."""

Values = npt.NDArray[np.float64]


def outlook_contents(source: Source, values: TrialValues) -> dict[str, Any] | None:
    """What more evaluations may bring, as plain data; None where the space is not stored.

    Of an objective that is compared by ratio shares of it, of others the amount.
    """
    space, told = studied_space(source), modelled(source.trials, values)
    counted = [trial for trial in told if values.counts(trial)]
    if space is None or len(counted) < LEAST or not values.objectives:
        return None
    if any(set(trial.point) != set(space.names) for trial in told):
        return None
    model, _ = model_of(space, told, values, lambda point, _: point)
    found = np.array([minimised(trial, values) for trial in counted])
    gains = outlook(model, [dict(trial.point) for trial in counted], found)
    is_ratio = len(values.objectives) == 1 and values.objectives[0].logarithmic
    gains = -np.expm1(-gains) if is_ratio else gains
    low, median, high = np.quantile(gains, (0.1, 0.5, 0.9)).tolist()
    return {
        "evaluations": EVALUATIONS,
        "low": low,
        "median": median,
        "high": high,
        "nothing": float(np.mean(gains < NOTHING)),
        "is_share": is_ratio or len(values.objectives) > 1,
    }


def outlook(model: BayesianStrategy, trials: list[dict[str, Any]], values: Values) -> Values:
    """What so many more evaluations bring, in each of the searches that are drawn, ascending.

    Args:
        model: of the trials, with as many objectives.
        trials: points of those that count.
        values: of these, minimised: ``[n, n_objectives]``.

    Returns:
        By how much the least value falls, of several objectives by which share their hypervolume
        grows: ``[RUNS]``.
    """
    rng = np.random.default_rng(0)
    front = np.flatnonzero(non_dominated(values))[:MOST_BEST]
    rows = [model.space.sample_rows(POOL, rng)]
    for place in front:
        near = some_neighbours(model.space, model.require_valid(trials[place]), rng)
        rows.append(near[: NEAR // len(front)])
    x = np.unique(model.space.encode_rows(np.concatenate(rows)), axis=0)
    drawn = np.stack([_drawn(model, j, x, rng) for j in range(values.shape[1])], axis=-1)
    chance = np.exp(model.posteriors().log_feasible(x))
    drawn[rng.random(drawn.shape[:-1]) > chance] = np.inf
    weights = rng.dirichlet(np.ones(values.shape[1]), size=drawn.shape[:2])[:, :, None, :]
    low, spread = values.min(axis=0), np.ptp(values, axis=0) + 1e-12
    chosen = np.argmin(((drawn - low) / spread * weights).max(axis=-1), axis=-1)
    gains = [_gain(values, one[0, np.unique(k[1:])]) for one, k in zip(drawn, chosen, strict=True)]
    return np.sort(gains)


def _drawn(model: BayesianStrategy, objective: int, x: Values, rng: np.random.Generator) -> Values:
    """Functions at the points, in the units of the values: ``[RUNS, 1 + EVALUATIONS, n]``."""
    data, n = model.surrogates.objectives[objective], len(x)
    here, there = np.triu_indices(n)
    fitted = model.posteriors().objectives[objective]
    mean, variance = fitted.predict(x)
    *_, both = fitted.predict_pairs(x[here], x[there])
    covariance = np.zeros((n, n))
    covariance[here, there] = covariance[there, here] = both
    np.fill_diagonal(covariance, variance)
    eigenvalues, vectors = np.linalg.eigh(covariance)  # near points are nearly dependent
    root = vectors * np.sqrt(np.maximum(eigenvalues, 0.0))
    z = rng.standard_normal((RUNS * (1 + EVALUATIONS), n))
    found = mean + z @ root.T
    return data.unwarped(found.ravel()).reshape(RUNS, 1 + EVALUATIONS, n)


def _gain(values: Values, found: Values) -> float:
    known = found[np.isfinite(found).all(axis=1)]
    if values.shape[1] == 1:
        return max(0.0, float(values.min()) - float(known.min(initial=np.inf)))
    worst = values.max(axis=0)
    now, then = (
        hypervolume(x[non_dominated(x)], worst) for x in (values, np.vstack([values, known]))
    )
    return float(then / now - 1.0) if now > 0.0 else 0.0
