"""A function of one's own in expressions of space files and model files: ``log10(x)``."""

import math

import numpy as np

from bohwsw.expressions import Operator, increasing, register_operator

register_operator(
    Operator("log10", scalar=math.log10, arrays=np.log10, bounds=increasing(np.log10))
)
