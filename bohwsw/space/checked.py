"""Reads a text and holds its names and literal values against parameters: one check for all texts.

Whatever is an expression over parameters goes through `checked`: constraints, conditions, sizes,
bandwidths, features. So a name or a value that was misspelt is found wherever it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

from bohwsw.errors import SpecError, nearest_name, unknown_name
from bohwsw.space.expression import CONDITION, Expression, parse
from bohwsw.space.parameters import Categorical, Conditional, Parameter, Real
from bohwsw.space.syntax import Comparison, Constant, Logic, Name, Node, Operation, children, walk

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
        text: as it was written.
        parameters: those that it may mention; None allows any name and takes it for a number.
        example: what the text could have been, for messages.
        known: names that are found as they are, see `parse`; those of the parameters are.
        is_open: whether other names may look like ``my lr`` or ``train/loss``, too.

    Raises:
        SpecError: it does not parse, mentions an unknown name, mixes text with arithmetic or
            numbers, joins by ``and``, ``or`` or ``not`` what is no condition, or asks whether a
            parameter equals something that is none of its values; says the nearest one.
    """
    by_name = {parameter.name: parameter for parameter in parameters or ()}
    sequences = {p.name: p.sequence for p in by_name.values() if p.sequence is not None}
    expression = parse(text, None, sequences, example, known=(*known, *by_name), is_open=is_open)
    if parameters is not None:
        for name in expression.names:
            if name not in by_name:
                raise _unknown(name, by_name).within(key_path=expression.text)
    _Reader(expression.text, by_name).kind(expression.tree)
    for node in walk(expression.tree):
        if isinstance(node, Logic):
            _require_conditions(node, expression.text)
    return expression


def plain(parameter: Parameter) -> Any:
    """The parameter itself, where it is conditional."""
    return parameter.parameter if isinstance(parameter, Conditional) else parameter


def _unknown(name: str, by_name: dict[str, Parameter]) -> SpecError:
    error = unknown_name("name in an expression", name, by_name)
    if any(name in plain(p).numeric for p in by_name.values() if p.is_text and not p.sequence):
        return SpecError(error.problem, got=name, expected=error.expected, nearest=f"'{name}'")
    return error


def _require_conditions(node: Logic, text: str) -> None:
    """``rows == 4 or 8`` is always true: Python's old trap."""
    for operand in children(node):
        value = _literal(operand)
        if value is not None and not isinstance(value, bool):
            raise SpecError(
                f"a value stands where {node.operator!r} needs a condition",
                key_path=text,
                got=value,
                expected="conditions, such as 'n == 4 or n == 8'",
            )


class _Reader:
    """Holds the nodes of one text against the parameters."""

    def __init__(self, text: str, by_name: dict[str, Parameter]) -> None:
        self.text = text
        self.by_name = by_name

    def kind(self, node: Node) -> str:
        """``number``, ``text``, or ``mixed`` of a choice among both; SpecError for nonsense."""
        if isinstance(node, Constant):
            return "text" if isinstance(node.value, str) else "number"
        if isinstance(node, Name):
            parameter = self.by_name.get(node.identifier)
            if parameter is not None and _is_mixed(plain(parameter)):
                return "mixed"
            return "text" if parameter is not None and parameter.is_text else "number"
        kinds = {self.kind(child) for child in children(node)}
        if "mixed" in kinds:
            self._require_comparison_of_mixed(node)
            kinds = set()
        if "text" in kinds:
            if not isinstance(node, Comparison):
                raise SpecError(
                    "text cannot be part of arithmetic or logic",
                    key_path=self.text,
                    expected="a comparison with == or !=",
                )
            if kinds != {"text"} or not set(node.operators) <= {"==", "!="}:
                raise SpecError(
                    "text can only be compared with text, by == or !=",
                    key_path=self.text,
                    got=self.text,
                )
        if isinstance(node, Comparison):
            for sign, sides in zip(node.operators, pairwise(node.operands), strict=True):
                if sign in ("==", "!="):
                    self._require_values(*sides)
        return "number"

    def _require_comparison_of_mixed(self, node: Node) -> None:
        """Numbers among text are names: equal to a value or not, no more."""
        is_one = isinstance(node, Comparison) and node.operators in (("==",), ("!=",))
        sides = children(node)
        if not is_one or not all(
            _literal(s) is not None or self.kind(s) in ("mixed", "text") for s in sides
        ):
            raise SpecError(
                "a choice among text and numbers can only be compared with its values",
                key_path=self.text,
                got=self.text,
                expected="such as kind == 'auto' or kind != 3",
            )

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
                raise SpecError(
                    "two texts are compared, none of them a parameter",
                    key_path=self.text,
                    got=value,
                    expected="a parameter on one side; its name stands without quotes",
                )

    def _require_value(self, name: str, value: float | str, values: Sequence[Any]) -> None:
        if value not in values:
            raise self._never(name, value, _listed(values), _nearest(value, values))

    def _require_within(self, name: str, value: float, parameter: Real) -> None:
        low, high = parameter.low, parameter.high
        if not low <= value <= high:
            nearest = f"{low if value < low else high:.15g}"
            raise self._never(name, value, f"a number from {low:.15g} to {high:.15g}", nearest)

    def _never(self, name: str, value: object, expected: str, nearest: str | None) -> SpecError:
        return SpecError(
            f"{name} is never equal to this",
            key_path=self.text,
            got=value,
            expected=expected,
            nearest=nearest,
        )


def _is_mixed(parameter: Any) -> bool:
    return isinstance(parameter, Categorical) and parameter.numeric.dtype.kind == "O"


def _literal(node: Node) -> float | str | None:
    """The value of a number or text, signed or not; None for anything else."""
    if isinstance(node, Constant):
        return node.value
    if isinstance(node, Operation) and node.operator == "neg":
        value = _literal(node.operands[0])
        return None if value is None or isinstance(value, str) else -value
    return None


def _listed(values: Sequence[Any]) -> str:
    distinct = list(dict.fromkeys(values))
    shown = [v if isinstance(v, str) else f"{v:.15g}" for v in distinct]
    if len(shown) > MOST_LISTED:
        return f"one of {len(shown)} values from {shown[0]} to {shown[-1]}"
    return "one of " + ", ".join(shown)


def _nearest(value: float | str, values: Sequence[Any]) -> str | None:
    if isinstance(value, str):
        return nearest_name(value, [v for v in values if isinstance(v, str)])
    numbers = [v for v in values if v is not None and not isinstance(v, str)]
    return f"{min(numbers, key=lambda v: abs(v - value)):.15g}" if numbers else None
