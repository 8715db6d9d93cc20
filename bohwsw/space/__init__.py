"""Design spaces: parameters, known constraints, valid samples and valid neighbours.

Knows nothing of hardware and nothing of models. What is named here is for other rooms and for
users; the other modules are the room's own.
"""

from bohwsw.space.binding import bind
from bohwsw.space.constraint import Constraint, Predicate, PredicateConstraint, Violation
from bohwsw.space.encoding import Features
from bohwsw.space.expression import Expression, parse
from bohwsw.space.names import written
from bohwsw.space.operators import (
    OPERATORS,
    Interval,
    Operator,
    functions,
    increasing,
    register_operator,
)
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
from bohwsw.space.syntax import Comparison, Logic, Name, Node, Operation, Scalar, Value, walk
from bohwsw.space.typecheck import checked, plain

__all__ = [
    "MAX_VALUES",
    "OPERATORS",
    "Categorical",
    "Comparison",
    "Conditional",
    "Constraint",
    "Expression",
    "Factorisation",
    "Features",
    "Integer",
    "Interval",
    "ListedParameter",
    "Logic",
    "Name",
    "Node",
    "Operation",
    "Operator",
    "Ordinal",
    "Parameter",
    "Permutation",
    "Plain",
    "Point",
    "Predicate",
    "PredicateConstraint",
    "Real",
    "Sampler",
    "Scalar",
    "Size",
    "Space",
    "Value",
    "Violation",
    "as_number",
    "bind",
    "check_name",
    "checked",
    "functions",
    "increasing",
    "parse",
    "plain",
    "register_operator",
    "walk",
    "written",
]
