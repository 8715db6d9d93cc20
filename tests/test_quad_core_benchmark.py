"""Stream's quad core: what is found is near the bounds of its DRAM, at either width."""

from __future__ import annotations

from benchmarks.quad_core import markdown, run, touched
from bohwsw.workload import Layer


def test_cycles_are_at_the_bound_of_the_dram_and_the_page_has_stream_beside() -> None:
    results = run(True, lambda _: None)
    assert [row["bits"] for row in results["on_stream"]] == [8, 32]
    for row in results["on_stream"]:
        assert row["bound"] <= row["cycles"] <= row["shared"]
        assert max(row["compute"], row["dram"]) <= row["shared"] < 1.01 * row["dram"]
    page = markdown(results)
    assert "12,697,310 cycles and 14.05 mJ" in page
    assert "| 8 | 83,810 |" in page


def test_strides_over_the_filter_leave_inputs_out() -> None:
    assert touched(Layer("a", C=2, P=4, Q=4, stride_w=2, stride_h=2)) == 2 * 4 * 4
    assert touched(Layer("a", C=2, P=4, Q=4, R=3, stride_w=2)) == 2 * 9 * 4
