"""One known constraint, bound to the parameters it speaks of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.errors import SpecError, nearest_name
from bohwsw.space.evaluate_intervals import Interval, possible
from bohwsw.space.expression import Expression, parse
from bohwsw.space.parameters import Parameter
from bohwsw.space.syntax import Comparison, Constant, Name, Node, Scalar, children


@dataclass(frozen=True)
class Violation:
    """Why a point is not in a space.

    Attributes:
        constraint: the text of the constraint, or the name of the parameter that is wrong.
        problem: what is wrong, with the values at the point.
    """

    constraint: str
    problem: str

    def __str__(self) -> str:
        return f"{self.constraint}: {self.problem}"


@dataclass(frozen=True)
class Constraint:
    """A condition on parameters that is known before anything is evaluated."""

    expression: Expression

    @property
    def text(self) -> str:
        """The constraint as it was written."""
        return self.expression.text

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters it mentions."""
        return self.expression.names

    def holds(self, values: Mapping[str, Any]) -> npt.NDArray[np.bool_]:
        """Where the condition is met, for arrays that broadcast against one another."""
        return np.asarray(self.expression.evaluate(values), dtype=bool)

    def can_hold(self, bounds: Mapping[str, Interval | None]) -> npt.NDArray[np.bool_]:
        """Where the condition can still be met within bounds; see `evaluate_intervals`."""
        return possible(self.expression.tree, bounds)

    def violation(self, point: Mapping[str, Scalar]) -> Violation | None:
        """None if the point meets the condition, else what it comes to there."""
        try:
            if self.expression.evaluate(point):
                return None
        except SpecError as error:
            return Violation(self.text, error.problem)
        values = ", ".join(f"{name} = {point[name]}" for name in self.names)
        return Violation(self.text, f"{self._sides(point)}not met with {values}")

    def _sides(self, point: Mapping[str, Scalar]) -> str:
        """The two sides of a plain comparison as numbers, such as ``240 <= 220``."""
        tree = self.expression.tree
        if not isinstance(tree, Comparison):
            return ""
        sides = [Expression(self.text, operand, self.names) for operand in tree.operands]
        shown = [str(side.evaluate(point)) for side in sides]
        pairs = zip(tree.operators, shown[1:], strict=True)
        return " ".join([shown[0], *(f"{sign} {right}" for sign, right in pairs)]) + " is "


def bind(text: object, parameters: Sequence[Parameter]) -> Constraint:
    """Read a constraint and check it against the parameters of a space.

    Raises:
        SpecError: it does not parse, mentions an unknown name, is not a condition, compares text
            with a number, or with a text that is no value of the parameter.
    """
    by_name = {parameter.name: parameter for parameter in parameters}
    expression = parse(text, by_name)
    if not expression.is_condition and not isinstance(expression.tree, Name):
        raise SpecError(
            "a constraint must be a condition",
            got=expression.text,
            expected="a comparison such as 'a * b <= 8'",
        )
    if not expression.names:
        raise SpecError("a constraint mentions no parameter", got=expression.text)
    if _kind(expression.tree, expression.text, by_name) == "text":
        raise SpecError("text is not a condition", got=expression.text)
    if isinstance(expression.tree, Name):
        # `use_cache` alone means that it must be true; as a comparison it is a condition.
        truth = Comparison((expression.tree, Constant(0)), ("!=",))
        expression = Expression(expression.text, truth, expression.names)
    return Constraint(expression)


def _kind(node: Node, text: str, parameters: Mapping[str, Parameter]) -> str:
    """``number`` or ``text``; SpecError where the two are mixed."""
    if isinstance(node, Constant):
        return "text" if isinstance(node.value, str) else "number"
    if isinstance(node, Name):
        return "text" if parameters[node.identifier].is_text else "number"
    kinds = {_kind(child, text, parameters) for child in children(node)}
    if "text" in kinds:
        if not isinstance(node, Comparison):
            raise SpecError(
                "text cannot be part of arithmetic or logic",
                key_path=text,
                expected="a comparison with == or !=",
            )
        if kinds != {"text"} or not set(node.operators) <= {"==", "!="}:
            raise SpecError(
                "text can only be compared with text, by == or !=", key_path=text, got=text
            )
        _check_text_values(node, text, parameters)
    return "number"


def _check_text_values(node: Comparison, text: str, parameters: Mapping[str, Parameter]) -> None:
    """A text constant must be a value of a parameter it is compared with: else it is a slip."""
    valid = [
        str(value)
        for operand in node.operands
        if isinstance(operand, Name)
        for value in parameters[operand.identifier].values
    ]
    for operand in node.operands:
        if isinstance(operand, Constant) and valid and operand.value not in valid:
            raise SpecError(
                "no parameter compared here has this value",
                key_path=text,
                got=operand.value,
                expected="one of " + ", ".join(valid),
                nearest=nearest_name(operand.value, valid),
            )
