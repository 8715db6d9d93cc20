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
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bohwsw.atomicfile import append_line, atomic_write
from bohwsw.errors import ResultFolderError, SpecError
from bohwsw.study.folder_lock import FolderLock
from bohwsw.study.trial import Trial, trial_from_json

SETTINGS, TRIALS, RESULT = "settings.json", "trials.jsonl", "result.json"
OURS = (SETTINGS, TRIALS, "best.yaml", "baseline.yaml", "baseline-free.yaml", RESULT)

RESUMABLE = ("trials",)
"""Settings that may differ when a study is resumed."""


class ResultFolder:
    """A folder that holds one study, and that one process at a time works on.

    As a context manager it lets the folder go at the end.

    Args:
        path: the folder; made if it does not exist.
        settings: what the study was asked for; plain data.
        resume: go on with the study that is there.
        overwrite: throw away the study that is there.

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
    ) -> None:
        if resume and overwrite:
            raise SpecError(
                "a study cannot be resumed and thrown away", key_path="resume, overwrite"
            )
        self.path = path
        if resume and not (path / SETTINGS).exists():
            raise ResultFolderError(f"{path}: there is no study to resume")
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ResultFolderError(f"{path}: cannot be used: {error.strerror}") from error
        self._lock = FolderLock(path)
        try:
            self._begin(settings, resume, overwrite)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> ResultFolder:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the folder go."""
        self._lock.release()

    def _begin(self, settings: Mapping[str, Any], resume: bool, overwrite: bool) -> None:
        if overwrite and (self.path / SETTINGS).exists():
            self._clear()
        stored = self._stored_settings()
        strange = [name for name in OURS if (self.path / name).exists()]
        if stored is None and strange:
            raise ResultFolderError(f"{self.path}: holds {strange[0]}, but no study")
        if stored is None:
            self.write(SETTINGS, json.dumps(dict(settings), indent=2) + "\n")
        elif resume:
            self._compare(stored, settings)
        else:
            raise ResultFolderError(
                f"{self.path}: holds a study already; go on with it (--resume), throw it away "
                "(--overwrite) or choose another folder"
            )

    def trials(self) -> list[Trial]:
        """The finished trials; a last line that a kill cut short is dropped.

        Raises:
            ResultFolderError: any other line cannot be read.
        """
        file = self.path / TRIALS
        if not file.exists():
            return []
        try:
            whole = file.read_bytes()
            end = whole.rfind(b"\n") + 1
            if end < len(whole):
                with file.open("r+b") as stream:
                    stream.truncate(end)
        except OSError as error:
            raise ResultFolderError(f"{file}: cannot be read: {error.strerror}") from error
        trials = []
        for number, line in enumerate(whole[:end].splitlines(), start=1):
            try:
                trials.append(trial_from_json(json.loads(line)))
            except ValueError as error:
                raise ResultFolderError(f"{file}: line {number} is damaged") from error
        return trials

    def append(self, trial: Trial) -> None:
        """Store a finished trial; it is on the disk when this returns.

        Raises:
            ResultFolderError: it cannot be written.
        """
        append_line(self.path / TRIALS, json.dumps(trial.to_json()))

    def write(self, name: str, text: str) -> None:
        """Write a file of the folder, whole or not at all."""
        atomic_write(self.path / name, text)

    def write_result(self, result: Mapping[str, Any]) -> None:
        """Write the closing figures; their ``files`` are the designs that are written next.

        Design files of an earlier result are removed. The names are there before the files, so
        that no file of ours is ever without an entry.
        """
        self._remove_designs()
        self.write(RESULT, json.dumps(dict(result), indent=2) + "\n")

    def _remove_designs(self) -> None:
        """Remove the design files that the stored result names."""
        try:
            names = json.loads((self.path / RESULT).read_text(encoding="utf-8"))["files"]
        except (OSError, ValueError, KeyError, TypeError):
            return
        for name in names if isinstance(names, list) else ():
            if isinstance(name, str) and name == Path(name).name and name.endswith(".yaml"):
                _remove(self.path / name)

    def _stored_settings(self) -> dict[str, Any] | None:
        file = self.path / SETTINGS
        try:
            stored = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise ResultFolderError(f"{file}: cannot be read") from error
        if not isinstance(stored, dict):
            raise ResultFolderError(f"{file}: is not the settings of a study")
        return stored

    def _compare(self, stored: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
        for key, value in asked.items():
            if key not in RESUMABLE and key != "versions" and stored.get(key) != value:
                raise ResultFolderError(
                    f"{self.path}: the study there was run with {key} {stored.get(key)!r}, "
                    f"not {value!r}"
                )

    def _clear(self) -> None:
        """Remove an earlier study, and only what a study writes; last what says that it is one."""
        self._remove_designs()
        for name in reversed(OURS):
            _remove(self.path / name)


def _remove(file: Path) -> None:
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise ResultFolderError(f"{file}: cannot be removed: {error.strerror}") from error
