"""What ``codesign`` does: search, store, show."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bohwsw import api
from bohwsw.cli import arguments, console, places
from bohwsw.cli.models import Bindings, networks_at
from bohwsw.cli.progress import codesign_progress
from bohwsw.cli.result_views import result_views
from bohwsw.space import Value
from bohwsw.study import TRIALS, design_files


def codesign_and_show(
    space: str,
    model: list[str],
    knobs: Mapping[str, Value],
    bindings: Bindings,
    *,
    out: Path | None,
    workers: int,
    dask: str | None,
    json: bool,
    **options: Any,
) -> None:
    """Search for a machine, store what is found and print it.

    Knobs and sizes are set in each of the networks that have them; options are those of
    `api.codesign_network`.
    """
    models = arguments.weighted_models(model)
    folder = out or arguments.study_folder(space, models)
    try:
        with places.where(workers, dask) as where, codesign_progress() as progress:
            result = api.codesign_network(
                space,
                networks_at(models, knobs, bindings),
                where=where,
                out=folder,
                progress=progress,
                **options,
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
