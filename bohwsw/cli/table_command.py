"""What ``table`` does: map each layer of a model's networks once, write what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bohwsw import api
from bohwsw.atomicfile import atomic_write, require_writable
from bohwsw.cli import console
from bohwsw.cli.progress import mapping_progress
from bohwsw.codesign import load_space
from bohwsw.exporters import (
    check_form,
    layer_values,
    networks_of_model,
    table_content,
    table_figure,
)
from bohwsw.space import Value
from bohwsw.workload import load_model, network_from_layers


def tabulate_and_show(
    space: str,
    model: str,
    knobs: Mapping[str, Value],
    *,
    form: str,
    figure: str,
    out: Path,
    json: bool,
    **options: Any,
) -> None:
    """Write a table of latencies or energies.

    Args:
        space: the hardware space.
        model: the network; all points of its knobs are in the table.
        knobs: those of them that have one value only.
        form: one of ``FORMS``.
        figure: one of ``TABLE_FIGURES``.
        out: the file.
        json: print JSON, nothing else.
        options: of ``bohwsw.map_network``.

    Raises:
        SpecError, ResultFolderError: something given is not valid.
        NoValidMappingError: a layer has no valid mapping.
        KeyboardInterrupt: Ctrl-C; nothing is written.
    """
    check_form(form)
    objective, _ = table_figure(figure)
    require_writable(out, space, model)
    hardware_space = load_space(space)
    networks = networks_of_model(load_model(model), knobs)
    distinct = network_from_layers(model, [(layer, 1) for layer in networks.layers])
    with mapping_progress() as progress:
        design = api.map_network(
            hardware_space, distinct, objective=objective, progress=progress, **options
        )
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
    if json:
        console.print_json(found)
        return
    console.show(
        [
            f"{figure} of {len(values)} layers of {len(networks.networks)} networks in {out}",
        ]
    )
