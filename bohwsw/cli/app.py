"""The command line: parses, calls the API, prints. No logic of its own."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Optional

import typer

from bohwsw import __version__
from bohwsw.cli import console
from bohwsw.cli.console import command
from bohwsw.errors import SpecError

app = typer.Typer(
    help="Design neural-network accelerators and the mappings that run on them, together.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

Space = Annotated[str, typer.Option(help="Hardware space: a shipped name or a YAML file.")]
Model = Annotated[str, typer.Option(help="Network: a shipped name or a YAML file.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines, nothing else.")]
Seed = Annotated[int, typer.Option(min=0, help="Same seed, same result.")]
Objective = Annotated[str, typer.Option(help="What to minimise: edp, energy or latency.")]
Workers = Annotated[
    Optional[int],  # noqa: UP045
    typer.Option(min=1, help="Threads; one for each core by default. Results do not depend on it."),
]
OutFile = Annotated[
    Optional[Path],  # noqa: UP045
    typer.Option(help="Write the result to this file as well."),
]


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
    model: Model = "resnet18",
    recipe: Annotated[
        str, typer.Option(help="best, or paper: the method of arXiv:2010.02075.")
    ] = "best",
    trials: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="Machines to try; 50 by default."),
    ] = None,
    evaluations: Annotated[
        Optional[int],  # noqa: UP045
        typer.Option(min=1, help="Mapper's budget for each layer on each machine."),
    ] = None,
    objective: Objective = "edp",
    strategy: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(help="bayesian, evolutionary, linear, random or space_filling."),
    ] = None,
    seed: Seed = 0,
    workers: Workers = None,
    out: Annotated[
        Optional[Path],  # noqa: UP045
        typer.Option(help="Folder for the results; results/SPACE-MODEL by default."),
    ] = None,
    resume: Annotated[bool, typer.Option(help="Go on with the study in the folder.")] = False,
    overwrite: Annotated[bool, typer.Option(help="Throw away the study in the folder.")] = False,
    json: Json = False,
) -> None:
    """Design a machine for a network and map every layer onto it."""
    from bohwsw import api
    from bohwsw.cli.progress import codesign_progress
    from bohwsw.cli.views import comparison_table, machines_table, result_data

    folder = out or Path("results") / f"{Path(space).stem}-{Path(model).stem}"
    with codesign_progress() as progress:
        result = api.codesign_network(
            space,
            model,
            recipe=recipe,
            trials=trials,
            evaluations=evaluations,
            objective=objective,  # type: ignore[arg-type]
            strategy=strategy,
            seed=seed,
            workers=workers,
            out=folder,
            resume=resume,
            overwrite=overwrite,
            progress=progress,
        )
    if json:
        console.print_json(result_data(result))
        return
    console.out.print(comparison_table(result))
    console.out.print(machines_table(result))
    point = ", ".join(f"{name} {value}" for name, value in result.best.hardware.point.items())
    console.out.print(f"found machine: {point}")
    console.out.print(f"result: {folder / 'best.yaml'} (all of it in {folder})", soft_wrap=True)


@app.command(name="map")
@command
def map_(
    space: Space = "eyeriss-168",
    model: Model = "resnet18",
    layer: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(help="Name of a layer to map; may be repeated. All by default."),
    ] = None,
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
        float, typer.Option(min=0.0, help="Stop after about this time with what there is.")
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
    workers: Workers = None,
    out: OutFile = None,
    json: Json = False,
) -> None:
    """Map a network onto one machine: hardware fixed, mappings searched."""
    from bohwsw import api
    from bohwsw.cli.progress import mapping_progress
    from bohwsw.cli.views import design_data, design_table
    from bohwsw.codesign.design_file import save_design
    from bohwsw.codesign.hardware_space import load_space

    hardware_space = load_space(space)
    with mapping_progress() as progress:
        design = api.map_network(
            hardware_space,
            model,
            point=_assignments(set_ or []),
            baseline_dataflow=baseline_dataflow,
            layers=layer or [],
            mapper=mapper,
            gap=0.0 if exact else gap,
            seconds=math.inf if exact and seconds == 120.0 else seconds,
            imperfect=imperfect,
            evaluations=evaluations,
            objective=objective,  # type: ignore[arg-type]
            seed=seed,
            workers=workers,
            progress=progress,
        )
    if out is not None:
        save_design(
            design, out, space=hardware_space.name, technology=hardware_space.spec.technology
        )
    data = design_data(design, objective)
    explanations = []
    if explain:
        from bohwsw.cli.explanation_views import layer_explanation_data, layer_explanation_views

        explanations = api.explain_design(
            design,
            hardware_space,
            objective=objective,  # type: ignore[arg-type]
            workers=workers,
        )
        for entry, explained in zip(data["layers"], explanations, strict=True):
            entry.update(layer_explanation_data(*explained))
    if json:
        console.print_json(data)
        return
    for entry in data["layers"]:
        console.out.print(entry["name"], style="bold")
        console.out.print("\n".join(entry["loop_nest"]), markup=False)
    for explained in explanations:
        for view in layer_explanation_views(*explained):
            console.out.print(view, markup=False, soft_wrap=isinstance(view, str))
    console.out.print(design_table(design, f"{design.network} on {hardware_space.name}", objective))
    if out is not None:
        console.out.print(f"result: {out}", soft_wrap=True)


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
    seed: Seed = 0,
    out: OutFile = None,
    json: Json = False,
) -> None:
    """Evaluate mappings on a machine: hardware and mappings fixed, nothing searched."""
    from bohwsw.cli.views import design_data, design_table
    from bohwsw.codesign.design_file import load_design, write_whole

    if (design is None) == (cases is None):
        raise SpecError("nothing to evaluate", expected="a design file or --cases FILE")
    if cases is not None:
        from json import dumps

        from bohwsw.simulator.cases import case_result, read_cases

        lines = [dumps(case_result(case), allow_nan=False) for case in read_cases(cases)]
        if out is not None:
            write_whole(out, "\n".join(lines) + "\n")
        print("\n".join(lines))
        return
    assert design is not None
    loaded = load_design(design)
    data = design_data(loaded)
    if out is not None:
        console.write_json(data, out)
    if json:
        console.print_json(data)
        return
    for mapped in loaded.layers:
        for violation in mapped.evaluation.violations:
            console.out.print(f"{mapped.entry.layer.name}: {violation}", markup=False)
    console.out.print(design_table(loaded, f"{loaded.network}, {design}"))


@app.command()
@command
def spaces(
    name: Annotated[Optional[str], typer.Argument(help="Show one space.")] = None,  # noqa: UP045
    seed: Seed = 0,
    out: OutFile = None,
    json: Json = False,
) -> None:
    """List the hardware spaces that come with bohwsw, or show one."""
    from bohwsw.cli.catalogue import space_data, space_table, spaces_data, spaces_table

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
    seed: Seed = 0,
    out: OutFile = None,
    json: Json = False,
) -> None:
    """List the networks that come with bohwsw, or show one."""
    from bohwsw.cli.catalogue import model_data, model_table, models_data, models_table

    _show(
        models_data() if name is None else model_data(name),
        models_table if name is None else model_table,
        out,
        json,
    )


def main() -> None:
    """Entry point of the ``bohwsw`` command."""
    app()


def _show(data: Any, table: Any, out: Path | None, as_json: bool) -> None:
    if out is not None:
        console.write_json(data, out)
    if as_json:
        console.print_json(data)
    else:
        console.out.print(table(data))


def _assignments(texts: list[str]) -> dict[str, bool | int | float | str]:
    """``["mesh_x=42", "filter_width_whole=false"]`` as values; the types are those of YAML."""
    from bohwsw.yamlfile import parse_yaml

    values: dict[str, bool | int | float | str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise SpecError("not an assignment", key_path="--set", got=text, expected="NAME=VALUE")
        parsed = parse_yaml(value, file="--set")
        if not isinstance(parsed, bool | int | float | str):
            raise SpecError("not a value", key_path="--set", got=value, expected="a plain value")
        values[name.strip()] = parsed
    return values


if __name__ == "__main__":
    main()
