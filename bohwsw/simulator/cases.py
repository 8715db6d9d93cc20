"""Cases as JSON lines: a layer, a machine with its prices and a mapping in each; and their results.

The format is the one in which reference cases of Timeloop are stored, so that a case can be put to
both tools. One line stands for itself: nothing refers to another line or file.
"""

from __future__ import annotations

import json
import lzma
import math
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO, cast

from bohwsw.arch import Architecture, StorageLevel
from bohwsw.errors import SpecError, located
from bohwsw.mapping import LevelNest, Mapping, check_factors, check_outermost
from bohwsw.simulator.case_schema import CaseSpec
from bohwsw.simulator.costs import Costs, area_mm2
from bohwsw.simulator.reference import simulate
from bohwsw.tech import StorageCost
from bohwsw.workload import BITS, DATA_SPACES, EXTENTS, Layer
from bohwsw.yamlfile import validate

MAX_LINE_BYTES = 4_000_000
_READ_KEYS = tuple(CaseSpec.model_fields)
_XZ_SIGNATURE = b"\xfd7zXZ\x00"


@dataclass(frozen=True)
class Case:
    """A mapping of a layer on a priced machine."""

    id: str | int  # what the case is called in its file
    layer: Layer
    architecture: Architecture
    mapping: Mapping  # the loops, one block a level; factors multiply to the layer's sizes
    costs: Costs  # energy per access; areas are unknown


def read_cases(path: str | Path) -> Iterator[Case]:
    """The cases of a ``.jsonl`` or ``.jsonl.xz`` file in turn; ``-`` is standard input.

    Keys of a case other than id, arch, layer, layer_name and mapping are not looked at; inside
    those four, an unknown key is an error. Empty lines are skipped.

    Raises:
        SpecError: the file cannot be read or holds no case, or a line is not a valid case.
    """
    file = str(path)
    found = False
    with _lines(file) as stream:
        for number, line in _numbered(stream, file):
            if line.strip():
                found = True
                yield _case(line, f"{file}: line {number}")
    if not found:
        raise SpecError("no cases in the file", file=file, expected="one JSON object a line")


def case_result(case: Case) -> dict[str, Any]:
    """What the simulator answers for a case, as plain data.

    Returns:
        id, valid, violations, latency_cycles, energy_pj, edp_pj_cycles, area_mm2 (None where
        unknown), and for each level and data space kept there reads, fills and updates of one
        instance and energy_pj of all. Numbers are None and levels empty where the mapping is
        invalid.
    """
    evaluation = simulate(case.layer, case.architecture, case.mapping, case.costs)
    return {
        "id": case.id,
        "valid": evaluation.valid,
        "violations": [
            {**broken.to_json(), "ratio": broken.ratio if math.isfinite(broken.ratio) else None}
            for broken in evaluation.violations
        ],
        "latency_cycles": evaluation.latency_cycles,
        "energy_pj": evaluation.energy_pj,
        "edp_pj_cycles": evaluation.edp_pj_cycles,
        "area_mm2": area_mm2(case.architecture, case.costs) if evaluation.valid else None,
        "levels": {level.name: level.to_json() for level in evaluation.levels},
    }


@contextmanager
def _lines(file: str) -> Iterator[BinaryIO]:
    """The file opened for reading, decompressed if it is xz."""
    with _opened(file) as stream:
        # A look ahead, not a read: what is piped in cannot be read twice.
        is_xz = stream.peek(len(_XZ_SIGNATURE)).startswith(_XZ_SIGNATURE)
        if is_xz or file.endswith(".xz"):
            with lzma.LZMAFile(stream) as unpacked:
                yield cast(BinaryIO, unpacked)
        else:
            yield cast(BinaryIO, stream)


@contextmanager
def _opened(file: str) -> Iterator[BufferedReader]:
    if file == "-":
        yield cast(BufferedReader, sys.stdin.buffer)
        return
    with ExitStack() as stack:
        try:
            if Path(file).is_dir():
                raise SpecError("this is a folder", file=file, expected="a file of cases")
            stream = stack.enter_context(Path(file).open("rb"))
        except FileNotFoundError:
            expected = "an existing file of cases"
            raise SpecError("no such file", file=file, expected=expected) from None
        except (OSError, ValueError) as error:  # ValueError: a null character in the path
            reason = getattr(error, "strerror", None) or str(error)
            raise SpecError(f"cannot be read: {reason}", file=file) from error
        yield stream


def _numbered(stream: BinaryIO, file: str) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers from 1."""
    number = 0
    while True:
        number += 1
        place = f"{file}: line {number}"
        try:
            line = stream.readline(MAX_LINE_BYTES + 1)
        except (lzma.LZMAError, EOFError) as error:
            raise SpecError(
                f"not valid xz: {error}", file=place, expected="a complete .xz file"
            ) from error
        except OSError as error:
            raise SpecError(f"cannot be read: {error.strerror or error}", file=place) from error
        if not line:
            return
        if len(line) > MAX_LINE_BYTES:
            raise SpecError(
                "a line is too long", file=place, expected=f"at most {MAX_LINE_BYTES} bytes"
            )
        yield number, line


def _case(line: bytes, place: str) -> Case:
    """A line as a Case; ``place`` names the line in errors."""
    data = _plain(line, place)
    with located(file=place):
        spec = validate(CaseSpec, {key: data[key] for key in _READ_KEYS if key in data})
        layer, mapping = spec.layer.to_layer(spec.layer_name), spec.to_mapping()
        check_outermost(mapping)
        check_factors(layer, mapping)
        with located(key_path="arch"):
            architecture = spec.arch.to_architecture()
        return Case(spec.id, layer, architecture, mapping, spec.arch.to_costs())


def _plain(line: bytes, place: str) -> dict[str, Any]:
    try:
        data = json.loads(line.decode("utf-8-sig"), object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        raise SpecError(f"not UTF-8 text (byte {error.start})", file=place) from error
    except json.JSONDecodeError as error:
        raise SpecError(
            f"not valid JSON (column {error.colno}): {error.msg}",
            file=place,
            got=error.doc[max(0, error.pos - 20) : error.pos + 20],
            expected="one JSON object a line",
        ) from error
    except (RecursionError, ValueError) as error:  # ValueError: a number of thousands of digits
        raise SpecError(f"not usable JSON: {error}", file=place) from error
    except SpecError as error:
        raise error.within(file=place) from error
    if not isinstance(data, dict):
        raise SpecError("not a case", file=place, got=data, expected="a JSON object")
    return data


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object, in which each key stands once."""
    result = dict(pairs)
    if len(result) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for position, key in enumerate(keys) if key in keys[:position])
        raise SpecError("a key occurs twice", got=twice, expected="each key once")
    return result


def case_data(
    case_id: str, layer: Layer, architecture: Architecture, mapping: Mapping, costs: Costs
) -> dict[str, Any]:
    """A mapping of a layer on a priced machine as plain data for one line of JSON.

    What a level may keep is not part of the format; what the mapping keeps is.

    Raises:
        SpecError: the mapping has imperfect factors, which the format cannot express.
    """
    try:
        check_factors(layer, mapping)
    except SpecError as error:
        raise SpecError(
            f"layer {layer.name!r} has imperfect factors, which a case cannot hold",
            got=error.got,
            expected="perfect factors",
        ) from error
    return {
        "id": case_id,
        "layer_name": layer.name,
        "layer": _layer(layer),
        "arch": {
            "name": architecture.name,
            "mesh_x": architecture.mac.mesh_x,
            "mesh_y": architecture.mac.mesh_y,
            "mac": {
                "word_bits": architecture.mac.word_bits,
                "energy": costs.mac_energy_pj,
                **({"linear_energy": costs.mac_linear_pj} if costs.mac_linear_pj else {}),
            },
            "levels": [
                _level(level, cost, hop)
                for level, cost, hop in zip(
                    architecture.levels, costs.storage, costs.hop_energy_pj, strict=True
                )
            ],
        },
        "mapping": [
            _nest(level.name, block)
            for level, block in zip(architecture.levels, mapping.levels, strict=True)
        ],
    }


def _layer(layer: Layer) -> dict[str, Any]:
    further = {key: getattr(layer, key) for key in (*BITS, "sequential", *EXTENTS)}
    return {
        **layer.sizes,
        "Wstride": layer.stride_w,
        "Hstride": layer.stride_h,
        "Wdilation": layer.dilation_w,
        "Hdilation": layer.dilation_h,
        **{key: value for key, value in further.items() if value is not None},
    }


def _level(level: StorageLevel, cost: StorageCost, hop_energy_pj: float) -> dict[str, Any]:
    limits = {
        "entries": level.entries,
        "read_bw": level.read_words_per_cycle,
        "write_bw": level.write_words_per_cycle,
    }
    return {
        "name": level.name,
        "class": {"dram": "DRAM", "sram": "SRAM"}.get(level.kind, level.kind),
        "mesh_x": level.mesh_x,
        "mesh_y": level.mesh_y,
        "word_bits": level.word_bits,
        "block_size": level.block_size,
        **{key: value for key, value in limits.items() if value is not None},
        "energy": {"read": cost.read_pj, "fill": cost.fill_pj, "update": cost.update_pj},
        "hop_energy": hop_energy_pj,
    }


def _nest(name: str, block: LevelNest) -> dict[str, Any]:
    running = [(dim, factor) for dim, factor in block.temporal if factor > 1]
    return {
        "level": name,
        "temporal": dict(running),
        "order": [dim for dim, _ in running],
        "spatial_x": [[dim, factor] for dim, factor in block.spatial_x if factor > 1],
        "spatial_y": [[dim, factor] for dim, factor in block.spatial_y if factor > 1],
        "keep": [space for space in DATA_SPACES if space in block.keep],
    }
