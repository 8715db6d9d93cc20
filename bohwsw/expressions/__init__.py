"""The language of space files, model files and constraints: arithmetic and conditions as text.

Parsed against a whitelist, never run; evaluated at one point, on arrays and on intervals. What is
named here is for other rooms and for users; the other modules are the room's own.
"""

from bohwsw.expressions.evaluation import evaluate_scalar, raise_undefined, walk_arrays
from bohwsw.expressions.expression import CONDITION, Expression, parse
from bohwsw.expressions.file_values import at_expression, parsed, truth_of, value_of, whole_number
from bohwsw.expressions.intervals import magnitude, possible, truth
from bohwsw.expressions.names import WORDS, written
from bohwsw.expressions.operators import (
    BY_SYNTAX,
    OPERATORS,
    Array,
    Interval,
    Operator,
    functions,
    increasing,
    register_operator,
)
from bohwsw.expressions.syntax import (
    MAX_INTEGER,
    Comparison,
    Constant,
    Inactive,
    Logic,
    Name,
    Node,
    Operation,
    Scalar,
    Value,
    children,
    is_condition,
    is_whole,
    rebuilt,
    walk,
)

__all__ = [
    "BY_SYNTAX",
    "CONDITION",
    "MAX_INTEGER",
    "OPERATORS",
    "WORDS",
    "Array",
    "Comparison",
    "Constant",
    "Expression",
    "Inactive",
    "Interval",
    "Logic",
    "Name",
    "Node",
    "Operation",
    "Operator",
    "Scalar",
    "Value",
    "at_expression",
    "children",
    "evaluate_scalar",
    "functions",
    "increasing",
    "is_condition",
    "is_whole",
    "magnitude",
    "parse",
    "parsed",
    "possible",
    "raise_undefined",
    "rebuilt",
    "register_operator",
    "truth",
    "truth_of",
    "value_of",
    "walk",
    "walk_arrays",
    "whole_number",
    "written",
]
