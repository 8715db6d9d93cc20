"""Tables of networks, flags and tilings with several objectives; fronts by enumeration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from benchmarks.optimizers.objectives.problem import (
    LISTED,
    Array,
    FrontProblem,
    front_of,
    front_problem,
    judged,
    listed,
)
from benchmarks.optimizers.problem import Evaluation
from benchmarks.optimizers.problems.flags import Effects, crashes, sizes_of
from benchmarks.optimizers.problems.networks import NB201, OPERATORS, table
from benchmarks.optimizers.problems.tilings import MatmulTilings
from bohwsw.space import Categorical, Ordinal, Parameter, Point, Space


def cells_devices(seed: int | None = None) -> FrontProblem:
    """NAS-Bench-201: error against the latency on a phone, if it fits a board and learns."""
    return _cells("cells_devices", "cifar100", ("pixel3",), "raspi4", seed)


def cells_three(seed: int | None = None) -> FrontProblem:
    """Error against two latencies, for ImageNet16, under the limit of a third device."""
    return _cells("cells_three", "imagenet16", ("pixel3", "eyeriss"), "silver_4114", seed)


def _cells(
    name: str, data: str, devices: Sequence[str], limited: str, seed: int | None
) -> FrontProblem:
    """Hidden: the latency of a device, and an error above which nothing else is measured."""
    shift = 1.0 if seed is None else float(np.random.default_rng(seed).uniform(0.7, 1.3))
    space = Space([Categorical(f"op_{i}", list(OPERATORS)) for i in range(6)])
    weights = len(OPERATORS) ** np.arange(6)[::-1]
    error = 100.0 - table(f"nb201_{data}_val12") / 100.0
    values = np.stack([error, *(table(f"nb201_{d}_ms") for d in devices)], axis=1)
    latency = table(f"nb201_{limited}_ms")
    slowest, worst = np.quantile(latency, 0.4 * shift), np.quantile(error, 0.5 * shift)

    def ask(rows: Array) -> tuple[Array, Mapping[str, Array]]:
        index = rows @ weights
        limits = {"latency": latency[index] - slowest, "error": error[index] - worst}
        return values[index], limits

    return listed(name, "networks", space, ask, f"{NB201.partition(';')[0]}; {LISTED}")


def flags_size(seed: int | None = None) -> FrontProblem:
    """16 flags: seconds against bytes; clauses of two crash."""
    flags: list[Parameter] = [Categorical(f"flag_{i}", [False, True]) for i in range(16)]
    return _flags("flags_size", flags, (2,), 11, seed)


def flags_levels(seed: int | None = None) -> FrontProblem:
    """10 flags, two listed sizes and a choice: seconds against bytes; clauses of two and three."""
    parameters: list[Parameter] = [Categorical(f"flag_{i}", [False, True]) for i in range(10)]
    parameters += [Ordinal(f"size_{i}", [1, 2, 4, 8]) for i in range(2)]
    parameters.append(Categorical("choice", [f"level_{k}" for k in range(5)]))
    return _flags("flags_levels", parameters, (2, 3), 12, seed)


def _flags(
    name: str,
    parameters: Sequence[Parameter],
    lengths: Sequence[int],
    number: int,
    seed: int | None,
) -> FrontProblem:
    rng = np.random.default_rng([number, 0 if seed is None else seed])
    space = Space(parameters)
    crash = crashes(space, lengths, rng, SELDOM)
    sums = [Effects(rng, sizes_of(space)) for _ in range(2)]

    def ask(rows: Array) -> tuple[Array, Mapping[str, Array]]:
        return np.stack([one(rows) for one in sums], axis=1), crash(rows)

    return listed(name, "flags", space, ask, f"made for this benchmark; {LISTED}")


def matmul_buffer(seed: int | None = None) -> FrontProblem:
    """A matrix product's energy against the words of its buffer (the logarithm); all is known."""
    tilings = _tilings(seed, buffer=3000, pes=16)

    def figures(m: Array, n: Array, k: Array) -> Array:
        return np.stack([tilings.figures(m, n, k)[0], np.log2(tilings.words(m, n, k))], axis=-1)

    def evaluate(point: Point) -> Evaluation:
        return judged(figures(*_arrays(point)), {}, hidden=False)

    return front_problem(
        "matmul_buffer",
        "tilings",
        tilings.space,
        evaluate,
        front_of(figures(*tilings.all())),
        f"made for this benchmark; {LISTED}",
    )


SELDOM = 0.1
"""Fewer combinations of flags than this share do not crash."""

VOLTS = tuple(i / 20 for i in range(12, 23))


def matmul_volts(seed: int | None = None) -> FrontProblem:
    """Energy against time of tilings on 64 PEs at eleven voltages, if the power is not too much."""
    tilings = _tilings(seed, buffer=600, pes=64)
    known = [constraint.text for constraint in tilings.space.constraints]
    space = Space([*tilings.space.parameters, Ordinal("volts", VOLTS)], known)

    def figures(m: Array, n: Array, k: Array, volts: float) -> Array:
        return np.stack(tilings.figures(m, n, k, volts), axis=-1)

    every = tilings.all()
    values = np.concatenate([figures(*every, volts) for volts in VOLTS])
    power = values[:, 0] / values[:, 1]
    most = float(np.quantile(power, 0.95))

    def evaluate(point: Point) -> Evaluation:
        found = figures(*_arrays(point), float(point["volts"]))
        return judged(found, {"power": float(found[0] / found[1]) - most}, hidden=True)

    return front_problem(
        "matmul_volts",
        "tilings",
        space,
        evaluate,
        front_of(values[power <= most]),
        f"made for this benchmark; {LISTED}",
        hidden=True,
    )


def _tilings(seed: int | None, **limits: int) -> MatmulTilings:
    base = MatmulTilings.of(seed)
    return MatmulTilings(base.sizes, limits["buffer"], base.word_energy, 8.0, limits["pes"])


def _arrays(point: Point) -> tuple[Array, Array, Array]:
    m, n, k = (np.asarray(point[name], dtype=np.float64) for name in "mnk")
    return m, n, k
