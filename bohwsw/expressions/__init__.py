"""The language of space files, model files and constraints: arithmetic and conditions as text.

Parsed against a whitelist, never run; evaluated at one point, on arrays and on intervals. What is
named here is for other rooms and for users; the other modules are the room's own.
"""

from bohwsw.expressions.evaluation import evaluate_scalar as evaluate_scalar
from bohwsw.expressions.evaluation import raise_undefined as raise_undefined
from bohwsw.expressions.evaluation import walk_arrays as walk_arrays
from bohwsw.expressions.expression import CONDITION as CONDITION
from bohwsw.expressions.expression import Expression as Expression
from bohwsw.expressions.expression import parse as parse
from bohwsw.expressions.file_values import in_expression as in_expression
from bohwsw.expressions.file_values import parsed as parsed
from bohwsw.expressions.file_values import truth_of as truth_of
from bohwsw.expressions.file_values import value_of as value_of
from bohwsw.expressions.file_values import whole_number as whole_number
from bohwsw.expressions.intervals import magnitude as magnitude
from bohwsw.expressions.intervals import truth as truth
from bohwsw.expressions.names import WORDS as WORDS
from bohwsw.expressions.names import written as written
from bohwsw.expressions.operators import BY_SYNTAX as BY_SYNTAX
from bohwsw.expressions.operators import OPERATORS as OPERATORS
from bohwsw.expressions.operators import Array as Array
from bohwsw.expressions.operators import Interval as Interval
from bohwsw.expressions.operators import Operator as Operator
from bohwsw.expressions.operators import functions as functions
from bohwsw.expressions.operators import increasing as increasing
from bohwsw.expressions.operators import register_operator as register_operator
from bohwsw.expressions.syntax import MAX_INTEGER as MAX_INTEGER
from bohwsw.expressions.syntax import Comparison as Comparison
from bohwsw.expressions.syntax import Constant as Constant
from bohwsw.expressions.syntax import Inactive as Inactive
from bohwsw.expressions.syntax import Logic as Logic
from bohwsw.expressions.syntax import Name as Name
from bohwsw.expressions.syntax import Node as Node
from bohwsw.expressions.syntax import Operation as Operation
from bohwsw.expressions.syntax import Scalar as Scalar
from bohwsw.expressions.syntax import Value as Value
from bohwsw.expressions.syntax import children as children
from bohwsw.expressions.syntax import is_condition as is_condition
from bohwsw.expressions.syntax import is_whole as is_whole
from bohwsw.expressions.syntax import rebuilt as rebuilt
from bohwsw.expressions.syntax import walk as walk
