"""Design spaces: parameters, known constraints, valid samples and valid neighbours.

Knows nothing of hardware and nothing of models. What is named here is for other rooms and for
users; so is `specification`, which is imported by itself because pydantic is slow to load.
"""

from bohwsw.expressions import Expression, Value, parse
from bohwsw.space.binding import bind
from bohwsw.space.constraint import Constraint, Predicate, PredicateConstraint, Violation
from bohwsw.space.encoding import Features
from bohwsw.space.parameters import (
    MAX_VALUES,
    Categorical,
    Conditional,
    Factorisation,
    Integer,
    ListedParameter,
    Ordinal,
    Parameter,
    Permutation,
    Plain,
    Real,
    as_number,
    check_name,
)
from bohwsw.space.sampler import Sampler, Size
from bohwsw.space.space import Point, Space
from bohwsw.space.typecheck import checked, plain

__all__ = [
    "MAX_VALUES",
    "Categorical",
    "Conditional",
    "Constraint",
    "Expression",
    "Factorisation",
    "Features",
    "Integer",
    "ListedParameter",
    "Ordinal",
    "Parameter",
    "Permutation",
    "Plain",
    "Point",
    "Predicate",
    "PredicateConstraint",
    "Real",
    "Sampler",
    "Size",
    "Space",
    "Value",
    "Violation",
    "as_number",
    "bind",
    "check_name",
    "checked",
    "parse",
    "plain",
]
