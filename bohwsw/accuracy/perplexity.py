"""Perplexity of GPT-2-like networks, predicted: no language model is trained.

The predictor is HW-GPT-Bench's for its space S (Sukthanker et al. 2024, arXiv:2405.10299): a
perceptron of five layers, fitted by its authors to sub-networks of one weight-sharing network. How
well that ranks networks trained alone is theirs to say, and not checked here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError, unknown_name

WEIGHTS = Path(__file__).resolve().parent / "networks" / "gpt2-perplexity.npz"
WIDTHS, LAYERS, RATIOS, HEADS = (192, 384, 768), (10, 11, 12), (2, 3, 4), (4, 8, 12)
MOST_LAYERS = max(LAYERS)


@dataclass(frozen=True)
class PerplexitySource:
    """Asks the predictor for the networks of the model file ``gpt2``.

    Attributes:
        bias: whether layers have biases, which the model file leaves open: they cost no
            multiplications.
    """

    bias: bool = True
    name: str = "perplexity"
    figures: tuple[str, ...] = ("perplexity",)
    is_free: ClassVar[bool] = True

    def measure(self, knobs: Mapping[str, Any]) -> Mapping[str, Any]:
        """The perplexity of one network; see `AccuracySource.measure`.

        Args:
            knobs: ``width``, ``layers``, and for each layer from 0 ``heads_0`` and ``ratio_0``.

        Raises:
            SpecError: a knob is missing or has a value that the predictor does not know.
        """
        values = one_hot(knobs, self.bias)
        for weight, bias in _parameters():
            values = weight @ values + bias
            values = np.maximum(values, 0.0) if len(bias) > 1 else values
        return {"perplexity": float(values[0])}


def one_hot(knobs: Mapping[str, Any], bias: bool) -> npt.NDArray[np.float64]:
    """What the predictor takes, 80 numbers: an absent layer has zeros for ratio and heads."""
    layers = _known(knobs, "layers", LAYERS)
    parts = [_code(_known(knobs, "width", WIDTHS), WIDTHS), _code(layers, LAYERS)]
    for name, values in (("ratio", RATIOS), ("heads", HEADS)):
        for layer in range(MOST_LAYERS):
            is_there = layer < layers
            found = _known(knobs, f"{name}_{layer}", values) if is_there else None
            parts.append(_code(found, values))
    return np.array([*chain(*parts), float(bias), float(not bias)])


def _code(value: int | None, values: tuple[int, ...]) -> list[float]:
    return [float(value == one) for one in values]


def _known(knobs: Mapping[str, Any], name: str, values: tuple[int, ...]) -> int:
    if name not in knobs:
        raise unknown_name("knob of the predictor", name, knobs)
    if knobs[name] not in values:
        expected = f"one of {', '.join(map(str, values))}"
        problem = "the predictor does not know this network"
        raise SpecError(problem, key_path=name, got=knobs[name], expected=expected)
    return int(knobs[name])


@cache
def _parameters() -> tuple[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]], ...]:
    with np.load(WEIGHTS, allow_pickle=False) as arrays:
        return tuple(
            (arrays[f"fc{layer}.weight"], arrays[f"fc{layer}.bias"]) for layer in range(1, 6)
        )
