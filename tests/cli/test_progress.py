"""What the progress bar says of the designs found so far."""

from __future__ import annotations

import math

import pytest

from bohwsw.cli import progress
from bohwsw.cli.progress import codesign_progress, mapping_progress
from bohwsw.strategies import Outcome, TrialState
from bohwsw.study.trial import Trial


def test_trials_of_every_kind_are_reported() -> None:
    completed = Outcome(TrialState.COMPLETED, metrics={"a": 1.0, "b": 2.0})
    failed = Outcome(TrialState.FAILED, reason="broke")
    with codesign_progress() as report:
        report("search", 0, 2, None)
        report("search", 1, 2, Trial(0, {}, failed))
        report("search", 2, 2, Trial(1, {}, completed))
        report("final", 0, 1, None)


def test_nothing_is_shown_or_compiled_before_the_first_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    compiled: list[bool] = []
    monkeypatch.setattr(progress, "_compile_with_notice", lambda: compiled.append(True))
    for bars in (codesign_progress, mapping_progress):
        with bars():
            pass
    assert capsys.readouterr().err == ""
    assert compiled == []
    with mapping_progress() as report:
        report(0, 3, math.inf)
        report(1, 3, 0.25)
    assert compiled == [True]
    assert "proven within 25.0%" in capsys.readouterr().err
