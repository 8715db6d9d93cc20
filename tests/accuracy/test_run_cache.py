"""Training runs that are kept: found again, by what they depend on and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from bohwsw.accuracy import load_data
from bohwsw.accuracy.run_cache import RunCache, default_folder, run_key
from bohwsw.errors import ResultFolderError
from bohwsw.workload import Network, load_model

DIGITS = load_data("digits")


def network(**knobs: Any) -> Network:
    model = load_model("digits-cnn")
    return model.network(model.with_point({"width": 4, "depth": 1, **knobs}))


def test_a_run_is_done_once_and_found_by_another_process(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "when needed"
    first, is_new = RunCache(folder).trained(network(), DIGITS, 0, 1)
    assert is_new
    again, is_new = RunCache(folder).trained(network(weight_bits=4), DIGITS, 0, 1)
    assert not is_new
    assert again.seconds == first.seconds
    assert all(torch.equal(first.weights[name], again.weights[name]) for name in first.weights)
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes()[:100])  # what a full disk leaves
    _, is_new = RunCache(folder).trained(network(), DIGITS, 0, 1)
    assert is_new


def test_what_a_run_depends_on_is_in_its_key() -> None:
    key = run_key(network(), DIGITS, 0, 1)
    assert key == run_key(network(weight_bits=2, activation_bits=4), DIGITS, 0, 1)
    others = [
        run_key(network(kernel=5), DIGITS, 0, 1),
        run_key(network(), load_data("digits", 0.5), 0, 1),
        run_key(network(), DIGITS, 1, 1),
        run_key(network(), DIGITS, 0, 2),
        run_key(network(), DIGITS, 0, 1, {"conv0.weight": torch.zeros(1)}),
    ]
    assert len({key, *others}) == 6


def test_where_runs_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "bohwsw" / "training"
    (tmp_path / "file").touch()
    with pytest.raises(ResultFolderError, match="cannot be made"):
        RunCache(tmp_path / "file" / "runs").trained(network(), DIGITS, 0, 1)
