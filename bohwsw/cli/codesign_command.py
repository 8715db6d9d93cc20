"""What ``codesign`` does: search, store, show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bohwsw import api
from bohwsw.cli import arguments, console, places
from bohwsw.cli.progress import codesign_progress
from bohwsw.cli.result_views import result_views
from bohwsw.errors import unknown_name
from bohwsw.space import Value
from bohwsw.study import TRIALS, design_files
from bohwsw.workload import Network, load_model


def codesign_and_show(
    space: str,
    model: list[str],
    knobs: Mapping[str, Value],
    *,
    out: Path | None,
    workers: int,
    dask: str | None,
    json: bool,
    **options: Any,
) -> None:
    """Search for a machine, store what is found and print it.

    Knobs are set in each of the networks that have them; options are `api.codesign_network`'s.
    """
    models = arguments.weighted_models(model)
    folder = out or arguments.study_folder(space, models)
    try:
        with places.where(workers, dask) as where, codesign_progress() as progress:
            result = api.codesign_network(
                space, _at(models, knobs), where=where, out=folder, progress=progress, **options
            )
    except KeyboardInterrupt as stop:
        storage = options["storage"]
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


def _at(
    models: list[tuple[str, float]], knobs: Mapping[str, Value]
) -> Sequence[tuple[str | Network, float]]:
    """The models where their knobs are set, with their weights."""
    if not knobs:
        return models
    files = [load_model(name) for name, _ in models]
    known = {knob for file in files for knob in file.spec.knobs}
    for knob in knobs:
        if knob not in known:
            raise unknown_name("knob of the models", knob, sorted(known))
    networks: list[tuple[str | Network, float]] = []
    for file, (_, weight) in zip(files, models, strict=True):
        own = {knob: value for knob, value in knobs.items() if knob in file.spec.knobs}
        networks.append((file.network(file.with_point(own)), weight))
    return networks
