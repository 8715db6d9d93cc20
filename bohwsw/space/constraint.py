"""Known constraints, bound to the parameters they speak of: text, functions and conditions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError
from bohwsw.expressions import Comparison, Expression, Inactive, Logic, Node, Value, evaluate_scalar
from bohwsw.space.parameters import Parameter


@dataclass(frozen=True)
class Violation:
    """Why a point is not in a space."""

    constraint: str
    """The text of the constraint, the name of a predicate, or the name of the parameter that is
    wrong."""
    problem: str  # what is wrong, with the values at the point

    def __str__(self) -> str:
        return f"{self.constraint}: {self.problem}"


@dataclass(frozen=True)
class Constraint:
    """A condition as text.

    Attributes:
        conditionals: the parameters among those it mentions that may have no value.
    """

    expression: Expression
    conditionals: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return self.expression.text

    @property
    def names(self) -> tuple[str, ...]:
        return self.expression.names

    @property
    def guarded(self) -> Node:
        """The condition, or some parameter in it has no value: then it does not apply."""
        absent = tuple(Inactive(name) for name in self.conditionals)
        return Logic("or", (*absent, self.expression.tree)) if absent else self.expression.tree

    def violation(self, point: Mapping[str, Value]) -> Violation | None:
        if any(point[name] is None for name in self.conditionals):
            return None
        try:
            if self.expression.evaluate(point):
                return None
        except SpecError as error:
            return Violation(self.text, error.problem)
        return Violation(self.text, f"{self._sides(point)}not met with {_shown(point, self.names)}")

    def _sides(self, point: Mapping[str, Value]) -> str:
        """The two sides of a plain comparison as numbers, such as ``240 <= 220``."""
        tree = self.expression.tree
        if not isinstance(tree, Comparison):
            return ""
        first, *others = (evaluate_scalar(side, self.text, point) for side in tree.operands)
        pairs = zip(tree.operators, others, strict=True)
        return " ".join([str(first), *(f"{sign} {right}" for sign, right in pairs)]) + " is "


@dataclass(frozen=True)
class Activation:
    """A conditional parameter has a value exactly where its condition holds."""

    name: str
    expression: Expression  # its condition
    conditionals: tuple[str, ...] = ()  # what in the condition may have no value itself

    @property
    def text(self) -> str:
        return f"{self.name} only if {self.expression.text}"

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name, *self.expression.names)

    @property
    def guarded(self) -> Node:
        """It has a value and the condition holds, or neither."""
        absent, condition = Inactive(self.name), self.expression.tree
        if self.conditionals:  # the condition does not hold where one of them has no value
            present = (Logic("not", (Inactive(name),)) for name in self.conditionals)
            condition = Logic("and", (*present, condition))
        neither = Logic("and", (absent, Logic("not", (condition,))))
        return Logic("or", (neither, Logic("and", (Logic("not", (absent,)), condition))))

    def violation(self, point: Mapping[str, Value]) -> Violation | None:
        try:
            has_all = all(point[name] is not None for name in self.conditionals)
            active = has_all and bool(self.expression.evaluate(point))
        except SpecError as error:
            return Violation(self.text, error.problem)
        value = point[self.name]
        if active == (value is not None):
            return None
        wrong = "needs a value" if active else f"has the value {value!r}, must be None"
        return Violation(self.text, f"{wrong} with {_shown(point, self.expression.names)}")


@dataclass(frozen=True, eq=False)
class Predicate:
    """A known constraint as a vectorised function.

    Attributes:
        function: takes the values of ``n`` points, a dict of arrays as `Space.columns` gives them,
            and returns bool ``[n]``: which points are valid. It must be a pure function of them.
        parameters: the names of the parameters it looks at; it is given no others.
    """

    function: Callable[[dict[str, npt.NDArray[Any]]], npt.NDArray[np.bool_]]
    parameters: Sequence[str]
    name: str

    def __post_init__(self) -> None:
        if not callable(self.function):
            raise SpecError("a predicate needs a function", key_path=str(self.name))
        if not isinstance(self.name, str) or not self.name.strip():
            raise SpecError("a predicate needs a name", got=self.name)
        names = self.parameters
        if isinstance(names, str) or not names or not all(isinstance(n, str) for n in names):
            problem = "a predicate names the parameters it looks at"
            expected = "a list of at least one name"
            raise SpecError(problem, key_path=self.name, got=names, expected=expected)
        object.__setattr__(self, "parameters", tuple(dict.fromkeys(names)))

    def holds(self, columns: Mapping[str, npt.NDArray[Any]], n: int) -> npt.NDArray[np.bool_]:
        """Which of ``n`` points meet it, by their `Space.columns`.

        Raises:
            SpecError: the function failed or did not return bool ``[n]``.
        """
        try:
            result = np.asarray(self.function({name: columns[name] for name in self.parameters}))
        except Exception as error:
            got = f"{type(error).__name__}: {error}"
            problem = "the function of a predicate failed"
            raise SpecError(problem, key_path=self.name, got=got) from error
        if result.dtype != bool or result.shape != (n,):
            problem = "a predicate must return one truth value a point"
            got = f"{result.dtype} {list(result.shape)}"
            raise SpecError(problem, key_path=self.name, got=got, expected=f"bool [{n}]")
        return result


@dataclass(frozen=True)
class PredicateConstraint:
    """A predicate, bound to the parameters it looks at."""

    predicate: Predicate
    parameters: tuple[Parameter, ...]

    @property
    def text(self) -> str:
        return self.predicate.name

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(parameter.name for parameter in self.parameters)

    def violation(self, point: Mapping[str, Value]) -> Violation | None:
        if any(point[name] is None for name in self.names):
            return None
        codes = ((p, np.array([p.codes(point[p.name])], dtype=np.int32)) for p in self.parameters)
        if self.predicate.holds({p.name: p.array(own) for p, own in codes}, 1)[0]:
            return None
        return Violation(self.text, f"not met with {_shown(point, self.names)}")


KnownConstraint: TypeAlias = Constraint | Activation | PredicateConstraint
"""Each has a ``text`` (what messages call it), the ``names`` it mentions, and a ``violation``: None
if a point meets it, else what it comes to there."""


def _shown(point: Mapping[str, Value], names: Sequence[str]) -> str:
    return ", ".join(f"{name} = {point[name]}" for name in names)
