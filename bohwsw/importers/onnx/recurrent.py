"""LSTM, GRU and RNN: a projection of all steps at once, and a product at each step."""

from __future__ import annotations

from collections.abc import Mapping

from bohwsw.importers.onnx.builder import Bits
from bohwsw.importers.onnx.context import Context
from bohwsw.workload import Tensor

GATES = {"LSTM": 4, "GRU": 3, "RNN": 1, "com.microsoft:DynamicQuantizeLSTM": 4}

DIRECTIONS = ("forward", "reverse", "bidirectional")


def recurrent(context: Context) -> None:
    """Layers for each direction; what the gates do element by element is an operator.

    X is [steps, batch, input], or [batch, steps, input] under ``layout`` 1; the hidden size is
    taken from the recurrent weights, which are [directions, gates * hidden, hidden] (and transposed
    in DynamicQuantizeLSTM).
    """
    node = context.node
    gates = GATES[node.op]
    x, w, r = (context.operand(position) for position in range(3))
    is_dynamic = node.domain != ""
    ranks = [len(value.sizes) for value in (x, w, r)]
    if ranks != [3, 3, 3]:
        raise node.error("its inputs do not fit", got=f"ranks {ranks}", expected="rank 3")
    hidden = r.sizes[1] if is_dynamic else r.sizes[2]
    wide, taken = (w.sizes[2], w.sizes[1]) if is_dynamic else w.sizes[1:]
    steps, batch = x.sizes[:2] if node.integer("layout") == 0 else x.sizes[1::-1]
    direction = node.text("direction", "forward")
    names = ["forward", "reverse"] if direction == "bidirectional" else [direction]
    if direction not in DIRECTIONS:
        raise node.error("no direction", got=direction, expected=", ".join(DIRECTIONS))
    directions = len(names)
    rows = (hidden, wide) if is_dynamic else (wide, hidden)
    fits = w.sizes[0] == directions and r.sizes == (directions, *rows)
    fits &= wide == gates * hidden and hidden == node.integer("hidden_size", hidden)
    if not fits or taken != x.sizes[2]:
        got = f"X {list(x.sizes)}, W {list(w.sizes)}, R {list(r.sizes)}"
        expected = (
            f"{direction}: {directions} times W of {gates} * hidden_size rows and "
            f"{x.sizes[2]} columns, R of as many rows and hidden_size columns"
        )
        raise node.error("its inputs do not fit", got, expected)
    if 0 in (steps, batch, hidden, taken):
        context.nothing()
        return
    context.builder.tally(node, directions * steps * batch * wide * (taken + hidden), "layer")
    inputs_bits = 8 if is_dynamic else x.quantised_bits
    bits: Bits = (w.quantised_bits, inputs_bits, None)
    ends = []
    for name in names:
        prefix = f"{context.name}.{name}" if directions == 2 else context.name
        sizes, held = {"N": batch, "P": steps, "K": wide}, Tensor(N=batch, K=taken, P=steps)
        projection = context.builder.layer(
            node, f"{prefix}.input", {**sizes, "C": taken}, inputs=(x, held), bits=bits
        )
        ends.append(_steps(context, prefix, projection, {**sizes, "C": hidden}, bits))
    _outputs(context, ends, steps, batch, hidden)


def _steps(
    context: Context, prefix: str, projection: str, sizes: Mapping[str, int], bits: Bits
) -> str:
    """The recurrent product, whose steps wait for one another, and the gates; returns the states.

    What the product takes is the state before the first step; of the others it is its own doing.
    """
    builder, batch, steps, hidden = context.builder, sizes["N"], sizes["P"], sizes["C"]
    initial = context.value(5)
    state = None
    if initial is not None and initial.shape is not None:
        whole = Tensor(N=batch, K=hidden)
        state = (initial, whole) if initial.count == whole.words else None
    layer = builder.layer(
        context.node,
        f"{prefix}.recurrent",
        sizes,
        inputs=state,
        sequential="P" if steps > 1 else None,
        bits=bits,
    )
    wide, narrow = Tensor(N=batch, K=sizes["K"], P=steps), Tensor(N=batch, K=hidden, P=steps)
    added = builder.operator(f"{prefix}.sum", "add", (projection, layer), wide)
    gated = builder.operator(f"{prefix}.gates", "activation", (added,), wide)
    return builder.operator(f"{prefix}.states", "slice", (gated,), narrow)


def _outputs(context: Context, ends: list[str], steps: int, batch: int, hidden: int) -> None:
    """Y with the states of all steps, Y_h and Y_c with the last ones."""
    builder, states, width = context.builder, ends[0], len(ends) * hidden
    if len(ends) > 1:
        both = Tensor(N=batch, K=width, P=steps)
        states = builder.operator(f"{context.name}.states", "concatenate", ends, both)
    is_first = context.node.integer("layout") == 0
    builder.bind(context.output(0), states, "PKNK" if is_first else "NPKK")
    lasts = [v for v in context.outputs[1:3] if v is not None]
    if lasts:
        one = Tensor(N=batch, K=width)
        last = builder.operator(f"{context.name}.last", "slice", (states,), one)
        for value in lasts:
            builder.bind(value, last, "KNK" if is_first else "NKK")
