"""Networks on the engines of a board, and what the command tells of them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from bohwsw.cli.app import app
from bohwsw.errors import SpecError
from bohwsw.fpga import engines_of, run_on_fpga
from bohwsw.tech import load_board
from bohwsw.workload import CountedLayer, Layer, Network

NETWORK = Network(
    "net",
    (
        CountedLayer(Layer("conv", K=64, C=16, P=28, Q=28, R=3, S=3, stride_w=2, stride_h=2), 2),
        CountedLayer(Layer("depthwise", G=64, P=28, Q=28, R=3, S=3)),
        CountedLayer(Layer("grouped", G=2, K=32, C=32, P=28, Q=28)),
    ),
)


def test_layers_add_up_and_usage_is_that_of_both_engines() -> None:
    engine, depthwise = engines_of({"tm": 32, "tn": 8, "depthwise_tm": 16, "tk": 3})
    data = run_on_fpga(NETWORK, load_board("zcu102"), engine, depthwise)
    conv, separable, grouped = data["layers"]
    assert conv["cycles"] == 4 * 4 * 2 * max(2 * 9 * 49, 2 * 32 * 8 * 9 / 16)
    assert separable["cycles"] == 2 * 2 * 4 * max(9 * 196, 16 * 196 / 8)
    assert grouped["cycles"] == 2 * 2 * 2 * 4 * 196
    assert data["cycles"] == 2 * conv["cycles"] + separable["cycles"] + grouped["cycles"]
    assert data["dsps"] == 32 * 8 + 16
    assert data["valid"]
    assert data["latency_ms"] == data["cycles"] / 1e5
    pruned = run_on_fpga(NETWORK, load_board("zcu102"), engine, depthwise, kept_of_3x3=4)
    assert pruned["cycles"] < data["cycles"]
    assert sum(data["binds"].values()) == 4


@pytest.mark.parametrize(
    ("layer", "changes", "message"),
    [
        (Layer("wide", K=4, C=4, R=3, S=1), {}, "square filters"),
        (Layer("deep", G=8, R=3, S=3), {}, "no engine runs depthwise layer 'deep'"),
        (Layer("large", K=4, R=9, S=9), {}, "larger than the engine's"),
        (Layer("plain", K=4), {"tmm": 4}, "unknown size of the engine"),
        (Layer("plain", K=4), {"tm": -1}, "not a size"),
    ],
)
def test_what_is_refused(layer: Layer, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        run_on_fpga(
            Network("net", (CountedLayer(layer),)), load_board("pynq-z1"), *engines_of(changes)
        )


def test_the_command() -> None:
    given = ["fpga", "--model", "dqn", "--board", "pynq-z1", "--set", "tk=8"]
    shown = CliRunner().invoke(app, [*given, "--set", "tm=16", "--set", "tn=8"])
    assert shown.exit_code == 0, shown.output
    assert "128 of 220 DSPs" in shown.output
    data = json.loads(CliRunner().invoke(app, [*given, "--json"]).output)
    assert [x["resource"] for x in data["violations"]] == ["dsps", "bram18"]
    (dsps, _) = data["violations"]
    assert (dsps["value"], dsps["limit"]) == (1024, 220)
    for bad in (["--board", "pynq"], ["--set", "tm=0"], ["--set", "x=1"]):
        assert CliRunner().invoke(app, [*given, *bad]).exit_code == 2
