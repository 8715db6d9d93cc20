"""Files of hardware spaces, of machines or of engines on an FPGA board."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from bohwsw.arch import Amount, ArchitectureSpec, MachineSizes
from bohwsw.codesign.fpga_space import space_on_board
from bohwsw.codesign.hardware_space import HardwareSpace
from bohwsw.codesign.space_spec import SpaceSpec, build_space
from bohwsw.errors import SpecWarning, located
from bohwsw.mapping import DataflowSpec, build_dataflow, check_dataflow
from bohwsw.shipped import find_spec
from bohwsw.simulator import check_sparse
from bohwsw.space import Parameter, Value
from bohwsw.space.specification import Text, check_neighbours, names_in
from bohwsw.yamlfile import read_yaml, validate

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


MAX_CHECKED_NEIGHBOURS = 200
"""Machines around the baseline that are built when a space is loaded, to find slips early."""


def load_space(name_or_path: str | Path) -> HardwareSpace:
    """A space by the name of a shipped one or by the path of a YAML file.

    Raises:
        SpecError: no such space or file, or something in the file is not valid.
    """
    path = find_spec("spaces", name_or_path)
    return space_from_dict(read_yaml(path), file=str(path))


def space_from_dict(data: object, file: str | None = None) -> HardwareSpace:
    """A space from plain data laid out like a space file; its baseline is built to check it.

    Raises:
        SpecError: something in it is not valid.
    """
    if isinstance(data, Mapping) and "board" in data:
        return space_on_board(data, file)
    spec = validate(SpaceSpec, data, file=file)
    with located(file=file):
        space = build_space(spec)
        check_texts(spec, space.parameters if space is not None else (), file=file)
        build_space(spec, with_features=True)
        check_sparse(spec.sparse, spec.architecture)
        result = HardwareSpace(spec, space, file)
        baseline = result.baseline()
        if "area_mm2" in spec.limits:
            result.require_areas("limits.area_mm2")
    if result.baseline_is_restricted:
        result.baseline(free=True)

    def make(point: Mapping[str, Value]) -> None:
        architecture = MachineSizes.at(spec.architecture, point).architecture(spec.name)
        check_dataflow(build_dataflow(spec.dataflow, point), architecture)

    if space is not None:
        limit = MAX_CHECKED_NEIGHBOURS
        with located(file=file):
            check_neighbours(spec, space, baseline.point, make, "the baseline", limit)
    return result
