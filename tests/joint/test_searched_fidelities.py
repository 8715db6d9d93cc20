"""Fidelities of a source are searched, too: cheap answers guide, full ones are results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from toy_model import TOY, Asked, accuracy_percent, quick_recipe, toy_problem

from bohwsw.errors import SpecError
from bohwsw.joint import Joint, JointProblem, accuracy_of, codesign_joint, run_joint
from bohwsw.strategies import BayesianStrategy

LEVELS = {"epochs": (1, 4), "seeds": (1, 2)}


@dataclass
class Trainings:
    """A source that knows networks the better the longer they are trained."""

    asked: list[tuple[str, dict[str, int]]] = field(default_factory=list)
    name: str = "trainings"
    figures: tuple[str, ...] = ("accuracy_percent",)

    @property
    def fidelities(self) -> Mapping[str, tuple[int, ...]]:
        return LEVELS

    def measure(
        self, knobs: Mapping[str, Any], fidelity: Mapping[str, int] | None = None
    ) -> Mapping[str, Any]:
        level = dict(fidelity or {name: values[-1] for name, values in LEVELS.items()})
        self.asked.append((str(sorted(knobs.items())), level))
        return {"accuracy_percent": accuracy_percent(knobs) - 40.0 / level["epochs"]}


def problem(source: Any, trials: int = 14, **levels: tuple[int, ...]) -> JointProblem:
    recipe = replace(quick_recipe(trials, "reusing"), options={"n_initial": 6})
    made = toy_problem(source, recipe=recipe)
    return replace(made, joint=replace(made.joint, fidelities=levels or LEVELS))


def test_results_are_at_the_full_fidelity(tmp_path: Path) -> None:
    source = Trainings()
    result = run_joint(problem(source), folder=tmp_path / "study")
    levels = [(t.point["epochs"], t.point["seeds"]) for t in result.trials]
    assert levels[0] == (4, 2)
    assert {(1, 1), (4, 2)} <= set(levels)
    for trial in result.trials:
        accuracy = accuracy_of(trial.artifacts)
        if accuracy is not None:
            assert accuracy.partial is not trial.is_full
            assert trial.is_full == (trial.point["epochs"] == 4 and trial.point["seeds"] == 2)
    for design in result.designs:
        known = accuracy_percent(design.networks[0].knobs) - 10.0
        assert design.figure("accuracy") == pytest.approx(known)
        assert "epochs" not in design.networks[0].knobs
        assert "epochs" not in design.hardware.point
    asked = [str(each) for each in source.asked]
    assert len(set(asked)) == len(asked)  # nothing is asked twice
    partial = sum(level != {"epochs": 4, "seeds": 2} for _, level in source.asked)
    assert result.costs["accuracy"]["partial"] >= partial > 0
    volumes = result.to_data()["hypervolume"]["values"]
    assert all(result.trials[int(count) - 1].is_full for count, _, _ in volumes)
    again = run_joint(problem(source, 16), folder=tmp_path / "study", resume=True)
    assert len({str(each) for each in source.asked}) == len(source.asked)
    assert len(again.trials) == 16


def test_the_strategy_knows_what_depends_on_what() -> None:
    made = problem(Trainings())
    searcher = made.searcher()
    assert isinstance(searcher, BayesianStrategy)
    assert searcher.fidelity is not None
    rows = [made.space.row({**made.joint.point({}), **level}) for level in ({}, {"epochs": 1})]
    costs = [float(searcher.fidelity.cost(row[None, :])[0]) for row in rows]
    assert costs == pytest.approx([0.8 + 8.0, 0.8 + 2.0])
    relevant = made._known_structure()["relevant"]
    assert "epochs" in relevant["minimised_accuracy_percent"]
    assert "epochs" not in relevant["ln_edp_pj_cycles"]
    assert set(made.hardware_space.spec.parameters) <= set(relevant["ln_edp_pj_cycles"])


@pytest.mark.parametrize("method", ["random", "network-first", "fixed-hardware"])
def test_baselines_end_with_full_results(method: str) -> None:
    source = Trainings()
    result = run_joint(problem(source, 8, epochs=(1, 4)), method)
    for design in result.designs:
        known = accuracy_percent(design.networks[0].knobs) - 10.0
        assert design.figure("accuracy") == pytest.approx(known)
    if method == "random":
        assert {level["epochs"] for _, level in source.asked} == {4}


def test_what_no_source_has_is_refused() -> None:
    toy = toy_problem(Asked()).joint

    def search(source: Any, **options: Any) -> None:
        more = {key: options.pop(key) for key in ("strategy",) if key in options}
        codesign_joint(toy.machines, toy.model, source, joint=Joint(**options), trials=1, **more)

    with pytest.raises(SpecError, match="epochs"):
        search(Trainings(), fidelities=["epoch"])
    with pytest.raises(SpecError, match="one only"):
        search(Asked(), fidelities=["epochs"])
    with pytest.raises(SpecError, match="know fidelities"):
        search(Trainings(), fidelities=["epochs"], strategy="evolutionary")
    with pytest.raises(SpecError, match="a fidelity has this name"):
        replace(toy, fidelities={"width": (1, 2)})
    assert "width" in TOY["knobs"]
