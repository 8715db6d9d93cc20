"""Cases as JSON lines, written: what ``cases`` reads, so that another tool can run a mapping."""

from __future__ import annotations

from typing import Any

from bohwsw.arch import Architecture, StorageLevel
from bohwsw.errors import SpecError
from bohwsw.mapping import LevelNest, Mapping, check_factors
from bohwsw.simulator.costs import Costs
from bohwsw.tech import StorageCost
from bohwsw.workload import BITS, DATA_SPACES, EXTENTS, Layer


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
