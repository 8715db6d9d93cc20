"""Known constraints, bound to the parameters they speak of."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError
from bohwsw.space.column import Codes
from bohwsw.space.evaluate_intervals import Interval, possible
from bohwsw.space.evaluate_scalar import evaluate_scalar
from bohwsw.space.excess import excess
from bohwsw.space.expression import Expression
from bohwsw.space.parameters import Conditional, Parameter, Permutation
from bohwsw.space.predicate import Predicate
from bohwsw.space.syntax import Comparison, Inactive, Logic, Node, Unary, Value


@dataclass(frozen=True)
class Violation:
    """Why a point is not in a space.

    Attributes:
        constraint: the text of the constraint, the name of a predicate, or the name of the
            parameter that is wrong.
        problem: what is wrong, with the values at the point.
    """

    constraint: str
    problem: str

    def __str__(self) -> str:
        return f"{self.constraint}: {self.problem}"


@dataclass(frozen=True)
class Constraint:
    """A condition as text that is known before anything is evaluated.

    Attributes:
        expression: the condition.
        conditionals: the parameters among those it mentions that may have no value.
    """

    expression: Expression
    conditionals: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The constraint as it was written."""
        return self.expression.text

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters it mentions."""
        return self.expression.names

    @property
    def guarded(self) -> Node:
        """The condition, or some parameter in it has no value: then it does not apply."""
        tree = self.expression.tree
        absent: tuple[Node, ...] = tuple(Inactive(name) for name in self.conditionals)
        return Logic("or", (*absent, tree)) if absent else tree

    def holds(self, values: Mapping[str, Any]) -> npt.NDArray[np.bool_]:
        """Where the condition is met, for arrays that broadcast against one another."""
        return np.asarray(self.expression.evaluate(values), dtype=bool)

    def can_hold(self, bounds: Mapping[str, Interval | None]) -> npt.NDArray[np.bool_]:
        """Where the condition can still be met within bounds; see `evaluate_intervals`."""
        return possible(self.expression.tree, bounds)

    def violation(self, point: Mapping[str, Value]) -> Violation | None:
        """None if the point meets the condition, else what it comes to there."""
        if any(point[name] is None for name in self.conditionals):
            return None
        try:
            if self.expression.evaluate(point):
                return None
        except SpecError as error:
            return Violation(self.text, error.problem)
        return Violation(self.text, f"{self._sides(point)}not met with {shown(point, self.names)}")

    def excess(self, point: Mapping[str, Any]) -> float:
        """By how much a point breaks it; 0 or less where it is met. See `excess.excess`."""
        if any(point[name] is None for name in self.names):
            return -1.0
        return excess(self.expression.tree, self.text, _with_tuples(point, self.names))

    def _sides(self, point: Mapping[str, Value]) -> str:
        """The two sides of a plain comparison as numbers, such as ``240 <= 220``."""
        tree = self.expression.tree
        if not isinstance(tree, Comparison):
            return ""
        plain = _with_tuples(point, self.names)
        values = [str(evaluate_scalar(side, self.text, plain)) for side in tree.operands]
        pairs = zip(tree.operators, values[1:], strict=True)
        return " ".join([values[0], *(f"{sign} {right}" for sign, right in pairs)]) + " is "


@dataclass(frozen=True)
class Activation:
    """What a conditional parameter means: it has a value exactly where its condition holds.

    Attributes:
        name: the parameter.
        expression: its condition.
        conditionals: the parameters in the condition that may have no value themselves.
    """

    name: str
    expression: Expression
    conditionals: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """How messages call it."""
        return f"{self.name} only if {self.expression.text}"

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters it mentions."""
        return (self.name, *self.expression.names)

    @property
    def condition(self) -> Node:
        """The condition; it does not hold where a parameter in it has no value."""
        present: tuple[Node, ...] = tuple(
            Unary("not", Inactive(name)) for name in self.conditionals
        )
        tree = self.expression.tree
        return Logic("and", (*present, tree)) if present else tree

    @property
    def guarded(self) -> Node:
        """It has a value and the condition holds, or neither."""
        absent, condition = Inactive(self.name), self.condition
        neither = Logic("and", (absent, Unary("not", condition)))
        return Logic("or", (neither, Logic("and", (Unary("not", absent), condition))))

    def is_active(self, point: Mapping[str, Value]) -> bool:
        """Whether the parameter has a value at a point."""
        return all(point[name] is not None for name in self.conditionals) and bool(
            self.expression.evaluate(point)
        )

    def violation(self, point: Mapping[str, Value]) -> Violation | None:
        """None if the parameter has a value exactly where it should."""
        try:
            active = self.is_active(point)
        except SpecError as error:
            return Violation(self.text, error.problem)
        if active == (point[self.name] is not None):
            return None
        wrong = "needs a value" if active else f"has the value {point[self.name]!r}, must be None"
        return Violation(self.text, f"{wrong} with {shown(point, self.expression.names)}")

    def excess(self, point: Mapping[str, Any]) -> float:
        """1.0 or -1.0."""
        return -1.0 if self.violation(_with_tuples(point, self.names)) is None else 1.0


@dataclass(frozen=True)
class PredicateConstraint:
    """A predicate, bound to the parameters it looks at."""

    predicate: Predicate
    parameters: tuple[Parameter, ...]

    @property
    def text(self) -> str:
        """How messages call it."""
        return self.predicate.name

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters it mentions."""
        return tuple(parameter.name for parameter in self.parameters)

    def on_rows(
        self, members: Sequence[tuple[Parameter, Sequence[int]]]
    ) -> Callable[[Codes], npt.NDArray[np.bool_]]:
        """The predicate as a function of rows ``[n, width]``.

        Args:
            members: for each of its parameters itself and its columns of a row.
        """

        def holds(rows: Codes) -> npt.NDArray[np.bool_]:
            applies = np.ones(len(rows), dtype=bool)
            for parameter, places in members:
                inactive = parameter.columns[0].inactive
                if inactive is not None:
                    applies &= rows[:, places[0]] != inactive
            result = ~applies
            inside = rows if applies.all() else rows[applies]
            if len(inside):
                columns = {p.name: p.array(inside[:, places]) for p, places in members}
                result[applies] = self.predicate.holds(columns, len(inside))
            return result

        return holds

    def violation(self, point: Mapping[str, Value]) -> Violation | None:
        """None if the point meets the predicate, else the values it fails with."""
        if self.excess(point) <= 0:
            return None
        return Violation(self.text, f"not met with {shown(point, self.names)}")

    def excess(self, point: Mapping[str, Any]) -> float:
        """1.0 where it is broken, -1.0 where it is met or does not apply."""
        if any(point[name] is None for name in self.names):
            return -1.0
        columns = {p.name: _as_column(p, point[p.name]) for p in self.parameters}
        return -1.0 if self.predicate.holds(columns, 1)[0] else 1.0


Known: TypeAlias = Constraint | Activation | PredicateConstraint


def shown(point: Mapping[str, Value], names: Sequence[str]) -> str:
    """The values of some parameters for a message."""
    return ", ".join(f"{name} = {point[name]}" for name in names)


def _as_column(parameter: Parameter, value: Any) -> npt.NDArray[Any]:
    """A value as an array of one point, also if the parameter cannot have it."""
    try:
        return parameter.array(np.array([parameter.codes(value)], dtype=np.int32))
    except SpecError:
        plain = parameter.parameter if isinstance(parameter, Conditional) else parameter
        if isinstance(plain, Permutation):
            items = list(plain.items)
            return np.array([[items.index(v) if v in items else -1 for v in value]])
        return np.asarray([value])


def _with_tuples(point: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The values of some parameters with tuples for lists and Python's numbers for NumPy's."""
    plain: dict[str, Any] = {}
    for name in names:
        value = point[name]
        if isinstance(value, np.ndarray | np.generic):
            value = value.tolist()
        plain[name] = tuple(value) if isinstance(value, list) else value
    return plain
