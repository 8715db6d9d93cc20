"""What ``map`` does: map, explain, store and show what there is, however far it came."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import typer
from rich.table import Table
from rich.text import Text

from bohwsw import api, codesign, simulator
from bohwsw.atomicfile import require_writable
from bohwsw.cli import console
from bohwsw.cli.arguments import assignments
from bohwsw.cli.models import network_of
from bohwsw.cli.progress import mapping_progress
from bohwsw.cli.views import design_notes, design_table
from bohwsw.clock import Clock
from bohwsw.codesign import (
    Design,
    HardwareSpace,
    MappingInterrupted,
    design_data,
    load_space,
    save_design,
)
from bohwsw.errors import SpecError

Explanations: TypeAlias = "Sequence[tuple[simulator.Explanation, codesign.WhatIfs]]"
"""Of the mapped layers in turn; none if nobody asked."""


OPTIONS = ("baseline_dataflow", "mapper", "gap", "seconds", "imperfect", "evaluations", "objective")
"""Options of the command that ``bohwsw.map_network`` has, too; besides seed and threads."""


def map_and_show(given: Mapping[str, Any]) -> None:
    """Map a network, store it and print it; explain each layer, too, if asked for.

    ``given`` are the options of the command. A layer without a mapping ends in `typer.Exit`.
    """
    knobs, bindings = (assignments(given[name], f"--{name}") for name in ("knob", "bind"))
    options = {name: given[name] for name in (*OPTIONS, "seed", "threads")}
    options |= {"point": assignments(given["set_"]), "layers": given["layer"] or []}
    if given["exact"]:
        has_limit = options["seconds"] != 120.0
        options |= {"gap": 0.0, "seconds": options["seconds"] if has_limit else math.inf}
    out, explain = given["out"], given["explain"]
    require_writable(out, given["space"], given["model"])
    if explain and options["imperfect"]:
        raise SpecError("explanations are of mappings with perfect factors only")
    hardware_space = load_space(given["space"])
    network = network_of(given["model"], knobs, bindings)
    stop: KeyboardInterrupt | None = None
    explanations: Explanations = ()
    try:
        with mapping_progress() as progress:
            clock = Clock.of(options["seconds"])
            if explain:  # half of the time is for explanations, and what mapping leaves of its own
                options["seconds"] /= 2
            design = api.map_network(
                hardware_space, network, partly=True, progress=progress, **options
            )
    except MappingInterrupted as interrupted:
        stop, design = interrupted, interrupted.design
    objective = options["objective"]
    if explain and stop is None:
        try:
            explanations = api.explain_design(
                design,
                hardware_space,
                objective=objective,
                total_seconds=clock.left,
                threads=options["threads"],
            )
        except KeyboardInterrupt as interrupted:
            stop = interrupted
    _store_and_show(design, hardware_space, out, given["json"], objective, explanations)
    _end(design, stop)


def _store_and_show(
    design: Design,
    space: HardwareSpace,
    out: Path | None,
    json: bool,
    objective: str,
    explanations: Explanations,
) -> None:
    """What is mapped is shown even where it cannot be stored."""
    is_stored = out is not None and bool(design.layers)
    try:
        if out is not None and is_stored:
            save_design(design, out, space=space.name, technology=space.spec.technology)
    finally:
        if json:
            console.print_json(mapping_data(design, objective, explanations))
        else:
            title = f"{design.network} on {space.name}"
            console.show(mapping_views(design, title, objective, explanations))
    if is_stored and not json:
        console.show([f"result: {out}"])


def mapping_data(design: Design, objective: str, explanations: Explanations) -> dict[str, Any]:
    """A mapped network as plain data."""
    from bohwsw.cli.explanation_views import layer_explanation_data

    data = design_data(design, objective)
    for entry, explained in zip(data["layers"], explanations, strict=False):
        entry.update(layer_explanation_data(*explained))
    return data


def mapping_views(
    design: Design, title: str, objective: str, explanations: Explanations
) -> list[Table | Text | str]:
    """What a person reads of a mapped network."""
    from bohwsw.cli.explanation_views import layer_explanation_views

    data = design_data(design, objective)
    views: list[Table | Text | str] = []
    for entry in data["layers"]:
        views += [Text(entry["name"], style="bold"), "\n".join(entry["loop_nest"])]
    for explained in explanations:
        views += layer_explanation_views(*explained)
    return [*views, design_table(data, title), *design_notes(data)]


def _end(design: Design, stop: KeyboardInterrupt | None) -> None:
    """The exit code of a mapping that was interrupted, or in which layers have no mapping."""
    total = len(design.layers) + len(design.unmapped)
    if stop is not None:
        console.interrupted(f"interrupted: {len(design.layers)} of {total} layers are mapped", stop)
    if design.unmapped:
        console.say(f"{len(design.unmapped)} of {total} layers have no valid mapping")
        raise typer.Exit(console.EXIT_NOT_MAPPED)
