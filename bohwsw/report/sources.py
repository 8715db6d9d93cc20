"""Reads what a report is about: a folder of ``codesign``, a design file, a study in a storage."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bohwsw.codesign import Design, load_design
from bohwsw.errors import SpecError, unknown_name
from bohwsw.study import (
    RESULT,
    StorageConfig,
    StoragePlace,
    Trial,
    open_storage,
    stored_in_folder,
)

REFERENCES = ("baseline", "baseline-free")
"""Names of the designs that found ones are compared with."""


@dataclass(frozen=True)
class Source:
    """What is stored of a result.

    Attributes:
        name: of the folder, the file or the study.
        settings: what was asked for; empty for a design file.
        result: the closing figures; empty where there are none, or none yet.
        trials: all trials, by number.
        designs: those that were found, by name, the best first.
        references: those to compare with, by name.
        in_storage: whether it is a study in a storage, which holds trials and no designs.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)
    trials: Sequence[Trial] = ()
    designs: Mapping[str, Design] = field(default_factory=dict)
    references: Mapping[str, Design] = field(default_factory=dict)
    in_storage: bool = False

    @property
    def asked(self) -> int | None:
        """How many trials there are to be; None if nobody said."""
        asked = self.settings.get("trials")
        return asked if isinstance(asked, int) else None

    @property
    def is_running(self) -> bool:
        """Whether more is to come: of a folder the closing figures, of a storage trials."""
        if self.result or not self.settings:
            return False
        ended = sum(trial.outcome is not None for trial in self.trials)
        is_short = self.asked is not None and ended < self.asked
        return not self.in_storage or is_short or ended < len(self.trials)


def read_source(result: Path) -> Source:
    """A folder that ``codesign`` writes or has written, or a design file.

    Raises:
        SpecError: there is none, or a file of it is not valid.
        ResultFolderError: a file cannot be read.
    """
    if not result.is_dir():
        design = load_design(result)
        return Source(result.stem, designs={result.stem: design})
    settings, trials = stored_in_folder(result)
    closing = _closing(result / RESULT)
    if settings is None and not closing:
        expected = "a folder of codesign, or a design file"
        raise SpecError("no result is there", file=str(result), expected=expected)
    found, references = _designs(result, closing, dict((settings or {}).get("networks", ())))
    return Source(result.name, settings or {}, closing, trials, found, references)


def read_stored(storage: StoragePlace, study: str | None) -> Source:
    """A study in a storage; its name may be left out if it is the only one.

    Raises:
        SpecError: there is no such study.
        StorageError: the storage cannot be read.
    """
    place = storage.url if isinstance(storage, StorageConfig) else storage
    is_file = isinstance(place, Path) or (isinstance(place, str) and "://" not in place)
    if is_file and not Path(str(place)).exists():  # it would be made
        raise SpecError("there is no such storage", file=str(place))
    opened = open_storage(place)
    try:
        names = opened.studies()
        if study is None and len(names) != 1:
            raise SpecError("which study is meant?", key_path="study", expected=", ".join(names))
        name = names[0] if study is None else study
        if name not in names:
            raise unknown_name("study", name, names)
        with opened.transaction(name, writes=False) as stored:
            return Source(name, stored.definition(), trials=stored.trials(), in_storage=True)
    finally:
        if opened is not place:
            opened.close()


def _closing(file: Path) -> dict[str, Any]:
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise SpecError("the closing figures cannot be read", file=str(file)) from error
    if not isinstance(data, dict):
        raise SpecError("these are no closing figures", file=str(file), expected="an object")
    return data


def _designs(
    folder: Path, closing: Mapping[str, Any], weights: Mapping[str, float]
) -> tuple[dict[str, Design], ...]:
    """Found designs and references; files of the networks of one design belong together."""
    found: dict[str, Design] = {}
    references: dict[str, Design] = {}
    for file in [f for f in closing.get("files", ["best.yaml"]) if (folder / f).exists()]:
        name = _design_name(file)
        into = references if name in REFERENCES else found
        design = load_design(folder / file)
        before = into.get(name)
        networks = design.networks if before is None else (*before.networks, *design.networks)
        into[name] = replace(design, networks=networks)
    return tuple(
        {n: _weighted(x, weights) for n, x in each.items()} for each in (found, references)
    )


def _design_name(file: str) -> str:
    """What a file of a design belongs to: ``best-dqn.yaml`` to ``best``."""
    stem = Path(file).stem
    for name in (*reversed(REFERENCES), "best"):
        if stem == name or stem.startswith(f"{name}-"):
            return name
    parts = stem.split("-")
    return "-".join(parts[:2]) if parts[0] == "front" else stem


def _weighted(design: Design, weights: Mapping[str, float]) -> Design:
    if len(design.networks) == 1 or design.schedule is not None:
        return design
    share = 1.0 / len(design.networks)
    networks = tuple(replace(x, weight=weights.get(x.name, share)) for x in design.networks)
    return replace(design, networks=networks)
