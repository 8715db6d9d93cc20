"""Design spaces: parameters, known constraints, valid samples and valid neighbours.

Knows nothing of hardware and nothing of models.
"""

from bohwsw.space.constraint import Constraint, Violation
from bohwsw.space.expression import Expression, parse
from bohwsw.space.parameters import Categorical, Integer, Ordinal, Parameter
from bohwsw.space.space import Point, Size, Space
from bohwsw.space.syntax import Scalar

__all__ = [
    "Categorical",
    "Constraint",
    "Expression",
    "Integer",
    "Ordinal",
    "Parameter",
    "Point",
    "Scalar",
    "Size",
    "Space",
    "Violation",
    "parse",
]
