"""Reads a text and holds its names and literal values against parameters: one check for all texts.

Whatever is an expression over parameters goes through `checked`: constraints, conditions, sizes,
bandwidths, features. So a name or a value that was misspelt is found wherever it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from bohwsw.errors import SpecError, nearest_name, unknown_name
from bohwsw.expressions import (
    CONDITION,
    Comparison,
    Constant,
    Expression,
    Logic,
    Name,
    Node,
    Operation,
    children,
    parse,
    walk,
)
from bohwsw.space.parameters import Categorical, Conditional, Parameter, Real

MOST_LISTED = 20
"""Values that an error lists; of more it says the first and the last."""


def checked(
    text: object,
    parameters: Sequence[Parameter] | None,
    example: str = CONDITION,
    *,
    known: Iterable[str] = (),
    is_open: bool = False,
) -> Expression:
    """Read an expression over parameters.

    Args:
        parameters: those that it may mention; None allows any name and takes it for a number.
        example: see `parse`.
        known: see `parse`; the names of the parameters are.
        is_open: see `parse`.

    Raises:
        SpecError: it does not parse, mentions an unknown name, mixes text with arithmetic or
            numbers, joins by ``and``, ``or`` or ``not`` what is no condition, or asks whether a
            parameter equals something that is not one of its values; names the nearest one.
    """
    by_name = {parameter.name: parameter for parameter in parameters or ()}
    sequences = {p.name: p.sequence for p in by_name.values() if p.sequence is not None}
    expression = parse(text, None, sequences, example, known=(*known, *by_name), is_open=is_open)
    if parameters is not None:
        for name in expression.names:
            if name not in by_name:
                raise _unknown(name, by_name).within(key_path=expression.text)
    checker = _TypeChecker(expression.text, by_name)
    checker.kind(expression.tree)
    for node in walk(expression.tree):
        if isinstance(node, Logic):
            checker.require_conditions(node)
    return expression


def plain(parameter: Parameter | None) -> Any:
    """The parameter itself, where it is conditional."""
    return parameter.parameter if isinstance(parameter, Conditional) else parameter


def _unknown(name: str, by_name: Mapping[str, Parameter]) -> SpecError:
    error = unknown_name("name in an expression", name, by_name)
    if any(name in plain(p).numeric for p in by_name.values() if p.is_text and not p.sequence):
        return SpecError(error.problem, got=name, expected=error.expected, nearest=f"'{name}'")
    return error


class _TypeChecker:
    """Holds the nodes of one text against the parameters."""

    def __init__(self, text: str, by_name: Mapping[str, Parameter]) -> None:
        self.text = text
        self.by_name = by_name

    def kind(self, node: Node) -> str:
        """``number``, ``text``, or ``mixed`` of a choice among both; SpecError for nonsense."""
        if isinstance(node, Constant):
            return "text" if isinstance(node.value, str) else "number"
        if isinstance(node, Name):
            parameter = self.by_name.get(node.identifier)
            if isinstance(plain(parameter), Categorical) and plain(parameter).is_mixed:
                return "mixed"
            return "text" if parameter is not None and parameter.is_text else "number"
        kinds = {self.kind(child) for child in children(node)}
        if "mixed" in kinds:
            self._require_comparison_of_mixed(node)
        elif "text" in kinds:
            if not isinstance(node, Comparison):
                expected = "a comparison with == or !="
                raise self._error("text cannot be part of arithmetic or logic", None, expected)
            if kinds != {"text"} or not set(node.operators) <= {"==", "!="}:
                problem = "text can only be compared with text, by == or !="
                raise self._error(problem, self.text)
        if isinstance(node, Comparison):
            for sign, sides in zip(node.operators, pairwise(node.operands), strict=True):
                if sign in ("==", "!="):
                    self._require_values(*sides)
        return "number"

    def require_conditions(self, node: Logic) -> None:
        """``rows == 4 or 8`` is always true: Python's old trap."""
        for value in map(_literal, node.operands):
            if value is not None and not isinstance(value, bool):
                problem = f"a value stands where {node.operator!r} needs a condition"
                raise self._error(problem, value, "conditions, such as 'n == 4 or n == 8'")

    def _require_comparison_of_mixed(self, node: Node) -> None:
        """Numbers among text are names: equal to a value or not, no more."""
        is_one = isinstance(node, Comparison) and node.operators in (("==",), ("!=",))
        sides = (_literal(s) is not None or self.kind(s) != "number" for s in children(node))
        if not is_one or not all(sides):
            problem = "a choice among text and numbers can only be compared with its values"
            raise self._error(problem, self.text, "such as kind == 'auto' or kind != 3")

    def _require_values(self, left: Node, right: Node) -> None:
        """A constant must be a value of the parameter that it is compared with."""
        for name, other in ((left, right), (right, left)):
            value = _literal(other)
            if value is None:
                continue
            if isinstance(name, Operation) and name.operator == "position":
                self._require_value("the position", value, range(len(name.operands)))
            elif isinstance(name, Name) and name.identifier in self.by_name:
                parameter = plain(self.by_name[name.identifier])
                if isinstance(parameter, Real):
                    self._require_within(name.view, float(value), parameter)
                else:
                    column = next(c for c in parameter.columns if name.view in c.tables)
                    self._require_value(name.view, value, column.tables[name.view].tolist())
            elif isinstance(value, str) and _literal(name) is not None:
                problem = "two texts are compared, none of them a parameter"
                expected = "a parameter on one side; its name stands without quotes"
                raise self._error(problem, value, expected)

    def _require_value(self, name: str, value: float | str, values: Sequence[Any]) -> None:
        if value in values:
            return
        shown = [v if isinstance(v, str) else f"{v:.15g}" for v in dict.fromkeys(values)]
        expected = "one of " + ", ".join(shown)
        if len(shown) > MOST_LISTED:
            expected = f"one of {len(shown)} values from {shown[0]} to {shown[-1]}"
        texts = [v for v in values if isinstance(v, str)]
        numbers = [v for v in values if v is not None and not isinstance(v, str)]
        if isinstance(value, str):
            nearest = nearest_name(value, texts)
        else:
            near = min(numbers, key=lambda v: abs(v - value), default=None)
            nearest = None if near is None else f"{near:.15g}"
        raise self._error(f"{name} is never equal to this", value, expected, nearest)

    def _require_within(self, name: str, value: float, real: Real) -> None:
        if not real.low <= value <= real.high:
            nearest = f"{real.low if value < real.low else real.high:.15g}"
            expected = f"a number from {real.low:.15g} to {real.high:.15g}"
            raise self._error(f"{name} is never equal to this", value, expected, nearest)

    def _error(
        self, problem: str, got: object, expected: str | None = None, nearest: str | None = None
    ) -> SpecError:
        return SpecError(problem, key_path=self.text, got=got, expected=expected, nearest=nearest)


def _literal(node: Node) -> float | str | None:
    """The value of a number or text, signed or not; None for anything else."""
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, Operation) and node.operator == "neg":
        value = _literal(node.operands[0])
        return None if value is None or isinstance(value, str) else -value
    return None
