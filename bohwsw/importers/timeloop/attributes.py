"""Attributes of Timeloop's components: their spellings, and those that are not modelled."""

from __future__ import annotations

import re

from bohwsw.importers.yaml_files.place import similar_name
from bohwsw.importers.yaml_files.scope import Scope

WORD_BITS = ("word_bits", "word_width", "datawidth")
BLOCK_SIZE = ("block_size", "n_words")
WIDTH = ("width", "memory_width", "data_storage_width")
DEPTH = ("depth", "memory_depth", "data_storage_depth")
"""Spellings of one attribute, in the order in which Timeloop looks for them."""

MESH = ("instances", "meshX", "meshY")
OF_STORAGE = (
    *WORD_BITS,
    *BLOCK_SIZE,
    *WIDTH,
    *DEPTH,
    *MESH,
    *("entries", "sizeKB", "cluster_size", "technology"),
    *("bandwidth", "read_bandwidth", "write_bandwidth", "multiple_buffering"),
    *("vector_access_energy", "energy_per_hop", "addr_gen_energy"),
)
OF_UNITS = (*WORD_BITS, *MESH, "multiplier_width", "energy", "technology")
OTHERS = frozenset(
    re.findall(
        r"\w+",
        """
    network_read network_fill network_drain network_update num_ports n_ports num_banks n_banks
    n_rdwr_ports n_rd_ports n_wr_ports nports nbanks min_utilization allow_overbooking type
    global_cycle_seconds has_power_gating power_gated_at reduction_supported metadata_datawidth
    metadata_block_size metadata_storage_width metadata_storage_depth metadata_counter_width
    update_fifo_depth cluster_area adder_width shared_bandwidth rw_bandwidth latency version
    per_dataspace_bandwidth_consumption_scale num_pipeline_stages exponent mantissa
    operand_network result_network required_actions enabled
        """,
    )
)
"""Attributes that Timeloop and Accelergy know, and we have nothing for."""


def note_others(scope: Scope, modelled: tuple[str, ...]) -> None:
    """Name the own attributes that are not modelled.

    Raises:
        SpecError: one looks like a slip of a modelled one, which Timeloop would ignore.
    """
    for name, place in scope.own.items():
        if name in modelled or place.is_idle():
            continue
        slip = similar_name(name, modelled, OTHERS)
        if slip is not None:
            raise place.unknown("attribute, which Timeloop would ignore", name, [slip])
        place.note(f"attribute {name}: not modelled")
