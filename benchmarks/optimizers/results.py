"""From finished runs to the figures of the page and of the JSON file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from benchmarks.command import Results
from benchmarks.optimizers.methods.registry import OURS
from benchmarks.optimizers.problem import Problem
from benchmarks.optimizers.problems import HELD_BACK
from benchmarks.optimizers.ranking import (
    Values,
    interval,
    median,
    ranks,
    regrets,
    regrets_in_time,
)
from benchmarks.optimizers.run import Trace

Traces = Mapping[str, Mapping[str, Sequence[Trace]]]
"""Problem, then method, to its runs."""

TRIALS = "trials"
VIEWS: dict[str, float | None] = {TRIALS: None, "seconds_1": 1.0, "seconds_0.1": 0.1}
"""At equal trials; at equal seconds if an evaluation takes 1 s; if it takes 0.1 s."""


def figures(
    problems: Mapping[str, Problem], n_trials: Mapping[str, int], traces: Traces
) -> Results:
    """All that is reported of the runs, ready for JSON: what is infinite is None.

    Args:
        problems: by name.
        n_trials: evaluations of each run, by problem.
        traces: the runs.
    """
    views = {name: _view(problems, n_trials, traces, cost) for name, cost in VIEWS.items()}
    ranked = {name: ranks(regret) for name, regret in views.items()}
    exact = {
        name: subject.regret(subject.best_of_random)
        for name, subject in problems.items()
        if subject.best_of_random is not None and n_trials[name] == subject.n_trials
    }
    return {
        "problems": {
            name: {
                method: _cell(runs, {view: views[view][name][method] for view in VIEWS})
                for method, runs in by_method.items()
            }
            for name, by_method in traces.items()
        },
        "mean_rank": ranked[TRIALS].mean,
        "mean_rank_of_parts": {
            view: {
                part: {"problems": len(some), "mean_rank": ranks(some).mean}
                for part, some in _parts(problems, regret).items()
            }
            for view, regret in views.items()
        },
        "mean_rank_interval": ranked[TRIALS].interval,
        "mean_rank_equal_seconds": {
            str(cost): ranked[name].mean for name, cost in VIEWS.items() if cost
        },
        "mean_rank_equal_seconds_interval": {
            str(cost): ranked[name].interval for name, cost in VIEWS.items() if cost
        },
        "losses": losses(views, exact),
        "hidden": _hidden(problems, traces, views[TRIALS]),
        "curves": {
            name: {
                method: _curve(problems[name], runs, n_trials[name])
                for method, runs in by_method.items()
            }
            for name, by_method in traces.items()
        },
        "suite": {
            name: {
                "kind": subject.kind,
                "optimum": subject.optimum,
                "n_trials": n_trials[name],
                "parameters": len(subject.space.parameters),
                "size": subject.space.size().estimate,
                "source": subject.source,
                **({"random_exactly": _finite(exact[name])} if name in exact else {}),
            }
            for name, subject in problems.items()
        },
    }


def _view(
    problems: Mapping[str, Problem],
    n_trials: Mapping[str, int],
    traces: Traces,
    evaluation_seconds: float | None,
) -> dict[str, dict[str, Values]]:
    """Regrets by problem and method."""
    return {
        name: {
            method: regrets(problems[name], runs, n_trials[name])
            if evaluation_seconds is None
            else regrets_in_time(problems[name], runs, n_trials[name], evaluation_seconds)
            for method, runs in by_method.items()
        }
        for name, by_method in traces.items()
    }


def _parts(
    problems: Mapping[str, Problem], regret: Mapping[str, Mapping[str, Values]]
) -> dict[str, dict[str, Mapping[str, Values]]]:
    """The problems by half, tuned on or held back, and by kind."""
    parts: dict[str, dict[str, Mapping[str, Values]]] = {}
    for name, by_method in regret.items():
        parts.setdefault("held back" if name in HELD_BACK else "tuned on", {})[name] = by_method
    for name, by_method in regret.items():
        parts.setdefault(problems[name].kind, {})[name] = by_method
    return parts


def _cell(runs: Sequence[Trace], regret: Mapping[str, Values]) -> dict[str, Any]:
    evaluations = sum(len(trace.objective) for trace in runs)
    low, high = interval(regret[TRIALS])
    return {
        "regret_median": _finite(median(regret[TRIALS])),
        "regret_interval": [_finite(low), _finite(high)],
        "regret_median_equal_seconds": {
            str(cost): _finite(median(regret[name])) for name, cost in VIEWS.items() if cost
        },
        "infeasible_share": sum(trace.infeasible for trace in runs) / max(evaluations, 1),
        "first_feasible": _finite(median(np.array([_first_feasible(t) for t in runs]))),
        "nothing_feasible": sum(math.isinf(_first_feasible(t)) for t in runs),
        "duplicates": float(np.mean([sum(trace.duplicate) for trace in runs])),
        "cpu_s_per_suggestion": sum(sum(t.seconds) for t in runs) / max(evaluations, 1),
        "seeds": len(runs),
        "broken": sum(trace.error is not None for trace in runs),
    }


def losses(
    views: Mapping[str, Mapping[str, Mapping[str, Values]]],
    random_exactly: Mapping[str, float] = MappingProxyType({}),
) -> list[dict[str, Any]]:
    """Where another method has the lower median regret than ours, in which view.

    Random search counts by its exact median where that is known.
    """
    found = []
    for view, by_problem in views.items():
        for problem, by_method in by_problem.items():
            if OURS not in by_method:
                continue
            ours = median(by_method[OURS])
            final = {method: median(regret) for method, regret in by_method.items()}
            if "random" in final:
                final["random"] = random_exactly.get(problem, final["random"])
            better = {method: regret for method, regret in final.items() if regret < ours}
            if better:
                found.append(
                    {
                        "view": view,
                        "problem": problem,
                        "ours": _finite(ours),
                        "better": dict(sorted(better.items(), key=lambda item: item[1])),
                    }
                )
    return found


def _hidden(
    problems: Mapping[str, Problem], traces: Traces, regret: Mapping[str, Mapping[str, Values]]
) -> dict[str, Any]:
    """For each hidden problem, ours beside two peers.

    One wastes the fewest evaluations; the other finds the best value, and of several that do wastes
    the fewest.
    """
    found = {}
    for name, by_method in traces.items():
        peers = [method for method in by_method if method not in (OURS, "random")]
        if not problems[name].hidden or OURS not in by_method or not peers:
            continue
        wasted = {
            method: float(np.mean([trace.infeasible for trace in runs]))
            for method, runs in by_method.items()
        }
        final = {method: median(values) for method, values in regret[name].items()}
        careful = min(peers, key=lambda method: (wasted[method], final[method]))
        best = min(peers, key=lambda method: (final[method], wasted[method]))
        own = by_method[OURS]
        until = [wasted_until(problems[name], run, final[best]) for run in own]
        as_careful = [wasted_until(problems[name], run, final[careful]) for run in own]
        ended = [stopped(run, wasted[careful]) for run in own]
        found[name] = {
            "ours_infeasible": wasted[OURS],
            "ours_regret": _finite(final[OURS]),
            "peer": careful,
            "peer_infeasible": wasted[careful],
            "peer_regret": _finite(final[careful]),
            "ratio": _ratio(wasted[OURS], wasted[careful]),
            "ours_infeasible_until_peer": float(np.mean(as_careful)),
            "ours_regret_within_peer": _finite(
                median(regrets(problems[name], ended, problems[name].n_trials))
            ),
            "best_peer": best,
            "best_peer_infeasible": wasted[best],
            "best_peer_regret": _finite(final[best]),
            "ratio_best_peer": _ratio(wasted[OURS], wasted[best]),
            "ours_infeasible_until_best_peer": float(np.mean(until)),
            "ratio_until_best_peer": _ratio(float(np.mean(until)), wasted[best]),
        }
    return found


def _ratio(ours: float, theirs: float) -> float | None:
    return ours / theirs if theirs else None


def wasted_until(problem: Problem, trace: Trace, regret: float) -> int:
    """Infeasible evaluations before a run is as good as some regret; all of them if it never is."""
    wasted = 0
    for value in trace.objective:
        if value is None:
            wasted += 1
        elif problem.regret(value) <= regret:
            break
    return wasted


def stopped(trace: Trace, wasted: float) -> Trace:
    """A run that ends before it wastes more evaluations than that."""
    spent = np.cumsum([value is None for value in trace.objective])
    return replace(trace, objective=trace.objective[: int((spent <= wasted).sum())])


def _first_feasible(trace: Trace) -> float:
    """The trial, counted from 1, that found a feasible point first; infinite if none did."""
    found = (n for n, value in enumerate(trace.objective, 1) if value is not None)
    return float(next(found, math.inf))


def _curve(problem: Problem, runs: Sequence[Trace], n_trials: int) -> list[float | None]:
    """Median regret after each trial."""
    return [_finite(median(regrets(problem, runs, n))) for n in range(1, n_trials + 1)]


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
