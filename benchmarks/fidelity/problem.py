"""Problems of several fidelities; an evaluation at the target costs about 1.

All are minimised. Sources: J. Wu, S. Toscano-Palmerin, P. Frazier and A. Wilson, "Practical
Multi-fidelity Bayesian Optimization for Hyperparameter Tuning", UAI 2019 (augmented Branin and
Hartmann; BoTorch has them); S. Xiong, P. Qian and C. J. Wu, "Sequential Design and Analysis of
High-Accuracy and Low-Accuracy Computer Codes", 2013 (Currin and borehole, two fidelities);
F. Irshad, S. Karsch and A. Doepp, "Leveraging Trust for Joint Multi-Objective and Multi-Fidelity
Optimization", 2024 (Branin and Currin together; BoTorch has it). The training problems are our own:
learning curves over epochs, runs that diverge, and a limit on measured memory. So are the hidden
constraints of augmented Hartmann, and the plates.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from bohwsw.space import Categorical, Integer, Ordinal, Parameter, Point, Real, Space
from bohwsw.strategies import Fidelity, Outcome

Figures = Mapping[str, float]
EPOCHS = (1, 3, 9, 27, 81)


@dataclass(frozen=True)
class Problem:
    """A problem of several fidelities.

    Attributes:
        name: for people.
        parameters: of a design, without the fidelity.
        level: the fidelity as a parameter.
        fidelity: its target and the costs.
        measure: figures of a point with its fidelity; None where it cannot be evaluated.
        budget: in costs of evaluations at the target.
        objectives: names of figures.
        limits: outcome constraints.
        best: the lowest value at the target, or the largest hypervolume.
        reference: of the hypervolume, one value an objective.
    """

    name: str
    parameters: tuple[Parameter, ...]
    level: Parameter
    fidelity: Fidelity
    measure: Callable[[Point], Figures | None]
    budget: float
    best: float
    objectives: tuple[str, ...] = ("y",)
    limits: tuple[str, ...] = ()
    reference: tuple[float, ...] = field(default=())

    @property
    def target(self) -> dict[str, Any]:
        """The fidelity at its target."""
        return dict(self.fidelity.targets)

    def space(self, *, with_fidelity: bool) -> Space:
        """Designs, with their fidelity or without."""
        return Space([*self.parameters, self.level] if with_fidelity else self.parameters)

    def outcome(self, point: Point) -> Outcome:
        """What an evaluation gives."""
        figures = self.measure(point)
        if figures is None:
            return Outcome("infeasible", reason="diverged")  # type: ignore[arg-type]
        return Outcome("completed", metrics=figures)  # type: ignore[arg-type]

    def regret(self, designs: list[Point]) -> float:
        """How far designs are from the best at the target, whatever was seen of them.

        Of one objective the difference; of several the missing share of the hypervolume. Infinite,
        or 1, if none is feasible.
        """
        figures = [self.measure({**design, **self.target}) for design in designs]
        values = [
            [each[name] for name in self.objectives]
            for each in figures
            if each is not None and self._meets(each)
        ]
        if len(self.objectives) == 1:
            return min((value for (value,) in values), default=math.inf) - self.best
        return 1.0 - hypervolume(values, self.reference) / self.best

    def _meets(self, figures: Figures) -> bool:
        return "memory" not in figures or figures["memory"] <= MEMORY


def hypervolume(values: list[list[float]], reference: tuple[float, ...]) -> float:
    """The area below the reference point that two-objective values dominate."""
    area, ceiling = 0.0, reference[1]
    for first, second in sorted(values):
        if first < reference[0] and second < ceiling:
            area += (reference[0] - first) * (ceiling - second)
            ceiling = second
    return area


def _units(n: int) -> tuple[Parameter, ...]:
    return tuple(Real(f"x{k}", 0.0, 1.0) for k in range(n))


def _design(point: Point) -> list[float]:
    return [value for name, value in point.items() if name.startswith("x")]


def _of_botorch(function: Any, point: Point) -> list[float]:
    """A test function of BoTorch, whose last input is the fidelity, at a point of the unit cube."""
    import torch

    low, high = function.bounds
    x = torch.tensor([*_design(point), point["s"]], dtype=torch.float64)
    found = function.evaluate_true((low + (high - low) * x)[None, :])[0]
    return [float(value) for value in found.reshape(-1)]


@cache
def _function(name: str) -> Any:
    from botorch.test_functions import multi_fidelity, multi_objective_multi_fidelity

    home = multi_fidelity if hasattr(multi_fidelity, name) else multi_objective_multi_fidelity
    return getattr(home, name)().double()


def _branin(point: Point) -> Figures:
    return {"y": _of_botorch(_function("AugmentedBranin"), point)[0]}


def _hartmann(point: Point) -> Figures:
    return {"y": _of_botorch(_function("AugmentedHartmann"), point)[0]}


def _hidden_hartmann(point: Point) -> Figures | None:
    """Augmented Hartmann that cannot be evaluated in four fifths of the cube; its optimum can."""
    return None if point["x0"] + point["x1"] + point["x5"] > 1.05 else _hartmann(point)


def _plates(point: Point) -> Figures | None:
    """Currin's function and a bowl, in two fidelities; a disc that breaks, a weight that counts."""
    a, b = _design(point)
    if (a - 0.5) ** 2 + (b - 0.5) ** 2 < 0.15**2:
        return None
    bowl = 10.0 * ((a - 0.9) ** 2 + (b - 0.8) ** 2)
    bowl += 0.0 if point["s"] == "high" else 0.8 * math.sin(6.0 * a)
    return {"f": _currin(point)["y"], "g": bowl, "memory": 16.0 * (a + b)}


def _branin_currin(point: Point) -> Figures:
    first, second = _of_botorch(_function("MOMFBraninCurrin"), point)
    return {"f": first, "g": second}


def _currin_high(a: float, b: float) -> float:
    bend = 1.0 - math.exp(-1.0 / (2.0 * b)) if b > 0 else 1.0
    top = 2300 * a**3 + 1900 * a**2 + 2092 * a + 60
    return bend * top / (100 * a**3 + 500 * a**2 + 4 * a + 20)


def _currin(point: Point) -> Figures:
    a, b = _design(point)
    if point["s"] == "high":
        return {"y": -_currin_high(a, b)}
    near = [(a + 0.05, b + 0.05), (a + 0.05, max(0.0, b - 0.05))]
    near += [(a - 0.05, b + 0.05), (a - 0.05, max(0.0, b - 0.05))]
    return {"y": -sum(_currin_high(*pair) for pair in near) / 4.0}


BOREHOLE = (
    (0.05, 0.15),
    (100.0, 50_000.0),
    (63_070.0, 115_600.0),
    (990.0, 1110.0),
    (63.1, 116.0),
    (700.0, 820.0),
    (1120.0, 1680.0),
    (9855.0, 12_045.0),
)


def _borehole(point: Point) -> Figures:
    pairs = zip(BOREHOLE, _design(point), strict=True)
    rw, r, tu, hu, tl, hl, long, kw = (low + (high - low) * x for (low, high), x in pairs)
    ratio = math.log(r / rw)
    slow = 2.0 * long * tu / (ratio * rw**2 * kw)
    if point["s"] == "high":
        flow = 2.0 * math.pi * tu * (hu - hl) / (ratio * (1.0 + slow + tu / tl))
    else:
        flow = 5.0 * tu * (hu - hl) / (ratio * (1.5 + slow + tu / tl))
    return {"y": flow}


MEMORY = 24.0


def _training(point: Point) -> Figures | None:
    """A learning curve: what it ends at, how fast, and what it needs."""
    width, depth = point["xwidth"], point["xdepth"]
    rate, kind = math.log10(point["xrate"]), point["xkind"]
    if rate > -0.6 - 0.08 * depth:
        return None  # diverges
    capacity = math.log2(width) + 0.8 * math.log2(depth)
    middle = {"sgd": -1.4, "adam": -2.6, "lamb": -2.0}[kind]
    end = 0.25 + 1.6 * math.exp(-0.45 * capacity) + 0.05 * (rate - middle) ** 2
    end += {"sgd": 0.0, "adam": 0.015, "lamb": 0.03}[kind] + 0.004 * max(0, depth - 6) ** 2
    speed = 0.35 + 0.12 * (rate + 4.0) / 3.0 - 0.02 * math.log2(width)
    loss = end + (2.0 - end) * (1.0 + point["s"]) ** -speed * 0.6
    memory = 0.03 * width * math.sqrt(depth)
    return {"y": loss, "memory": memory, "latency": 0.02 * width * depth}


TRAINING = (
    Ordinal("xwidth", [16, 32, 64, 128, 256, 512]),
    Integer("xdepth", 1, 12),
    Real("xrate", 1e-4, 1.0, log=True),
    Categorical("xkind", ["sgd", "adam", "lamb"]),
)
EPOCH_COST = "0.02 + 0.98 * s / 81"


def problems() -> list[Problem]:
    """All of them."""
    share, level = Real("s", 0.0, 1.0), Categorical("s", ["low", "high"])
    affine = Fidelity({"s": 1.0}, "0.1 + 0.9 * s")
    pair = Fidelity({"s": "high"}, {"low": 0.1, "high": 1.0})
    epochs, curve = Ordinal("s", EPOCHS), Fidelity({"s": 81}, EPOCH_COST)
    return [
        Problem("augmented Branin", _units(2), share, affine, _branin, 25, 0.397887),
        Problem("augmented Hartmann", _units(6), share, affine, _hartmann, 40, -3.32237),
        Problem("Currin", _units(2), level, pair, _currin, 15, -13.798722),
        Problem("borehole", _units(8), level, pair, _borehole, 25, 7.819677),
        Problem(
            "training: hidden divergence, memory measured",
            TRAINING,
            epochs,
            curve,
            _training,
            20,
            best_of_training(),
            limits=(f"memory <= {MEMORY}",),
        ),
        Problem(
            "Branin and Currin",
            _units(2),
            share,
            affine,
            _branin_currin,
            30,
            best_of_pair(),
            ("f", "g"),
            reference=(0.0, 0.0),
        ),
        Problem(
            "training: loss and latency",
            TRAINING,
            epochs,
            curve,
            _training,
            30,
            best_of_training_pair(),
            ("y", "latency"),
            (f"memory <= {MEMORY}",),
            (1.5, 60.0),
        ),
        Problem(
            "augmented Hartmann, hidden", _units(6), share, affine, _hidden_hartmann, 40, -3.32237
        ),
        Problem(
            "plates: two objectives, hidden disc",
            _units(2),
            level,
            pair,
            _plates,
            20,
            best_of_plates(),
            ("f", "g"),
            (f"memory <= {MEMORY}",),
            (-2.0, 10.0),
        ),
    ]


def _trainings() -> list[Figures]:
    """Every structure with a fine grid of rates, at the target, feasible."""
    found = []
    for width in TRAINING[0].values:
        for depth in range(1, 13):
            for kind in ("sgd", "adam", "lamb"):
                for power in np.linspace(-4.0, 0.0, 401):
                    rate = float(10.0**power)
                    point = {"xwidth": width, "xdepth": depth, "xrate": rate, "xkind": kind}
                    figures = _training({**point, "s": 81})
                    if figures is not None and figures["memory"] <= MEMORY:
                        found.append(figures)
    return found


@cache
def best_of_training() -> float:
    """The lowest loss, by enumeration."""
    return min(figures["y"] for figures in _trainings())


@cache
def best_of_training_pair() -> float:
    """The largest hypervolume, by enumeration."""
    values = [[figures["y"], figures["latency"]] for figures in _trainings()]
    return hypervolume(values, (1.5, 60.0))


@cache
def best_of_plates() -> float:
    """The largest hypervolume of the plates, on a grid of 200 x 200."""
    axis = np.linspace(0.0, 1.0, 200).tolist()
    grid = (_plates({"x0": a, "x1": b, "s": "high"}) for a in axis for b in axis)
    feasible = [x for x in grid if x is not None and x["memory"] <= MEMORY]
    return hypervolume([[x["f"], x["g"]] for x in feasible], (-2.0, 10.0))


@cache
def best_of_pair() -> float:
    """The largest hypervolume of Branin and Currin, on a grid of 400 x 400."""
    import torch

    axis = torch.linspace(0, 1, 400, dtype=torch.float64)
    x = torch.cartesian_prod(axis, axis)
    x = torch.cat([x, torch.ones(len(x), 1, dtype=torch.float64)], dim=1)
    values = _function("MOMFBraninCurrin").evaluate_true(x)
    return hypervolume(values.tolist(), (0.0, 0.0))
