"""A storage of one's own: each study is one pickled file in a folder, replaced as a whole."""

import fcntl
import pickle
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, unquote

from bohwsw.study import MemoryStudy, Storage, StorageError


class FolderStorage(Storage):
    """Studies in a folder; processes of one machine may share it.

    Args:
        folder: where; it is made if there is none.
    """

    def __init__(self, folder):
        self.name = str(folder)
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)

    def studies(self):
        return [unquote(path.stem) for path in sorted(self.folder.glob("*.pickle"))]

    def create(self, study, definition):
        with self._locked(study):
            if not self._file(study).exists():
                self._write(study, MemoryStudy(definition))

    def delete(self, study):
        with self._locked(study):
            self._file(study).unlink(missing_ok=True)

    @contextmanager
    def transaction(self, study, *, writes):
        with self._locked(study):
            try:
                stored = pickle.loads(self._file(study).read_bytes())
            except FileNotFoundError:
                raise StorageError(f"{self.name}: there is no study {study!r}") from None
            stored.begin()
            yield stored
            if writes:
                self._write(study, stored)

    def close(self):
        """Nothing is held."""

    def _file(self, study):
        return self.folder / f"{quote(study, safe='')}.pickle"

    def _write(self, study, stored):
        new = self._file(study).with_suffix(".new")
        new.write_bytes(pickle.dumps(stored))
        new.replace(self._file(study))

    @contextmanager
    def _locked(self, study):
        with self._file(study).with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
