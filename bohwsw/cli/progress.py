"""Progress on standard error, so that standard output holds results only."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import numpy as np
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from bohwsw import acquisition, strategies, study
from bohwsw.cli.console import err
from bohwsw.mapper import NetworkProgress

_TEXTS = {"search": "trying machines", "final": "final mapping", "headroom": "headroom"}


def _columns(text: str) -> tuple[ProgressColumn, ...]:
    counts = BarColumn(bar_width=16), MofNCompleteColumn(), TimeElapsedColumn()
    return TextColumn(text), *counts, TextColumn("left"), TimeRemainingColumn()


@contextmanager
def codesign_progress() -> Iterator[study.Progress]:
    """A bar for each phase of a co-design study, with an estimate of the time left."""
    with ExitStack() as shown:
        best = TextColumn("{task.fields[best]}")
        bars = Progress(*_columns("{task.description:<15}"), best, console=err)
        tasks = {
            phase: bars.add_task(text, total=None, best="", visible=False)
            for phase, text in _TEXTS.items()
        }
        found: list[list[float]] = []

        def report(phase: str, done: int, total: int, trial: study.Trial | None) -> None:
            _show(bars, shown)
            if trial is not None and trial.state == strategies.TrialState.COMPLETED:
                values = trial.values.items()
                found.append([x for name, x in values if name.startswith(OBJECTIVES)])
            text = found_text(found) if phase == "search" and found else ""
            bars.update(tasks[phase], completed=done, total=total, best=text, visible=True)

        yield report


OBJECTIVES = ("objective", "ln_", "minimised_")
"""How measured values begin that are objectives: others are limited figures."""


def found_text(found: list[list[float]]) -> str:
    """The best objective so far or, of several, how many designs are on the front."""
    if len(found[0]) == 1:
        best = min(found)[0]  # a logarithm, but of what is better when larger
        return f"best {math.exp(best) if best > 0.0 else -best:.4g}"
    return f"{int(acquisition.non_dominated(np.array(found)).sum())} on the front"


@contextmanager
def mapping_progress() -> Iterator[NetworkProgress]:
    """A bar over the layers, again for each price of a cycle, and what is proven so far."""
    with ExitStack() as shown:
        bars = Progress(*_columns("{task.description}"), console=err)
        task = bars.add_task("mapping", total=None)

        def report(done: int, total: int, gap: float) -> None:
            _show(bars, shown)
            proven = "" if gap == math.inf else f", proven within {gap:.1%}"
            bars.update(task, description=f"mapping{proven}", completed=done, total=total)

        yield report


def _show(bars: Progress, shown: ExitStack) -> None:
    """Show the bars from the first report on: whatever was given has been checked by then."""
    if not bars.live.is_started:
        _compile_with_notice()
        shown.enter_context(bars)


def _compile_with_notice() -> None:
    """Have the compiled code ready; the first run after an installation takes half a minute."""
    from bohwsw.mapper import is_compiled, warm_up

    if not is_compiled():
        text = "compiling the simulator, once after installation"
        with Progress(SpinnerColumn(), TextColumn(text), TimeElapsedColumn(), console=err) as bars:
            bars.add_task(text, total=None)
            warm_up()
