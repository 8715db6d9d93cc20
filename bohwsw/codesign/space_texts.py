"""Every text of a space file that is an expression, held against the parameters of the space."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from itertools import chain

from bohwsw.arch import Amount, ArchitectureSpec
from bohwsw.codesign.space_spec import SpaceSpec
from bohwsw.errors import SpecWarning
from bohwsw.mapping import DataflowSpec
from bohwsw.space import Parameter
from bohwsw.space.specification import Text, names_in

BANDWIDTH = "16, 0.5 or 2 * mesh_x: words a cycle, without a unit"
EXAMPLES = {
    "entries": "65536, 64 * 1024 or buffer_kb * 1024: a number of words, without a unit",
    "read": BANDWIDTH,
    "write": BANDWIDTH,
}
SIZE = "16, 2 * 8 or 2 * lanes: a whole number, without a unit"
CONDITION = "true, or a comparison such as rows == 'channels' or mesh_x > 4"
FEATURE = "log2(mesh_x / mesh_y)"


def check_texts(
    spec: SpaceSpec, parameters: Sequence[Parameter], *, file: str | None = None
) -> None:
    """Check names and literal values of all texts, and that machines depend on every parameter.

    Raises:
        SpecError: a text is no expression over the parameters, see ``checked``.

    Warns:
        SpecWarning: no machine depends on a parameter. It may be meant: a size that is held fixed
            for once, or a number that only ties others in the constraints.
    """
    names_in(_other_texts(spec), parameters)
    dataflow = _dataflow_texts(spec.dataflow, "dataflow")
    used = names_in(chain(_architecture_texts(spec.architecture), dataflow), parameters)
    for name in spec.parameters:
        if name not in used:
            warnings.warn(
                f"{file or spec.name}: parameters.{name}: no machine depends on this parameter: "
                "neither architecture nor dataflow names it, so a search takes machines that are "
                "alike for different ones",
                SpecWarning,
                stacklevel=2,
            )


def _other_texts(spec: SpaceSpec) -> Iterator[Text]:
    for position, text in enumerate(spec.constraints):
        yield Text(f"constraints[{position}]", text, CONDITION)
    for name, text in spec.features.items():
        yield Text(f"features.{name}", text, FEATURE)
    yield from _dataflow_texts(spec.baseline.dataflow or {}, "baseline.dataflow")


def _architecture_texts(machine: ArchitectureSpec) -> Iterator[Text]:
    amounts: dict[str, Amount | None] = {"mac.word_bits": machine.mac.word_bits}
    for position, level in enumerate(machine.levels):
        amounts |= {f"levels[{position}].{key}": x for key, x in level.amounts().items()}
    for place, amount in amounts.items():
        if isinstance(amount, str):
            key = place.rpartition(".")[2]
            yield Text(f"architecture.{place}", amount, EXAMPLES.get(key, SIZE))


def _dataflow_texts(spec: DataflowSpec, place: str) -> Iterator[Text]:
    for level, rule in spec.items():
        for key in type(rule).model_fields:
            names = getattr(rule, key)
            for name, when in names.items() if isinstance(names, dict) else ():
                if isinstance(when, str):
                    yield Text(f"{place}.{level}.{key}.{name}", when, CONDITION)
