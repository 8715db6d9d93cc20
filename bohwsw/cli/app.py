"""The command line: parses, calls the API, prints. No logic of its own."""

from __future__ import annotations

import atexit
import gc
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from bohwsw import __version__
from bohwsw.cli import console, options
from bohwsw.cli.arguments import assignments
from bohwsw.cli.console import command
from bohwsw.cli.explain_command import explain, status
from bohwsw.cli.fpga_command import fpga
from bohwsw.cli.report_command import report
from bohwsw.cli.schedule_command import schedule
from bohwsw.cli.search_command import search
from bohwsw.cli.streams import program_streams
from bohwsw.errors import SpecError, located

# Before a process ends Python looks for garbage once more: through numba's objects for 0.2 s.
atexit.register(gc.freeze)

app = typer.Typer(
    help="Design neural-network accelerators and the mappings that run on them, together.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


@app.callback(invoke_without_command=True)
def version(
    version: Annotated[bool, Option("--version", help="Print the version.")] = False,
) -> None:
    """Design neural-network accelerators and the mappings that run on them, together."""
    if version:
        print(f"bohwsw {__version__}")
        raise typer.Exit


@app.command()
@command
def codesign(
    space: options.Space = "eyeriss-168",
    board: options.Board = None,
    engine: options.Engine = "hotnas2020",
    model: options.Models = None,
    knob: options.Knobs = None,
    bind: options.Binds = None,
    accuracy: options.Accuracy = None,
    accuracy_option: options.AccuracyOptions = None,
    accuracy_seconds: options.AccuracySeconds = 600.0,
    measurements: options.Measurements = None,
    method: options.Method = "joint",
    start: options.Starts = None,
    constraint: options.Constraints = None,
    set_: options.Fixed = None,
    each: options.Each = None,
    reward: options.RewardKind = None,
    target: options.Targets = None,
    fidelity: options.SearchedFidelities = None,
    table: options.LatencyTables = None,
    problem: options.Problem = None,
    recipe: options.RecipeName = "best",
    trials: options.Trials = None,
    evaluations: options.Evaluations = None,
    objective: options.Objectives = "",
    limit: options.Limits = None,
    strategy: options.StrategyName = None,
    seed: options.Seed = 0,
    threads: options.Threads = None,
    workers: options.Workers = 1,
    dask: options.Dask = None,
    final_seconds: options.FinalSeconds = None,
    headroom: options.Headroom = 0.0,
    steer: options.Steer = False,
    out: options.StudyFolder = None,
    storage: options.Storage = None,
    study: options.StudyName = None,
    resume: options.Resume = False,
    overwrite: options.Overwrite = False,
    json: options.Json = False,
) -> None:
    """Design a machine for one network or several and map every layer onto it.

    With --accuracy the network is searched, too: its knobs but for those that --knob fixes.
    """
    given = dict(locals())
    from bohwsw.cli.codesign_command import codesign_and_show

    with located(file=f"{problem} or the command line" if problem else None):
        codesign_and_show(given)


@app.command(name="map")
@command
def map_(
    space: options.Space = "eyeriss-168",
    model: options.Model = "resnet18",
    layer: options.LayerNames = None,
    knob: options.Knobs = None,
    bind: options.Binds = None,
    set_: options.Changes = None,
    baseline_dataflow: options.BaselineDataflow = False,
    mapper: options.MapperName = "branch-and-bound",
    gap: options.Gap = 0.01,
    exact: options.Exact = False,
    seconds: options.Seconds = 120.0,
    imperfect: options.Imperfect = False,
    evaluations: options.MapperEvaluations = 1_000_000,
    explain: options.Explain = False,
    objective: options.Objective = "edp",
    seed: options.Seed = 0,
    threads: options.Threads = None,
    out: options.OutFile = None,
    json: options.Json = False,
) -> None:
    """Map a network onto one machine: hardware fixed, mappings searched.

    Ctrl-C prints what is mapped so far. Exit codes: 0 every layer is mapped; 1 the result could not
    be written; 2 bad input; 3 a layer has no valid mapping, the others are mapped; 130 Ctrl-C.
    """
    given = dict(locals())
    from bohwsw.cli.mapping_command import map_and_show

    map_and_show(given)


@app.command()
@command
def evaluate(
    design: Annotated[
        Path | None, Argument(help="A design file, such as the best.yaml of codesign.")
    ] = None,
    cases: options.Cases = None,
    as_cases: options.AsCases = None,
    seed: options.Seed = 0,
    out: options.OutFile = None,
    json: options.Json = False,
) -> None:
    """Evaluate mappings on a machine: hardware and mappings fixed, nothing searched."""
    from bohwsw.cli.evaluation_command import evaluate_and_show

    evaluate_and_show(design, cases, as_cases, out, json)


for each in (schedule, search, fpga, report, explain, status):
    app.command()(command(each))


@app.command(name="import")
@command
def import_(
    files: Annotated[
        list[Path],
        Argument(
            help="An ONNX file; or Timeloop's or AccelForge's machine, layer, mapping ... (YAML)."
        ),
    ],
    bind: options.Binds = None,
    seed: options.Seed = 0,
    out: Annotated[
        Path | None,
        Option(help="Of ONNX a model file; of YAML a folder for space, model and design."),
    ] = None,
    seconds: Annotated[
        float | None,
        Option(help="Processor time after which an ONNX file is given up; 8 by default."),
    ] = None,
    with_padding: Annotated[
        bool,
        Option(
            "--with-padding",
            help="The model file of an ONNX file counts padding, as Timeloop does: for export.",
        ),
    ] = False,
    json: options.Json = False,
) -> None:
    """Import other tools' files; what they say and we do not model is named, with its line."""
    from bohwsw.cli.models import onnx_among

    bindings = assignments(bind, "--bind")
    if onnx_among(files):
        from bohwsw.cli.onnx_command import import_onnx_and_show

        import_onnx_and_show(files[0], bindings, out, json, seconds, with_padding)
        return
    from bohwsw.cli.import_command import import_and_show

    import_and_show(files, bindings, out, json)


@app.command()
@command
def export(
    result: Annotated[Path, Argument(help="A design file, or a folder of codesign.")],
    to: Annotated[
        str,
        Option(
            help="timeloop, accelforge, zigzag, stream, json, table; loops to read, in c, or in"
            " python."
        ),
    ],
    out: Annotated[
        Path | None, Option(help="Folder to write, new or empty; by default beside the design.")
    ] = None,
    seed: options.Seed = 0,
    json: options.Json = False,
) -> None:
    """Write a design for another tool, a compiler or a person: one folder, with a README.md."""
    from bohwsw.cli.export_command import export_and_show

    export_and_show(result, to, out, json)


@app.command()
@command
def table(
    out: Annotated[Path, Option(help="File to write.")],
    space: options.Space = "eyeriss-168",
    model: options.Model = "resnet18",
    form: Annotated[
        str, Option(help="ofa, proxylessnas, yaml or csv: by layer; hw-nas-bench: by network.")
    ] = "ofa",
    figure: Annotated[
        str, Option(help="latency_ms, latency_cycles, energy_mj or energy_pj.")
    ] = "latency_ms",
    knob: options.FixedKnobs = None,
    set_: options.Changes = None,
    mapper: options.MapperName = "branch-and-bound",
    gap: options.Gap = 0.01,
    seconds: options.Seconds = 120.0,
    evaluations: options.MapperEvaluations = 1_000_000,
    seed: options.Seed = 0,
    threads: options.Threads = None,
    json: options.Json = False,
) -> None:
    """Write what layers or networks cost on a machine as a table for searches of networks."""
    given = dict(locals())
    from bohwsw.cli.table_command import tabulate_and_show

    tabulate_and_show(given)


@app.command()
@command
def fit(
    path: Annotated[str, Argument(help="A table of measured networks, or a shipped one.")],
    figure: Annotated[str, Option(help="The column that is fitted.")] = "latency_ms",
    by: Annotated[
        str, Option(help="entries: a latency table; terms: a sum of these; degree: NN-Degree.")
    ] = "entries",
    part: Annotated[
        list[str] | None,
        Option(help="What has entries: a knob, KNOB,KNOB together, or a pattern that shares them."),
    ] = None,
    free: Annotated[
        list[str] | None, Option(help="A value that costs nothing: none, skip.")
    ] = None,
    base: Annotated[bool, Option(help="Whether every network costs something.")] = True,
    term: Annotated[list[str] | None, Option(help="An expression over knobs.")] = None,
    model: Annotated[str | None, Option(help="A model file with the knobs of the table.")] = None,
    rows: Annotated[
        int | None, Option(min=3, help="Fit to so many, drawn at random; look at others.")
    ] = None,
    seed: options.Seed = 0,
    out: Annotated[Path | None, Option(help="Write the entries, .yaml or .csv.")] = None,
    json: options.Json = False,
) -> None:
    """Fit what networks cost, or how good they are, to networks that were measured."""
    given = dict(locals())
    from bohwsw.cli.fit_command import fit_and_show

    fit_and_show(given)


@app.command()
@command
def spaces(
    name: Annotated[str | None, Argument(help="Show one space.")] = None,
    seed: options.Seed = 0,
    out: options.OutFile = None,
    json: options.Json = False,
) -> None:
    """List the hardware spaces that come with bohwsw, or show one."""
    from bohwsw.atomicfile import require_writable
    from bohwsw.cli.catalogue import space_data, space_views, spaces_data, spaces_views

    require_writable(out, name)
    if name is None:
        console.give(spaces_data(), spaces_views, out, json)
    else:
        console.give(space_data(name), space_views, out, json)


@app.command()
@command
def models(
    name: Annotated[str | None, Argument(help="Show one model.")] = None,
    knob: options.Knobs = None,
    seed: options.Seed = 0,
    out: options.OutFile = None,
    json: options.Json = False,
) -> None:
    """List the networks that come with bohwsw, or show one."""
    from bohwsw.atomicfile import require_writable
    from bohwsw.cli.catalogue import model_data, model_views, models_data, models_views

    require_writable(out, name)
    knobs = assignments(knob, "--knob")
    if knobs and name is None:
        raise SpecError("knobs are those of one model", key_path="--knob", expected="a model, too")
    if name is None:
        console.give(models_data(), models_views, out, json)
    else:
        console.give(model_data(name, knobs), model_views, out, json)


@app.command()
@command
def accuracy(
    source: Annotated[str | None, Argument(help="Ask one source.")] = None,
    knob: options.Knobs = None,
    option: options.SourceOptions = None,
    fidelity: options.Fidelities = None,
    out: options.OutFile = None,
    json: options.Json = False,
) -> None:
    """List where accuracies can come from, or ask one source about one network."""
    from bohwsw.cli.accuracy_command import ask_and_show

    ask_and_show(source, knob, option, fidelity, out, json)


def main() -> None:
    """Entry point of the ``bohwsw`` command."""
    console.end_on_sigterm()
    sys.path.append(str(Path.cwd()))  # for `--accuracy mine:function`
    with program_streams():
        app()


if __name__ == "__main__":
    main()
