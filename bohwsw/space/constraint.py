"""Reads constraints and checks them against the parameters of a space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from bohwsw.errors import SpecError, unknown_name
from bohwsw.space.checked import checked, plain
from bohwsw.space.column import Column
from bohwsw.space.evaluate_intervals import Interval, magnitude
from bohwsw.space.expression import Expression
from bohwsw.space.known import Activation, Constraint, PredicateConstraint
from bohwsw.space.parameters import Conditional, Parameter, Real
from bohwsw.space.predicate import Predicate
from bohwsw.space.syntax import (
    MAX_INTEGER,
    Binary,
    Call,
    Comparison,
    Constant,
    Name,
    Node,
    Unary,
    children,
    walk,
)


def check_parameters(parameters: Sequence[Parameter]) -> None:
    """Raise SpecError unless these are parameters with distinct names, at least one."""
    if not parameters:
        raise SpecError("a space needs at least one parameter")
    seen: set[str] = set()
    for parameter in parameters:
        if not isinstance(parameter, Parameter):
            raise SpecError("not a parameter", got=parameter, expected="such as Integer or Real")
        if parameter.name in seen:
            raise SpecError("two parameters have the same name", got=parameter.name)
        seen.add(parameter.name)


def bind(text: object, parameters: Sequence[Parameter]) -> Constraint:
    """Read a constraint and check it against the parameters of a space.

    Raises:
        SpecError: it does not parse, mentions an unknown name, is not a condition, compares text
            with a number or with a text that is no value of the parameter, or demands that
            a real number equals something.
    """
    expression = _condition(text, parameters)
    return Constraint(expression, _conditionals(expression, parameters))


def bind_all(
    constraints: Sequence[str | Predicate], parameters: tuple[Parameter, ...]
) -> tuple[Constraint | PredicateConstraint, ...]:
    """Read a list of constraints, each once: what is written twice means the same.

    Raises:
        SpecError: it is no list, one of them is not valid, or two predicates share a name.
    """
    if isinstance(constraints, str | Predicate):
        raise SpecError("constraints must be a list", got=constraints)
    bound = [
        bind_predicate(c, parameters) if isinstance(c, Predicate) else bind(c, parameters)
        for c in constraints
    ]
    named: dict[str, Constraint | PredicateConstraint] = {}
    for constraint in bound:
        other = named.setdefault(constraint.text, constraint)
        if other is not constraint and not isinstance(constraint, Constraint):
            raise SpecError("two predicates have the same name", got=constraint.text)
    return tuple(named.values())


def bind_predicate(predicate: Predicate, parameters: Sequence[Parameter]) -> PredicateConstraint:
    """Bind a predicate to the parameters it names.

    Raises:
        SpecError: one of them is not a parameter.
    """
    by_name = {parameter.name: parameter for parameter in parameters}
    for name in predicate.parameters:
        if name not in by_name:
            raise unknown_name("parameter of a predicate", name, by_name).within(
                key_path=predicate.name
            )
    return PredicateConstraint(predicate, tuple(by_name[name] for name in predicate.parameters))


def activations(parameters: Sequence[Parameter]) -> tuple[Activation, ...]:
    """The conditions of all conditional parameters.

    Raises:
        SpecError: a condition is not valid, or conditions wait for one another in a circle.
    """
    found = []
    for parameter in parameters:
        if isinstance(parameter, Conditional):
            try:
                expression = _condition(parameter.when, parameters)
            except SpecError as error:
                raise error.within(key_path=f"{parameter.name}.when") from error
            found.append(
                Activation(parameter.name, expression, _conditionals(expression, parameters))
            )
    waits = {activation.name: activation.expression.names for activation in found}
    for start in waits:
        _follow(start, waits, (start,))
    return tuple(found)


def _follow(name: str, waits: Mapping[str, tuple[str, ...]], path: tuple[str, ...]) -> None:
    for other in waits.get(name, ()):
        if other in path:
            raise SpecError(
                "conditions of parameters wait for one another in a circle",
                key_path=f"{path[0]}.when",
                got=" -> ".join((*path, other)),
                expected="a condition on parameters that do not depend on this one",
            )
        _follow(other, waits, (*path, other))


def _conditionals(expression: Expression, parameters: Sequence[Parameter]) -> tuple[str, ...]:
    names = {p.name for p in parameters if isinstance(p, Conditional)}
    return tuple(name for name in expression.names if name in names)


def _condition(text: object, parameters: Sequence[Parameter]) -> Expression:
    expression = checked(text, parameters)
    by_name = {parameter.name: parameter for parameter in parameters}
    if not expression.is_condition and not isinstance(expression.tree, Name):
        raise SpecError(
            "a constraint must be a condition",
            got=expression.text,
            expected="a comparison such as 'a * b <= 8'",
        )
    if not expression.names:
        raise SpecError("a constraint mentions no parameter", got=expression.text)
    if isinstance(expression.tree, Name) and by_name[expression.tree.identifier].is_text:
        raise SpecError("text is not a condition", got=expression.text)
    _check_equalities(expression, by_name)
    _check_exactness(expression, by_name)
    if isinstance(expression.tree, Name):
        # `use_cache` alone means that it must be true; as a comparison it is a condition.
        truth = Comparison((expression.tree, Constant(0)), ("!=",))
        expression = Expression(expression.text, truth, expression.names)
    return expression


def _check_equalities(expression: Expression, parameters: Mapping[str, Parameter]) -> None:
    """A real number practically never equals anything: refuse what could not be sampled."""
    for node in walk(expression.tree):
        if isinstance(node, Comparison) and "==" in node.operators:
            for position, sign in enumerate(node.operators):
                sides = node.operands[position : position + 2]
                if sign == "==" and any(_varies_continuously(side, parameters) for side in sides):
                    raise SpecError(
                        "an equality cannot hold on real parameters",
                        key_path=expression.text,
                        got=", ".join(
                            name for name in expression.names if _is_real(parameters[name])
                        ),
                        expected="leave out the parameter that follows from the others and compute "
                        "it in the objective, or allow a tolerance: abs(a - b) <= 0.01",
                    )


def _check_exactness(expression: Expression, parameters: Mapping[str, Parameter]) -> None:
    """Refuse remainders, and equalities of products, of whole numbers that floats round."""
    columns = [column for name in expression.names for column in parameters[name].columns]
    bounds = {
        view: _bounds(column, view)
        for column in columns
        for view in column.views
        if not column.is_text(view)
    }
    for node in walk(expression.tree):
        sides: list[tuple[Node, ...]] = []
        if isinstance(node, Binary) and node.operator in ("%", "//"):
            sides = [(node.left,), (node.right,)]
        elif isinstance(node, Comparison) and set(node.operators) & {"==", "!="}:
            # An equality with a number that floats hold is right, however large the other side is.
            sides = list(pairwise(node.operands))
        for numbers in sides:
            if all(_grows(x) for x in numbers):
                least = min(magnitude(x, bounds) for x in numbers)
                if least > MAX_INTEGER:
                    raise SpecError(
                        "64-bit floats do not hold all these whole numbers",
                        key_path=expression.text,
                        got=f"numbers up to {least:.4g}",
                        expected=f"at most {MAX_INTEGER} under % and //, and on a side of ==",
                    )


def _grows(node: Node) -> bool:
    """Whether a number is made of others by sums and products alone, which may outgrow floats."""
    if isinstance(node, Binary):
        return node.operator in "+-*" and not any(
            isinstance(x, Binary) and x.operator not in "+-*" for x in walk(node)
        )
    return isinstance(node, Call) and node.function in ("sum", "prod")


def _bounds(column: Column, view: str) -> Interval:
    if column.grid is not None:
        ends = column.grid(column.all_codes())
    else:
        values = column.tables[view]
        ends = np.array([np.nanmin(values), np.nanmax(values)])
    return ends[0], ends[1]


def _is_real(parameter: Parameter) -> bool:
    return isinstance(plain(parameter), Real)


def _varies_continuously(node: Node, parameters: Mapping[str, Parameter]) -> bool:
    if isinstance(node, Name):
        return _is_real(parameters[node.identifier])
    is_stepped = isinstance(node, Call) and node.function in ("ceil", "floor")
    is_stepped = is_stepped or (isinstance(node, Binary) and node.operator == "//")
    if is_stepped or not isinstance(node, Unary | Binary | Call):
        return False
    return any(_varies_continuously(child, parameters) for child in children(node))
