"""Design spaces: parameters, known constraints, valid samples and valid neighbours.

Knows nothing of hardware and nothing of models.
"""

from bohwsw.space.checked import checked
from bohwsw.space.expression import Expression, parse
from bohwsw.space.features import Features
from bohwsw.space.known import Constraint, Violation
from bohwsw.space.parameters import (
    Categorical,
    Conditional,
    Factorisation,
    Integer,
    Ordinal,
    Parameter,
    Permutation,
    Real,
)
from bohwsw.space.predicate import Predicate
from bohwsw.space.size import Size
from bohwsw.space.space import Point, Space
from bohwsw.space.syntax import Scalar, Value

__all__ = [
    "Categorical",
    "Conditional",
    "Constraint",
    "Expression",
    "Factorisation",
    "Features",
    "Integer",
    "Ordinal",
    "Parameter",
    "Permutation",
    "Point",
    "Predicate",
    "Real",
    "Scalar",
    "Size",
    "Space",
    "Value",
    "Violation",
    "checked",
    "parse",
]
