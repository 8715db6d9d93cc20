"""Progress on standard error, so that standard output holds results only."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

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

from bohwsw import study
from bohwsw.cli.console import err
from bohwsw.mapper import NetworkProgress


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
            for phase, text in study.PHASES.items()
        }
        found = study.BestSoFar()

        def report(phase: str, done: int, total: int, trial: study.Trial | None) -> None:
            _show(bars, shown)
            text = found.after(phase, trial)
            bars.update(tasks[phase], completed=done, total=total, best=text, visible=True)

        yield report


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
