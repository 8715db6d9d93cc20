"""Training runs kept by what they depend on: a run that is there is not done again."""

from __future__ import annotations

import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bohwsw.accuracy.data_sets import DataSet
from bohwsw.accuracy.training import RECIPE, TrainedWeights, train
from bohwsw.atomicfile import atomic_write
from bohwsw.errors import ResultFolderError
from bohwsw.workload import Network, network_data

SECONDS = "seconds"


def default_folder() -> Path:
    """Where runs are kept if nobody says otherwise: ``$XDG_CACHE_HOME/bohwsw/training``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bohwsw" / "training"


@dataclass(frozen=True)
class RunCache:
    """Runs in memory, and in a folder if there is one; each is written at once when it is done."""

    folder: Path | None  # made when the first run is kept; None keeps them in memory only
    _runs: dict[str, TrainedWeights] = field(default_factory=dict, repr=False, compare=False)

    def trained(
        self,
        network: Network,
        data: DataSet,
        seed: int,
        epochs: int,
        start: Mapping[str, Tensor] | None = None,
    ) -> tuple[TrainedWeights, bool]:
        """A run that is there, or a new one; and whether it is new.

        Raises:
            SpecError: as `train`.
            ResultFolderError: the folder cannot be written.
        """
        key = run_key(network, data, seed, epochs, start)
        known = self._runs.get(key) or self._read(key)
        if known is not None:
            self._runs[key] = known
            return known, False
        made = train(network, data, seed, epochs, start)
        self._write(key, made)
        self._runs[key] = made
        return made, True

    def _read(self, key: str) -> TrainedWeights | None:
        """A run from its file; None if there is none that can be read."""
        if self.folder is None:
            return None
        with suppress(OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            with np.load(self.folder / f"{key}.npz", allow_pickle=False) as arrays:
                seconds = float(arrays[SECONDS])
                names = [name for name in arrays.files if name != SECONDS]
                weights = {name: torch.from_numpy(arrays[name]) for name in names}
            return TrainedWeights(weights, seconds)
        return None

    def _write(self, key: str, run: TrainedWeights) -> None:
        if self.folder is None:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ResultFolderError(f"{self.folder}: cannot be made: {error.strerror}") from error
        content = io.BytesIO()
        arrays: dict[str, Any] = {name: value.numpy() for name, value in run.weights.items()}
        np.savez(content, **{**arrays, SECONDS: np.float64(run.seconds)})
        atomic_write(self.folder / f"{key}.npz", content.getvalue())


def run_key(
    network: Network,
    data: DataSet,
    seed: int,
    epochs: int,
    start: Mapping[str, Tensor] | None = None,
) -> str:
    """A hash of all that a run's weights depend on; bits are none of that, nor are names of files.

    It holds PyTorch's version too, whose next one may round otherwise.
    """
    graph = network_data(network)
    content = {
        "graph": {key: _without_bits(graph[key]) for key in graph if key not in _TEXTS},
        "data": data.digest,
        "seed": seed,
        "epochs": epochs,
        "recipe": RECIPE,
        "torch": torch.__version__,
    }
    found = hashlib.sha256(json.dumps(content, sort_keys=True).encode())
    for name, values in sorted((start or {}).items()):
        found.update(name.encode() + np.ascontiguousarray(values.numpy()).tobytes())
    return found.hexdigest()[:40]


_TEXTS = ("name", "description", "source")


def _without_bits(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: _without_bits(value) for key, value in data.items() if key != "bits"}
    return [_without_bits(value) for value in data] if isinstance(data, list | tuple) else data
