"""A network of a chip: as it is, or with knobs that are searched and a measured accuracy."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from bohwsw.accuracy import AccuracySource, accuracy_source
from bohwsw.chips.chip_spec import NetworkSpec
from bohwsw.errors import SpecError, unknown_name
from bohwsw.space import Point, Value
from bohwsw.workload import ModelFile, Network, model_sizes

ACCURACY: Final = "accuracy_percent"


@dataclass(frozen=True)
class Task:
    """A network of a chip."""

    model: Network | ModelFile  # as it is; or a model file whose knobs are searched
    spec: NetworkSpec = field(default_factory=NetworkSpec)  # what the chip file says of it
    source: AccuracySource | None = None  # of its accuracy; None if nobody asks

    @staticmethod
    def of(model: Network | ModelFile, spec: NetworkSpec, weight: float) -> Task:
        """The task of a model by what a file says of it; knobs are searched if it has a source.

        Raises:
            SpecError: the file says something of knobs that the network does not have.
        """
        spec = spec.model_copy(update={"weight": spec.weight * weight})
        place = f"networks.{model.name}"
        if spec.accuracy is None and ACCURACY in spec.limits:
            expected = f"{place}.accuracy, which says where accuracies come from"
            raise SpecError("a limit on what nobody measures", key_path=place, expected=expected)
        if isinstance(model, Network) or model.space is None:
            if spec.knobs or spec.accuracy is not None:
                expected = "a model file with knobs, by its name or path"
                raise SpecError(f"{model.name!r} has no knobs", key_path=place, expected=expected)
            return Task(model if isinstance(model, Network) else model.network(), spec)
        model.with_point({})  # the default is a point
        for knob in spec.knobs:
            if knob not in model.spec.knobs:
                raise unknown_name("knob", knob, model.spec.knobs).within(
                    key_path=f"{place}.knobs.{knob}"
                )
        if spec.accuracy is None:
            return Task(model.network(model.with_point(spec.knobs)), spec)
        options = dict(spec.accuracy)
        name = str(options.pop("source", "table"))
        return Task(model, spec, accuracy_source(name, **options))

    @property
    def prefix(self) -> str:
        """What the names of its parameters and measured values begin with, less a ``_``."""
        return re.sub(r"\W", "_", self.model.name)

    @property
    def default(self) -> Point:
        """The knobs that are searched, at their default."""
        if isinstance(self.model, Network):
            return {}
        return {f"{self.prefix}_{k}": x for k, x in self.model.with_point(self.spec.knobs).items()}

    def knobs(self, point: Mapping[str, Value]) -> Point:
        """Its knobs at a point of the joint space."""
        names = () if isinstance(self.model, Network) else self.model.spec.knobs
        return {name: point[f"{self.prefix}_{name}"] for name in names}

    def network(self, point: Mapping[str, Value]) -> Network:
        """It at a point of the joint space."""
        model = self.model
        return model if isinstance(model, Network) else model.network(self.knobs(point))


@dataclass(frozen=True)
class Work:
    """ln of the multiply-accumulates of each network whose knobs are searched."""

    tasks: Sequence[Task]

    def __call__(self, columns: dict[str, npt.NDArray[Any]]) -> npt.NDArray[np.float64]:
        found = []
        for task in self.tasks:
            assert isinstance(task.model, ModelFile)
            own = {name: columns[f"{task.prefix}_{name}"] for name in task.model.spec.knobs}
            found.append(np.log(np.maximum(model_sizes(task.model.spec, own)[:, 0], 1.0)))
        return np.stack(found, axis=1)
