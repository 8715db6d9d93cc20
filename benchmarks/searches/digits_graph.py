"""A complete graph of eight dense nodes on the digits, trained for real as its edges go.

Node 0 has the 64 grey levels; a dense layer of 24, with ReLU, of all that comes into it is each
other node; the last one has ten outputs, the classes. A fifth of the training images chooses.
"""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import torch

from bohwsw.accuracy.data_sets import load_data
from bohwsw.space import Categorical, Point, Space
from bohwsw.strategies import Outcome, TrialState
from bohwsw.strategies.published.edge_shrinking import EdgeShrinkingStrategy

NODES, WIDTH, PIXELS, CLASSES = 8, 24, 64, 10
WEIGHT = 10.0
STEPS, RATE = 60, 0.01
FINALISTS, REPEATS = 8, 4
"""So many networks are trained so often again before one of them is the result."""
EDGES = tuple(combinations(range(NODES), 2))
SPACE = Space([Categorical(f"edge_{a}_{b}", [False, True]) for a, b in EDGES])


def macs(point: Point) -> int:
    """Of one image."""
    wide = [PIXELS] + [WIDTH] * (NODES - 2) + [CLASSES]
    return sum(wide[a] * wide[b] for a, b in EDGES if point[f"edge_{a}_{b}"])


def trained(point: Point, seed: int = 0, steps: int = STEPS, fifth: int = 0) -> Outcome:
    """The error in points on a fifth, which chooses; ``test_error`` on other images; ``macs``."""
    data = load_data("digits")
    x, y = torch.from_numpy(data.x.reshape(len(data.y), -1)), torch.from_numpy(data.y)
    order = np.random.default_rng(0).permutation(data.training)
    order = np.roll(order, -fifth * (len(order) // 5))
    choosing, training = order[: len(order) // 5], order[len(order) // 5 :]
    torch.manual_seed(seed)
    into = {b: [a for a in range(b) if point[f"edge_{a}_{b}"]] for b in range(1, NODES)}
    layers = {b: _dense(sources, b) for b, sources in into.items() if sources}
    weights = [weight for layer in layers.values() for weight in layer.parameters()]
    optimiser = torch.optim.Adam(weights, RATE)
    for _ in range(steps):
        optimiser.zero_grad()
        loss = torch.nn.functional.cross_entropy(_out(x[training], into, layers), y[training])
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    with torch.no_grad():
        wrong = (_out(x, into, layers).argmax(1) != y).numpy()
    metrics = {"macs": float(macs(point)), "test_error": 100.0 * float(wrong[data.testing].mean())}
    error = 100.0 * float(wrong[choosing].mean())
    return Outcome(TrialState.COMPLETED, error, metrics=metrics)


def shrunk(seed: int, trainings: int = 200, steps: int = STEPS) -> dict[str, float]:
    """Points lost on the test images at 70 % of the MACs or less, and what was trained for it.

    One training says little, and so do few images: the best few of the search are trained again,
    as is the whole graph, each time with another fifth of the images to choose by, and the best in
    the mean of these is the network. ``by_score``: its MACs counted as by the search, 0.1 of the
    share of accuracy a decade.
    """
    whole = dict.fromkeys(SPACE.names, True)
    search = EdgeShrinkingStrategy(SPACE, seed, first=[whole], cost="macs", weight=WEIGHT)
    most = max(1, trainings - REPEATS * (FINALISTS + 1))
    while len(search.history) < most and (not search.history or search.is_running):
        (point,) = search.ask()
        search.tell(point, trained(point, seed, steps))
    most_macs = 0.7 * macs(whole)
    small = [told for told in search.history if macs(told.point) <= most_macs] or [
        search.history[0]
    ]
    rows = {"trainings": float(len(search.history) + REPEATS)}
    before, _ = _again(whole, seed, steps)
    for name, weight in (("", 0.0), ("_by_score", WEIGHT)):

        def score(point: Point, error: float, weight: float = weight) -> float:
            return error + weight * float(np.log10(macs(point)))

        small.sort(key=lambda told: score(told.point, told.outcome.values["objective"]))
        finalists = [(told.point, *_again(told.point, seed, steps)) for told in small[:FINALISTS]]
        point, error, _ = min(finalists, key=lambda x: score(x[0], x[2]))
        rows[f"points_lost{name}"] = error - before
        rows[f"share_of_macs{name}"] = macs(point) / macs(whole)
        if not name:
            rows["trainings"] += REPEATS * len(finalists)
    return rows


def _again(point: Point, seed: int, steps: int) -> tuple[float, float]:
    """The error on test images, and on those that choose, in the mean of new trainings."""
    runs = [trained(point, 1000 * (seed + 1) + k, steps, k + 1) for k in range(REPEATS)]
    errors = [(run.metrics["test_error"], run.values["objective"]) for run in runs]
    test, choosing = np.mean(errors, axis=0).tolist()
    return test, choosing


def _dense(sources: list[int], node: int) -> torch.nn.Linear:
    wide = sum(PIXELS if source == 0 else WIDTH for source in sources)
    return torch.nn.Linear(wide, CLASSES if node == NODES - 1 else WIDTH)


def _out(x: torch.Tensor, into: dict[int, list[int]], layers: dict[int, Any]) -> torch.Tensor:
    """Outputs of the last node; a node without inputs is one without outputs too."""
    found = {0: x}
    for node, layer in layers.items():
        found[node] = layer(torch.cat([found[source] for source in into[node]], 1))
        if node < NODES - 1:
            found[node] = torch.relu(found[node])
    return found[NODES - 1]
