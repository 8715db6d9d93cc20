"""What a BoTorch model sees of encoded points: columns from 0 to 1, codes of categories, roles.

- Numbers, factorisations, permutations and features: our encoded columns as they are.
- A `Categorical` without an order: its 0/1 columns; for a model that takes ``cat_dims`` one column
  of whole codes, in the order of its values, and one code more where it has no value.
- A fidelity: for a model that takes ``data_fidelities`` one column, 1 at the target and falling
  with the distance from it; for one that takes ``task_feature`` one column of whole codes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bohwsw.arrays import Values
from bohwsw.errors import SpecError
from bohwsw.space import Categorical, Parameter, Space, plain

Target = tuple[str, Values]
"""A fidelity's name and the encoded columns of its target."""


class ModelInputs:
    """Columns of a model, made from encoded points.

    Args:
        space: encodes the points.
        takes: the names of the arguments that the model takes.
        targets: of the fidelities.

    Attributes:
        names: one a column.
        roles: what the model is told of columns: ``cat_dims``, ``task_feature`` and
            ``data_fidelities``, those that it takes; ``all_tasks`` and ``output_tasks``.
        targets: what stands in a column where its fidelity is at the target, by the column.

    Raises:
        SpecError: the model asks for a fidelity, and there is none that it could take.
    """

    def __init__(
        self, space: Space, takes: Mapping[str, bool], targets: Sequence[Target] = ()
    ) -> None:
        self.names: list[str] = []
        self.roles: dict[str, Any] = {}
        self._parts: list[tuple[slice, Values | None, Values | None]] = []
        self.targets: dict[int, float] = {}
        self._codes: list[int] = []
        wants = "task_feature" if "task_feature" in takes else "data_fidelities"
        if wants in takes and "iteration_fidelity" not in takes and not targets and takes[wants]:
            raise _no_fidelity(wants)
        if "data_fidelities" in takes and not targets:
            raise _no_fidelity("data_fidelities")
        start = 0
        for parameter in space.parameters if space.encoding_is_exact else ():
            width = len(parameter.encoding_middle)
            part = slice(start, start + width)
            start += width
            target = next((t for name, t in targets if name == parameter.name), None)
            self._add(parameter, part, takes, target)
        for name in space.features.names if space.features is not None else ():
            self._parts.append((slice(start, start + 1), None, None))
            self.names.append(name)
            start += 1
        if "cat_dims" in takes:
            self.roles["cat_dims"] = list(self._codes)

    def _add(
        self, parameter: Parameter, part: slice, takes: Mapping[str, bool], target: Values | None
    ) -> None:
        inner, column = plain(parameter), len(self.names)
        is_category = isinstance(inner, Categorical) and not inner.is_ordered
        if target is not None and "task_feature" in takes:
            if "task_feature" in self.roles:
                problem = "the model takes one task, and there are several fidelities"
                raise SpecError(problem, key_path="model", expected="one fidelity")
            levels = _levels(inner)
            task = int(np.abs(levels - target).max(axis=1).argmin())
            self.roles |= {"task_feature": column, "output_tasks": [task]}
            self.roles["all_tasks"] = list(range(len(levels)))
            self._parts.append((part, levels, None))
            self.targets[column] = float(task)
        elif target is not None and "data_fidelities" in takes:
            if len(target) != 1:
                problem = "a fidelity of three unordered values or more is a task"
                expected = "a model that takes task_feature, such as MultiTaskGP"
                raise SpecError(problem, key_path=parameter.name, expected=expected)
            self.roles.setdefault("data_fidelities", []).append(column)
            self._parts.append((part, None, target))
            self.targets[column] = 1.0
        elif is_category and "cat_dims" in takes:
            self._codes.append(column)
            levels = _levels(inner)
            self._parts.append((part, levels, None))
            if target is not None:
                self.targets[column] = float(np.abs(levels - target).max(axis=1).argmin())
        else:
            if target is not None:
                self.targets |= {column + k: float(t) for k, t in enumerate(target)}
            self._parts.append((part, None, None))
            n = part.stop - part.start
            several = [f"{parameter.name}[{k}]" for k in range(n)]
            self.names += several if n > 1 else [parameter.name]
            return
        self.names.append(parameter.name)

    def projected(self, columns: Tensor) -> Tensor:
        """Columns ``[..., len(names)]`` with the fidelities at their targets."""
        moved = columns.clone()
        for column, target in self.targets.items():
            moved[..., column] = target
        return moved

    def __call__(self, x: Values) -> Tensor:
        """The columns ``[n, len(names)]``, float64, of encoded points ``[n, width]``."""
        found = []
        for part, levels, target in self._parts:
            own = x[:, part]
            if levels is not None:
                # The middle of the values stands where there is none: one code more.
                known = np.concatenate([levels, levels.mean(axis=0, keepdims=True)])
                distance = ((own[:, None, :] - known[None, :, :]) ** 2).sum(axis=2)
                own = distance.argmin(axis=1)[:, None].astype(np.float64)
            elif target is not None:
                farthest = max(float(target[0]), 1.0 - float(target[0]))
                own = 1.0 - np.abs(own - target) / farthest
            found.append(own)
        return torch.from_numpy(np.ascontiguousarray(np.concatenate(found, axis=1)))


def _levels(parameter: Any) -> Values:
    """The encoded values ``[n_values, width]`` of a listed parameter."""
    if not hasattr(parameter, "encoding"):
        problem = "a range of numbers is no task"
        raise SpecError(problem, key_path=parameter.name, expected="a listed fidelity")
    return np.asarray(parameter.encoding)


def _no_fidelity(role: str) -> SpecError:
    return SpecError(
        f"the model takes {role}, and the search has no fidelity",
        key_path="model",
        expected="fidelity=Fidelity({'epochs': 200}, cost='5 + epochs')",
    )
