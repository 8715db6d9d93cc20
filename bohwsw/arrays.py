"""Types of arrays that several rooms speak of, shapes in the docstrings; and as plain data."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Labels = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]


def plain_value(value: Any) -> Any:
    """A value as JSON has it."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {str(name): plain_value(item) for name, item in value.items()}
    return [plain_value(item) for item in value] if isinstance(value, tuple | list) else value
