"""Parameters: a name and the values it may take, one class a file.

Inside the room a value is known by its code, or by one code a column; a point becomes a row of
codes. Every parameter says how its codes look to a model (`encode`), to a constraint (`columns`)
and to a user (`value`, `array`), so that the rest of the room never asks of which class it is.
"""

from typing import TypeAlias

from bohwsw.space.parameters.base import MAX_VALUES as MAX_VALUES
from bohwsw.space.parameters.base import as_number as as_number
from bohwsw.space.parameters.base import check_name as check_name
from bohwsw.space.parameters.conditional import Conditional as Conditional
from bohwsw.space.parameters.conditional import Plain as Plain
from bohwsw.space.parameters.factorisation import Factorisation as Factorisation
from bohwsw.space.parameters.listed import Categorical as Categorical
from bohwsw.space.parameters.listed import Integer as Integer
from bohwsw.space.parameters.listed import ListedParameter as ListedParameter
from bohwsw.space.parameters.listed import Ordinal as Ordinal
from bohwsw.space.parameters.permutation import Permutation as Permutation
from bohwsw.space.parameters.real import Real as Real

Parameter: TypeAlias = Plain | Conditional
