"""Design spaces: parameters, known constraints, valid samples and valid neighbours.

Knows nothing of hardware and nothing of models. What is named here is for other rooms and for
users; so is `specification`, which is imported by itself because pydantic is slow to load.
"""

from bohwsw.expressions import Expression as Expression
from bohwsw.expressions import Value as Value
from bohwsw.expressions import parse as parse
from bohwsw.space.binding import bind as bind
from bohwsw.space.column import Codes as Codes
from bohwsw.space.component import Component as Component
from bohwsw.space.component import component as component
from bohwsw.space.constraint import Constraint as Constraint
from bohwsw.space.constraint import Predicate as Predicate
from bohwsw.space.constraint import PredicateConstraint as PredicateConstraint
from bohwsw.space.constraint import Violation as Violation
from bohwsw.space.encoding import Features as Features
from bohwsw.space.parameters import MAX_VALUES as MAX_VALUES
from bohwsw.space.parameters import Categorical as Categorical
from bohwsw.space.parameters import Conditional as Conditional
from bohwsw.space.parameters import Factorisation as Factorisation
from bohwsw.space.parameters import Integer as Integer
from bohwsw.space.parameters import ListedParameter as ListedParameter
from bohwsw.space.parameters import Ordinal as Ordinal
from bohwsw.space.parameters import Parameter as Parameter
from bohwsw.space.parameters import Permutation as Permutation
from bohwsw.space.parameters import Plain as Plain
from bohwsw.space.parameters import Real as Real
from bohwsw.space.parameters import as_number as as_number
from bohwsw.space.parameters import check_name as check_name
from bohwsw.space.sampler import Size as Size
from bohwsw.space.space import Point as Point
from bohwsw.space.space import Space as Space
from bohwsw.space.typecheck import checked as checked
from bohwsw.space.typecheck import plain as plain
