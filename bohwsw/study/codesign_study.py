"""A co-design study: a search among machines, and at its end the best ones mapped with care."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypedDict, Unpack

from bohwsw.certificate import least_for_networks, require_boundable
from bohwsw.checks import require_limits
from bohwsw.codesign import CodesignProblem
from bohwsw.errors import ResultFolderError, SpecError
from bohwsw.provenance import versions
from bohwsw.space import Point
from bohwsw.study.codesign_result import CodesignResult
from bohwsw.study.codesign_search import HERE, CodesignSearch, Where
from bohwsw.study.final_mapping import map_finally, with_met
from bohwsw.study.memory_storage import MemoryStorage
from bohwsw.study.result_folder import (
    FOLDER_STUDY,
    ResultFolder,
    require_one,
    require_same,
    store_result,
)
from bohwsw.study.search_progress import or_in_notebook
from bohwsw.study.steered_search import SteeredSearch
from bohwsw.study.storage import StoredStudy
from bohwsw.study.storage_config import StorageConfig, StoragePlace, open_storage, storage_config
from bohwsw.study.trial import Progress


class Running(TypedDict, total=False):
    """How a co-design study runs and where it is stored: options of ``codesign_network``."""

    where: Where
    """Where machines are evaluated, and how many at a time."""
    out: str | Path | None
    """Folder for the results, and the trials if there is no ``storage``; nowhere if absent."""
    storage: StoragePlace | None
    """Where trials are stored, for processes that share a study: a path or a URL, see
    ``bohwsw.study.open_storage``."""
    study: str | None
    """Its name in ``storage``; that of space and models if absent."""
    resume: bool
    """Go on with the study in ``out`` or ``storage``."""
    overwrite: bool
    """Throw away the study in ``out`` or ``storage``."""
    final_seconds: float | None
    """Time for mapping the best machines and the baseline again at the end, all of them together;
    if absent, the recipe's for each network on each machine (10 s), or until it is proven near its
    optimum. A recipe without a gap for that takes no notice."""
    headroom_seconds: float
    """At the end bound what any machine of the space could reach, for about this time; of one
    objective, not the area."""
    steered: bool
    """Leave out machines of which it is proven that they cannot be the best, see
    ``SteeredSearch``; of one network."""
    progress: Progress | None
    """Called as the work goes on, see ``Progress``; in notebooks bars if absent."""


def check_running(running: Running) -> dict[str, Any]:
    """The options as `run_codesign` takes them; refuses some that do not go together.

    Raises:
        SpecError: a time is none, there is nothing to resume, or a name without a storage.
    """
    if (final_seconds := running.get("final_seconds")) is not None:
        require_limits(final_seconds=final_seconds)
    nowhere = running.get("out") is None and running.get("storage") is None
    if nowhere and (running.get("resume") or running.get("overwrite")):
        raise SpecError("resume and overwrite need a folder", expected="out, or storage")
    if running.get("study") is not None and running.get("storage") is None:
        got, expected = running.get("study"), "--storage"
        raise SpecError("a name without a storage", key_path="study", got=got, expected=expected)
    options: dict[str, Any] = dict(running)
    out = options.pop("out", None)
    return {**options, "folder": None if out is None else Path(out)}


def require_no_bound(running: Running, what: str) -> None:
    """Refuse options that need a bound over all machines, where none is known."""
    for key in ("headroom_seconds", "steered"):
        if running.get(key):
            raise SpecError(f"no bound is known on {what}", key_path=key)


Results = Callable[[], AbstractContextManager[ResultFolder | None]]
"""Opens the folder that the result is written to; gives None if there is none."""

Opened = tuple[StoredStudy, StorageConfig, Results]


def run_codesign(
    problem: CodesignProblem,
    *,
    search_by: Callable[..., CodesignSearch] = CodesignSearch,
    folder: Path | None = None,
    **running: Unpack[Running],
) -> CodesignResult:
    """Search a hardware space; map the best machines and the baseline again at the end.

    Any number of processes may work on a study in a storage: those that are started later go on
    with it.

    Args:
        problem: space, networks, objectives, and the recipe of the search.
        search_by: makes the search, as `CodesignSearch` does.
        folder: for the results; `Running` says how it runs and where else it is stored.

    Raises:
        NoValidMappingError: no machine tried can run the networks.
        FailureRateError: the evaluation of every machine fails.
        ResultFolderError: the folder cannot be used, or another process works on its study.
        StorageError: the storage cannot be used.
        SpecError: the space has no parameters, an option is not valid, or the strategy or the
            headroom does not know several objectives.
    """
    headroom_seconds, progress = running.get("headroom_seconds", 0.0), running.get("progress")
    if headroom_seconds > 0.0:
        require_boundable(problem.hardware_space, problem.objectives)
    problem.searcher()  # raises where there is nothing to search, before anything is stored
    progress = or_in_notebook(progress)
    if running.get("steered"):
        search_by = SteeredSearch
    with _opened(problem, folder, running) as (stored, config, results):
        search = search_by(problem, stored, config, progress)
        done, seconds = search.run(running.get("where", HERE)), running.get("final_seconds")
        result = map_finally(search, done, folder, progress, seconds)
        _write(problem, result, results)
        if headroom_seconds > 0.0:
            bounded, met = _with_headroom(problem, result, headroom_seconds, progress)
            result = with_met(search, running.get("where", HERE), bounded, met) if met else bounded
            _write(problem, result, results)
    return result


@contextmanager
def _opened(problem: CodesignProblem, folder: Path | None, running: Running) -> Iterator[Opened]:
    """The study to work on, and how its results are written: in a folder, a storage or memory.

    In a storage other processes may work on it, too.
    """
    settings, config = settings_of(problem), storage_config(running.get("storage"))
    resume, overwrite = running.get("resume", False), running.get("overwrite", False)
    if running.get("storage") is None and folder is None:
        yield StoredStudy(MemoryStorage(), FOLDER_STUDY, settings), config, nullcontext
        return
    if running.get("storage") is None:
        assert folder is not None
        with ResultFolder(folder, settings, resume=resume, overwrite=overwrite) as opened:
            yield opened.study, config, lambda: nullcontext(opened)
        return
    require_one(resume, overwrite)
    storage, name = open_storage(config.url), running.get("study") or problem.name
    settings["stored_in"] = f"{storage.name}, study {name}"
    results: Results = nullcontext
    try:
        if overwrite:
            storage.delete(name)
        elif resume and name not in storage.studies():
            raise ResultFolderError(f"{storage.name}: there is no study {name!r} to resume")
        stored = StoredStudy(storage, name, settings)
        require_same(storage.name, stored.definition, settings)
        if folder is not None:
            results = partial(ResultFolder, folder, settings, shared=True)
            ResultFolder(folder, settings, shared=True, overwrite=overwrite).close()
        yield stored, config, results
    finally:
        if storage is not config.url:
            storage.close()


def _write(problem: CodesignProblem, result: CodesignResult, results: Results) -> None:
    with results() as folder:
        if folder is not None:
            store_result(result, problem, folder)


def _with_headroom(
    problem: CodesignProblem, result: CodesignResult, seconds: float, progress: Progress | None
) -> tuple[CodesignResult, list[Point]]:
    """The result with its bound, and machines that may be better."""
    report = progress or (lambda *_: None)
    report("headroom", 0, 100, None)
    met: list[Point] = []
    bound = least_for_networks(
        problem.hardware_space,
        problem.networks,
        objective=problem.mapped_for,
        seconds=seconds,
        reached=[design.objective(problem.mapped_for) for design in result.best.each()],
        report=lambda share: report("headroom", round(100 * share), 100, None),
        met=met.append,
    )
    report("headroom", 100, 100, None)
    return replace(result, space_bound=bound), met


def settings_of(problem: CodesignProblem) -> dict[str, Any]:
    """What a stored study of a problem was asked for."""
    return {**problem.settings(), "versions": versions()}
