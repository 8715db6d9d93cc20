"""Kinds of engines: what they take of a board, their parameters, and how networks run on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bohwsw.errors import unknown_name
from bohwsw.fpga.engine_runs import (
    ENGINE,
    FpgaRun,
    engines_of,
    folded_run,
    grouped_run,
    is_depthwise,
    tiled_run,
)
from bohwsw.space.specification import ParameterSpec
from bohwsw.tech import Board
from bohwsw.workload import Network

Point = dict[str, Any]

SHARES = (0.125, 0.25, 0.5, 1.0)
TILES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
PLANES = (2, 4, 7, 8, 14, 28, 56)
PORTS = (1, 2, 4, 6, 8, 10, 12, 16, 20)

Values = Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True)
class EngineKind:
    """A kind of engine."""

    needs: tuple[str, ...]  # the resources without which there is no such engine
    limits: tuple[str, ...]  # those that it takes of a board
    values: Values  # what its parameters may be
    baseline: Point  # the engine to compare with
    run: Callable[[Point, Network, float, bool], FpgaRun]
    """A network on it at a point, with the look-up tables that there are, and whether zeros of 3 x
    3 filters stand in patterns."""

    def parameters(self) -> dict[str, ParameterSpec]:
        """Its parameters, as a space file has them."""
        return {
            name: ParameterSpec(choices=x) if isinstance(x[0], str) else ParameterSpec(values=x)
            for name, x in self.values.items()
        }

    def first(self, parameters: Mapping[str, ParameterSpec]) -> Point:
        """The baseline; of a parameter that does not have its value the first one.

        Raises:
            SpecError: a parameter is none of the engine.
        """
        found: Point = {}
        for name, spec in parameters.items():
            if name not in (*self.values, *ENGINE, "depthwise_tm"):
                raise unknown_name("parameter of the engine", name, [*self.values, "depthwise_tm"])
            values: Any = getattr(spec.build(name), "values", ())
            known = self.baseline.get(name)
            found[name] = known if known in values else values[0]
        return found


def _tiled(point: Point, network: Network, most: float, patterns: bool) -> FpgaRun:
    sizes = {"tk": max(entry.layer.R for entry in network.unique_layers()), **point}
    if any(is_depthwise(entry.layer) for entry in network.unique_layers()):
        sizes = {"depthwise_tm": sizes["tm"], **sizes}
    return tiled_run(network, *engines_of(sizes), patterns=patterns)


def _grouped(point: Point, network: Network, most: float, patterns: bool) -> FpgaRun:
    return grouped_run(network, most * float(point["lut_share"]))


def _folded(point: Point, network: Network, most: float, patterns: bool) -> FpgaRun:
    share = float(point["lut_share"])
    return folded_run(network, most * share, point["multipliers"], point["weights"])


FPGA_ENGINES = {
    "hotnas2020": EngineKind(
        ("dsps", "bram18"),
        ("dsps", "bram18", "port_bits"),
        {
            "tm": TILES,
            "tn": TILES,
            "tr": PLANES,
            "tc": PLANES,
            "weight_port": PORTS,
            "input_port": PORTS,
            "output_port": PORTS,
        },
        {
            "tm": 8,
            "tn": 4,
            "tr": 8,
            "tc": 8,
            "weight_port": 4,
            "input_port": 4,
            "output_port": 4,
        },
        _tiled,
    ),
    "lu2019": EngineKind(("luts",), ("luts",), {"lut_share": SHARES}, {"lut_share": 1.0}, _grouped),
    "finn_r": EngineKind(
        ("luts",),
        ("luts", "dsps", "bram18", "urams"),
        {
            "lut_share": SHARES,
            "multipliers": ("luts", "dsp_hls", "dsp48"),
            "weights": ("luts", "bram", "uram"),
        },
        {"lut_share": 1.0, "multipliers": "luts", "weights": "luts"},
        _folded,
    ),
}
"""By the name of the model that says what they take."""


def known_constraints(parameters: Mapping[str, ParameterSpec], board: Board) -> list[str]:
    """What is known to be too much before anything is evaluated."""
    found = []
    if {"tm", "tn"} <= parameters.keys():
        found.append(f"tm * tn <= {board.dsps}")
    ports = ("weight_port", "input_port", "output_port")
    if board.port_bits is not None and set(ports) <= parameters.keys():
        found.append(f"{ENGINE['bits']} * ({' + '.join(ports)}) <= {board.port_bits}")
    return found
