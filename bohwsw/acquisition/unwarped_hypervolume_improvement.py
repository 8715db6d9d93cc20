"""Expected improvement of the hypervolume in the units of the measurements.

Objectives are modelled after a monotone warping, in which they look Gaussian. A volume there is not
the volume that a user means: a logarithm makes an objective's first decade as long as its last. The
expected width of a box in one objective is the integral of the distribution function between its
ends (K. Yang, M. Emmerich, A. Deutz and T. Baeck, 2019, see `expected_hypervolume_improvement`),
and it stays that under any warping. Here the inverse warping is a straight line between the ends of
boxes, where the integral has a closed form.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from bohwsw.acquisition.expected_hypervolume_improvement import boxes
from bohwsw.arrays import Values

Indices = npt.NDArray[np.int64]
Warping = Callable[[Values], Values]

STEPS_BELOW = 8
"""Ends of pieces below the lowest value seen, at distances that halve towards it."""

FEWEST = 32
"""A warping is followed by at least about so many pieces."""

CHUNK = 4_000_000
"""Numbers held at a time."""


class UnwarpedHypervolumeImprovement:
    """What points add to the hypervolume; all objectives are minimised.

    Args:
        seen: known values ``[k, m]`` as they were measured.
        reference: only volume below it counts ``[m]``.
        warpings: one an objective: from measured values to those of the models.
    """

    def __init__(self, seen: Values, reference: Values, warpings: Sequence[Warping]) -> None:
        lower, upper = boxes(seen, reference)
        self._nodes: list[tuple[Values, Values]] = []
        self._ends: list[tuple[Indices, Indices]] = []
        for k, warping in enumerate(warpings):
            ends = np.unique(np.concatenate([upper[:, k], lower[:, k][np.isfinite(lower[:, k])]]))
            nodes = _refined(ends, float(reference[k]))
            warped = warping(nodes)
            first = int(np.argmax(np.isfinite(warped)))
            nodes, warped = nodes[first:], _continued(nodes[first:], warped[first:])
            self._nodes.append(((nodes - nodes[0]) / (nodes[-1] - nodes[0]), warped))
            low = np.searchsorted(nodes, lower[:, k])  # 0 for one that is open below
            self._ends.append((low, np.searchsorted(nodes, upper[:, k])))
        self._n_boxes = len(upper)

    def __call__(self, mean: Values, variance: Values) -> Values:
        """The expected volume ``[n]`` of means and variances ``[n, m]`` in warped units.

        In units of the box from the lowest end of all to the reference point.
        """
        step = max(1, CHUNK // self._n_boxes)
        slices = (slice(i, i + step) for i in range(0, len(mean), step))
        parts = [self._volume(mean[some], variance[some]) for some in slices]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _volume(self, mean: Values, variance: Values) -> Values:
        volume = np.ones((len(mean), self._n_boxes))
        pairs = zip(self._nodes, self._ends, strict=True)
        for k, ((nodes, warped), (low, high)) in enumerate(pairs):
            deviation = np.sqrt(np.maximum(variance[:, k], 1e-300))
            below = _expected_below(mean[:, k], deviation, nodes, warped)
            volume *= below[:, high] - below[:, low]
        return np.asarray(volume.sum(axis=1))


def _refined(ends: Values, reference: float) -> Values:
    """Ascending ends ``[k]``, with points between them where they are few, and some below."""
    parts = max(1, FEWEST // len(ends))
    between = np.interp(np.arange(parts * (len(ends) - 1) + 1) / parts, np.arange(len(ends)), ends)
    span = max(reference - ends[0], 1e-12 * max(1.0, abs(reference)))
    steps = ends[0] - span * 0.5 ** np.arange(STEPS_BELOW)
    return np.unique(np.concatenate([steps, between, ends]))


def _continued(nodes: Values, warped: Values) -> Values:
    """Warped nodes ``[k]``, on a straight line where a warping has no finite value any more.

    The mirrored logarithm of what was negative so far ends at 0; a reference may lie above.
    """
    n = int(np.isfinite(warped).sum())
    if n == len(nodes) or n < 2:
        return warped
    slope = (warped[n - 1] - warped[n - 2]) / (nodes[n - 1] - nodes[n - 2])
    return np.append(warped[:n], warped[n - 1] + slope * (nodes[n:] - nodes[n - 1]))


def _expected_below(mean: Values, deviation: Values, nodes: Values, warped: Values) -> Values:
    """The integral ``[n, k]`` of P(value <= t) from the first node to each node."""
    import torch  # with scipy's special functions; see `log_expected_improvement.log_h`

    z = (warped - mean[:, None]) / deviation[:, None]
    ramp = z * torch.special.ndtr(torch.as_tensor(z)).numpy()
    ramp += np.exp(-0.5 * np.minimum(z * z, 1400.0)) / math.sqrt(2.0 * math.pi)
    slopes = np.diff(nodes) / np.maximum(np.diff(warped), 1e-300)
    pieces = np.maximum(np.diff(ramp, axis=1), 0.0) * slopes * deviation[:, None]
    found = np.zeros_like(z)
    np.cumsum(pieces, axis=1, out=found[:, 1:])
    return found
