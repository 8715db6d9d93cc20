"""Designs on FPGAs as data: the board, the engine at its point, and the network that runs on it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from bohwsw.arch import Name
from bohwsw.codesign.design import Design
from bohwsw.codesign.figures import accuracy_figures
from bohwsw.codesign.fpga_space import FpgaMachine, space_on_board
from bohwsw.codesign.mapped_network import MappedNetwork
from bohwsw.errors import located
from bohwsw.workload import network_data, network_from_dict
from bohwsw.yamlfile import SpecModel, validate


class FpgaDesignSpec(SpecModel):
    """A design file of engines on a board; ``fpga`` is a space of one point."""

    network: Name  #: its name
    fpga: dict[str, Any]  #: a space of one point
    knobs: dict[str, bool | int | float | str] = Field(default_factory=dict)  #: of the network
    measured: dict[str, float] = Field(default_factory=dict)  #: accuracies [of the figure]
    #: the network as a graph
    models: Annotated[tuple[dict[str, Any], ...], Field(min_length=1, max_length=1)]


def fpga_design_from(data: object, file: str | None) -> Design:
    """A design from what ``fpga_design_data`` gave; the network is run again."""
    spec = validate(FpgaDesignSpec, data, file=file)
    with located(file=file):
        with located(key_path="fpga"):
            machine = space_on_board(spec.fpga).baseline()
        with located(key_path="models[0]"):
            network = network_from_dict(spec.models[0])
        assert isinstance(machine, FpgaMachine)
        accuracy_figures(spec.measured)
        own = {"knobs": spec.knobs, "measured": spec.measured}
        return Design(machine, (fpga_network(machine, network, **own),))


def fpga_network(machine: FpgaMachine, network: Any, **own: Any) -> MappedNetwork:
    """A network on engines, in the place of its mapped layers."""
    run = machine.run(network)
    return MappedNetwork(network.name, (), network=network, fpga=run, **own)


def fpga_design_data(design: Design) -> dict[str, Any]:
    """A design of one network on a board as plain data."""
    machine, (mapped,) = design.hardware, design.networks
    assert isinstance(machine, FpgaMachine)
    assert mapped.network is not None
    own = {"knobs": dict(mapped.knobs), "measured": dict(mapped.measured)}
    parameters = {
        name: {"choices" if isinstance(value, str) else "values": [value]}
        for name, value in machine.point.items()
    }
    return {
        "network": mapped.name,
        "fpga": {
            "board": machine.board.model_dump(exclude_none=True),
            "engine": machine.engine,
            "clock_mhz": machine.clock_mhz,
            "parameters": parameters,
            **({"limits": {"luts": machine.most_luts}} if machine.most_luts else {}),
            **({"patterns": True} if machine.patterns else {}),
        },
        **{key: value for key, value in own.items() if value},
        "models": [network_data(mapped.network)],
    }
