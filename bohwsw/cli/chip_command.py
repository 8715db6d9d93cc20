"""What ``codesign`` does with a chip file: search chips of several cores, store, show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bohwsw.api import threads_of
from bohwsw.atomicfile import atomic_write
from bohwsw.chips import codesign_chip, load_chip_space
from bohwsw.cli import arguments, console
from bohwsw.cli.models import networks_at
from bohwsw.cli.schedule_command import show_schedule
from bohwsw.codesign import save_design
from bohwsw.errors import SpecError
from bohwsw.yamlfile import read_yaml

DEFAULTS = {"workers": 1, "method": "joint", "recipe": "best", "headroom": 0.0}
REFUSED = (
    *("accuracy", "accuracy_option", "measurements", "start", "constraint", "set_", "each"),
    *("dask", "final_seconds", "storage", "study", "resume", "overwrite", *DEFAULTS),
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
    models = arguments.weighted_models(given["model"] or ["resnet18"])
    folder = given["out"] or arguments.study_folder(given["space"], models)
    knobs, sizes = (arguments.assignments(given[key] or [], f"--{key}") for key in ("knob", "bind"))
    chips = load_chip_space(given["space"])
    numbers = {key: given[key] for key in ("trials", "evaluations") if given[key] is not None}
    if given["strategy"] is not None:
        numbers["strategy_name"] = given["strategy"]
    result = codesign_chip(
        chips,
        networks_at(models, knobs, sizes),
        objective=given["objective"] or "edp",
        limits=arguments.limits(given["limit"] or []),  # type: ignore[arg-type]
        seed=given["seed"],
        threads=threads_of(given["threads"]),
        progress=lambda done, of, best: console.say(f"{done} of {of} chips, best {best:.4g}"),
        **numbers,
    )
    data = result.to_data()
    folder.mkdir(parents=True, exist_ok=True)
    atomic_write(folder / "result.json", json.dumps(data, indent=2) + "\n")
    technology = next(iter(chips.templates.values())).spec.technology
    save_design(result.best, folder / "best.yaml", space="", technology=technology)
    if given["json"]:
        console.print_json(data)
        return
    show_schedule(result.best, result.found, False)
    used = ", ".join(chips.described(result.point))
    console.show([f"cores: {used}", f"result: {folder / 'best.yaml'} (all of it in {folder})"])
