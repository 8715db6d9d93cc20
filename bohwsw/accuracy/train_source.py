"""Accuracies from real training: the network of a point is trained, then rounded to its bits."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from torch import Tensor

from bohwsw.accuracy.compression import (
    Pruning,
    asked_densities,
    compressed,
    compressed_network,
    densities,
)
from bohwsw.accuracy.data_sets import DIGITS, DataSet, load_data, read_shift, shift_name, shifted
from bohwsw.accuracy.run_cache import RunCache, default_folder
from bohwsw.accuracy.source import Measurement
from bohwsw.accuracy.training import share_correct
from bohwsw.checks import whole_number
from bohwsw.errors import SpecError
from bohwsw.workload import ModelFile, Network, load_model

DEFAULT = "default"
FIGURE = "accuracy_percent"


class NetworkSource(ABC):
    """What sources have in common that evaluate the network of a model file at a point's knobs.

    Attributes:
        model: a model file, its path, or the name of a shipped one.
        cache: the folder where finished runs are kept, so that a search that was interrupted does
            not repeat them; None: in memory only.
        sparsity, pattern: see `Pruning`.
    """

    model: str | Path | ModelFile
    cache: str | Path | None
    sparsity: float
    pattern: str

    def network(self, knobs: Mapping[str, Any]) -> Network:
        """The network of a point; the default of knobs left out, and what are none left aside."""
        known = {name: knobs[name] for name in self._model.spec.knobs if name in knobs}
        return self._model.network(self._model.with_point(known))

    def densities(self, knobs: Mapping[str, Any]) -> dict[str, float]:
        """The share of each layer's weights that are not zero once cut, pruned and rounded."""
        network, weights = self.network(knobs), self.weights_at(knobs)
        return densities(network, compressed(network, weights, self._pruning(knobs)))

    @abstractmethod
    def weights_at(self, knobs: Mapping[str, Any]) -> Mapping[str, Tensor]:
        """Weights of the network of a point before they are pruned and rounded."""

    def _pruning(self, knobs: Mapping[str, Any]) -> Pruning:
        """What the knobs ``sparsity`` and ``pattern`` say, or else the options."""
        share, pattern = knobs.get("sparsity", self.sparsity), knobs.get("pattern", self.pattern)
        return Pruning(share, pattern)

    @cached_property
    def _model(self) -> ModelFile:
        return self.model if isinstance(self.model, ModelFile) else load_model(self.model)

    @cached_property
    def _cache(self) -> RunCache:
        if self.cache == DEFAULT:
            return RunCache(default_folder())
        return RunCache(None if self.cache is None else Path(self.cache))


@dataclass(frozen=True)
class TrainSource(NetworkSource):
    """Trains the network of a model file at its knobs, once for each seed.

    What is measured is the percent of test examples classified right, the mean over the seeds with
    its standard error if there are two or more. Bits of the network's layers do not change the
    training: weights and activations are rounded to them afterwards, as weights are removed
    afterwards if a knob ``sparsity`` (with ``pattern``), or the options of these names, say so
    (`Pruning`). So points that differ in these alone share their runs.

    Attributes:
        data: the name or path of the examples, see `load_data`.
        epochs: what may be asked for, rising; the last is full training.
        seeds: how many runs may be asked for, rising.
        seed: of the first run; the others have those after it.
        model, cache, sparsity, pattern: see `NetworkSource`.
        shifts: of the test examples, such as ``rotate=15`` or ``contrast=50 noise=20``, see
            `shifted`: each is a figure more, ``rotate_15_accuracy_percent``, and costs no training.
    """

    model: str | Path | ModelFile = "digits-cnn"
    data: str = DIGITS
    epochs: Sequence[int] = (2, 4, 8)
    seeds: Sequence[int] = (1, 3)
    cache: str | Path | None = DEFAULT
    sparsity: float = 0.0
    pattern: str = "weights"
    seed: int = 0
    shifts: Sequence[str] = ()
    name: str = "train"
    figures: tuple[str, ...] = (FIGURE,)

    def __post_init__(self) -> None:
        texts = (self.shifts,) if isinstance(self.shifts, str) else self.shifts
        named = {f"{shift_name(x)}_{FIGURE}": x for x in map(read_shift, texts)}
        object.__setattr__(self, "shifts", tuple(texts))
        object.__setattr__(self, "_shifts", named)
        object.__setattr__(self, "figures", (FIGURE, *named))
        for key in ("epochs", "seeds"):
            given = getattr(self, key)
            is_list = isinstance(given, Sequence) and not isinstance(given, str)
            several = given if is_list else (given,)
            values = [whole_number(key, value, most=10_000) for value in several]
            if not values or values != sorted(set(values)):
                expected = "rising numbers"
                raise SpecError("not a fidelity", key_path=key, got=given, expected=expected)
            object.__setattr__(self, key, tuple(values))
        whole_number("seed", self.seed, least=0)
        self._pruning({})

    @property
    def fidelities(self) -> Mapping[str, tuple[int, ...]]:
        """See `FidelitySource`."""
        return {"epochs": tuple(self.epochs), "seeds": tuple(self.seeds)}

    def measure(
        self, knobs: Mapping[str, Any], fidelity: Mapping[str, int] | None = None
    ) -> Measurement:
        """The accuracy of one network; see `AccuracySource.measure`.

        Raises:
            SpecError: the point is none of the model, the network cannot be trained, or the data
                are not for it.
        """
        asked = {"epochs": self.epochs[-1], "seeds": self.seeds[-1], **(fidelity or {})}
        network, pruning = self.network(knobs), self._pruning(knobs)
        found: dict[str, list[float]] = {name: [] for name in self.figures}
        seconds, trainings = 0.0, 0
        shares: dict[str, float] = {}
        for seed in range(self.seed, self.seed + asked["seeds"]):
            run, is_new = self._cache.trained(network, self._data, seed, asked["epochs"])
            model = compressed_network(network, run.weights, self._data, pruning)
            for name, data in self._tests.items():
                found[name].append(share_correct(model, data))
            shares = shares or asked_densities(network, run.weights, pruning)
            seconds += run.seconds
            trainings += is_new
        many = {name: x for name, x in found.items() if len(x) > 1}
        errors = {name: stdev(x) / math.sqrt(len(x)) for name, x in many.items()}
        counted: dict[str, Any] = {"trainings": trainings, "training_seconds": seconds}
        figures = {name: mean(x) for name, x in found.items()}
        return Measurement(figures, errors, densities=shares, **counted)

    def weights(self, knobs: Mapping[str, Any]) -> Mapping[str, Tensor]:
        """What the first seed's run gave, full precision: see `TrainedWeights`."""
        run, _ = self._cache.trained(self.network(knobs), self._data, self.seed, self.epochs[-1])
        return run.weights

    weights_at = weights

    @cached_property
    def _data(self) -> DataSet:
        return load_data(self.data)

    @cached_property
    def _tests(self) -> dict[str, DataSet]:
        """The examples of each figure, as they are and shifted."""
        known: Mapping[str, Mapping[str, float]] = vars(self)["_shifts"]
        return {FIGURE: self._data, **{n: shifted(self._data, x) for n, x in known.items()}}
