"""FOX-NAS's two polynomials: predicted accuracy and CPU latency of a network of five stages.

C.-H. Hung et al., "FOX-NAS: Fast, On-device and Explainable Neural Architecture Search", ICCV
workshops 2021. The 77 coefficients are those of the authors' public code (great8nctu/FOX-NAS
@26d5939, search_strategy), facts that are written down here in an order of our own. Stages share no
term, so the optimum is found exactly, stage by stage.
"""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np

from benchmarks.searches.problem import Problem
from bohwsw.arrays import Values
from bohwsw.space import Ordinal, Point, Space
from bohwsw.strategies.published.staged_shgo import StageModel

STAGES = (24, 40, 80, 112, 160)
DEPTHS, EXPANSIONS, KERNELS = (2, 3, 4), (2, 3, 4, 6), (3, 5, 7)
DOMAINS = {
    "depth": DEPTHS,
    "expand": EXPANSIONS,
    "kernel": KERNELS,
    "first_expand": EXPANSIONS,
    "first_kernel": KERNELS,
}
"""Of each stage: its blocks, the mean expansion and kernel of all but the first, those of it."""

ACCURACY_BASE, LATENCY_BASE = 61.878882, 16.30464
ACCURACY = np.array(
    [
        [0.308031, 0.246401, 0.385460, 0.549228, 0.355705],  # depth
        [0.020765, 0.041229, 0.034954, 0.067013, 0.135598],  # expand
        [0.066404, -0.012060, 0.054933, 0.009343, 0.014635],  # kernel
        [0.057120, 0.043826, 0.056370, 0.089531, 0.113646],  # first_expand
        [0.005593, 0.025202, 0.027489, 0.003217, 0.013580],  # first_kernel
        [0.088727, 0.116691, 0.120979, 0.203725, 0.153543],  # (depth - 1) expand
        [-0.020289, -0.026291, -0.027556, -0.040638, -0.031194],  # depth (depth - 1) expand
        [-0.014607, 0.006102, -0.006670, 0.004494, 0.002630],  # depth kernel
    ]
)
LATENCY_MS = np.array(
    [
        [-8.06211, -2.69638, -1.13344, -0.22013, -0.55329],  # depth
        [-2.32253, -0.90273, -1.01517, -0.54179, -0.30544],  # expand
        [-2.33407, -0.94015, -0.11907, 0.01387, -0.27301],  # kernel
        [2.85597, 1.29418, 0.65506, 0.68359, 0.62364],  # first_expand
        [1.17867, 0.49333, 0.10513, 0.23057, 0.01159],  # first_kernel
        [2.15201, 1.01542, 0.70170, 0.87146, 0.45674],  # depth expand
        [1.91980, 0.70742, 0.16173, 0.21330, 0.17648],  # depth kernel
    ]
)
"""A row a term, a column a stage."""


def stage_terms(values: Values, stage: int) -> tuple[Values, Values]:
    """Points of accuracy and ms of latency ``[n]`` that a stage adds, for ``[n, 5]`` values."""
    depth, expand, kernel, first_expand, first_kernel = values.T
    plain = [depth, expand, kernel, first_expand, first_kernel]
    accuracy = [*plain, (depth - 1) * expand, depth * (depth - 1) * expand, depth * kernel]
    latency = [*plain, depth * expand, depth * kernel]
    return ACCURACY[:, stage] @ np.array(accuracy), LATENCY_MS[:, stage] @ np.array(latency)


def predicted(point: Point) -> tuple[float, float]:
    """Error in points and latency in ms."""
    accuracy, latency = ACCURACY_BASE, LATENCY_BASE
    for stage, channels in enumerate(STAGES):
        values = np.array([[float(point[f"{name}_{channels}"]) for name in DOMAINS]])
        more, slower = stage_terms(values, stage)
        accuracy, latency = accuracy + float(more[0]), latency + float(slower[0])
    return 100.0 - accuracy, latency


def relaxed_stage(stage: int) -> StageModel:
    """Error and latency that a stage adds, of codes between those of values too."""

    def model(codes: Values) -> tuple[Values, Values]:
        domains = enumerate(DOMAINS.values())
        values = [np.interp(codes[:, k], np.arange(len(d)), d) for k, d in domains]
        accuracy, latency = stage_terms(np.column_stack(values), stage)
        return -accuracy, latency

    return model


@cache
def optimum(limit_ms: float) -> float:
    """The highest accuracy within a latency: fronts of the stages, added one after the other."""
    choices = np.array(list(product(*DOMAINS.values())), dtype=np.float64)
    error, latency = np.array([-ACCURACY_BASE]), np.array([LATENCY_BASE])
    for stage in range(len(STAGES)):
        more, slower = stage_terms(choices, stage)
        error, latency = pareto(np.add.outer(error, -more), np.add.outer(latency, slower))
    return float(-error[latency <= limit_ms].min())


def pareto(error: Values, cost: Values) -> tuple[Values, Values]:
    """Those that nothing cheaper beats, cheapest first, of arrays of one shape."""
    order = np.lexsort((error.ravel(), cost.ravel()))
    error, cost = error.ravel()[order], cost.ravel()[order]
    best_before = np.concatenate([[np.inf], np.minimum.accumulate(error)[:-1]])
    kept = error < best_before
    return error[kept], cost[kept]


def foxnas(limit_ms: float = 55.0) -> Problem:
    """25 numbers of five stages, 15 million million networks, within 55 ms."""
    names = [(kind, channels) for kind in DOMAINS for channels in STAGES]
    space = Space([Ordinal(f"{kind}_{c}", list(DOMAINS[kind])) for kind, c in names])
    source = "coefficients of great8nctu/FOX-NAS"
    best = 100.0 - optimum(limit_ms)
    return Problem(
        "foxnas", space, predicted, "latency_ms", limit_ms, best, 200, source, "exact, by stage"
    )
