"""A co-design study: hardware outside, mappings inside, trials stored as they end."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bohwsw.codesign.design import Design
from bohwsw.codesign.design_file import save_design
from bohwsw.codesign.hardware_space import Hardware, HardwareSpace
from bohwsw.codesign.problem import CodesignProblem, Rejection
from bohwsw.errors import NoValidMappingError, SpecError
from bohwsw.space import Point
from bohwsw.strategies import Outcome, SpaceExhaustedError, Strategy, TrialState, strategy
from bohwsw.study.provenance import versions
from bohwsw.study.result_folder import ResultFolder
from bohwsw.study.trial import Trial

FINALISTS = 3
"""Best machines of the search that are mapped again at the end."""

Progress = Callable[[str, int, int, Trial | None], None]
"""Called with a phase, how much of it is done, how much there is, and the trial just ended."""


@dataclass(frozen=True)
class CodesignResult:
    """What a co-design study found.

    Every design here was mapped in the same way, with the same budget.

    Attributes:
        best: the best design.
        baseline: the baseline with its own dataflow, if it has one, else with the space's.
        baseline_free: the baseline with the space's dataflow; None if that is ``baseline``.
        trials: all trials in order.
        objective: what was minimised.
        folder: where the study is stored.
    """

    best: Design
    baseline: Design | Rejection
    baseline_free: Design | Rejection | None
    trials: tuple[Trial, ...]
    objective: str
    folder: Path | None

    def improvement_over(self, other: Design | Rejection | None) -> float | None:
        """Share by which the best design is below a baseline; None if unknown."""
        if not isinstance(other, Design):
            return None
        return 1.0 - self.best.objective(self.objective) / other.objective(self.objective)

    @property
    def improvement(self) -> float | None:
        """``improvement_over`` the baseline."""
        return self.improvement_over(self.baseline)


def run_codesign(
    problem: CodesignProblem,
    *,
    folder: Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> CodesignResult:
    """Search a hardware space; map the best machines and the baseline again at the end.

    Args:
        problem: space, network, and the recipe of the search.
        folder: where to store the study; nowhere if absent.
        resume: go on with the study in the folder.
        overwrite: throw away a study in the folder.
        progress: called as the work goes on.

    Raises:
        NoValidMappingError: no machine tried can run the network.
        ResultFolderError: the folder cannot be used.
        SpecError: the space has no parameters, or an option is not valid.
    """
    hardware_space, recipe = problem.hardware_space, problem.recipe
    space = hardware_space.search_space(with_features=recipe.features)
    if space is None:
        raise SpecError(
            f"space {hardware_space.name!r} has no parameters to search",
            file=hardware_space.file,
            key_path="parameters",
            expected="at least one parameter; bohwsw map takes a machine as it is",
        )
    options = dict(recipe.options)
    if recipe.baseline_first:
        options["first"] = [hardware_space.spec.baseline.point]
    searcher = strategy(recipe.strategy, space, problem.seed, **options)
    store = None
    if folder is not None:
        store = ResultFolder(folder, _settings(problem), resume=resume, overwrite=overwrite)
    done = store.trials() if store is not None else []
    _search(problem, searcher, done, store, progress)
    result = _finish(problem, done, folder, progress)
    if store is not None:
        _save(result, hardware_space, store)
    return result


def _search(
    problem: CodesignProblem,
    searcher: Strategy,
    done: list[Trial],
    store: ResultFolder | None,
    progress: Progress | None,
) -> None:
    """Ask, evaluate, store, tell, until there are as many trials as wanted."""
    trials = problem.recipe.trials
    for trial in done:
        searcher.tell(trial.point, trial.outcome)
    while len(done) < trials:
        if progress is not None:
            progress("search", len(done), trials, done[-1] if done else None)
        try:
            point = searcher.ask()[0]
        except SpaceExhaustedError:
            break
        trial = _run_trial(problem, len(done), point)
        if store is not None:
            store.append(trial)
        searcher.tell(point, trial.outcome)
        done.append(trial)
    if progress is not None:
        progress("search", len(done), len(done), done[-1] if done else None)


def _run_trial(problem: CodesignProblem, number: int, point: Point) -> Trial:
    """Evaluate a point; whatever goes wrong is the trial's state, never an exception."""
    began = time.perf_counter()
    trial = Trial(number, point, Outcome(TrialState.FAILED, reason="not run"))
    try:
        outcome, found = problem.evaluate(point)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        trial = replace(trial, outcome=Outcome(TrialState.FAILED, reason=reason))
    else:
        if isinstance(found, Design):
            metrics = {**design_metrics(found), "evaluations": float(found.evaluations)}
            trial = replace(trial, outcome=outcome, metrics=metrics)
        else:
            trial = replace(trial, outcome=outcome, details=_details(found))
    return replace(trial, seconds=time.perf_counter() - began)


def design_metrics(design: Design) -> dict[str, float | None]:
    """The figures of a whole design, units in the names."""
    return {
        "edp_pj_cycles": design.edp_pj_cycles,
        "energy_pj": design.energy_pj,
        "latency_cycles": design.latency_cycles,
        "area_mm2": design.area_mm2,
    }


def _details(rejection: Rejection) -> tuple[Dictionary[str, Any], ...]:
    return tuple(
        {
            "layer": rejection.layer,
            "constraint": v.constraint,
            "level": v.level,
            "data_space": v.data_space,
            "value": v.value,
            "limit": v.limit,
            "ratio": v.ratio,
        }
        for v in rejection.violations
    )


def _finish(
    problem: CodesignProblem,
    done: list[Trial],
    folder: Path | None,
    progress: Progress | None,
) -> CodesignResult:
    """Map the finalists and the baseline as the recipe says."""
    space = problem.hardware_space
    completed = [trial for trial in done if trial.outcome.objective is not None]
    if not completed:
        reasons = {trial.outcome.reason for trial in done}
        raise NoValidMappingError(
            f"none of {len(done)} machines can run {problem.network.name!r}; for example: "
            + next(iter(sorted(str(reason) for reason in reasons)), "nothing was tried")
        )
    completed.sort(key=lambda trial: (trial.outcome.objective, trial.number))
    machines: list[Hardware] = [space.baseline()]
    if space.baseline_is_restricted:
        machines.append(space.baseline(free=True))
    first = len(machines)
    machines += [space.hardware(trial.point) for trial in completed[:FINALISTS]]
    designs: list[Design | Rejection] = []
    for number, hardware in enumerate(machines):
        if progress is not None:
            progress("final", number, len(machines), None)
        designs.append(problem.map_finally(hardware))
    if progress is not None:
        progress("final", len(machines), len(machines), None)
    finalists = [design for design in designs[first:] if isinstance(design, Design)]
    return CodesignResult(
        best=min(finalists, key=lambda design: design.objective(problem.objective)),
        baseline=designs[0],
        baseline_free=designs[1] if first == 2 else None,
        trials=tuple(done),
        objective=problem.objective,
        folder=folder,
    )


def _settings(problem: CodesignProblem) -> dict[str, Any]:
    return {
        "space": problem.hardware_space.spec.model_dump(mode="json"),
        "network": problem.network.name,
        "layers": [[*entry.layer.shape, entry.count] for entry in problem.network.layers],
        "objective": problem.objective,
        "recipe": problem.recipe.settings(),
        "seed": problem.seed,
        "trials": problem.recipe.trials,
        "versions": versions(),
    }


def _save(result: CodesignResult, space: HardwareSpace, store: ResultFolder) -> None:
    designs = {
        "best": result.best,
        "baseline": result.baseline,
        "baseline-free": result.baseline_free,
    }
    figures: dict[str, Any] = {}
    for name, design in designs.items():
        if isinstance(design, Design):
            path = store.path / f"{name}.yaml"
            save_design(design, path, space=space.name, technology=space.spec.technology)
            figures[name] = design_metrics(design)
    figures["improvement"] = result.improvement
    figures["improvement_over_free_baseline"] = result.improvement_over(result.baseline_free)
    store.write("result.json", json.dumps(figures, indent=2) + "\n")
