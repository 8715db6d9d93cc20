"""What ``codesign`` does with a chip file: search chips of several cores, store, show."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bohwsw.api import threads_of
from bohwsw.chips import codesign_chip, load_chip_space
from bohwsw.cli import arguments, console, places
from bohwsw.cli.models import networks_at
from bohwsw.cli.progress import codesign_progress
from bohwsw.cli.schedule_command import show_schedule
from bohwsw.errors import SpecError
from bohwsw.yamlfile import read_yaml

DEFAULTS = {"method": "joint", "recipe": "best", "headroom": 0.0}
REFUSED = (
    *("accuracy", "accuracy_option", "measurements", "constraint", "set_", "each"),
    *("reward", "target", "fidelity", "final_seconds", *DEFAULTS),
)
"""Options of ``codesign`` that a search of chips does not know."""


def is_chip_file(space: str) -> bool:
    """Whether a space is the path of a chip file."""
    if not space.lower().endswith((".yaml", ".yml")) or not Path(space).is_file():
        return False
    data = read_yaml(space)
    return isinstance(data, Mapping) and "cores" in data


def design_chip_and_show(given: Mapping[str, Any]) -> None:
    """Search for a chip, store what is found and print it."""
    for name in REFUSED:
        if given[name] != DEFAULTS.get(name) and given[name] not in (None, [], False):
            raise SpecError(
                "not an option of chips of several cores",
                key_path=f"--{name.strip('_').replace('_', '-')}",
                got=given[name],
            )
    models = arguments.weighted_models(given["model"] or [])
    folder = given["out"] or arguments.study_folder(given["space"], models)
    knobs, sizes = (arguments.assignments(given[key] or [], f"--{key}") for key in ("knob", "bind"))
    chips = load_chip_space(given["space"])
    if not models and not chips.spec.networks:
        models = [("resnet18", 1.0)]
    numbers = {key: given[key] for key in ("trials", "evaluations") if given[key] is not None}
    if given["strategy"] is not None:
        numbers["strategy_name"] = given["strategy"]
    running = {key: given[key] for key in ("storage", "study", "resume", "overwrite")}
    with (
        places.where(given["workers"], given["dask"]) as where,
        codesign_progress() as progress,
    ):
        result = codesign_chip(
            chips,
            networks_at(models, knobs, sizes),
            objective=given["objective"] or "edp",
            limits=arguments.limits(given["limit"] or []),  # type: ignore[arg-type]
            start=_starts(given["start"] or ()),
            seed=given["seed"],
            threads=threads_of(given["threads"]),
            where=where,
            out=folder,
            progress=progress,
            **numbers,
            **running,
        )
    if given["json"]:
        console.print_json(result.to_data())
        return
    show_schedule(result.best, result.found, False)
    used = ", ".join(chips.described(result.point))
    measured = [
        f"{x.name}: {name} {v:.5g}" for x in result.best.networks for name, v in x.measured.items()
    ]
    console.show(
        [*measured, f"cores: {used}", f"result: {folder / 'best.yaml'} (all of it in {folder})"]
    )


def _starts(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Points to start from: values, or those of the results of earlier searches of chips."""
    found = []
    for text in texts:
        start = arguments.start(text)
        if isinstance(start, Path):
            file = start / "result.json" if start.is_dir() else start
            try:
                start = json.loads(file.read_text(encoding="utf-8"))["point"]
            except (OSError, ValueError, KeyError, TypeError) as error:
                expected = "values, or the result.json of a search of chips"
                problem = "not a place to start from"
                raise SpecError(problem, key_path="--start", got=text, expected=expected) from error
        found.append(dict(start))
    return found
