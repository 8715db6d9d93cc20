"""What ``schedule`` does: networks onto the cores of a chip, stored and shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from bohwsw.cli import console, options


def schedule(
    space: Annotated[
        list[str] | None,
        typer.Option(help="A core: the baseline of a space; repeat for several cores."),
    ] = None,
    model: options.Models = None,
    knob: options.Knobs = None,
    bind: options.Binds = None,
    dram_bits_per_cycle: Annotated[
        float | None, typer.Option(help="What the DRAM moves for all cores together.")
    ] = None,
    objective: Annotated[
        str, typer.Option(help="Of all networks together: latency, edp or energy.")
    ] = "latency",
    latency_limit: Annotated[
        list[str] | None,
        typer.Option(metavar="NETWORK=CYCLES", help="A network ends within this, if it can."),
    ] = None,
    with_operators: Annotated[
        bool, typer.Option("--with-operators", help="Count operators that are no contractions.")
    ] = False,
    evaluations: Annotated[
        int, typer.Option(min=1, help="Mapper's budget for each layer on each core.")
    ] = 20_000,
    moves: Annotated[int, typer.Option(min=0, help="Moves of the search of schedules.")] = 200_000,
    seed: options.Seed = 0,
    threads: options.Threads = None,
    out: options.OutFile = None,
    json: options.Json = False,
) -> None:
    """Run several networks on a chip of several cores: which core runs which layers, and when.

    --out writes the design; --json has when each node runs, which is a Gantt chart as data.
    """
    _schedule_and_show(dict(locals()))


def _schedule_and_show(given: dict[str, Any]) -> None:
    from bohwsw.api import threads_of
    from bohwsw.atomicfile import require_writable
    from bohwsw.chips import schedule_networks
    from bohwsw.cli import arguments
    from bohwsw.cli.models import networks_at
    from bohwsw.codesign import design_data, load_space, save_design

    names = given["space"] or ["eyeriss-168", "eyeriss-256"]
    models = arguments.weighted_models(given["model"] or ["resnet18"])
    knobs, sizes, limits = (
        arguments.assignments(given[key] or [], f"--{key.replace('_', '-')}")
        for key in ("knob", "bind", "latency_limit")
    )
    out = given["out"]
    require_writable(out, *names, *(name for name, _ in models))
    spaces = [load_space(name) for name in names]
    plain = ("dram_bits_per_cycle", "objective", "with_operators", "evaluations", "moves", "seed")
    design, _ = schedule_networks(
        spaces,
        networks_at(models, knobs, sizes),
        latency_limits=limits,  # type: ignore[arg-type]
        threads=threads_of(given["threads"]),
        **{key: given[key] for key in plain},
    )
    if out is not None:
        save_design(design, out, space="", technology=spaces[0].spec.technology)
    console.give(design_data(design), schedule_views, None, given["json"])


def schedule_views(data: Mapping[str, Any]) -> list[Any]:
    """Networks, cores and the gap of the schedule of a design, from its plain data."""
    from bohwsw.cli.views import microjoules, plain_table, shown_gap

    found = data["found"]
    each = plain_table("Networks", "Network", "Cycles", "uJ")
    for name, figures in found["networks"].items():
        cycles = f"{figures['latency_cycles']:,.0f}"
        each.add_row(name, cycles, microjoules(figures["energy_pj"]))
    whole = f"{data['latency_cycles']:,.0f}", microjoules(data["energy_pj"])
    each.add_row("all", *whole, style="bold")
    cores = plain_table("Cores", "Core", "Nodes", "Busy", "mm2")
    for name, core in data["schedule"]["cores"].items():
        nodes = sum(node["core"] == name for node in data["schedule"]["nodes"])
        area = "unknown" if core["area_mm2"] is None else f"{core['area_mm2']:.3g}"
        cores.add_row(name, str(nodes), f"{core['utilisation']:.0%}", area)
    return [
        each,
        cores,
        f"{found['objective']} {found['value']:.5g}, no schedule of these mappings is below "
        f"{found['lower_bound']:.5g} (gap {shown_gap(found) or 'unknown'})",
        *(
            f"{name} takes {over['latency_cycles']:,.0f} cycles, its limit is "
            f"{over['limit']:,.0f} (ratio {over['ratio']:.3g})"
            for name, over in found["over_limits"].items()
        ),
    ]
