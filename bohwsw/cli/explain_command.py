"""What ``explain`` and ``status`` do: why a result is as it is; how far a study has come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

from bohwsw.cli import arguments, console, options

Result = Annotated[Path | None, Argument(help="A folder of codesign or a design file.")]

MOST_STEPS, MOST_PARTS = 10, 6


def explain(
    result: Result = None,
    alternatives: Annotated[
        bool, Option(help="Simulate the best machine's neighbours: some seconds.")
    ] = True,
    accuracy: options.AskedAccuracy = None,
    storage: options.Storage = None,
    study: options.StudyName = None,
    out: options.OutFile = None,
    json: options.Json = False,
) -> None:
    """Say why this machine: what binds, what would change it most, what each limit costs."""
    from bohwsw.atomicfile import require_writable
    from bohwsw.report import report_data

    require_writable(out, result)
    asked = None if accuracy is None else arguments.accuracy(accuracy)
    told = _source(result, storage, study)
    data = report_data(told, alternatives=alternatives, accuracy=asked)
    console.give(data, _explained, out, json)


def status(
    result: Result = None,
    storage: options.Storage = None,
    study: options.StudyName = None,
    out: options.OutFile = None,
    json: options.Json = False,
) -> None:
    """Say how far a study has come, how good its best is, and how long it may still take."""
    from bohwsw.atomicfile import require_writable
    from bohwsw.errors import SpecError
    from bohwsw.report import report_data

    require_writable(out, result)
    source = _source(result, storage, study)
    if not source.settings:
        raise SpecError("not a study", file=str(result), expected="a folder of codesign")
    told = report_data(source, alternatives=False)
    console.give(_status(told), lambda data: data["lines"], out, json)


def _source(result: Path | None, storage: str | None, study: str | None) -> Any:
    from bohwsw.errors import SpecError
    from bohwsw.report import read_source, read_stored

    if (result is None) == (storage is None):
        raise SpecError("which result is meant?", expected="a RESULT, or --storage with a study")
    return read_stored(storage or "", study) if result is None else read_source(result)


def _status(told: Mapping[str, Any]) -> dict[str, Any]:
    """Where a study stands, as figures and as lines."""
    search = told["search"] or {"states": {}, "best": [], "asked": None, "trials": {"rows": []}}
    ended, asked = len(search["trials"]["rows"]), search["asked"]
    states = ", ".join(f"{count} {state}" for state, count in search["states"].items())
    lines = [f"{ended}{f' of {asked}' if asked else ''} trials: {states or 'none yet'}"]
    data: dict[str, Any] = {"ended": ended, "asked": asked, "states": search["states"]}
    if search["best"]:
        count, best = search["best"][-1]
        one = told["objectives"][0]["figure"] if len(told["objectives"]) == 1 else "hypervolume"
        data |= {"best": best, "best_of": one, "improved_at": count}
        lines.append(f"best {one} {best:.5g}, reached after {count} trials")
    if ended and told["running"]:
        spent = search["spent"]
        each = (spent["evaluating_seconds"] + spent["proposing_seconds"]) / ended
        data["seconds_each"] = each
        left = "" if not asked else f", about {each * max(0, asked - ended) / 60:.1f} min left"
        lines.append(f"{each:.3g} s a trial{left} where one works on it at a time")
    data |= {"finished": not told["running"], "refused": search.get("refused", [])}
    lines += [f"{x['trials']} broke {x['constraint']}" for x in data["refused"][:MOST_PARTS]]
    lines.append(
        "finished" if data["finished"] else "it runs, or was interrupted: --resume goes on"
    )
    return data | {"lines": lines}


def _explained(data: Mapping[str, Any]) -> list[str]:
    from bohwsw.report import answer

    views = answer(data)
    if data["designs"]:
        views += _binding(data["designs"][0])
    return views + _steps(data)


def _binding(design: Mapping[str, Any]) -> list[str]:
    """What the energy of the whole network goes to, and what its cycles wait for."""
    from bohwsw.report import energy_parts

    parts = energy_parts(design["layers"])
    energy = Counter({f"{level} {kind}": pj for (level, kind), pj in parts.items()})
    cycles: Counter[str] = Counter()
    for layer in design["layers"]:
        if "binds" in layer:
            cycles[" ".join(layer["binds"]).replace("_", " ")] += (
                layer["count"] * layer["latency_cycles"]
            )
    views: list[str] = []
    for title, shares in (("energy goes to", energy), ("cycles are set by", cycles)):
        total = sum(shares.values())
        told = [f"{name} {value / total:.0%}" for name, value in shares.most_common(MOST_PARTS)]
        views += [f"{title}: {', '.join(told)}"] if total else []
    return views


def _steps(data: Mapping[str, Any]) -> list[str]:
    """The steps of one parameter that change most, what forbids them, and what limits cost."""
    from bohwsw.report import base_of, step_words

    found = data["alternatives"]
    figures = [x["figure"] for x in data["objectives"] if not x["maximised"]]
    if found is None or not figures or not found["same"]["figures"].get(figures[0]):
        return []
    name = figures[0]
    measured = [x["figure"] for x in data["objectives"] if x["maximised"]]
    ratios = [
        (step["figures"][name] / base[name], step)
        for step in found["steps"]
        if step["figures"].get(name) and (base := base_of(found, step)).get(name)
    ]
    ratios.sort(key=lambda pair: pair[0])
    lines = [f"one step of a parameter, mapped again: {name} times"]
    for ratio, step in ratios[:MOST_STEPS]:
        told = [_change(x, step, base_of(found, step)) for x in measured if step.get("network")]
        told += [f"over the limit: {step['over']}"] if "over" in step else []
        lines.append("; ".join([f"  {ratio:.4f}  {step_words(step)}", *told]))
    for ratio, step in [x for x in ratios if x[0] < 1.0 and x[1].get("over")][:1]:
        lines.append(f"what the limits cost: {step_words(step)} would be {1 - ratio:.1%} better")
    return lines


def _change(name: str, step: Mapping[str, Any], base: Mapping[str, Any]) -> str:
    value, other = step["figures"].get(name), base.get(name)
    return f"{name} {value - other:+.3g}" if value is not None and other else f"{name} not known"
