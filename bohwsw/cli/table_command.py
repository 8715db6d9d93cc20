"""What ``table`` does: map each layer of a model's networks once, write what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bohwsw import api
from bohwsw.atomicfile import atomic_write, require_writable
from bohwsw.cli import console
from bohwsw.cli.arguments import assignments
from bohwsw.cli.progress import mapping_progress
from bohwsw.codesign import load_space
from bohwsw.exporters import (
    check_form,
    layer_values,
    networks_of_model,
    table_content,
    table_figure,
)
from bohwsw.workload import load_model, network_from_layers

OPTIONS = ("mapper", "gap", "seconds", "evaluations", "seed", "threads")
"""Options of the command that ``bohwsw.map_network`` has, too."""


def tabulate_and_show(given: Mapping[str, Any]) -> None:
    """Write a table of latencies or energies; ``given`` are the options of the command.

    All points of the knobs of the network are in it, but for knobs that have one value only.

    Raises:
        SpecError, ResultFolderError: something given is not valid.
        NoValidMappingError: a layer has no valid mapping.
        KeyboardInterrupt: Ctrl-C; nothing is written.
    """
    knobs, point = assignments(given["knob"], "--knob"), assignments(given["set_"])
    form, figure, out, model = (given[name] for name in ("form", "figure", "out", "model"))
    check_form(form)
    objective, _ = table_figure(figure)
    require_writable(out, given["space"], model)
    hardware_space = load_space(given["space"])
    networks = networks_of_model(load_model(model), knobs)
    options = {name: given[name] for name in OPTIONS} | {"point": point, "objective": objective}
    distinct = network_from_layers(model, [(layer, 1) for layer in networks.layers])
    with mapping_progress() as progress:
        design = api.map_network(hardware_space, distinct, progress=progress, **options)
    values = layer_values(design, figure)
    name = f"{hardware_space.name}_{figure}"
    atomic_write(out, table_content(form, name, values, networks))
    found = {
        "file": str(out),
        "form": form,
        "figure": figure,
        "layers": len(values),
        "networks": len(networks.networks),
        "gap": design.gap(objective),
    }
    text = f"{figure} of {len(values)} layers of {len(networks.networks)} networks in {out}"
    console.give(found, lambda _: [text], None, given["json"])
