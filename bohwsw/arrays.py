"""Types of arrays that several rooms speak of; shapes stand in the docstrings."""

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Labels = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]
