"""The benchmark of GPT-2-like networks: two fronts, and ratios by hand on few designs."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks import gpt2
from bohwsw.accuracy import PerplexitySource


def found(width: int, edp: float) -> gpt2.Found:
    joint = gpt2.problem(None, 1, 0).joint
    held = {f"{key}_{k}": x for k in range(12) for key, x in (("heads", 4), ("ratio", 2))}
    point = joint.point({**held, "layers": 10, "width": width})
    perplexity = PerplexitySource().measure(point)["perplexity"]
    return gpt2.Found(point, perplexity, edp)


def test_a_front_is_of_all_seeds() -> None:
    small, large = found(192, 1.0), found(768, 9.0)
    worse = found(192, 2.0)
    rows = gpt2._front([[worse, large], [small]])
    assert [row["edp"] for row in rows] == [9.0, 1.0]
    assert rows[0]["perplexity"] < rows[1]["perplexity"]
    assert rows[0]["network"] == "10 x 768"
    assert (rows[0]["heads"], rows[0]["mlp"]) == (4.0, 2.0)


def test_every_aim_is_run_in_both_phases(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpt2, "PERPLEXITIES", (20.0, 45.0))
    one, other = found(192, 1.0), found(384, 4.0)
    rows = gpt2._designs({"prefill": [[one]], "decode": [[other], [one]], "both": [[other]]})
    assert [row["aim"] for row in rows] == ["prefill", "decode", "both"]
    assert {row["most"] for row in rows} == {45.0}
    first, second, third = rows
    assert first["prefill"] > first["decode"] > 0
    assert first["prefill"] == second["prefill"] < third["prefill"]
    assert (first["prefill_ratio"], first["worst_ratio"]) == (1.0, 1.0)
    assert third["worst_ratio"] == max(
        third["prefill"] / first["prefill"], third["decode"] / first["decode"]
    )
    assert second["median"] == 2.5


def test_the_page_has_both_fronts_and_the_machine() -> None:
    row = gpt2._front([[found(192, 1.0)]])
    ratios = {"prefill_ratio": 1.0, "decode_ratio": 1.25, "worst_ratio": 1.25, "median": 1.0}
    design = {"most": 41.0, "aim": "both", "prefill": 2.0, "decode": 1.0, **row[0], **ratios}
    results: dict[str, Any] = {
        "benchmark": "gpt2",
        "quick": True,
        "provenance": {"machine": "m", "date": "d", "commit": "c"},
        "trials": 6,
        "seeds": 1,
        "fronts": {"prefill": row, "decode": row},
        "designs": [design],
        "seconds": 1.0,
    }
    page = gpt2.markdown(results)
    assert "## Front of prefill" in page
    assert "## Front of decode" in page
    assert "| 41.0 | both |" in page
    assert "1.25" in page
