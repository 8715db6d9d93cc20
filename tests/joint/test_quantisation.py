"""Searches that tell bits from other knobs, on an FPGA, accuracies from the shipped table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import bohwsw
from bohwsw.codesign import space_on_board
from bohwsw.errors import SpecError
from bohwsw.study import CodesignResult

DEFAULT_BITS = {"weight_bits": 8, "activation_bits": 8}


def searched(method: str, trials: int = 12, objective: str = "accuracy", **running: Any) -> Any:
    limits = {"luts": 30_000, "images_per_s": 100_000}
    return bohwsw.codesign_joint(
        space_on_board({"board": "pynq-z1", "engine": "lu2019"}),
        "digits-cnn",
        "table",
        accuracy_options={"path": "digits-cnn"},
        joint=bohwsw.Joint(
            method=method,
            knobs={"kernel": 3, "operator": "conv"},
            parameters={"lut_share": 1.0},
        ),
        objective=objective,
        limits=limits,
        trials=trials,
        strategy="random",
        **running,
    )


def knobs_of(result: CodesignResult, *names: str) -> set[tuple[Any, ...]]:
    return {tuple(trial.point[name] for name in names) for trial in result.trials}


def test_each_mode_searches_what_it_says(tmp_path: Path) -> None:
    architecture = searched("architecture")
    assert knobs_of(architecture, *DEFAULT_BITS) == {(8, 8)}
    assert len(knobs_of(architecture, "width", "depth")) > 5
    bits = searched("quantisation", 8)
    assert knobs_of(bits, "width", "depth") == {(16, 2)}
    assert len(knobs_of(bits, *DEFAULT_BITS)) == 8
    nested = searched("nested", 24)
    each = [{t.point["width"] for t in nested.trials[k : k + 8]} for k in (0, 8, 16)]
    assert [len(widths) for widths in each] == [1, 1, 1]
    assert len(nested.designs) == 1
    for result in (architecture, bits, nested):
        assert result.best.figure("images_per_s") >= 100_000
        assert result.best.figure("luts") <= 30_000


def test_the_architecture_comes_first_whatever_it_costs(tmp_path: Path) -> None:
    result = searched("architecture-first", 16, out=tmp_path / "study")
    first, then = result.trials[:8], result.trials[8:]
    assert {(t.point["weight_bits"], t.point["activation_bits"]) for t in first} == {(8, 8)}
    assert {t.state for t in first} == {"completed"}  # limits on hardware are not looked at
    most_accurate = max(first, key=lambda t: t.metrics["accuracy_percent"])
    chosen = {(t.point["width"], t.point["depth"]) for t in then}
    assert chosen == {(most_accurate.point["width"], most_accurate.point["depth"])}
    assert (tmp_path / "study/bits/result.json").exists()
    again = searched("architecture-first", 16, out=tmp_path / "study", resume=True)
    assert [t.point for t in again.trials] == [t.point for t in result.trials]


def test_what_is_refused() -> None:
    with pytest.raises(SpecError, match="one objective"):
        searched("nested", objective="accuracy,latency")
    with pytest.raises(SpecError, match="network alone"):
        searched("architecture-first", objective="latency")
    with pytest.raises(SpecError, match="tells bits from other knobs"):
        bohwsw.codesign_joint(
            "eyeriss-168",
            "nas-bench-201",
            lambda _: 50.0,
            joint=bohwsw.Joint(method="nested"),
        )
