"""What ``search`` does: a study in a YAML file, evaluated by a program of the user's."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import pydantic
import typer

from bohwsw.cli import console, options
from bohwsw.yamlfile import SpecModel, read_yaml, validate


class FidelitySpec(SpecModel):
    """See `Client.configure_fidelity`."""

    targets: dict[str, Any]
    cost: Any = 1.0


class SearchSpec(SpecModel):
    """What a file says; what is absent is as in `Client`.

    Attributes:
        table: a file of rows that are all there is, CSV or npz, beside this file.
        columns: see `RowTable.read`.
        parameters: in place of a table, each with its ``kind`` and the fields of that class.
        command: see `CommandEvaluator`; files beside this file are found.
        trials: in all.
    """

    objective: str
    command: Annotated[list[str], pydantic.Field(min_length=1)]
    table: str | None = None
    columns: list[str] | dict[str, Any] | None = None
    parameters: list[dict[str, Any]] | None = None
    constraints: list[str] | None = None
    limits: list[str] | None = None
    seconds: float | None = None
    infeasible_codes: list[int] | None = None
    strategy: str = "bayesian"
    options: dict[str, Any] | None = None
    fidelity: FidelitySpec | None = None
    trials: Annotated[int, pydantic.Field(ge=1)] = 50
    name: str = "study"


def search(
    file: Annotated[Path, typer.Argument(help="A study; docs/studies.md says what is in it.")],
    trials: Annotated[
        int | None, typer.Option(min=1, help="In all, in place of those of the file.")
    ] = None,
    workers: Annotated[int, typer.Option(min=1, help="Programs that run at a time.")] = 1,
    storage: Annotated[
        str | None,
        typer.Option(metavar="PLACE", help="Keep the trials, as with codesign, and go on there."),
    ] = None,
    seed: options.Seed = 0,
    out: options.OutFile = None,
    json: options.Json = False,
) -> None:
    """Search parameters, or the rows of a table, of which a program of yours measures each."""
    spec = validate(SearchSpec, read_yaml(file), file=str(file))
    found = _searched(spec, file, trials or spec.trials, workers, storage, seed)
    console.give(found, _views, out, json)


def _searched(
    spec: SearchSpec, file: Path, trials: int, workers: int, storage: str | None, seed: int
) -> dict[str, Any]:
    from bohwsw.errors import located
    from bohwsw.execution import CommandEvaluator
    from bohwsw.study import Client

    with located(file=str(file)):
        beside = [file.absolute().parent / part for part in spec.command]
        pairs = zip(spec.command, beside, strict=True)
        command = [str(path) if path.is_file() else part for part, path in pairs]
        evaluator = CommandEvaluator(command, spec.seconds, spec.infeasible_codes or ())
        client = Client(storage, seed)
        client.configure_experiment(_varied(spec, file), spec.constraints, spec.name)
        client.configure_optimization(spec.objective, spec.limits)
        client.configure_generation_strategy(strategy=spec.strategy, **(spec.options or {}))
        if spec.fidelity is not None:
            with located(key_path="fidelity"):
                client.configure_fidelity(spec.fidelity.targets, spec.fidelity.cost)
    left = trials - sum(trial.outcome is not None for trial in client.trials)
    with ThreadPoolExecutor(workers) as threads:
        if left > 0:
            client.run_trials(left, workers, evaluator=evaluator, executor=threads)
    ended = [trial.state for trial in client.trials if trial.outcome is not None]
    return {
        "study": spec.name,
        "trials": len(ended),
        "wanted": trials,
        "states": {str(state): ended.count(state) for state in sorted(set(ended))},
        "best": [
            {
                "trial": number,
                "point": point,
                "values": {name: mean for name, (mean, _) in values.items()},
            }
            for point, values, number, _ in _best(client)
        ],
    }


def _varied(spec: SearchSpec, file: Path) -> Any:
    """The table or the parameters that a study varies."""
    from bohwsw.errors import SpecError, located
    from bohwsw.rows import RowTable
    from bohwsw.study import config_from_data

    if (spec.table is None) == (spec.parameters is None):
        raise SpecError("not what is searched", got=None, expected="either a table or parameters")
    if spec.table is not None:
        return RowTable.read(file.parent / spec.table, spec.columns)
    found = []
    for number, entry in enumerate(spec.parameters or []):
        with located(key_path=f"parameters[{number}]"):
            found.append(config_from_data(entry))
    return found


def _best(client: Any) -> list[Any]:
    """The best trial, or those of the Pareto front; none while no trial is feasible."""
    from bohwsw.errors import BohwswError

    for ask in (client.get_best_parameterization, client.get_pareto_frontier):
        with suppress(BohwswError):
            found = ask()
            return found if isinstance(found, list) else [found]
    return []


def _views(found: dict[str, Any]) -> Iterator[str]:
    states = ", ".join(f"{count} {state}" for state, count in found["states"].items())
    yield f"{found['trials']} of {found['wanted']} trials of {found['study']}: {states or 'none'}"
    for best in found["best"]:
        values = ", ".join(f"{name} {value:.6g}" for name, value in best["values"].items())
        point = ", ".join(f"{name} {value}" for name, value in best["point"].items())
        yield f"best, trial {best['trial']}: {values}\n  at {point}"
    if not found["best"]:
        yield "no trial is feasible"
