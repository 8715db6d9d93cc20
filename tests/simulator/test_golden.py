"""Both simulators against every case that Timeloop 3.0.3 evaluated: counts, cycles, energy."""

from __future__ import annotations

import golden as cases
import numpy as np
import pytest

from bohwsw.mapping.batch import batch_of
from bohwsw.simulator.batch import hardware_batch, simulate_batch
from bohwsw.simulator.cases import Case
from bohwsw.simulator.reference import simulate
from bohwsw.workload import DATA_SPACES

ENERGY_TOLERANCE = 1e-6


@pytest.mark.parametrize("name", cases.SIZES)
def test_no_case_is_missing(name: str) -> None:
    assert len(cases.golden(name)) == cases.SIZES[name]


@pytest.mark.parametrize("name", cases.COUNTED)
def test_scalar_equals_timeloop(name: str) -> None:
    for case, raw in cases.golden(name):
        expected = raw["expected"]["base"]
        evaluation = simulate(case.layer, case.architecture, case.mapping, case.costs)
        assert evaluation.valid, case.id
        counts = {
            (level.name, space): (result.reads, result.fills, result.updates)
            for level in evaluation.levels
            for space, result in level.data_spaces.items()
        }
        assert counts == cases.expected_counts(expected), case.id
        assert evaluation.latency_cycles == expected["cycles"], case.id
        assert evaluation.energy_pj == pytest.approx(expected["energy_pj"], rel=ENERGY_TOLERANCE), (
            case.id
        )
        level_cycles = {level.name: level.latency_cycles for level in evaluation.levels}
        assert level_cycles == {n: r["cycles"] for n, r in expected["levels"].items()}, case.id
        assert evaluation.mac_energy_pj == pytest.approx(
            expected["mac"]["energy_total"], abs=0.006
        ), case.id
        assert evaluation.utilisation == pytest.approx(expected["utilization"], rel=1e-4), case.id


@pytest.mark.parametrize("name", cases.COUNTED)
def test_energy_of_each_level_equals_timeloop(name: str) -> None:
    for case, raw in cases.golden(name):
        evaluation = simulate(case.layer, case.architecture, case.mapping, case.costs)
        for level in evaluation.levels:
            stored = raw["expected"]["base"]["levels"][level.name]["ds"]
            for space, result in level.data_spaces.items():
                expected = stored[space]["energy_total"]  # printed with two decimals
                assert result.energy_pj == pytest.approx(expected, rel=1e-6, abs=0.006), case.id
                assert level.instances == stored[space]["instances"], case.id


@pytest.mark.parametrize("name", cases.COUNTED)
def test_batched_equals_timeloop(name: str) -> None:
    for case, raw in cases.golden(name):
        expected = raw["expected"]["base"]
        result = simulate_batch(
            case.layer,
            hardware_batch([(case.architecture, case.costs)]),
            batch_of([case.mapping]),
            with_counts=True,
        )
        assert result.valid[0], case.id
        assert result.counts is not None
        names = [level.name for level in case.architecture.levels]
        for (level, space), counts in cases.expected_counts(expected).items():
            got = result.counts[0, names.index(level), DATA_SPACES.index(space)]
            assert tuple(got) == counts, (case.id, level, space)
        assert result.latency_cycles[0] == expected["cycles"], case.id
        assert result.energy_pj[0] == pytest.approx(expected["energy_pj"], rel=ENERGY_TOLERANCE), (
            case.id
        )


@pytest.mark.parametrize("name", cases.JUDGED)
def test_validity_equals_timeloops_verdict(name: str) -> None:
    verdicts = set()
    for case, raw in cases.golden(name):
        verdict = raw["valid_strict"]
        verdicts.add(verdict)
        evaluation = simulate(case.layer, case.architecture, case.mapping, case.costs)
        assert evaluation.valid == verdict, (case.id, evaluation.violations)
        batched = simulate_batch(
            case.layer,
            hardware_batch([(case.architecture, case.costs)]),
            batch_of([case.mapping]),
        )
        assert bool(batched.valid[0]) == verdict, case.id
        assert np.isfinite(batched.edp_pj_cycles[0]) == verdict, case.id
        fan_outs = [v for v in evaluation.violations if v.constraint.startswith("fanout")]
        assert {v.level for v in fan_outs} == set(raw["over_fanout"]), case.id
        if not evaluation.valid and not raw["over_fanout"]:
            check_capacity(case, raw["reason"])
    assert verdicts == {True, False}


def check_capacity(case: Case, reason: str) -> None:
    """The words that Timeloop complains of are among our violations."""
    evaluation = simulate(case.layer, case.architecture, case.mapping, case.costs)
    needed, available = (int(word) for word in reason.split() if word.isdigit())
    level = reason.split("couldn't map level ")[1].split(":")[0]
    here = [(v.value, v.limit) for v in evaluation.violations if v.level == level]
    assert (needed, available) in here, (case.id, reason)
