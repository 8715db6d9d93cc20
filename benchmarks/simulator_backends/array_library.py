"""The few operations in which NumPy and torch differ, under one name each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = Any
"""A NumPy array or a torch tensor; the last axis is always the batch."""


@dataclass(frozen=True)
class ArrayLibrary:
    """What the simulation needs beyond operators.

    Attributes:
        name: for tables.
        array: from a NumPy array.
        numpy: to a NumPy array.
        where, maximum, ceil, gcd, stack: as in NumPy.
        take: entries of an array along an axis: (array, positions, axis).
        product, running_product, running_sum, running_maximum, total: (array, axis).
        to_float: to float64; to_int: to int64.
    """

    name: str
    array: Callable[[Any], Array]
    numpy: Callable[[Array], Any]
    where: Callable[[Array, Any, Any], Array]
    maximum: Callable[[Array, Array], Array]
    ceil: Callable[[Array], Array]
    gcd: Callable[[Array, Array], Array]
    stack: Callable[[list[Array]], Array]
    take: Callable[[Array, Array, int], Array]
    product: Callable[[Array, int], Array]
    running_product: Callable[[Array, int], Array]
    running_sum: Callable[[Array, int], Array]
    running_maximum: Callable[[Array, int], Array]
    total: Callable[[Array, int], Array]
    to_float: Callable[[Array], Array]
    to_int: Callable[[Array], Array]


def numpy_library() -> ArrayLibrary:
    """NumPy, which runs these operations on one thread."""
    return ArrayLibrary(
        name="NumPy",
        array=np.ascontiguousarray,
        numpy=np.asarray,
        where=np.where,
        maximum=np.maximum,
        ceil=np.ceil,
        gcd=np.gcd,
        stack=np.stack,
        take=lambda array, positions, axis: np.take_along_axis(array, positions, axis),
        product=lambda array, axis: np.prod(array, axis=axis),
        running_product=lambda array, axis: np.cumprod(array, axis=axis),
        running_sum=lambda array, axis: np.cumsum(array, axis=axis),
        running_maximum=lambda array, axis: np.maximum.accumulate(array, axis=axis),
        total=lambda array, axis: np.sum(array, axis=axis),
        to_float=lambda array: array.astype(np.float64),
        to_int=lambda array: array.astype(np.int64),
    )


def torch_library() -> ArrayLibrary:
    """torch on the CPU, set to one thread for the whole process."""
    import torch

    torch.set_num_threads(1)
    return ArrayLibrary(
        name="torch",
        array=lambda array: torch.from_numpy(np.ascontiguousarray(array)),
        numpy=lambda tensor: tensor.numpy(),
        where=torch.where,
        maximum=torch.maximum,
        ceil=torch.ceil,
        gcd=torch.gcd,
        stack=torch.stack,
        take=lambda array, positions, axis: torch.take_along_dim(array, positions, axis),
        product=lambda array, axis: torch.prod(array, axis),
        running_product=lambda array, axis: torch.cumprod(array, axis),
        running_sum=lambda array, axis: torch.cumsum(array, axis),
        running_maximum=lambda array, axis: torch.cummax(array, axis).values,
        total=lambda array, axis: torch.sum(array, axis),
        to_float=lambda array: array.to(torch.float64),
        to_int=lambda array: array.to(torch.int64),
    )
