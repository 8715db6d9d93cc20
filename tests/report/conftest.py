"""Stored results, made once: a co-design study of two networks' front, one design, a schedule."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import bohwsw
from bohwsw.report import read_source, report_data


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a search with one objective and a limit that some machines break."""
    path = tmp_path_factory.mktemp("results") / "one"
    bohwsw.codesign_network(
        "eyeriss-equal-area",
        "dqn",
        trials=12,
        evaluations=60,
        limits={"power_mw": 1300.0},
        final_seconds=0.5,
        threads=1,
        out=path,
    )
    return path


@pytest.fixture(scope="session")
def front(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a search for two objectives with two networks."""
    path = tmp_path_factory.mktemp("results") / "front"
    bohwsw.codesign_network(
        "eyeriss-equal-area",
        [("mlp", 1.0), ("dqn", 3.0)],
        trials=6,
        evaluations=60,
        objective="energy,area",
        strategy="random",
        final_seconds=0.5,
        threads=1,
        out=path,
    )
    return path


@pytest.fixture(scope="session")
def data(folder: Path) -> dict[str, Any]:
    return report_data(read_source(folder))


@pytest.fixture(scope="session")
def front_data(front: Path) -> dict[str, Any]:
    return report_data(read_source(front), alternatives=False)


@pytest.fixture(scope="session")
def scheduled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The design file of two networks on two cores."""
    from bohwsw.chips import schedule_networks
    from bohwsw.codesign import load_space, save_design
    from bohwsw.workload import load_network

    spaces = [load_space(name) for name in ("eyeriss-168", "eyeriss-256")]
    networks = [load_network(name) for name in ("mlp", "dqn")]
    design, _ = schedule_networks(spaces, networks, evaluations=50, moves=50)
    path = tmp_path_factory.mktemp("results") / "cores.yaml"
    save_design(design, path, space="", technology=spaces[0].spec.technology)
    return path
