"""Reads constraints and checks them against the parameters of a space."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise

import numpy as np

from bohwsw.errors import SpecError, located, unknown_name
from bohwsw.expressions import (
    MAX_INTEGER,
    OPERATORS,
    Comparison,
    Constant,
    Expression,
    Interval,
    Name,
    Node,
    Operation,
    children,
    is_condition,
    magnitude,
    rebuilt,
    walk,
)
from bohwsw.space.column import Column
from bohwsw.space.constraint import Activation, Constraint, Predicate, PredicateConstraint
from bohwsw.space.parameters import Conditional, Parameter, Real
from bohwsw.space.typecheck import checked, plain

_FLAG = "[condition]"
"""Stands for a condition inside a number; no parameter has a name with brackets."""


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
        SpecError: see `checked`; or it is not a condition, demands that a real number equals
            something, or that whole numbers do which 64-bit floats round.
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
    by_name = {parameter.name: parameter for parameter in parameters}
    named: dict[str, Constraint | PredicateConstraint] = {}
    for given in constraints:
        if not isinstance(given, Predicate):
            constraint = bind(given, parameters)
            named.setdefault(constraint.text, constraint)
        elif given.name in named:
            raise SpecError("two predicates have the same name", got=given.name)
        else:
            for name in given.parameters:
                if name not in by_name:
                    error = unknown_name("parameter of a predicate", name, by_name)
                    raise error.within(key_path=given.name)
            mentioned = tuple(by_name[name] for name in given.parameters)
            named[given.name] = PredicateConstraint(given, mentioned)
    return tuple(named.values())


def activations(parameters: Sequence[Parameter]) -> tuple[Activation, ...]:
    """The conditions of all conditional parameters.

    Raises:
        SpecError: a condition is not valid, or conditions wait for one another in a circle.
    """
    found = []
    for parameter in parameters:
        if isinstance(parameter, Conditional):
            with located(key_path=f"{parameter.name}.when"):
                expression = _condition(parameter.when, parameters)
            conditionals = _conditionals(expression, parameters)
            found.append(Activation(parameter.name, expression, conditionals))
    waits = {activation.name: activation.expression.names for activation in found}
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        circle = error.args[1][::-1]
        raise SpecError(
            "conditions of parameters wait for one another in a circle",
            key_path=f"{circle[0]}.when",
            got=" -> ".join(circle),
            expected="a condition on parameters that do not depend on this one",
        ) from None
    return tuple(found)


def _conditionals(expression: Expression, parameters: Sequence[Parameter]) -> tuple[str, ...]:
    names = {p.name for p in parameters if isinstance(p, Conditional)}
    return tuple(name for name in expression.names if name in names)


def _condition(given: object, parameters: Sequence[Parameter]) -> Expression:
    expression = checked(given, parameters)
    text = expression.text
    by_name = {parameter.name: parameter for parameter in parameters}
    tree = expression.tree
    if not expression.is_condition and not isinstance(tree, Name):
        expected = "a comparison such as 'a * b <= 8'"
        raise SpecError("a constraint must be a condition", got=text, expected=expected)
    if not expression.names:
        raise SpecError("a constraint mentions no parameter", got=text)
    if isinstance(tree, Name) and by_name[tree.identifier].is_text:
        raise SpecError("text is not a condition", got=text)
    _check_equalities(expression, by_name)
    _check_exactness(expression, by_name)
    if isinstance(tree, Name):
        # `use_cache` alone means that it must be true; as a comparison it is a condition.
        truth = Comparison((tree, Constant(0)), ("!=",))
        expression = replace(expression, tree=truth)
    return expression


def _check_equalities(expression: Expression, parameters: Mapping[str, Parameter]) -> None:
    """A real number practically never equals anything: refuse what could not be sampled."""
    for node in walk(expression.tree):
        if not isinstance(node, Comparison):
            continue
        for sign, sides in zip(node.operators, pairwise(node.operands), strict=True):
            if sign == "==" and any(_varies_continuously(side, parameters) for side in sides):
                reals = [n for n in expression.names if isinstance(plain(parameters[n]), Real)]
                problem, got = "an equality cannot hold on real parameters", ", ".join(reals)
                expected = (
                    "leave out the parameter that follows from the others and compute "
                    "it in the objective, or allow a tolerance: abs(a - b) <= 0.01"
                )
                raise SpecError(problem, key_path=expression.text, got=got, expected=expected)


def _check_exactness(expression: Expression, parameters: Mapping[str, Parameter]) -> None:
    """Refuse remainders, and equalities of products, of whole numbers that floats round."""
    columns = [column for name in expression.names for column in parameters[name].columns]
    numbers = [(c, view) for c in columns for view in c.views if not c.is_text(view)]
    bounds = {view: _bounds(column, view) for column, view in numbers}
    bounds[_FLAG] = np.asarray(0.0), np.asarray(1.0)
    for node in walk(expression.tree):
        sides: list[tuple[Node, ...]] = []
        if isinstance(node, Operation) and node.operator in ("%", "//"):
            sides = [(operand,) for operand in node.operands]
        elif isinstance(node, Comparison) and set(node.operators) & {"==", "!="}:
            # An equality with a number that floats hold is right, however large the other side is.
            sides = list(pairwise(node.operands))
        for some in sides:
            least = min(magnitude(_flagged(x), bounds) if _grows(x) else 0.0 for x in some)
            if least > MAX_INTEGER:
                problem = "64-bit floats do not hold all these whole numbers"
                got = f"numbers up to {least:.4g}"
                expected = f"at most {MAX_INTEGER} under % and //, and on a side of =="
                raise SpecError(problem, key_path=expression.text, got=got, expected=expected)


def _flagged(node: Node) -> Node:
    """The same number with its conditions, which may be about text, as a name."""
    return Name(_FLAG) if is_condition(node) else rebuilt(node, _flagged)


def _grows(node: Node) -> bool:
    """Whether a number is made of others by sums and products alone, which may outgrow floats."""
    used = [x.operator for x in walk(node) if isinstance(x, Operation)]
    is_grown = isinstance(node, Operation) and OPERATORS[node.operator].grows
    return is_grown and not {"/", "//", "%"}.intersection(used)


def _bounds(column: Column, view: str) -> Interval:
    if column.grid is not None:
        low, high = column.grid(column.all_codes())
        return low, high
    values = column.tables[view]
    return np.nanmin(values), np.nanmax(values)


def _varies_continuously(node: Node, parameters: Mapping[str, Parameter]) -> bool:
    if isinstance(node, Name):
        return isinstance(plain(parameters[node.identifier]), Real)
    if not isinstance(node, Operation) or OPERATORS[node.operator].whole == "always":
        return False
    return any(_varies_continuously(child, parameters) for child in children(node))
