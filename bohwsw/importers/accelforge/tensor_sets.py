"""Set expressions of AccelForge over tensors: names, ``|``, ``&``, ``-``, ``~``."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from bohwsw.errors import nearest_name
from bohwsw.importers.yaml_files.place import Place

MOST_CHARACTERS = 1000


def tensors_of(text: str, place: Place, sets: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """The tensors that an expression stands for.

    Args:
        sets: tensors by the names that it may use; ``All`` is one of them.

    Raises:
        SpecError: it is no such expression, or has another name.
    """
    try:
        if len(text) > MOST_CHARACTERS:
            raise ValueError(text[:40])
        return _value(ast.parse(text.strip(), mode="eval").body, place, sets)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        expected = "names of tensors with |, &, - and ~"
        raise place.error("not a set of tensors", expected, text[:80]) from error


def _value(node: ast.expr, place: Place, sets: Mapping[str, frozenset[str]]) -> frozenset[str]:
    if isinstance(node, ast.Name):
        if node.id not in sets:
            error = place.error("unknown set of tensors", "one of " + ", ".join(sets), node.id)
            error.nearest = nearest_name(node.id, list(sets))
            raise error.within()
        return sets[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        return sets["All"] - _value(node.operand, place, sets)
    if isinstance(node, ast.BinOp):
        left, right = _value(node.left, place, sets), _value(node.right, place, sets)
        if isinstance(node.op, ast.BitOr):
            return left | right
        if isinstance(node.op, ast.BitAnd):
            return left & right
        if isinstance(node.op, ast.Sub):
            return left - right
    raise ValueError(ast.dump(node)[:80])
