"""The loop nest of a mapped layer as text: pseudo-code to read, C and Python that run.

All three are one walk over the blocks of a mapping, from the outermost level inwards. Above the
loops of a level stands what an instance of it holds: its tile of each data space that it keeps, in
words (counting rule B.2). Loops over children of a level run side by side on the machine; in C and
in Python they run one after the other, which gives the same sums.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bohwsw.arch import Architecture
from bohwsw.errors import SpecError
from bohwsw.mapping import Loop, Mapping, check_factors, tiles_of, trimmed
from bohwsw.workload import DATA_SPACES, DIMENSIONS, Layer

PADDING = "x = p * stride + r * dilation runs over the padding of the inputs, too; so does y."
STEPS_OF_PYTHON = 18
"""Python nests at most 20 loops; one statement runs all loops of a level in time, or in space."""


@dataclass(frozen=True)
class IndexLoop:
    """A loop with the variable that it counts."""

    variable: str  # ``k1`` for K in time at level 1, ``k1x`` and ``k1y`` over its children
    dim: str
    steps: int
    stride: int  # how far along the dimension one step goes

    @property
    def in_space(self) -> bool:
        """Whether the steps are children that run side by side."""
        return self.variable[-1] in "xy"


@dataclass(frozen=True)
class Block:
    """The loops of a level, with what stands above them."""

    title: str  # the level and its tiles: ``GlobalBuffer holds Inputs 1,234 of 65,536 words``
    time: tuple[IndexLoop, ...]
    space: tuple[IndexLoop, ...]  # loops over children, those on Y outside those on X


def pseudo_code(layer: Layer, architecture: Architecture, mapping: Mapping) -> str:
    """The loop nest with tile sizes and the contents of the buffers, to be read.

    Raises:
        SpecError: the mapping is not one of this layer on this machine.
    """
    blocks = nest_blocks(layer, architecture, mapping)
    lines = [f"# {line}" for line in _heading(layer, architecture)]
    depth = 0
    for block in blocks:
        lines += ["", f"{_indent(depth, 2)}# {block.title}"]
        for loop in (*block.time, *block.space):
            axis = {"x": " on X", "y": " on Y"}.get(loop.variable[-1], "")
            word = "parallel for" if loop.in_space else "for"
            lines.append(f"{_indent(depth, 2)}{word} {loop.variable} in 0..{loop.steps - 1}{axis}:")
            depth += 1
    used = _used(layer)
    lines.append("")
    lines += [f"{_indent(depth, 2)}{dim.lower()} = {_index(dim, blocks)}" for dim in used]
    lines += [f"{_indent(depth, 2)}if {guard}: skip" for guard in _guards(layer, blocks)]
    element = _elements(layer, lambda space, indices: f"{space}[{', '.join(indices)}]")
    product = f"{element['Weights']} * {element['Inputs']}"
    return "\n".join([*lines, f"{_indent(depth, 2)}{element['Outputs']} += {product}", ""])


def python_loops(layer: Layer, architecture: Architecture, mapping: Mapping) -> str:
    """The loop nest as a Python function on numpy arrays.

    Raises:
        SpecError: the mapping is not one of this layer on this machine, or has too many blocks of
            loops for Python.
    """
    blocks = nest_blocks(layer, architecture, mapping)
    statements = sum(bool(loops) for block in blocks for loops in (block.time, block.space))
    if statements > STEPS_OF_PYTHON:
        raise SpecError(
            "Python does not nest so many loops",
            got=f"{statements} levels and arrays with loops",
            expected=f"at most {STEPS_OF_PYTHON}; C has no such limit",
        )
    lines = [
        '"""' + "\n".join(_heading(layer, architecture)),
        "",
        *(f"{space}: {_shape(layer, space)}" for space in DATA_SPACES),
        "",
        PADDING,
        '"""',
        "",
        "from itertools import product",
        "",
        "",
        f"def {function_name(layer)}(weights, inputs, outputs):",
        '    """Add the products of the layer to ``outputs``, an array of zeros."""',
    ]
    depth = 1
    for block in blocks:
        lines.append(f"{_indent(depth)}# {block.title}")
        for loops, how in ((block.time, ""), (block.space, "  # side by side")):
            if loops:
                names = ", ".join(loop.variable for loop in loops) + "," * (len(loops) == 1)
                ranges = ", ".join(f"range({loop.steps})" for loop in loops)
                lines.append(f"{_indent(depth)}for {names} in product({ranges}):{how}")
                depth += 1
    lines += [f"{_indent(depth)}{d.lower()} = {_index(d, blocks)}" for d in _used(layer)]
    for guard in _guards(layer, blocks):
        lines += [f"{_indent(depth)}if {guard}:", f"{_indent(depth + 1)}continue"]
    element = _elements(layer, lambda space, index: f"{space.lower()}[{', '.join(index)}]")
    product = f"{element['Weights']} * {element['Inputs']}"
    return "\n".join([*lines, f"{_indent(depth)}{element['Outputs']} += {product}", ""])


def c_loops(layer: Layer, architecture: Architecture, mapping: Mapping) -> str:
    """The loop nest as a C99 function on flat arrays.

    Raises:
        SpecError: the mapping is not one of this layer on this machine.
    """
    blocks = nest_blocks(layer, architecture, mapping)
    about = [
        *_heading(layer, architecture),
        "",
        *(f"{space.lower()}: {_shape(layer, space)}, row by row" for space in DATA_SPACES),
        "",
        PADDING,
        "outputs is added to: clear it first. VALUE is the type of a value: cc -DVALUE=double ...",
    ]
    lines = [
        "/*",
        *(f" * {line}".rstrip() for line in about),
        " */",
        "#include <stddef.h>",
        "",
        "#ifndef VALUE",
        "#define VALUE float",
        "#endif",
        "",
        f"void {function_name(layer)}"
        "(const VALUE *weights, const VALUE *inputs, VALUE *outputs) {",
    ]
    depth = 1
    for block in blocks:
        lines.append(f"{_indent(depth, 2)}/* {block.title} */")
        for loop in (*block.time, *block.space):
            v, how = loop.variable, " /* side by side */" if loop.in_space else ""
            head = f"for (size_t {v} = 0; {v} < {loop.steps}; {v}++)"
            lines.append(f"{_indent(depth, 2)}{head} {{{how}")
            depth += 1
    for dim in _used(layer):
        lines.append(f"{_indent(depth, 2)}const size_t {dim.lower()} = {_index(dim, blocks)};")
    lines += [f"{_indent(depth, 2)}if ({guard}) continue;" for guard in _guards(layer, blocks)]
    element = _elements(layer, lambda space, index: _flat(layer, space, index))
    lines.append(f"{_indent(depth, 2)}{element['Outputs']} +=")
    lines.append(f"{_indent(depth, 2)}    {element['Weights']} * {element['Inputs']};")
    lines += [f"{_indent(depth, 2)}}}" for depth in range(depth - 1, -1, -1)]
    return "\n".join([*lines, ""])


def nest_blocks(layer: Layer, architecture: Architecture, mapping: Mapping) -> list[Block]:
    """The blocks of a mapping with their loops of more than one step and what buffers hold.

    Raises:
        SpecError: the mapping is not one of this layer on this machine.
    """
    if len(mapping.levels) != len(architecture.levels):
        raise SpecError(
            "the mapping is of another machine",
            got=f"{len(mapping.levels)} blocks of loops",
            expected=f"{len(architecture.levels)}, one for each level of {architecture.name}",
        )
    check_factors(layer, mapping, imperfect=True)
    mapping = trimmed(layer, mapping)
    tiles = tiles_of(layer, mapping, clipped=True)
    inside = mapping.factor_products()
    blocks = []
    for index, (level, nest) in enumerate(zip(architecture.levels, mapping.levels, strict=True)):

        def counted(loops: tuple[Loop, ...], suffix: str) -> Iterator[IndexLoop]:
            for dim, steps in loops:
                inside[dim] //= steps
                if steps > 1:
                    yield IndexLoop(f"{dim.lower()}{suffix}", dim, steps, inside[dim])

        time = tuple(counted(nest.temporal, str(index)))
        space = (*counted(nest.spatial_y, f"{index}y"), *counted(nest.spatial_x, f"{index}x"))
        held = {s: tiles.words[index][s] for s in DATA_SPACES if s in nest.keep}
        title = f"{_plain(level.name)} holds " + (_listed(held) or "nothing: all pass by")
        if held and level.entries is not None:
            total = f" = {sum(held.values()):,}" if len(held) > 1 else ""
            title += f"{total} of {level.entries:,} words"
        blocks.append(Block(title, time, space))
    return blocks


def function_name(layer: Layer) -> str:
    """What the function of a layer is called in C and Python."""
    return "layer_" + re.sub(r"\W", "_", layer.name, flags=re.ASCII)


def _plain(name: str) -> str:
    """A name without what would end a comment."""
    return re.sub(r"[^\w .:/()+-]", "_", name, flags=re.ASCII)


def _heading(layer: Layer, architecture: Architecture) -> list[str]:
    sizes = " ".join(f"{dim}={size}" for dim, size in layer.sizes.items() if size > 1)
    steps = [
        f"{word} {getattr(layer, f'{word}_w')} x {getattr(layer, f'{word}_h')}"
        for word in ("stride", "dilation")
        if (getattr(layer, f"{word}_w"), getattr(layer, f"{word}_h")) != (1, 1)
    ]
    return [
        ", ".join([f"{_plain(layer.name)}: {sizes or 'one product'}", *steps]),
        f"on {_plain(architecture.name)}",
    ]


def _listed(words: dict[str, int]) -> str:
    return " + ".join(f"{space} {count:,}" for space, count in words.items())


def _axes(layer: Layer, space: str) -> list[tuple[str, int]]:
    """The index on each axis of a tensor, and how long the axis is."""

    def plain(dims: str) -> list[tuple[str, int]]:
        return [(dim.lower(), layer.sizes[dim]) for dim in dims]

    def window(out: str, tap: str, stride: int, dilation: int) -> tuple[str, int]:
        terms = [(out.lower(), layer.sizes[out], stride), (tap.lower(), layer.sizes[tap], dilation)]
        length = 1 + sum((size - 1) * step for _, size, step in terms)
        texts = [
            name if step == 1 else f"{name} * {step}" for name, size, step in terms if size > 1
        ]
        return " + ".join(texts) or "0", length

    if space == "Weights":
        return plain("GKCRS")
    if space == "Outputs":
        return plain("NGKPQ")
    return [
        *plain("NGC"),
        window("P", "R", layer.stride_w, layer.dilation_w),
        window("Q", "S", layer.stride_h, layer.dilation_h),
    ]


def _elements(layer: Layer, element: Callable[[str, list[str]], str]) -> dict[str, str]:
    """How an element of each data space is written; axes of one value have the index 0."""
    return {
        space: element(space, ["0" if size == 1 else index for index, size in _axes(layer, space)])
        for space in DATA_SPACES
    }


def _shape(layer: Layer, space: str) -> str:
    letters = {"Weights": "g k c r s", "Inputs": "n g c x y", "Outputs": "n g k p q"}[space]
    return f"{' x '.join(str(size) for _, size in _axes(layer, space))} ({letters})"


def _flat(layer: Layer, space: str, indices: list[str]) -> str:
    """An element of an array that is stored row by row."""
    text = ""
    for index, (_, size) in zip(indices, _axes(layer, space), strict=True):
        index = f"({index})" if " " in index else index
        if size > 1:
            outer = f"({text})" if " " in text else text
            text = f"{outer} * {size} + {index}" if text else index
    return f"{space.lower()}[{text or '0'}]"


def _used(layer: Layer) -> list[str]:
    return [dim for dim in DIMENSIONS if layer.sizes[dim] > 1]


def _index(dim: str, blocks: list[Block]) -> str:
    loops = [x for block in blocks for x in (*block.time, *block.space) if x.dim == dim]
    return " + ".join(
        loop.variable if loop.stride == 1 else f"{loop.variable} * {loop.stride}" for loop in loops
    )


def _guards(layer: Layer, blocks: list[Block]) -> list[str]:
    """Where imperfect factors step beyond a dimension."""
    steps = dict.fromkeys(DIMENSIONS, 1)
    for block in blocks:
        for loop in (*block.time, *block.space):
            steps[loop.dim] *= loop.steps
    return [
        f"{dim.lower()} >= {layer.sizes[dim]}"
        for dim in DIMENSIONS
        if steps[dim] > layer.sizes[dim]
    ]


def _indent(depth: int, width: int = 4) -> str:
    return " " * (width * depth)
