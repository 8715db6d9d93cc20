"""The benchmark of tables counts hypervolumes as BoTorch does, and runs."""

import json

import numpy as np
import pytest
import torch
from botorch.utils.multi_objective.hypervolume import Hypervolume

from benchmarks.row_tables import runner
from benchmarks.row_tables.__main__ import main
from benchmarks.row_tables.peers import takes
from benchmarks.row_tables.tables import Problem
from bohwsw.rows import RowTable


def small(name="small", m=3):
    rng = np.random.default_rng(m)
    x = rng.random((60, m))
    columns = {f"x{k}": x[:, k] for k in range(m)}
    return Problem(name, RowTable.of(columns), {f"-y{k}": x[:, k] ** 2 - 1 for k in range(m)})


@pytest.mark.parametrize("m", [2, 3])
def test_a_share_is_botorchs(m):
    known = small(m=m)
    volume = Hypervolume(-torch.ones(m, dtype=torch.float64))
    some = known.values[:12]
    exact = volume.compute(-torch.as_tensor(_front(some))) / volume.compute(
        -torch.as_tensor(known.front)
    )
    assert known.shares(range(12))[0] == pytest.approx(exact, abs=0.005)
    assert known.shares(range(60)) == (1.0, 1.0)


def test_the_command_runs(monkeypatch, capsys):
    monkeypatch.setattr(runner, "_problem", lambda name: small(name))
    assert main(["--quick", "--json"]) == 0
    results = json.loads(capsys.readouterr().out)
    assert [row["method"] for row in results["rows"]] == ["random", "bayesian"]
    assert all(0.0 < run["share"] <= 1.0 for run in results["runs"])
    assert "| small" not in runner.markdown(results)
    assert "| cells-2 | 60 |" in runner.markdown(results)


@pytest.mark.parametrize("method", ["optuna_tpe", "optuna_nsga2", "optuna_gp", "botorch"])
def test_peers_search_a_grid(monkeypatch, method):
    pytest.importorskip("optuna")
    rng = np.random.default_rng(0)
    size, kind = np.indices((4, 4)).reshape(2, -1)
    table = RowTable.of({"size": size, "kind": list(map("abcd".__getitem__, kind))})
    values = {"cost": size + 0.1 * rng.random(16), "-speed": -size * (1.0 + kind)}
    known = Problem("grid", table, values)
    monkeypatch.setattr(runner, "_problem", lambda name: known)
    assert takes(method, known.designs)
    found = runner.search(runner.Task("grid", method, 0, 13))
    assert 0.5 < found["half"] <= found["share"] <= 1.0


def test_optuna_takes_no_listed_rows():
    assert takes("botorch", small().designs)
    assert not takes("optuna_tpe", small().designs)


def _front(values):
    keep = [not any((o <= v).all() and (o < v).any() for o in values) for v in values]
    return values[keep]
