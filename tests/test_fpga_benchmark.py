"""The command that holds FPGA models to logged cases and brute force."""

from __future__ import annotations

from benchmarks.fpga.__main__ import markdown, run
from benchmarks.fpga.hotnas import TARGET_MS


def test_parts_and_page() -> None:
    found = run(True, lambda _: None)
    logged, cut, long = (found[key] for key in ("logged", "partitions", "long_partitions"))
    assert logged["layers"] == logged["equal"] == logged["cycles"] == 36
    assert cut["equal"] == cut["instances"] == 10
    assert long["equal"] == long["instances"] == 1
    assert all(row["images_30000"] <= row["images_100000"] for row in found["networks"])
    rows = found["resnet18"]
    assert rows[-1]["latency_ms"] == min(row["latency_ms"] for row in rows)
    assert all(row["latency_ms"] >= row["least_ms"] > TARGET_MS for row in rows)
    assert {row["longest"] for row in rows} == {"conv1 6.15"}
    assert found["hao_enumerated"]["equal"] == found["hao_enumerated"]["networks"]
    assert all(row["found"] == row["seeds"] for row in found["hao"])
    joint = [row for row in found["modes"] if row["method"] == "joint"]
    assert len(joint) == 2
    assert all(row["valid"] == row["seeds"] for row in joint)
    assert "36 of 36 logged layers equal" in markdown(found)
