"""Parameters: a name and the values it may take, one class a file.

Inside the room a value is known by its code, or by one code a column; a point becomes a row of
codes. Every parameter says how its codes look to a model (`encode`), to a constraint (`columns`)
and to a user (`value`, `array`), so that the rest of the room never asks of which class it is.
"""

from typing import TypeAlias

from bohwsw.space.parameters.base import MAX_VALUES, as_number, check_name
from bohwsw.space.parameters.conditional import Conditional, Plain
from bohwsw.space.parameters.factorisation import Factorisation
from bohwsw.space.parameters.listed import Categorical, Integer, ListedParameter, Ordinal
from bohwsw.space.parameters.permutation import Permutation
from bohwsw.space.parameters.real import Real

Parameter: TypeAlias = Plain | Conditional

__all__ = [
    "MAX_VALUES",
    "Categorical",
    "Conditional",
    "Factorisation",
    "Integer",
    "ListedParameter",
    "Ordinal",
    "Parameter",
    "Permutation",
    "Plain",
    "Real",
    "as_number",
    "check_name",
]
