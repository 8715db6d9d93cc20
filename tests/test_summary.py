"""What objects say of themselves: the same facts as text and as HTML, escaped."""

from __future__ import annotations

from types import SimpleNamespace

import bohwsw
from bohwsw.summary import Summary


def test_text_and_html_tell_the_same() -> None:
    summary = Summary("A <b>", [("first", "1 & 2")], ["name", "n"], [["  x", "10"]], "do <it>")
    assert summary.text() == "A <b>\n  first  1 & 2\n  name   n\n    x   10\n  next: do <it>"
    html = summary.html()
    for piece in ("A &lt;b&gt;", "1 &amp; 2", "  x", "do &lt;it&gt;"):
        assert piece in html
    assert "<b>A" in html


def test_every_kind_says_what_it_is_and_what_comes_next() -> None:
    layer = bohwsw.Layer("<i>", K=8, C=4)
    assert "MACs   32" in str(layer)
    assert "<i>" not in layer._repr_html_()
    network = bohwsw.load_network("mlp")
    assert f"{network.macs:,}" in str(network)
    space = bohwsw.load_space("eyeriss-equal-area")
    assert "area_mm2 <= 1.7127" in str(space)
    design = bohwsw.map_layer(layer, "eyeriss-168", seconds=1.0)
    assert "explain_design" in str(design)
    assert f"{design.energy_pj:.4g} pJ" in str(design)
    assert "DRAM [ Weights, Inputs, Outputs ]" in str(design.layers[0])
    result = bohwsw.codesign_network(
        "eyeriss-168", "mlp", trials=2, evaluations=20, final_seconds=0.1, threads=1
    )
    assert "trials               2" in str(result)
    assert f"{result.improvement:.1%} less edp" in str(result)
    for each in (layer, network, space, design, result):
        assert "next: " in str(each)
        assert each._repr_html_().startswith("<p><b>")
        told: list[str] = []
        each._repr_pretty_(SimpleNamespace(text=told.append), cycle=False)
        assert told == [str(each)]
