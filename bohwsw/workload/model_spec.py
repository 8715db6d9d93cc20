"""What stands in a model file; see ``docs/models.md`` for the format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Discriminator, Field, Tag

from bohwsw.expressions import whole_number
from bohwsw.space import Value
from bohwsw.space.specification import ParameterSpec
from bohwsw.workload.layer import MAX_BITS, MAX_SIZE
from bohwsw.workload.layer_spec import Bits, ExpressionText, LayerSpec, Name, Size
from bohwsw.workload.operator import TENSOR_DIMENSIONS, Operator
from bohwsw.yamlfile import SpecModel

MAX_ENTRIES = 10_000
"""Of a file, and nodes of a network."""

Condition = bool | str
Unary = Literal["normalise", "activation", "softmax"]


class LayerEntry(LayerSpec):
    """A layer in its place: what it takes, what follows it at once, when it is there."""

    #: nodes whose tensors it takes; in a chain the node before
    inputs: Name | tuple[Name, ...] | None = None
    weights: Name | None = None  #: the node that computes its weights, as in attention
    then: tuple[Unary, ...] = ()  #: what follows at once: nodes `NAME.normalise` and so on
    when: Condition = True  #: the condition under which it is there


class OperatorEntry(SpecModel):
    """An operator in its place."""

    name: Name  #: used once in the network
    op: Name  #: its kind, see below
    N: Size | None = None  #: of its result; that of its inputs if absent
    K: Size | None = None  #: the same
    P: Size | None = None  #: the same
    Q: Size | None = None  #: the same
    axis: Name = "K"  #: along which `concatenate` joins
    bits: Bits | None = None  #: of a value; that of its first input if absent [bits]
    #: nodes whose tensors it takes; in a chain the node before
    inputs: Name | tuple[Name, ...] | None = None
    then: tuple[Unary, ...] = ()  #: what follows at once
    when: Condition = True  #: the condition under which it is there

    def build(self, values: Mapping[str, Value], name: str) -> Operator:
        """The operator that these values make.

        Raises:
            SpecError: an expression fails or does not give a size.
        """
        sizes = {
            key: whole_number(amount, values, key, MAX_BITS if key == "bits" else MAX_SIZE)
            for key in (*TENSOR_DIMENSIONS, "bits")
            if (amount := getattr(self, key)) is not None
        }
        return Operator(name, self.op, axis=self.axis, **sizes)


class BlockEntry(SpecModel):
    """Nodes under a name of their own, as often as ``repeat`` says.

    Without ``repeat`` they are called ``BLOCK.NAME``, with it ``BLOCK.NUMBER.NAME``, the number
    counted from ``first``. Expressions inside know it by the name that ``index`` gives it.
    """

    block: Name  #: put before the names inside: `stage.conv1`, repeated `stage.0.conv1`
    #: how often; each takes what the one before puts out
    repeat: Annotated[int, Field(ge=0, le=MAX_ENTRIES)] | ExpressionText | None = None
    first: Annotated[int, Field(ge=0, le=MAX_ENTRIES)] = 0  #: number of the first repetition
    index: Name = "i"  #: what expressions inside call the number
    inputs: Name | None = None  #: what `in` means in the first repetition
    when: Condition = True  #: the condition under which it is there
    layers: Annotated[list[Entry], Field(min_length=1, max_length=MAX_ENTRIES)]  #: the nodes inside


def _kind(data: Any) -> str:
    """What an entry is meant to be, by the keys that only that has."""
    keys = data if isinstance(data, dict) else {}
    return "<block>" if "layers" in keys or "block" in keys else "<op>" if "op" in keys else "<a>"


Entry = Annotated[
    Annotated[LayerEntry, Tag("<a>")]
    | Annotated[OperatorEntry, Tag("<op>")]
    | Annotated[BlockEntry, Tag("<block>")],
    Discriminator(_kind),
]


class ModelSpec(SpecModel):
    """A model file."""

    name: Name  #: of the network
    description: str = ""  #: text for people
    source: str = ""  #: where its shapes come from
    #: the network's own parameters by name
    knobs: dict[Name, ParameterSpec] = Field(default_factory=dict)
    constraints: tuple[str, ...] = ()  #: conditions that every network meets
    #: a value of every knob
    default: dict[str, bool | int | float | str] = Field(default_factory=dict)
    chain: bool = False  #: each node takes what the node before puts out
    #: layers, operators (with `op`) and blocks (with `block`)
    layers: Annotated[list[Entry], Field(min_length=1, max_length=MAX_ENTRIES)]


class Text(NamedTuple):
    """An expression of a model file."""

    place: str  # its key path
    text: str
    indices: tuple[str, ...]  # names that it may mention besides the knobs
    is_condition: bool  # else it is a size


def texts(
    entries: list[Entry], place: str = "layers", indices: tuple[str, ...] = ()
) -> Iterator[Text]:
    """Every expression of the nodes of a file."""
    for position, entry in enumerate(entries):
        here = f"{place}[{position}]"
        if isinstance(entry, BlockEntry):
            yield from texts(entry.layers, f"{here}.layers", (*indices, entry.index))
        for key, value in entry:
            if key in _NO_EXPRESSIONS:
                continue
            parts = [(f"{here}.{key}", value)]
            if isinstance(value, tuple):
                parts = [(f"{here}.{key}[{index}]", part) for index, part in enumerate(value)]
            elif isinstance(value, SpecModel):
                parts = [(f"{here}.{key}.{name}", part) for name, part in value]
            for path, text in parts:
                if isinstance(text, str):
                    yield Text(path, text, indices, key == "when")


_NO_EXPRESSIONS = frozenset(
    ("name", "op", "axis", "sequential", "inputs", "weights", "then", "block", "index", "layers")
)
"""Keys whose texts are names."""
