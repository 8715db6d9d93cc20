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
EDGES = tuple(combinations(range(NODES), 2))
SPACE = Space([Categorical(f"edge_{a}_{b}", [False, True]) for a, b in EDGES])


def macs(point: Point) -> int:
    """Of one image."""
    wide = [PIXELS] + [WIDTH] * (NODES - 2) + [CLASSES]
    return sum(wide[a] * wide[b] for a, b in EDGES if point[f"edge_{a}_{b}"])


def trained(point: Point, seed: int = 0, steps: int = STEPS) -> Outcome:
    """The error in points on images that choose; ``test_error`` on others; ``macs``."""
    data = load_data("digits")
    x, y = torch.from_numpy(data.x.reshape(len(data.y), -1)), torch.from_numpy(data.y)
    order = np.random.default_rng(0).permutation(data.training)
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

    The network is the best of those on the images that choose; ``by_score``: its MACs counted as
    by the search, 0.1 of the share of accuracy a decade.
    """
    whole = dict.fromkeys(SPACE.names, True)
    search = EdgeShrinkingStrategy(SPACE, seed, first=[whole], cost="macs", weight=WEIGHT)
    while len(search.history) < trainings and (not search.history or search.is_running):
        (point,) = search.ask()
        search.tell(point, trained(point, seed, steps))
    outcomes = [told.outcome for told in search.history]
    small = [o for o in outcomes if o.metrics["macs"] <= 0.7 * outcomes[0].metrics["macs"]]
    rows = {"trainings": float(len(outcomes))}
    for name, weight in (("", 0.0), ("_by_score", WEIGHT)):
        best = min(
            small or outcomes[:1],
            key=lambda o: o.values["objective"] + weight * np.log10(o.metrics["macs"]),
        )
        lost = best.metrics["test_error"] - outcomes[0].metrics["test_error"]
        rows[f"points_lost{name}"] = lost
        rows[f"share_of_macs{name}"] = best.metrics["macs"] / outcomes[0].metrics["macs"]
    return rows


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
