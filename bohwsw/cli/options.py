"""Options of the commands, on the command line or in a problem file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from typer import Option

from bohwsw.errors import BohwswError, SpecError, unknown_name


def options_from(context: typer.Context, path: Path | None) -> Path | None:
    """Make the options of a file the defaults of the command that is being read.

    Options that may be repeated are lists there, or mappings where they are assignments.

    Raises:
        typer.BadParameter: the file is not there, or has an option that the command does not have.
    """
    if path is None or context.resilient_parsing:
        return path
    try:
        context.default_map = {**(context.default_map or {}), **_defaults(context, path)}
    except BohwswError as error:
        raise typer.BadParameter(str(error)) from error
    return path


def _defaults(context: typer.Context, path: Path) -> dict[str, Any]:
    from bohwsw.yamlfile import read_yaml

    data = read_yaml(path)
    if not isinstance(data, Mapping):
        raise SpecError("not options", file=str(path), got=data, expected="options by name")
    known = {x.opts[0].lstrip("-").replace("-", "_"): x for x in context.command.params if x.opts}
    found: dict[str, Any] = {}
    for key, value in data.items():
        name = str(key).replace("-", "_")
        if name not in known or name in ("problem", "help"):
            raise unknown_name("option", str(key), known).within(file=str(path))
        option: Any = known[name]
        if option.multiple:
            found[option.name] = _texts(name, value)
        elif isinstance(value, list):
            found[option.name] = ",".join(map(str, value))
        elif isinstance(value, Mapping):
            expected = "one value"
            raise SpecError("not an option", file=str(path), key_path=name, expected=expected)
        else:
            found[option.name] = value
    return found


def _texts(name: str, value: Any) -> list[str]:
    """What stands after an option, once for each time."""
    if isinstance(value, Mapping):
        return [f"{key}={_text(each, commas=name == 'each')}" for key, each in value.items()]
    each = value if isinstance(value, list) else [value]
    return [
        ",".join(f"{k}={_text(x)}" for k, x in one.items())
        if isinstance(one, Mapping)
        else str(one)
        for one in each
    ]


def _text(value: Any, *, commas: bool = False) -> str:
    if commas and isinstance(value, list):
        return ",".join(map(_text, value))
    return value if isinstance(value, str) else json.dumps(value)


Texts = list[str] | None

Space = Annotated[str, Option(help="Hardware space: a shipped name or a YAML file.")]
Board = Annotated[
    str | None,
    Option(
        help="Engines on this FPGA board in place of --space: a shipped name, or a YAML file; see"
        " docs/fpga.md."
    ),
]
Engine = Annotated[str, Option(help="With --board: hotnas2020, lu2019 or finn_r.")]
Model = Annotated[str, Option(help="Network: a shipped name, a YAML file or an ONNX file.")]
Knobs = Annotated[
    Texts, Option(metavar="KNOB=VALUE", help="A knob of the model that differs from its default.")
]
FixedKnobs = Annotated[
    Texts, Option("--knob", metavar="KNOB=VALUE", help="A knob of the model with one value only.")
]
SourceOptions = Annotated[Texts, Option(metavar="NAME=VALUE", help="An option of the source.")]
Fidelities = Annotated[
    Texts, Option(metavar="NAME=NUMBER", help="Ask for a cheaper answer, such as epochs=2.")
]
Binds = Annotated[
    Texts, Option(metavar="NAME=SIZE", help="A size that an ONNX file leaves open, as batch=1.")
]
Json = Annotated[bool, Option("--json", help="Print JSON for machines, nothing else.")]
Seed = Annotated[int, Option(min=0, help="Same seed, same result.")]
Objective = Annotated[str, Option(help="What to minimise: edp, energy or latency.")]
Threads = Annotated[
    int | None,
    Option(min=1, help="Threads; one for each core by default. Results do not depend on it."),
]
OutFile = Annotated[Path | None, Option(help="Write the result to this file as well.")]

Models = Annotated[
    Texts,
    Option(
        metavar="NAME_OR_FILE[=WEIGHT]",
        help="Network; repeat for several on one chip, with weights. resnet18 by default.",
    ),
]
Objectives = Annotated[
    str,
    Option(
        help="edp, energy, latency, area, power, or what --accuracy measures; several with commas:"
        " a Pareto front. By default edp; with --accuracy accuracy,edp.",
        show_default=False,
    ),
]
Limits = Annotated[
    Texts,
    Option(
        metavar="NAME=NUMBER",
        help="area_mm2, power_mw, latency_ms or another figure at most this, or at least where"
        " larger is better; may be repeated.",
    ),
]
RecipeName = Annotated[str, Option(help="best, or paper: the method of arXiv:2010.02075.")]
StrategyName = Annotated[
    str | None,
    Option(help="bayesian, evolutionary, random, one of docs/searches.md, package.module:Class."),
]
Trials = Annotated[
    int | None,
    Option(min=1, help="Machines to try; the recipe's 100 (best) or 50 (paper) by default."),
]
Evaluations = Annotated[
    int | None, Option(min=1, help="Mapper's budget for each layer, the same on all machines.")
]
StudyFolder = Annotated[
    Path | None, Option(help="Folder for the results; results/SPACE-MODEL by default.")
]
Storage = Annotated[
    str | None,
    Option(
        metavar="PLACE",
        help="Store the trials here instead, for processes that share the study: a path ending in"
        " .jsonl (a journal), any other path (SQLite), or postgresql://USER@HOST/NAME.",
    ),
]
StudyName = Annotated[
    str | None, Option("--study", help="Name of the study in --storage; SPACE-MODEL by default.")
]
Workers = Annotated[int, Option(min=1, help="Machines evaluated at a time, each in a process.")]
Dask = Annotated[
    str | None, Option(help="Evaluate on the Dask cluster with this scheduler's address.")
]
FinalSeconds = Annotated[
    float | None,
    Option(
        min=0.0,
        help="Seconds for mapping the best machines and the baseline again at the end, in all;"
        " by default 10 for each network on each machine, or until proven.",
    ),
]
Headroom = Annotated[
    float, Option(min=0.0, help="Seconds to bound what any machine of the space could reach.")
]
Steer = Annotated[bool, Option(help="Leave out machines that provably cannot be the best.")]
Resume = Annotated[bool, Option(help="Go on with the study that is there.")]
Overwrite = Annotated[bool, Option(help="Throw away the study that is there.")]

Accuracy = Annotated[
    str | None,
    Option(
        metavar="SOURCE",
        help="Search the model's knobs, too, with accuracies from this source: train, table ... or"
        " package.module:function.",
    ),
]
AskedAccuracy = Annotated[
    str | None,
    Option(
        "--accuracy",
        metavar="SOURCE",
        help="Ask this source for accuracies of networks a knob away, too: train, table ... or"
        " package.module:function; by default that of the search, where it costs nothing.",
    ),
]
AccuracyOptions = Annotated[
    Texts, Option("--accuracy-option", metavar="NAME=VALUE", help="An option of that source.")
]
AccuracySeconds = Annotated[
    float, Option(min=0.001, help="A network whose accuracy takes longer counts as failed.")
]
Measurements = Annotated[
    int | None, Option(min=1, help="Networks whose accuracy is asked for, at most.")
]
Method = Annotated[
    str, Option(help="joint; or, to compare: network-first, fixed-hardware or random.")
]
Starts = Annotated[
    Texts,
    Option(
        metavar="RESULT_OR_NAME=VALUE,...",
        help="Try first: the designs of an earlier result, or a point that differs so from the"
        " default. May be repeated.",
    ),
]
Constraints = Annotated[
    Texts,
    Option("--constraint", help="A condition on knobs and parameters: 'weight_bits <= word_bits'."),
]
Each = Annotated[
    Texts,
    Option(
        metavar="KNOB=VALUE,VALUE",
        help="A machine runs the network at each of these: phase=prefill,decode.",
    ),
]
Problem = Annotated[
    Path | None,
    Option(
        is_eager=True,
        callback=options_from,
        help="YAML file of these options, by name; those given here come first.",
    ),
]
SearchedFidelities = Annotated[
    Texts, Option("--fidelity", help="Ask the source for cheaper answers, too: epochs, seeds.")
]
LatencyTables = Annotated[
    Texts, Option("--table", metavar="FILE", help="A latency table whose figure may be limited.")
]
RewardKind = Annotated[
    str | None,
    Option(
        "--reward",
        help="Search for a reward of accuracy and --target: hard, soft (MnasNet's) or zero.",
    ),
]
Targets = Annotated[
    Texts,
    Option(metavar="NAME=NUMBER", help="A target of --reward: latency_ms=1. May be repeated."),
]
Fixed = Annotated[Texts, Option("--set", help="PARAMETER=VALUE of the machine that is fixed.")]

LayerNames = Annotated[
    Texts, Option(help="Name of a layer to map; may be repeated. All by default.")
]
Changes = Annotated[Texts, Option("--set", help="PARAMETER=VALUE that differs from the baseline.")]
BaselineDataflow = Annotated[bool, Option(help="Map the baseline with its own restrictions.")]
MapperName = Annotated[
    str, Option(help="branch-and-bound (proves its answer), annealing or random.")
]
Gap = Annotated[float, Option(min=0.0, help="Stop when proven within this share of the optimum.")]
Exact = Annotated[bool, Option("--exact", help="Go on until proven optimal.")]
Seconds = Annotated[
    float,
    Option(
        min=0.0,
        help="Branch and bound and explanations stop after about this time with what there is.",
    ),
]
Imperfect = Annotated[
    bool, Option("--imperfect", help="Also factors that do not divide; a looser bound.")
]
MapperEvaluations = Annotated[
    int, Option(min=1, help="Mappings that annealing and random try for each layer.")
]
Explain = Annotated[
    bool, Option("--explain", help="Say what binds and what would change the answer.")
]
Cases = Annotated[
    Path | None, Option(help="Evaluate cases (.jsonl or .jsonl.xz) instead: one JSON line a case.")
]
AsCases = Annotated[
    Path | None, Option(help="Write the design's mappings to this file as cases, for other tools.")
]
