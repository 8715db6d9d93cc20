"""Schedules that are searched are the best of all; chips that can do more are never worse."""

from __future__ import annotations

from benchmarks.cores.__main__ import against_all, markdown, never_worse
from benchmarks.cores.more_pes import machines, more_pes
from benchmarks.provenance import provenance


def test_what_is_found_is_the_least_of_all_schedules() -> None:
    rows = against_all(25, 6, lambda _: None)
    assert [(row["equal"], row["proven"]) for row in rows] == [(25, 25), (25, 25)]


def test_a_chip_that_can_do_more_is_never_worse() -> None:
    rows = never_worse(20, 6)
    assert [row["change"] for row in rows] == ["a faster core", "more bandwidth", "one more core"]
    assert [row["worse"] for row in rows] == [0, 0, 0]
    assert all(row["ratio"] < 1.0 for row in rows)


def test_a_core_with_more_pes_is_never_worse_where_mappings_are_proven() -> None:
    known = machines(("nvdla-like",))
    assert all(x.gap("latency") == 0.0 for designs in known.values() for x in designs.values())
    row = more_pes(known, 20, 6)
    assert (row["worse_layers"], row["worse"], row["most"]) == (0, 0, 1.0)
    assert row["ratio"] < 1.0
    smaller = {name: dict(zip(x, reversed(x.values()), strict=True)) for name, x in known.items()}
    assert more_pes(smaller, 20, 6)["worse"] > 0


def test_the_page() -> None:
    chip = {"chip": "two", "networks": "a, b", "steps": 3, "cycles": 1200.0, "bound": 1100.0}
    more = {"instances": 2, "worse": 0, "ratio": 0.9, "most": 1.0}
    results = {
        "benchmark": "cores",
        "quick": True,
        "provenance": provenance(),
        "against_all": against_all(2, 3, lambda _: None),
        "never_worse": never_worse(2, 3),
        "more_pes": [{"mapped": "proof", "layers": 9, "worse_layers": 0, **more}],
        "on_chips": [{**chip, "gap": 0.09, "seconds": 3.0}],
    }
    assert "| two | a, b | 3 | 1,200 | 1,100 | 9.0% | 3 |" in markdown(results)
