"""What ``fpga`` does: a network on the tiled engine of an FPGA board, stored and shown."""

from __future__ import annotations

from typing import Annotated

import typer

from bohwsw.cli import console, options


def fpga(
    board: Annotated[str, typer.Option(help="A shipped board, or a YAML file.")] = "zcu102",
    model: options.Model = "resnet18",
    knob: options.FixedKnobs = None,
    bind: options.Binds = None,
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="SIZE=NUMBER",
            help="tm, tn, tr, tc, tk, weight_port, input_port, output_port, bits, depthwise_tm.",
        ),
    ] = None,
    weight_bits: Annotated[
        int | None, typer.Option(min=1, help="Bits of all weights on their way in.")
    ] = None,
    seed: options.Seed = 0,
    out: options.OutFile = None,
    json: options.Json = False,
) -> None:
    """Cycles of a network on an FPGA engine (HotNAS's model), what binds, and what it takes."""
    from bohwsw.atomicfile import require_writable
    from bohwsw.cli.arguments import assignments
    from bohwsw.cli.models import network_of
    from bohwsw.cli.views import fpga_layers_table
    from bohwsw.fpga import engines_of, run_on_fpga
    from bohwsw.tech import load_board

    require_writable(out, board, model)
    loaded = load_board(board)
    engine, depthwise = engines_of(assignments(set_ or [], "--set"))
    network = network_of(
        model, assignments(knob or [], "--knob"), assignments(bind or [], "--bind")
    )
    data = run_on_fpga(network, loaded, engine, depthwise, weight_bits=weight_bits)
    if out is not None:
        console.write_json(data, out)
    if json:
        console.print_json(data)
        return
    ports = "" if loaded.port_bits is None else f" of {loaded.port_bits}"
    console.show(
        [
            *fpga_layers_table({"fpga": data}, f"{network.name} on {loaded.name}"),
            f"{data['cycles']:,.0f} cycles, {data['latency_ms']:.4g} ms at "
            f"{loaded.clock_mhz:g} MHz; {data['dsps']:,} of {loaded.dsps:,} DSPs, "
            f"{data['bram18']:,} of {loaded.bram18:,} memories of 18 Kb, "
            f"{data['port_bits']}{ports} port bits",
            *(f"over the board: {each['text']}" for each in data["violations"]),
        ]
    )
