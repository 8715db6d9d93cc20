"""What ``codesign`` does: search, store, show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from bohwsw import api
from bohwsw.api import threads_of
from bohwsw.chips import codesign_chip, load_chip_space
from bohwsw.cli import arguments, console
from bohwsw.cli.models import is_onnx, networks_at
from bohwsw.cli.progress import codesign_progress
from bohwsw.cli.result_views import result_views
from bohwsw.codesign import space_on_board
from bohwsw.errors import SpecError
from bohwsw.joint import Joint, Reward, codesign_joint
from bohwsw.study import HERE, TRIALS, CodesignResult, Where, design_files
from bohwsw.yamlfile import read_yaml


@contextmanager
def placed(workers: int, dask: str | None) -> Iterator[Where]:
    """What the options say; a cluster takes as many machines at a time as it has threads."""
    if dask is not None and workers > 1:
        raise SpecError("give one of the two", key_path="workers, dask", got=[workers, dask])
    if dask is not None:
        from bohwsw.execution import dask_executor

        with dask_executor(dask) as (executor, threads):
            yield Where(threads, executor)
    elif workers > 1:
        from bohwsw.execution import WorkerPool

        yield Where(workers, partial(WorkerPool, workers))
    else:
        yield HERE


Given = Mapping[str, Any]

DEFAULTS = {"method": "joint", "recipe": "best", "headroom": 0.0}
JOINT_ONLY = (
    *("accuracy_option", "measurements", "start", "constraint", "method"),
    *("set_", "each", "reward", "target", "fidelity", "table"),
)
"""Options that mean something with ``--accuracy`` only."""
NOT_OF_CHIPS = (
    *(name for name in JOINT_ONLY if name != "start"),
    *("accuracy", "recipe", "headroom", "final_seconds", "steer"),
)
"""Options that searches of chips do not know: the file says it all."""


def codesign_and_show(given: Given) -> None:
    """Search for a machine or a chip, store what is found and print it.

    Knobs and sizes are set in each of the networks that have them; ``given`` are the options of the
    command.
    """
    is_chip = given["board"] is None and is_chip_file(given["space"])
    if is_chip:
        _refuse(given, NOT_OF_CHIPS, "not an option of chips of several cores")
    elif given["accuracy"] is None:
        expected = "--accuracy, which says where accuracies come from"
        _refuse(given, JOINT_ONLY, "an option of joint searches", expected)
    machines: Any = load_chip_space(given["space"]) if is_chip else given["space"]
    if given["board"] is not None:
        machines = space_on_board({"board": given["board"], "engine": given["engine"]}, "")
    models = arguments.weighted_models(given["model"] or [])
    if not models and not (is_chip and machines.spec.networks):
        models = [("resnet18", 1.0)]
    place = given["space"] if given["board"] is None else machines.name
    folder = given["out"] or arguments.study_folder(place, models)
    storage = given["storage"]
    running = {key: given[key] for key in ("storage", "study", "resume", "overwrite")}
    running |= {"final_seconds": given["final_seconds"], "out": folder}
    running |= {"headroom_seconds": given["headroom"], "steered": given["steer"]}
    search = _joint if given["accuracy"] is not None else _machines
    try:
        with (
            placed(given["workers"], given["dask"]) as where,
            codesign_progress() as progress,
        ):
            running |= {"where": where, "progress": progress}
            found = (_chips if is_chip else search)({**given, "space": machines}, models, running)
    except KeyboardInterrupt as stop:
        if storage is None and not (folder / TRIALS).exists():
            raise
        kept = folder if storage is None else "the storage"
        hint = f"interrupted; finished trials are in {kept}, --resume goes on from there"
        console.interrupted(hint, stop)
    if given["json"]:
        console.print_json(found.to_data())
        return
    cores = [f"cores: {', '.join(machines.described(found.point))}"] if is_chip else []
    first = next(file for files in design_files(found).values() for file in files)
    place = f"result: {folder / first} (all of it in {folder})"
    console.show([*result_views(found.to_data()), *cores, place])


def _refuse(given: Given, names: Sequence[str], problem: str, expected: str | None = None) -> None:
    """Refuse options that are given, and not as they are by default."""
    for name in names:
        if given[name] and given[name] != DEFAULTS.get(name):
            place = f"--{name.strip('_').replace('_', '-')}"
            raise SpecError(problem, key_path=place, got=given[name], expected=expected)


def _machines(
    given: Given, models: list[tuple[str, float]], running: dict[str, Any]
) -> CodesignResult:
    """A search among machines, for networks as they are."""
    knobs = arguments.assignments(given["knob"], "--knob")
    sizes = arguments.assignments(given["bind"], "--bind")
    return api.codesign_network(
        given["space"],
        networks_at(models, knobs, sizes),
        objective=given["objective"] or None,
        recipe=given["recipe"],
        **_search(given),
        **running,
    )


def _joint(
    given: Given, models: list[tuple[str, float]], running: dict[str, Any]
) -> CodesignResult:
    """A search among the networks of a model and machines."""
    if len(models) != 1 or is_onnx(models[0][0]):
        names, problem = [name for name, _ in models], "a joint search is about one model file"
        raise SpecError(problem, key_path="--model", got=names, expected="one model with knobs")
    arguments.assignments(given["bind"], "--bind")
    joint = Joint(
        knobs=arguments.assignments(given["knob"], "--knob"),
        parameters=arguments.assignments(given["set_"], "--set"),
        constraints=given["constraint"] or (),
        start=[arguments.start(text) for text in given["start"] or ()],
        method=given["method"],
        measurements=given["measurements"],
        accuracy_seconds=given["accuracy_seconds"],
        each=arguments.lists(given["each"] or [], "--each"),
        reward=_reward(given),
        fidelities=tuple(given["fidelity"] or ()),
        tables=given["table"] or (),
    )
    return codesign_joint(
        given["space"],
        models[0][0],
        arguments.accuracy(given["accuracy"]),
        accuracy_options=arguments.source_options(given["accuracy_option"]),
        joint=joint,
        objective=given["objective"] or None,
        recipe=None if given["recipe"] == "best" else given["recipe"],
        **_search(given),
        **running,
    )


def _reward(given: Given) -> Reward | None:
    targets: dict[str, Any] = {**arguments.assignments(given["target"] or [], "--target")}
    if given["reward"] is None and targets:
        raise SpecError("a target is one of a reward", key_path="--target", expected="--reward")
    return None if given["reward"] is None else Reward(given["reward"], targets)


def _search(given: Given) -> dict[str, Any]:
    found = {key: given[key] for key in ("trials", "evaluations", "strategy", "seed", "threads")}
    return {**found, "limits": arguments.limits(given["limit"] or [])}


def is_chip_file(space: str) -> bool:
    """Whether a space is the path of a chip file."""
    if not space.lower().endswith((".yaml", ".yml")) or not Path(space).is_file():
        return False
    data = read_yaml(space)
    return isinstance(data, Mapping) and "cores" in data


def _chips(
    given: Given, models: list[tuple[str, float]], running: dict[str, Any]
) -> CodesignResult:
    """A search among chips of several cores."""
    knobs, sizes = (arguments.assignments(given[key] or [], f"--{key}") for key in ("knob", "bind"))
    search = {key: x for key, x in _search(given).items() if x is not None}
    if "strategy" in search:
        search["strategy_name"] = search.pop("strategy")
    return codesign_chip(
        given["space"],
        networks_at(models, knobs, sizes),
        objective=given["objective"] or "edp",
        start=[arguments.start(text) for text in given["start"] or ()],
        **{**search, "threads": threads_of(given["threads"])},
        **running,
    )
