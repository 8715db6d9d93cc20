"""Studies in a journal: a file to which a line of JSON is added for all that is written.

A line is a definition or a trial, as it is from then on; several that belong together are a list.
Any number of processes of one machine may use a journal: who writes has its lock. What a kill has
left of a line is cut off by the next who writes.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from bohwsw.atomicfile import append_line
from bohwsw.errors import ResultFolderError, SpecError
from bohwsw.folder_lock import suppress_missing_locks
from bohwsw.study.memory_storage import MemoryStorage, MemoryStudy
from bohwsw.study.storage import StorageError
from bohwsw.study.trial import Trial, trial_from_json

SUFFIXES = (".jsonl", ".journal")
"""What the names of journals end in."""


class JournalError(StorageError, ResultFolderError):
    """A journal cannot be read or written."""


class JournalStorage(MemoryStorage):
    """Studies in a journal, a file that is made when something is written."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.name = str(path)
        self._path = path
        self._offset, self._lines, self._inode = 0, 0, -1
        self._has_torn_line = False
        self._forget()
        self._refresh()

    def studies(self) -> list[str]:
        with self._turn:
            self._refresh()
            return super().studies()

    def create(self, study: str, definition: Mapping[str, Any]) -> None:
        with self._turn, self._locked():
            if study not in self._studies:
                self._append([{"study": study, "definition": dict(definition)}])

    def delete(self, study: str) -> None:
        with self._turn, self._locked():
            if study in self._studies:
                self._append([{"study": study, "definition": None}])

    @contextmanager
    def transaction(self, study: str, *, writes: bool) -> Iterator[MemoryStudy]:
        if not writes:
            with self._turn:
                self._refresh()
                yield self._existing(study)
            return
        with self._turn, self._locked(), super().transaction(study, writes=True) as stored:
            yield stored
            records = [self._record(study, trial) for trial in stored.changed_trials()]
            if stored.is_redefined:
                records.insert(0, {"study": study, "definition": stored.definition()})
            self._write([record for record in records if record is not None])

    def _record(self, study: str, trial: Trial) -> dict[str, Any] | None:
        """What is written of a trial that has changed; None: nothing."""
        return {"study": study, **trial.to_json(), "finish_order": trial.finish_order}

    def _study_of(self, record: Mapping[str, Any]) -> str:
        return str(record["study"])

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """While nobody else writes; everything that others have written is known then."""
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
        except OSError as error:
            raise JournalError(f"{self.name}: cannot be written: {error.strerror}") from error
        try:
            with suppress_missing_locks():
                fcntl.flock(file, fcntl.LOCK_EX)
            self._refresh()
            yield
        finally:
            os.close(file)

    def _append(self, records: list[dict[str, Any]]) -> None:
        self._write(records)
        for record in records:
            self._apply(record)

    def _write(self, records: list[dict[str, Any]]) -> None:
        """Add a line; whoever reads it knows all of the records, or none."""
        if not records:
            return
        line = json.dumps(records[0] if len(records) == 1 else records)
        try:
            if self._has_torn_line:
                os.truncate(self._path, self._offset)
                self._has_torn_line = False
            append_line(self._path, line)
        except OSError as error:
            raise JournalError(f"{self.name}: cannot be written: {error.strerror}") from error
        except ResultFolderError as error:
            raise JournalError(str(error)) from error
        status = self._path.stat()  # the file may be new: what runs is not in it and is kept
        self._offset, self._inode = status.st_size, status.st_ino
        self._lines += 1

    def _forget(self) -> None:
        """Know nothing of the file."""
        self._studies.clear()
        self._offset, self._lines, self._inode = 0, 0, -1

    def _refresh(self) -> None:
        """Take note of the lines that were added since."""
        try:
            with self._path.open("rb") as stream:
                status = os.fstat(stream.fileno())
                is_other = self._offset > 0 and status.st_ino != self._inode
                if is_other or status.st_size < self._offset:
                    self._forget()
                self._inode = status.st_ino
                stream.seek(self._offset)
                added = stream.read()
        except FileNotFoundError:
            if self._offset:
                self._forget()
            return
        except OSError as error:
            raise JournalError(f"{self.name}: cannot be read: {error.strerror}") from error
        end = added.rfind(b"\n") + 1
        self._has_torn_line = end < len(added)
        for line in added[:end].split(b"\n")[:-1]:
            self._lines += 1
            try:
                found = json.loads(line)
                for record in found if isinstance(found, list) else [found]:
                    self._apply(record)
            except (ValueError, KeyError, TypeError, SpecError) as error:
                number = self._lines
                self._forget()
                raise JournalError(f"{self.name}: line {number} is damaged") from error
        self._offset += end

    def _apply(self, record: Mapping[str, Any]) -> None:
        """Take note of what a line says."""
        name = self._study_of(record)
        if "definition" in record:
            definition = record["definition"]
            if definition is None:
                del self._studies[name]
            else:
                self._studies[name] = MemoryStudy(definition)
            return
        stored, trial = self._studies[name], trial_from_json(record)
        if trial.outcome is not None:
            order = int(record.get("finish_order", stored.last_finish_order() + 1))
            trial = replace(trial, finish_order=order)
        stored.load(trial)
