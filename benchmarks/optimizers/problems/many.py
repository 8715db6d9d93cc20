"""Problems of more than 50 parameters, without limits, whose optimum is known by construction."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from benchmarks.optimizers.problem import Evaluation, Problem
from bohwsw.space import Categorical, Integer, Parameter, Point, Real, Space

N = 60
N_TRIALS = 120

Values = npt.NDArray[np.float64]


def _problem(
    name: str, parameters: list[Parameter], of: Callable[[Values], float], best: Point, source: str
) -> Problem:
    """A problem of a function of all values in their order; its least value is 0, here 1."""

    def evaluate(point: Point) -> Evaluation:
        return Evaluation(True, 1.0 + of(np.array([float(point[p.name]) for p in parameters])))

    space = Space(parameters)
    return Problem(name, "many", space, evaluate, 1.0, best, N_TRIALS, False, f"{source}, plus 1")


def ackley_53() -> Problem:
    """50 choices of 0 or 1 and three reals, as in X. Wan et al., ICML 2021."""
    flags, reals = [f"flag_{k}" for k in range(50)], [f"x_{k}" for k in range(3)]

    def value(z: Values) -> float:
        far = math.sqrt(float((z**2).mean()))
        waves = float(np.cos(2.0 * math.pi * z).mean())
        return -20.0 * math.exp(-0.2 * far) - math.exp(waves) + 20.0 + math.e

    return _problem(
        "ackley_53",
        [*(Categorical(n, [0, 1]) for n in flags), *(Real(n, -1, 1) for n in reals)],
        value,
        {**dict.fromkeys(flags, 0), **dict.fromkeys(reals, 0.0)},
        "D. H. Ackley, 'A Connectionist Machine for Genetic Hillclimbing', 1987",
    )


def max_sat_60() -> Problem:
    """Weights of broken clauses of three; all of them hold at one drawn point."""
    rng = np.random.default_rng(1)
    clauses = np.array([rng.choice(N, 3, replace=False) for _ in range(4 * N)])
    best, weights = rng.integers(0, 2, N), rng.random(len(clauses))
    signs = rng.integers(0, 2, clauses.shape)
    broken = (best[clauses] != signs).all(axis=1)
    signs[broken, 0] = best[clauses[broken, 0]]
    names = [f"flag_{k}" for k in range(N)]
    return _problem(
        "max_sat_60",
        [Categorical(name, [0, 1]) for name in names],
        lambda z: float(weights[(z[clauses] != signs).all(axis=1)].sum()),
        dict(zip(names, best.tolist(), strict=True)),
        "weighted maximum satisfiability, made for this benchmark",
    )


def chain_60() -> Problem:
    """60 choices of four, each with an effect of its own and one with its neighbour."""
    rng = np.random.default_rng(3)
    own, pairs = rng.normal(size=(N, 4)), 0.7 * rng.normal(size=(N - 1, 4, 4))
    least, back = own[0], []
    for k in range(1, N):
        ways = least[:, None] + pairs[k - 1]
        back.append(ways.argmin(axis=0))
        least = ways.min(axis=0) + own[k]
    best = [int(least.argmin())]
    for choices in reversed(back):
        best.insert(0, int(choices[best[0]]))

    def value(z: Values) -> float:
        at = z.astype(int)
        total = own[np.arange(N), at].sum() + pairs[np.arange(N - 1), at[:-1], at[1:]].sum()
        return float(total - least.min()) / N

    names = [f"choice_{k}" for k in range(N)]
    return _problem(
        "chain_60",
        [Categorical(name, [0, 1, 2, 3]) for name in names],
        value,
        dict(zip(names, best, strict=True)),
        "made for this benchmark, optimum by dynamic programming",
    )


def levy_60() -> Problem:
    """60 whole numbers."""

    def value(z: Values) -> float:
        w = 1.0 + (z - 1.0) / 4.0
        inner = (w[:-1] - 1.0) ** 2 * (1.0 + 10.0 * np.sin(math.pi * w[:-1] + 1.0) ** 2)
        last = (w[-1] - 1.0) ** 2 * (1.0 + math.sin(2.0 * math.pi * w[-1]) ** 2)
        return float(math.sin(math.pi * w[0]) ** 2 + inner.sum() + last) / N

    names = [f"n_{k}" for k in range(N)]
    return _problem(
        "levy_60",
        [Integer(name, -10, 10) for name in names],
        value,
        dict.fromkeys(names, 1),
        "A. V. Levy and A. Montalvo, 'The Tunneling Algorithm', 1985, a 60th of it",
    )


def rosenbrock_60() -> Problem:
    """Reals and whole numbers in turn, and the logarithm of one more than the function."""

    def value(z: Values) -> float:
        steps = 100.0 * (z[1:] - z[:-1] ** 2) ** 2 + (1.0 - z[:-1]) ** 2
        return float(np.log1p(steps.sum()))

    names = [f"x_{k}" for k in range(N)]
    return _problem(
        "rosenbrock_60",
        [Real(n, -2.0, 2.0) if k % 2 else Integer(n, -2, 2) for k, n in enumerate(names)],
        value,
        dict.fromkeys(names, 1) | dict.fromkeys(names[1::2], 1.0),
        "H. H. Rosenbrock, 1960, its logarithm",
    )


MANY: Mapping[str, Callable[[], Problem]] = {
    made.__name__: made for made in (ackley_53, max_sat_60, chain_60, levy_60, rosenbrock_60)
}
