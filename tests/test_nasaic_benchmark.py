"""The page of NASAIC's experiment: which networks come first, what is over a spec."""

from __future__ import annotations

import numpy as np

from benchmarks.nasaic import SPACE, at_their_best, broken, markdown, most_accurate, specs_of
from benchmarks.provenance import provenance
from bohwsw.accuracy import TableSource
from bohwsw.chips import load_chip_space


def test_networks_first_are_the_most_accurate_and_no_others() -> None:
    table = TableSource("nas-bench-201")
    accuracies = [row[0]["accuracy_percent"] for row in table.rows.values() if row is not None]
    best = table.measure(most_accurate("nas-bench-201"))
    assert best.figures["accuracy_percent"] == np.max(accuracies)
    chips = load_chip_space(SPACE)
    first = at_their_best(chips)
    for name, spec in first.spec.networks.items():
        assert spec.limits == chips.spec.networks[name].limits
        assert len(spec.knobs) >= 6


def test_specs_are_those_of_the_file_and_what_is_over_them_is_told() -> None:
    specs = specs_of(load_chip_space(SPACE))
    assert set(specs) == {
        "energy_pj",
        "nas_bench_201_latency_ms",
        "ofa_mobilenet_v3_latency_ms",
    }
    assert broken(specs, dict.fromkeys(specs, 0.0)) == {}
    assert broken(specs, {**specs, "energy_pj": 2 * specs["energy_pj"]}) == {"energy_pj": 2.0}


def test_the_page() -> None:
    met = {"method": "joint", "seed": 0, "met": True, "accuracies": {"a": 90.0, "b": 76.0}}
    met |= {"mean": 83.0, "latencies_ms": {"a": 1.0, "b": 2.0}, "energy_mj": 4.0}
    met |= {"area_mm2": 9.0, "over": "", "seconds": 30.0}
    missed = {**met, "method": "network-first", "met": False, "over": "energy_pj 1.20 times"}
    missed |= {"mean": None, "energy_mj": None, "area_mm2": None, "accuracies": {}}
    results = {"benchmark": "nasaic", "quick": True, "provenance": provenance(), "trials": 8}
    results |= {"specs": {"energy_pj": 4e9}, "most_accurate": {"a": 94.0}, "rows": [met, missed]}
    page = markdown(results)
    assert "| joint | 0 | yes | 90.00, 76.00 | 83.00 | 1.00, 2.00 | 4.00 | 9.00 | 30 |" in page
    assert "no: energy_pj 1.20 times" in page
    assert "joint 1, network-first 0" in page
