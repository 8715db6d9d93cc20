"""How the parameters of our spaces look to optimisers that know integers, reals and choices only.

- Real, Integer and Categorical stay what they are; an Ordinal is its place in the list.
- A Factorisation becomes the exponents of each prime in all slots but the last; the last slot
  takes what is left, so that for each prime the exponents add up to at most their total. Tools
  that know linear constraints are given that one; the others are told by how much it is broken.
- A Permutation becomes its Lehmer code: digit i says which of the items that are left comes next.
- A Conditional always has a value, which is dropped where its condition does not hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks.optimizers.constraint_values import constraint_values
from benchmarks.optimizers.method import Candidate
from bohwsw.expressions import parse
from bohwsw.space import (
    Categorical,
    Conditional,
    Factorisation,
    Integer,
    Ordinal,
    Parameter,
    Permutation,
    Point,
    Real,
    Space,
)

Code = Mapping[str, Any]


@dataclass(frozen=True)
class IntVariable:
    """A whole number from ``low`` to ``high``."""

    name: str
    low: int
    high: int


@dataclass(frozen=True)
class RealVariable:
    """A number from ``low`` to ``high``; ``log`` if decades count alike."""

    name: str
    low: float
    high: float
    log: bool


@dataclass(frozen=True)
class ChoiceVariable:
    """One of a few values without an order."""

    name: str
    values: tuple[Any, ...]


Variable = IntVariable | RealVariable | ChoiceVariable


@dataclass(frozen=True)
class SumLimit:
    """The sum of some whole numbers is at most ``limit``."""

    names: tuple[str, ...]
    limit: int


@dataclass
class Encoding:
    """A space in the words of other tools.

    Attributes:
        space: the space.
        variables: what the tool searches over.
        sum_limits: linear constraints among them that any tiling needs.
        known: names of all constraints known beforehand, those of the space and the sums.
    """

    space: Space
    variables: list[Variable] = field(default_factory=list)
    sum_limits: list[SumLimit] = field(default_factory=list)

    def __post_init__(self) -> None:
        for parameter in self.space.parameters:
            self._add(parameter)
        self.known = [
            *(f"sum_{i}" for i in range(len(self.sum_limits))),
            *(f"known_{i}" for i in range(len(self.space.constraints))),
        ]

    def _add(self, parameter: Parameter) -> None:
        name = parameter.name
        parameter = parameter.parameter if isinstance(parameter, Conditional) else parameter
        if isinstance(parameter, Real):
            self.variables.append(RealVariable(name, parameter.low, parameter.high, parameter.log))
        elif isinstance(parameter, Integer):
            self.variables.append(IntVariable(name, parameter.low, parameter.high))
        elif isinstance(parameter, Ordinal):
            self.variables.append(IntVariable(name, 0, len(parameter.values) - 1))
        elif isinstance(parameter, Categorical):
            self.variables.append(ChoiceVariable(name, tuple(parameter.values)))
        elif isinstance(parameter, Permutation):
            n = len(parameter.items)
            self.variables += [IntVariable(f"{name}_{i}", 0, n - 1 - i) for i in range(n - 1)]
        elif isinstance(parameter, Factorisation):
            for prime, total in prime_exponents(parameter.product).items():
                names = [f"{name}_{prime}_{slot}" for slot in range(parameter.slots - 1)]
                self.variables += [IntVariable(label, 0, total) for label in names]
                if len(names) > 1:
                    self.sum_limits.append(SumLimit(tuple(names), total))
        else:
            raise TypeError(f"no encoding for {type(parameter).__name__}")

    def decode(self, code: Code) -> Candidate:
        """A code in the words of our space, with by how much it breaks what is known."""
        sums = {
            f"sum_{i}": float(sum(code[name] for name in limit.names) - limit.limit)
            for i, limit in enumerate(self.sum_limits)
        }
        if any(excess > 0.0 for excess in sums.values()):
            return Candidate(None, code, sums)
        point: Point = {}
        for parameter in self.space.parameters:  # a condition speaks of earlier ones
            if not isinstance(parameter, Conditional):
                point[parameter.name] = self._value(parameter, code)
            elif _holds(parameter.when, point):
                point[parameter.name] = self._value(parameter.parameter, code)
            else:
                point[parameter.name] = None
        known = constraint_values(self.space, point).values()
        names = (f"known_{i}" for i in range(len(self.space.constraints)))
        return Candidate(point, code, {**sums, **dict(zip(names, known, strict=True))})

    def _value(self, parameter: Parameter, code: Code) -> Any:
        name = parameter.name
        if isinstance(parameter, Real):
            return min(max(float(code[name]), parameter.low), parameter.high)
        if isinstance(parameter, Ordinal):
            return parameter.values[int(code[name])]
        if isinstance(parameter, Integer):
            return int(code[name])
        if isinstance(parameter, Permutation):
            left = list(parameter.items)
            digits = [int(code[f"{name}_{i}"]) for i in range(len(left) - 1)]
            return tuple(left.pop(digit) for digit in [*digits, 0])
        if isinstance(parameter, Factorisation):
            slots = [1] * parameter.slots
            for prime, total in prime_exponents(parameter.product).items():
                used = [int(code[f"{name}_{prime}_{s}"]) for s in range(parameter.slots - 1)]
                for slot, exponent in enumerate([*used, total - sum(used)]):
                    slots[slot] *= prime**exponent
            return tuple(slots)
        return code[name]

    def encode(self, point: Mapping[str, Any]) -> dict[str, Any]:
        """The code of a point; `decode` undoes it."""
        code: dict[str, Any] = {}
        for parameter in self.space.parameters:
            name, value = parameter.name, point[parameter.name]
            if isinstance(parameter, Conditional):
                parameter = parameter.parameter
                if value is None:
                    value = parameter.value(np.zeros(parameter.n_columns, dtype=np.int32))
            if isinstance(parameter, Permutation):
                left = list(parameter.items)
                for i, item in enumerate(value[:-1]):
                    code[f"{name}_{i}"] = left.index(item)
                    left.remove(item)
            elif isinstance(parameter, Factorisation):
                for prime in prime_exponents(parameter.product):
                    for slot in range(parameter.slots - 1):
                        power = prime_exponents(value[slot]).get(prime, 0)
                        code[f"{name}_{prime}_{slot}"] = power
            else:
                code[name] = parameter.code(value) if isinstance(parameter, Ordinal) else value
        return code


def _holds(condition: str, point: Point) -> bool:
    """Whether a condition holds; one on a parameter without a value does not."""
    expression = parse(condition)
    if any(point[name] is None for name in expression.names):
        return False
    return bool(expression.evaluate(point))


def prime_exponents(number: int) -> dict[int, int]:
    """The prime factors of a whole number with their exponents."""
    found: dict[int, int] = {}
    factor = 2
    while number > 1:
        while number % factor == 0:
            found[factor] = found.get(factor, 0) + 1
            number //= factor
        factor += 1
    return found
