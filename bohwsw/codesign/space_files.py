"""Files of hardware spaces, of machines or of engines on an FPGA board."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from bohwsw.arch import MachineSizes
from bohwsw.codesign.fpga_space import space_on_board
from bohwsw.codesign.hardware_space import HardwareSpace
from bohwsw.codesign.space_spec import SpaceSpec, build_space
from bohwsw.codesign.space_texts import check_texts
from bohwsw.errors import located
from bohwsw.mapping import build_dataflow, check_dataflow
from bohwsw.shipped import find_spec
from bohwsw.simulator import check_sparse
from bohwsw.space import Value
from bohwsw.space.specification import check_neighbours
from bohwsw.yamlfile import read_yaml, validate

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
            check_neighbours(space, baseline.point, make, "the baseline", limit)
    return result
