"""One thread and one seed for everything that runs on torch."""

from __future__ import annotations

import numpy as np
import torch


def one_torch_thread(seed: int) -> None:
    """Make the tools that take their chances from global states repeatable."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    np.random.seed(seed)  # noqa: NPY002  (it is what the tools use)
