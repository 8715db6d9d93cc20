"""Accuracies of a trained network that is cut, pruned and rounded: no training from nothing."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bohwsw.accuracy.compression import asked_densities, compressed_network, cut_to
from bohwsw.accuracy.data_sets import DataSet, load_data
from bohwsw.accuracy.source import Measurement
from bohwsw.accuracy.train_source import DEFAULT, FIGURE, NetworkSource
from bohwsw.accuracy.training import share_correct
from bohwsw.checks import whole_number
from bohwsw.errors import SpecError, unknown_name
from bohwsw.workload import ModelFile, Network

SHIPPED = Path(__file__).resolve().parent / "networks"
"""Trained networks that come with bohwsw; the README beside them says whose they are."""


@dataclass(frozen=True)
class TrainedSource(NetworkSource):
    """Changes a trained network to what a point says, and evaluates it on real data.

    Fewer channels and smaller filters are cut out of it (`cut_to`), weights removed (`Pruning`, by
    knobs ``sparsity`` and ``pattern`` or options), and weights and activations rounded to the bits
    of the layers. Fine-tuning is for ``epochs`` epochs, none by default, and counted as a training.

    Attributes:
        weights: an npz file with ``NODE.weight`` and ``NODE.bias``, or ``kws-ds-cnn``, which is
            shipped: the reference network of MLPerf Tiny.
        data: the name or path of the examples, see `load_data`.
        trained_at: knobs of the network that the weights are of, where not the default.
        test_share, zero, scale: see `load_data`; all examples are for testing by default.
        epochs: of fine-tuning, on the examples that are not for testing.
        seed: of the order in which fine-tuning sees them.
        model, cache, sparsity, pattern: see `NetworkSource`.
    """

    data: str
    model: str | Path | ModelFile = "kws-ds-cnn"
    weights: str | Path = "kws-ds-cnn"
    trained_at: Mapping[str, Any] = field(default_factory=dict)
    test_share: float = 1.0
    zero: float = 0.0
    scale: float = 1.0
    epochs: int = 0
    cache: str | Path | None = DEFAULT
    sparsity: float = 0.0
    pattern: str = "weights"
    seed: int = 0
    name: str = "trained"
    figures: tuple[str, ...] = (FIGURE,)

    def __post_init__(self) -> None:
        whole_number("epochs", self.epochs, least=0, most=10_000)
        whole_number("seed", self.seed, least=0)
        self._pruning({})

    def measure(self, knobs: Mapping[str, Any]) -> Measurement:
        """The accuracy of one network; see `AccuracySource.measure`.

        Raises:
            SpecError: the point is none of the model, or no part of the trained network; the
                weights are not of it; or the data are not for it.
        """
        network, pruning = self.network(knobs), self._pruning(knobs)
        weights, seconds, is_new = self._tuned(network)
        model = compressed_network(network, weights, self._data, pruning)
        found = {FIGURE: share_correct(model, self._data)}
        shares = asked_densities(network, weights, pruning)
        return Measurement(found, trainings=int(is_new), training_seconds=seconds, densities=shares)

    def weights_at(self, knobs: Mapping[str, Any]) -> Mapping[str, Tensor]:
        """Weights of the network of a point, cut and fine-tuned."""
        return self._tuned(self.network(knobs))[0]

    def _tuned(self, network: Network) -> tuple[Mapping[str, Tensor], float, bool]:
        """Weights for a network, the seconds that fine-tuning took, and whether it was done now."""
        weights = cut_to(network, self._whole, self._weights)
        if self.epochs == 0:
            return weights, 0.0, False
        run, is_new = self._cache.trained(network, self._data, self.seed, self.epochs, weights)
        return run.weights, run.seconds, is_new

    @cached_property
    def _whole(self) -> Network:
        return self.network(self.trained_at)

    @cached_property
    def _weights(self) -> dict[str, Tensor]:
        return read_weights(self.weights)

    @cached_property
    def _data(self) -> DataSet:
        return load_data(self.data, self.test_share, self.zero, self.scale)


def read_weights(name_or_path: str | Path) -> dict[str, Tensor]:
    """Weights from a file, or of a trained network that is shipped.

    Raises:
        SpecError: there is no such network, or the file cannot be read.
    """
    path = Path(name_or_path)
    if path.suffix != ".npz":
        names = ["kws-ds-cnn"]
        if str(name_or_path) not in names:
            raise unknown_name("trained network", str(name_or_path), [*names, "PATH.npz"])
        path = SHIPPED / f"{name_or_path}.npz"
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return {name: torch.from_numpy(np.float32(arrays[name])) for name in arrays.files}
    except (OSError, ValueError, TypeError, zipfile.BadZipFile) as error:
        problem = "not weights that can be read"
        raise SpecError(problem, file=str(path), got=str(error)) from error
