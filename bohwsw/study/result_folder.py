"""The folder of a study: settings, one line a finished trial, the best design.

settings.json   what was asked for, seed and versions
trials.jsonl    appended and flushed to disk when a trial ends, so that a kill loses none
best.yaml       the best design, loadable by ``bohwsw evaluate``
baseline.yaml   the baseline's design
result.json     the closing figures, and the names of the design files
.lock           while a process works on the study: which one, and since when

Of several networks each has a file, best-NETWORK.yaml and so on; of several objectives the designs
of the Pareto front are front-1.yaml and so on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from bohwsw.atomicfile import atomic_write
from bohwsw.codesign import CodesignProblem, Design, Rejection, save_design
from bohwsw.errors import ResultFolderError, SpecError
from bohwsw.folder_lock import FolderLock
from bohwsw.space import Point, Value
from bohwsw.study.codesign_result import CodesignResult
from bohwsw.study.journal_storage import JournalStorage
from bohwsw.study.memory_storage import MemoryStudy
from bohwsw.study.storage import StoredStudy
from bohwsw.study.trial import Trial

SETTINGS, TRIALS, RESULT = "settings.json", "trials.jsonl", "result.json"
OURS = (SETTINGS, TRIALS, "best.yaml", "baseline.yaml", "baseline-free.yaml", RESULT)

MAY_DIFFER = ("trials", "versions", "measurements")
"""Settings that may be others when a study is resumed."""

SHARED_SECONDS = 60.0
"""How long one process waits for another that writes the result of the same study."""

_ODD = re.compile(r"[^A-Za-z0-9_.-]+")

FOLDER_STUDY = "study"
"""The name of the only study in a folder."""


class ResultFolder(AbstractContextManager["ResultFolder"]):
    """A folder that holds one study, and that one process at a time works on; a context manager.

    Args:
        path: the folder; made if it does not exist.
        settings: what the study was asked for; plain data.
        resume: go on with the study that is there.
        overwrite: throw away the study that is there.
        shared: its trials are stored elsewhere, and other processes may write its result, too:
            wait for them, and go on with the study that is there.

    Raises:
        ResultFolderError: the folder holds a study and neither ``resume`` nor ``overwrite`` is
            given; there is none to resume, or one with other settings; another process works on it;
            something that is not ours is in the way; the folder cannot be written.
        SpecError: both ``resume`` and ``overwrite`` are given.
    """

    def __init__(
        self,
        path: Path,
        settings: Mapping[str, Any],
        *,
        resume: bool = False,
        overwrite: bool = False,
        shared: bool = False,
    ) -> None:
        require_one(resume, overwrite)
        self.path = path
        self._settings = dict(settings)
        if resume and not (path / SETTINGS).exists():
            raise ResultFolderError(f"{path}: there is no study to resume")
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ResultFolderError(f"{path}: cannot be used: {error.strerror}") from error
        self._lock = FolderLock(path, SHARED_SECONDS if shared else 0.0)
        try:
            self._begin(resume or shared, overwrite)
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the folder go."""
        self._lock.release()

    def _begin(self, resume: bool, overwrite: bool) -> None:
        if overwrite and (self.path / SETTINGS).exists():
            self._remove_designs()
            for name in reversed(OURS):  # last what says that it is a study
                _remove(self.path / name)
        stored = _settings_in(self.path / SETTINGS)
        strange = [name for name in OURS if (self.path / name).exists()]
        if stored is None and strange:
            raise ResultFolderError(f"{self.path}: holds {strange[0]}, but no study")
        if stored is None:
            atomic_write(self.path / SETTINGS, json.dumps(self._settings, indent=2) + "\n")
        elif resume:
            require_same(str(self.path), stored, self._settings)
        else:
            raise ResultFolderError(
                f"{self.path}: holds a study already; go on with it (--resume), throw it away "
                "(--overwrite) or choose another folder"
            )

    @cached_property
    def study(self) -> StoredStudy:
        """The study in the folder."""
        storage = TrialsFile(self.path / TRIALS, self._settings)
        return StoredStudy(storage, FOLDER_STUDY, self._settings)

    def write_result(self, result: Mapping[str, Any]) -> None:
        """Write the closing figures; their ``files`` are the designs that are written next.

        Those of an earlier result go first: no file of ours is ever without an entry.
        """
        self._remove_designs()
        atomic_write(self.path / RESULT, json.dumps(dict(result), indent=2) + "\n")

    def _remove_designs(self) -> None:
        """Remove the design files that the stored result names."""
        try:
            names = json.loads((self.path / RESULT).read_text(encoding="utf-8"))["files"]
        except (OSError, ValueError, KeyError, TypeError):
            return
        for name in names if isinstance(names, list) else ():
            if isinstance(name, str) and name == Path(name).name and name.endswith(".yaml"):
                _remove(self.path / name)


class TrialsFile(JournalStorage):
    """The journal of a folder's one study, which nobody else writes while the folder is locked.

    It has a line a trial that has ended; those that run are known to this process alone.
    """

    def __init__(self, path: Path, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        super().__init__(path)

    def _forget(self) -> None:
        super()._forget()
        self._studies[FOLDER_STUDY] = MemoryStudy(self._settings)

    def _record(self, study: str, trial: Trial) -> dict[str, Any] | None:
        return None if trial.outcome is None else trial.to_json()

    def _study_of(self, record: Mapping[str, Any]) -> str:
        return FOLDER_STUDY

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._refresh()
        yield


def stored_in_folder(path: Path) -> tuple[dict[str, Any] | None, list[Trial]]:
    """The settings of the study in a folder, None if there is none, and its trials that ended."""
    settings = _settings_in(path / SETTINGS)
    if settings is None or not (path / TRIALS).exists():
        return settings, []
    return settings, StoredStudy(
        TrialsFile(path / TRIALS, settings), FOLDER_STUDY, settings
    ).trials()


def require_one(resume: bool, overwrite: bool) -> None:
    """Refuse to go on with a study and to throw it away at once."""
    if resume and overwrite:
        raise SpecError("a study cannot be resumed and thrown away", key_path="resume, overwrite")


def require_same(place: str, stored: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
    """Refuse to go on with a study that was asked for something else, or by another version so."""
    for key, value in json.loads(json.dumps(dict(asked))).items():
        if key in MAY_DIFFER or stored.get(key) == value:
            continue
        theirs, ours = (settings.get("versions") or {} for settings in (stored, asked))
        by = ""
        if any(theirs.get(name) != ours.get(name) for name in ("bohwsw", "commit")):
            theirs = f"{theirs.get('bohwsw')} ({theirs.get('commit')})"
            by = f"; it was begun by bohwsw {theirs}, this is {ours.get('bohwsw')}"
        raise ResultFolderError(
            f"{place}: the study there was run with {key} {stored.get(key)!r}, not {value!r}{by}"
        )
    if stored.get("stored_in") != asked.get("stored_in"):
        raise ResultFolderError(
            f"{place}: the trials of the study there are in {stored.get('stored_in', TRIALS)}: "
            "say so with --storage and --study, or choose another folder"
        )


def _settings_in(file: Path) -> dict[str, Any] | None:
    try:
        stored = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise ResultFolderError(f"{file}: cannot be read") from error
    if not isinstance(stored, dict):
        raise ResultFolderError(f"{file}: is not the settings of a study")
    return stored


def _remove(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise ResultFolderError(f"{file}: cannot be removed: {error.strerror}") from error


Start = str | Path | Mapping[str, Value]
"""Values by name, or a result: its file, or the folder that it is in."""


def starting_points(point_of: Callable[[Mapping[str, Value]], Point], start: Start) -> list[Point]:
    """Points to start from: values that differ from the default, or the designs of a result.

    Args:
        point_of: the whole point of a space from what differs from its default.
        start: knobs and parameters by name; or a ``result.json``, or the folder that it is in.

    Raises:
        SpecError: the file holds no result, or a point is not in the space.
    """
    if isinstance(start, Mapping):
        return [point_of(start)]
    file = Path(start)
    file = file / RESULT if file.is_dir() else file
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        designs = data["front"] if "front" in data else [data["best"]]
        # the point of a chip of several cores has the knobs of its networks in it
        own = [{} if "schedule" in entry else entry.get("knobs", {}) for entry in designs]
        points = [{**knobs, **entry["point"]} for knobs, entry in zip(own, designs, strict=True)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SpecError(
            "not the result of a search",
            file=str(file),
            key_path="start",
            got=f"{type(error).__name__}: {error}",
            expected="a result.json, or the folder of a study that has ended",
        ) from error
    return [point_of(point) for point in points]


def design_files(result: CodesignResult) -> dict[str, dict[str, Design]]:
    """Names of the files of each design, with what stands in them.

    ``best`` or, with several objectives, ``front-1`` and so on; ``baseline``; ``baseline-free``.
    Several networks have a file each, its name ending in theirs.
    """
    found: dict[str, Design | Rejection | None] = {"best": result.best}
    if len(result.objectives) > 1:
        found = {f"front-{number}": x for number, x in enumerate(result.designs, start=1)}
    found |= {"baseline": result.baseline, "baseline-free": result.baseline_free}
    taken: set[str] = set()
    return {
        name: _files(name, design, taken)
        for name, design in found.items()
        if isinstance(design, Design)
    }


def store_result(result: CodesignResult, problem: CodesignProblem, store: ResultFolder) -> None:
    """Write the closing figures, without trials and layers, and every design."""
    files = design_files(result)
    figures = result.to_data()
    del figures["trials"], figures["folder"]
    figures["baseline-free"] = figures.pop("baseline_free")
    for key in ("best", "baseline", "baseline-free"):
        if figures.get(key):
            figures[key] = _without_layers(figures[key])
    if "front" in figures:
        figures["front"] = [
            {**_without_layers(entry), "files": list(files[f"front-{number}"])}
            for number, entry in enumerate(figures["front"], start=1)
        ]
    for key in ("space_bound", "headroom", "met_by_certificate", "baseline", "baseline-free"):
        if figures.get(key, 0) is None:
            del figures[key]
    every = {file: design for designs in files.values() for file, design in designs.items()}
    store.write_result({**figures, "files": list(every)})
    for file, design in every.items():
        name, technology = problem.hardware_space.name, problem.technology
        save_design(design, store.path / file, space=name, technology=technology)


def _without_layers(design: dict[str, Any]) -> dict[str, Any]:
    short = {key: value for key, value in design.items() if key not in ("layers", "unmapped")}
    if "networks" in short:
        short["networks"] = {
            name: _without_layers(network) for name, network in short["networks"].items()
        }
    return short


def _files(name: str, design: Design, taken: set[str]) -> dict[str, Design]:
    """A file name for each network of a design; none that is taken, nor two that differ by case."""
    files = {}
    for one in design.each():
        stem = name
        if len(design.each()) > 1:
            stem = f"{name}-{_ODD.sub('-', one.network)}"
        number, free = 2, stem
        while free.lower() in taken:
            number, free = number + 1, f"{stem}-{number}"
        taken.add(free.lower())
        files[f"{free}.yaml"] = one
    return files
