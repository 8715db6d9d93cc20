"""If, Loop and Scan: what is counted of graphs that are run under conditions, or many times."""

from __future__ import annotations

from typing import Any

import numpy as np

from bohwsw.importers.onnx.builder import Builder, Fragment
from bohwsw.importers.onnx.context import Graphs, Scope
from bohwsw.importers.onnx.node_view import NodeView
from bohwsw.importers.onnx.problems import OnnxError
from bohwsw.importers.onnx.value import Value

ENDLESS = 2**63 - 1
"""The trip count that exporters write for a loop that ends by its condition."""

MOST_UNROLLED = 10_000
"""Nodes of all iterations that are looked at one by one; those of a loop in a loop are not."""


def if_(lowering: Graphs, node: NodeView, inputs: list[Value | None], scope: Scope) -> list[Value]:
    """The branch that the condition says, if it is known; else that of the most work."""
    builder, condition = lowering.builder, inputs[0] if inputs else None
    known = None
    if condition is not None and condition.single is not None:
        known = "then_branch" if condition.single else "else_branch"
    found: dict[str, tuple[Fragment, list[Value]]] = {}
    errors: dict[str, OnnxError] = {}
    for branch in ("then_branch", "else_branch"):
        graph = node.graph(branch)
        try:
            with builder.apart() as fragment:
                found[branch] = (fragment, lowering.graph(graph, scope, {}))
        except OnnxError as error:
            if branch == known:
                raise
            errors[branch] = error
    if not found:
        raise errors["then_branch"]
    counted = known or max(found, key=lambda branch: found[branch][0].macs)
    if known is None and all(not fragment.macs for fragment, _ in found.values()):
        counted = max(found, key=lambda branch: len(found[branch][0].nodes))
    why = "the condition is known" if known else "the most multiply-accumulates"
    builder.fragment.branches += [
        {
            "node": node.proto.name or node.label,
            "op": "If",
            "graph": branch,
            "macs": found[branch][0].macs if branch in found else None,
            "counted": branch == counted,
            "why": str(errors[branch]) if branch in errors else why,
        }
        for branch in ("then_branch", "else_branch")
    ]
    builder.tally(node, 0, "control flow")
    builder.fragment.extend(found[counted][0])
    return found[counted][1]


def loop(lowering: Graphs, node: NodeView, inputs: list[Value | None], scope: Scope) -> list[Value]:
    """A loop's body, as often as the trip count says; once where nobody knows it.

    Where shapes change from one iteration to the next, each is looked at by itself, as long as
    these are at most ``MOST_UNROLLED`` nodes.
    """
    trips, body = inputs[0] if inputs else None, node.graph("body")
    carried = [value for value in inputs[2:] if value is not None]
    if len(body.input) != len(carried) + 2 or len(body.output) <= len(carried):
        got = f"{len(body.input)} inputs, {len(body.output)} outputs"
        expected = f"{len(carried) + 2} and at least {len(carried) + 1}"
        raise node.error("its body does not fit", got, expected)
    count = None
    if trips is not None and trips.single is not None and trips.single < ENDLESS:
        count = max(int(trips.single), 0)
    builder, names = lowering.builder, [info.name for info in body.input]
    varying = [_varying(value, name) for value, name in zip(carried, names[2:], strict=True)]
    given = {names[0]: Value(names[0], (), 7), names[1]: Value(names[1], (), 9)}
    given |= {value.name: value for value in varying}
    can_unroll = count is not None and count > 1 and not builder.is_unrolling
    can_unroll &= (count or 0) * len(body.node) <= MOST_UNROLLED
    is_alike = False
    try:
        with builder.apart(max(1 if count is None else count, 1)) as fragment:
            outputs = lowering.graph(body, scope, given)
        kept = outputs[1 : 1 + len(carried)]
        is_alike = [v.shape for v in kept] == [v.shape for v in varying]
    except OnnxError:
        if not can_unroll:
            raise
    if can_unroll and not is_alike:
        builder.is_unrolling = True
        with builder.apart() as fragment:
            outputs = _unrolled(lowering, body, scope, carried, count or 0)
        builder.is_unrolling = False
    elif not is_alike:
        builder.note(f"{node.label}: shapes change, each iteration is counted as the first")
    if count is None:
        why = "the trip count is not known: one iteration"
    else:
        has_condition = len(inputs) > 1 and inputs[1] is not None
        why = f"{count} iterations" + (", if its condition holds" if has_condition else "")
    _told(builder, node, count, why)
    made = outputs[1 + len(carried) :]
    if count == 0:
        return carried + [_stacked(builder, v, 0, 0) for v in made]
    builder.fragment.extend(fragment)
    return outputs[1 : 1 + len(carried)] + [_stacked(builder, v, count, 0) for v in made]


def _unrolled(
    lowering: Graphs, body: Any, scope: Scope, carried: list[Value], count: int
) -> list[Value]:
    """The body for each iteration by itself, with its number known."""
    names, outputs = [info.name for info in body.input], []
    for number in range(count):
        given = {
            names[0]: Value(names[0], (), 7, data=np.array(number), is_constant=True),
            names[1]: Value(names[1], (), 9, data=np.array(True), is_constant=True),
        }
        given |= dict(zip(names[2:], carried, strict=True))
        outputs = lowering.graph(body, scope, given)
        carried = outputs[1 : 1 + len(carried)]
    return outputs


def _told(builder: Builder, node: NodeView, count: int | None, why: str) -> None:
    builder.tally(node, 0, "control flow")
    builder.fragment.branches.append(
        {
            "node": node.proto.name or node.label,
            "op": node.op,
            "graph": "body",
            "iterations": count,
            "counted": count != 0,
            "why": why,
        }
    )


def _varying(outer: Value, name: str) -> Value:
    """A tensor as an iteration sees it: of this shape, its values not known."""
    value = Value(name, outer.shape, outer.data_type, type=outer.type, bits=outer.bits)
    value.source, value.letters = outer.source, outer.letters
    value.as_tensors = outer.as_tensors
    return value


def _stacked(builder: Builder, value: Value, count: int | None, axis: int) -> Value:
    """The results of all iterations side by side, on a new axis."""
    if value.shape is None or count is None:
        return Value(value.name, None, value.data_type)
    shape = (*value.shape[:axis], count, *value.shape[axis:])
    stacked = Value(f"{value.name}.all", shape, value.data_type)
    source = builder.source(value) if stacked.count else None
    if source is not None:
        letters = value.letters or "K" * len(value.shape)
        stacked.letters = letters[:axis] + "P" + letters[axis:]
        made = builder.operator(f"{source}.all", "other", (source,), stacked.tensor)
        builder.bind(stacked, made, stacked.letters)
    return stacked


def scan(lowering: Graphs, node: NodeView, inputs: list[Value | None], scope: Scope) -> list[Value]:
    """A scan's body, once for each slice of its inputs (operator sets 9 and later)."""
    if lowering.inference.opsets.get("", 9) < 9:
        raise node.error("Scan of an old operator set", got=8, expected="9 or later")
    body, scanned = node.graph("body"), node.integer("num_scan_inputs", 1)
    states = len(body.input) - scanned
    values = inputs[-len(body.input) :]
    if states < 0 or len(values) != len(body.input) or any(v is None for v in values):
        raise node.error("its inputs do not fit", got=len(inputs), expected=f"{len(body.input)}")
    axes = _axes(node, "scan_input_axes", scanned)
    given: Scope = {}
    count: int | None = None
    for position, (info, value) in enumerate(zip(body.input, values, strict=True)):
        assert value is not None
        inner = _varying(value, info.name)
        if position >= states:
            inner = Value(info.name, None, value.data_type, bits=value.bits)
            if value.shape:
                axis = _within(node, axes[position - states], len(value.shape))
                count = value.shape[axis]
                inner.shape = value.shape[:axis] + value.shape[axis + 1 :]
        given[info.name] = inner
    builder = lowering.builder
    with builder.apart(max(1 if count is None else count, 1)) as fragment:
        outputs = lowering.graph(body, scope, given)
    why = "the length is not known: one iteration" if count is None else f"{count} iterations"
    _told(builder, node, count, why)
    if count != 0:
        builder.fragment.extend(fragment)
    stacked_axes = _axes(node, "scan_output_axes", len(outputs) - states)
    return [
        *outputs[:states],
        *(
            _stacked(builder, value, count, _within(node, axis, rank))
            for value, axis in zip(outputs[states:], stacked_axes, strict=True)
            for rank in (len(value.shape or ()) + 1,)
        ),
    ]


def _axes(node: NodeView, name: str, count: int) -> list[int]:
    """An attribute with an axis of each tensor, the first axis where it is left out."""
    axes = node.integers(name, [0] * count)
    if len(axes) != count:
        raise node.error(f"{name} does not fit", got=axes, expected=f"{max(count, 0)} axes")
    return axes


def _within(node: NodeView, axis: int, rank: int) -> int:
    if not -rank <= axis < rank:
        raise node.error("there is no such axis", got=axis, expected=f"{-rank} to {rank - 1}")
    return axis % rank


CONTROL_FLOW = {"If": if_, "Loop": loop, "Scan": scan}
"""What lowers a node that runs graphs."""
