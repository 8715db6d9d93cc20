"""The command line: parses, calls the API, prints. No logic of its own."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from bohwsw import __version__
from bohwsw.cli import console
from bohwsw.cli.console import command
from bohwsw.cli.options import (
    Evaluations,
    Json,
    Knobs,
    Limits,
    Model,
    Models,
    Objective,
    Objectives,
    OutFile,
    RecipeName,
    Seed,
    Space,
    Storage,
    StrategyName,
    StudyFolder,
    StudyName,
    Threads,
    Trials,
)
from bohwsw.cli.streams import program_streams
from bohwsw.errors import SpecError

app = typer.Typer(
    help="Design neural-network accelerators and the mappings that run on them, together.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback(invoke_without_command=True)
def version(
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    """Design neural-network accelerators and the mappings that run on them, together."""
    if version:
        print(f"bohwsw {__version__}")
        raise typer.Exit


@app.command()
@command
def codesign(
    space: Space = "eyeriss-168",
    model: Models = None,
    recipe: RecipeName = "best",
    trials: Trials = None,
    evaluations: Evaluations = None,
    objective: Objectives = "edp",
    limit: Limits = None,
    strategy: StrategyName = None,
    seed: Seed = 0,
    threads: Threads = None,
    workers: Annotated[
        int, typer.Option(min=1, help="Machines evaluated at a time, each in a process.")
    ] = 1,
    dask: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="Evaluate on the Dask cluster with this scheduler's address."),
    ] = None,
    final_seconds: Annotated[
        Optional[float],  # noqa: UP045
        typer.Option(
            min=0.0,
            help="Seconds for mapping the best machines and the baseline again at the end, in all;"
            " by default 10 for each network on each machine, or until proven.",
        ),
    ] = None,
    headroom: Annotated[
        float,
        typer.Option(min=0.0, help="Seconds to bound what any machine of the space could reach."),
    ] = 0.0,
    out: StudyFolder = None,
    storage: Storage = None,
    study: StudyName = None,
    resume: Annotated[bool, typer.Option(help="Go on with the study that is there.")] = False,
    overwrite: Annotated[bool, typer.Option(help="Throw away the study that is there.")] = False,
    json: Json = False,
) -> None:
    """Design a machine for one network or several and map every layer onto it."""
    from bohwsw import api
    from bohwsw.cli import arguments, places
    from bohwsw.cli.progress import codesign_progress
    from bohwsw.cli.result_views import result_views
    from bohwsw.study import TRIALS, design_files

    models = arguments.weighted_models(model or ["resnet18"])
    folder = out or arguments.study_folder(space, models)
    try:
        with places.where(workers, dask) as where, codesign_progress() as progress:
            result = api.codesign_network(
                space,
                models,
                recipe=recipe,
                trials=trials,
                evaluations=evaluations,
                objective=objective,
                limits=arguments.limits(limit or []),  # type: ignore[arg-type]
                strategy=strategy,
                seed=seed,
                threads=threads,
                where=where,
                out=folder,
                storage=storage,
                study=study,
                resume=resume,
                overwrite=overwrite,
                final_seconds=final_seconds,
                headroom_seconds=headroom,
                progress=progress,
            )
    except KeyboardInterrupt as stop:
        if storage is None and not (folder / TRIALS).exists():
            raise
        kept = folder if storage is None else "the storage"
        hint = f"interrupted; finished trials are in {kept}, --resume goes on from there"
        console.interrupted(hint, stop)
    if json:
        console.print_json(result.to_data())
        return
    first = next(file for files in design_files(result).values() for file in files)
    place = f"result: {folder / first} (all of it in {folder})"
    console.show([*result_views(result.to_data()), place])


@app.command(name="map")
@command
def map_(
    space: Space = "eyeriss-168",
    model: Model = "resnet18",
    layer: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="Name of a layer to map; may be repeated. All by default."),
    ] = None,
    knob: Knobs = None,
    set_: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--set", help="PARAMETER=VALUE that differs from the baseline."),
    ] = None,
    baseline_dataflow: Annotated[
        bool, typer.Option(help="Map the baseline with its own restrictions.")
    ] = False,
    mapper: Annotated[
        str, typer.Option(help="branch-and-bound (proves its answer), annealing or random.")
    ] = "branch-and-bound",
    gap: Annotated[
        float, typer.Option(min=0.0, help="Stop when proven within this share of the optimum.")
    ] = 0.01,
    exact: Annotated[bool, typer.Option("--exact", help="Go on until proven optimal.")] = False,
    seconds: Annotated[
        float,
        typer.Option(
            min=0.0,
            help="Branch and bound and explanations stop after about this time with what there is.",
        ),
    ] = 120.0,
    imperfect: Annotated[
        bool, typer.Option("--imperfect", help="Also factors that do not divide; unproven.")
    ] = False,
    evaluations: Annotated[
        int, typer.Option(min=1, help="Mappings that annealing and random try for each layer.")
    ] = 1_000_000,
    explain: Annotated[
        bool, typer.Option("--explain", help="Say what binds and what would change the answer.")
    ] = False,
    objective: Objective = "edp",
    seed: Seed = 0,
    threads: Threads = None,
    out: OutFile = None,
    json: Json = False,
) -> None:
    """Map a network onto one machine: hardware fixed, mappings searched.

    Ctrl-C prints what is mapped so far. Exit codes: 0 every layer is mapped; 1 the result could not
    be written; 2 bad input; 3 a layer has no valid mapping, the others are mapped; 130 Ctrl-C.
    """
    from bohwsw.cli.arguments import assignments
    from bohwsw.cli.mapping_command import map_and_show

    map_and_show(
        space,
        model,
        assignments(knob or [], "--knob"),
        explain=explain,
        out=out,
        json=json,
        point=assignments(set_ or []),
        baseline_dataflow=baseline_dataflow,
        layers=layer or [],
        mapper=mapper,
        gap=0.0 if exact else gap,
        seconds=math.inf if exact and seconds == 120.0 else seconds,
        imperfect=imperfect,
        evaluations=evaluations,
        objective=objective,
        seed=seed,
        threads=threads,
    )


@app.command()
@command
def evaluate(
    design: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Argument(help="A design file, such as the best.yaml of codesign."),
    ] = None,
    cases: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Evaluate cases (.jsonl or .jsonl.xz) instead: one JSON line a case."),
    ] = None,
    as_cases: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Write the design's mappings to this file as cases, for other tools."),
    ] = None,
    seed: Seed = 0,
    out: OutFile = None,
    json: Json = False,
) -> None:
    """Evaluate mappings on a machine: hardware and mappings fixed, nothing searched."""
    from bohwsw.atomicfile import atomic_write, require_writable
    from bohwsw.cli.views import design_notes, design_table
    from bohwsw.codesign.design_data import design_data
    from bohwsw.codesign.design_file import load_design

    if (design is None) == (cases is None):
        raise SpecError("nothing to evaluate", expected="a design file or --cases FILE")
    if as_cases is not None and design is None:
        raise SpecError("only a design can be written as cases", key_path="--as-cases")
    require_writable(out, design, cases, as_cases)
    require_writable(as_cases, design)
    if cases is not None:
        from json import dumps

        from bohwsw.simulator.cases import case_result, read_cases

        lines = [dumps(case_result(case), allow_nan=False) for case in read_cases(cases)]
        if out is not None:
            atomic_write(out, "\n".join(lines) + "\n")
        print("\n".join(lines))
        return
    assert design is not None
    loaded = load_design(design)
    data = design_data(loaded)
    if as_cases is not None:
        from bohwsw.codesign.design_cases import save_cases

        save_cases(loaded, as_cases)
    if out is not None:
        console.write_json(data, out)
    if json:
        console.print_json(data)
        return
    console.show(
        f"{layer['name']}: {violation['text']}"
        for layer in data["layers"]
        for violation in layer["violations"]
    )
    console.show([design_table(data, f"{loaded.network}, {design}"), *design_notes(data)])


@app.command()
@command
def spaces(
    name: Annotated[Optional[str], typer.Argument(help="Show one space.")] = None,  # noqa: UP045
    seed: Seed = 0,
    out: OutFile = None,
    json: Json = False,
) -> None:
    """List the hardware spaces that come with bohwsw, or show one."""
    from bohwsw.atomicfile import require_writable
    from bohwsw.cli.catalogue import space_data, space_table, spaces_data, spaces_table

    require_writable(out, name)
    _show(
        spaces_data() if name is None else space_data(name),
        spaces_table if name is None else space_table,
        out,
        json,
    )


@app.command()
@command
def models(
    name: Annotated[Optional[str], typer.Argument(help="Show one model.")] = None,  # noqa: UP045
    knob: Knobs = None,
    seed: Seed = 0,
    out: OutFile = None,
    json: Json = False,
) -> None:
    """List the networks that come with bohwsw, or show one."""
    from bohwsw.atomicfile import require_writable
    from bohwsw.cli.arguments import assignments
    from bohwsw.cli.catalogue import model_data, model_table, models_data, models_table

    require_writable(out, name)
    knobs = assignments(knob or [], "--knob")
    if knobs and name is None:
        raise SpecError("knobs are those of one model", key_path="--knob", expected="a model, too")
    _show(
        models_data() if name is None else model_data(name, knobs),
        models_table if name is None else model_table,
        out,
        json,
    )


def main() -> None:
    """Entry point of the ``bohwsw`` command."""
    console.end_on_sigterm()
    with program_streams():
        app()


def _show(data: Any, table: Any, out: Path | None, as_json: bool) -> None:
    if out is not None:
        console.write_json(data, out)
    if as_json:
        console.print_json(data)
    else:
        console.show([table(data)])


if __name__ == "__main__":
    main()
