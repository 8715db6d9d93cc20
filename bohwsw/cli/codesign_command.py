"""What ``codesign`` does: search, store, show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bohwsw import api
from bohwsw.cli import arguments, console, places
from bohwsw.cli.chip_command import design_chip_and_show, is_chip_file
from bohwsw.cli.models import is_onnx, networks_at
from bohwsw.cli.progress import codesign_progress
from bohwsw.cli.result_views import result_views
from bohwsw.codesign import space_on_board
from bohwsw.errors import SpecError
from bohwsw.joint import Joint, Reward, codesign_joint
from bohwsw.study import TRIALS, CodesignResult, design_files

Given = Mapping[str, Any]

JOINT_ONLY = (
    *("accuracy_option", "measurements", "start", "constraint"),
    *("set_", "each", "reward", "target", "fidelity", "table"),
)
"""Options that mean something with ``--accuracy`` only."""


def codesign_and_show(given: Given) -> None:
    """Search for a machine, store what is found and print it.

    Knobs and sizes are set in each of the networks that have them; ``given`` are the options of the
    command.
    """
    if given["board"] is None and is_chip_file(given["space"]):
        design_chip_and_show(given)
        return
    models = arguments.weighted_models(given["model"] or ["resnet18"])
    machines = given["space"]
    if given["board"] is not None:
        machines = space_on_board({"board": given["board"], "engine": given["engine"]}, "")
    place = machines if isinstance(machines, str) else machines.name
    folder = given["out"] or arguments.study_folder(place, models)
    storage = given["storage"]
    running = {key: given[key] for key in ("storage", "study", "resume", "overwrite")}
    running |= {"final_seconds": given["final_seconds"], "out": folder}
    running["headroom_seconds"] = given["headroom"]
    is_joint = given["accuracy"] is not None
    for name in () if is_joint else JOINT_ONLY:
        if given[name]:
            raise SpecError(
                "an option of joint searches",
                key_path=f"--{name.strip('_').replace('_', '-')}",
                got=given[name],
                expected="--accuracy, which says where accuracies come from",
            )
    if not is_joint and given["method"] != "joint":
        raise SpecError("an option of joint searches", key_path="--method", expected="--accuracy")
    try:
        with (
            places.where(given["workers"], given["dask"]) as where,
            codesign_progress() as progress,
        ):
            running |= {"where": where, "progress": progress}
            result = (_joint if is_joint else _machines)(
                {**given, "space": machines}, models, running
            )
    except KeyboardInterrupt as stop:
        if storage is None and not (folder / TRIALS).exists():
            raise
        kept = folder if storage is None else "the storage"
        hint = f"interrupted; finished trials are in {kept}, --resume goes on from there"
        console.interrupted(hint, stop)
    if given["json"]:
        console.print_json(result.to_data())
        return
    first = next(file for files in design_files(result).values() for file in files)
    place = f"result: {folder / first} (all of it in {folder})"
    console.show([*result_views(result.to_data()), place])


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
