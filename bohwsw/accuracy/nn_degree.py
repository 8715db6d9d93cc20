"""NN-Degree: one number of a network that its accuracy follows, after a fit to few networks.

G. Li, S. K. Mandal, U. Y. Ogras and R. Marculescu, "FLASH: Fast Neural Architecture Search with
Hardware Optimization", 2021; from memory, its code was not seen. Of each cell c with width w,
depth d and SC channels that come in by links over layers,

    g = sum over c of w + SC / (w d),    accuracy = 1 / (a / g + b),

the second term being the mean number of links of a neuron. That is ``weighted=False``. Ours is the
default: each cell counts by its depth, ``d (w + SC / (w d))``, so that a deeper network has a
larger degree even without links; that ranks Once-for-All's networks far better
(`docs/searches.md`).

What it cannot see are kernels, strides and the size of images. It suits networks of one kind whose
widths and depths differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from bohwsw.accuracy.predictor import least_squares, left_out
from bohwsw.arrays import Values
from bohwsw.errors import SpecError
from bohwsw.workload import CountedLayer, Network, Operator

Real = TypeVar("Real", float, Values)


def cell_degree(width: Real, depth: Real, links: Real, *, weighted: bool = True) -> Real:
    """What a cell adds to NN-Degree; numbers or arrays, whole or not.

    Args:
        width: mean channels of its layers.
        depth: how many layers it has.
        links: channels that come in by links over layers, all of them together.
        weighted: whether it counts by its depth.
    """
    degree = width + links / (width * depth)
    return depth * degree if weighted else degree


def network_degree(network: Network, *, weighted: bool = True) -> float:
    """NN-Degree of a network.

    Our reading of its graph: a cell is all layers that make images of one size. Its layers are
    those with a filter of more than one value; all layers, if the network has none of these. An
    operator ``add`` brings in the channels of all but one of its inputs, ``concatenate`` those of
    all but its last.
    """
    layers = [node for node in network.nodes if isinstance(node, CountedLayer)]
    spatial = [node for node in layers if node.layer.R * node.layer.S > 1]
    widths: dict[tuple[int, int], list[int]] = {}
    links: dict[tuple[int, int], int] = {}
    for node in spatial or layers:
        layer = node.layer
        widths.setdefault((layer.P, layer.Q), []).extend([layer.G * layer.K] * node.count)
    for each in network.nodes:
        if isinstance(each, Operator) and each.kind in ("add", "concatenate"):
            *others, _ = [network.tensors[name].K for name in network.inputs(each.name)]
            made = network.tensors[each.name]
            links[made.P, made.Q] = links.get((made.P, made.Q), 0) + sum(others)
    return sum(
        cell_degree(
            float(np.mean(own)), float(len(own)), float(links.get(size, 0)), weighted=weighted
        )
        for size, own in widths.items()
    )


@dataclass(frozen=True)
class DegreePredictor:
    """Accuracies of networks by their NN-Degree: ``1 / (slope / degree + least)``."""

    slope: float  # a of the formula
    least: float  # b of the formula, the inverse of what a network without end would reach
    error: float  # root mean square of what it is off on networks left out of the fit

    def __call__(self, degree: float) -> float:
        """The accuracy, in the unit of those it was fitted to."""
        return 1.0 / (self.slope / degree + self.least)


def fit_degree(degrees: Sequence[float], accuracies: Sequence[float]) -> DegreePredictor:
    """Fit to networks, by least squares of the inverse accuracies.

    Raises:
        SpecError: fewer than three different degrees, or a number that is not above 0.
    """
    given = np.array([degrees, accuracies], dtype=np.float64)
    if not (np.isfinite(given).all() and (given > 0).all()):
        expected = "numbers above 0"
        raise SpecError(
            "not degrees and accuracies of networks", got=given.min(), expected=expected
        )
    if len(np.unique(given[0])) < 3:
        expected = "three or more"
        raise SpecError(
            "too few different degrees", got=len(np.unique(given[0])), expected=expected
        )
    features = np.column_stack([1.0 / given[0], np.ones(given.shape[1])])
    inverse = 1.0 / given[1]
    slope, least = least_squares(features, inverse).tolist()
    missed = 1.0 / (inverse - left_out(features, inverse, least_squares)) - given[1]
    return DegreePredictor(slope, least, float(np.sqrt((missed**2).mean())))
