"""Loop nests: what they accept, what they add up to, how they read as text."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bohwsw.errors import SpecError
from bohwsw.mapping.nest import LevelNest, Mapping, check_factors, nest_text
from bohwsw.workload import Layer

MAPPING = Mapping(
    (
        LevelNest(temporal=(("K", 2), ("C", 3))),
        LevelNest(
            temporal=(("P", 5), ("N", 1)),
            spatial_x=(("K", 4), ("C", 2)),
            spatial_y=(("P", 2),),
            keep=frozenset({"Outputs", "Inputs"}),
        ),
        LevelNest(temporal=(("K", 2),), keep=frozenset()),
    )
)


def test_products() -> None:
    products = MAPPING.factor_products()
    assert products == {"N": 1, "K": 16, "C": 6, "P": 10, "Q": 1, "R": 1, "S": 1, "G": 1}
    assert MAPPING.compute_cycles == 2 * 3 * 5 * 2
    assert (MAPPING.levels[1].fanout_x, MAPPING.levels[1].fanout_y) == (8, 2)
    assert MAPPING.levels[1].spatial == (("P", 2), ("K", 4), ("C", 2))  # Y outside X
    assert list(MAPPING.loops(1)) == [("P", 5), ("N", 1), ("P", 2), ("K", 4), ("C", 2)]


def test_factors_must_multiply_to_the_sizes() -> None:
    check_factors(Layer("fits", K=16, C=6, P=10), MAPPING)
    with pytest.raises(SpecError, match="dimension C do not multiply") as caught:
        check_factors(Layer("short", K=16, C=5, P=10), MAPPING)
    assert (caught.value.got, caught.value.expected) == (6, "5")


def test_imperfect_factors_must_reach_the_sizes() -> None:
    check_factors(Layer("short", K=15, C=5, P=9), MAPPING, imperfect=True)
    with pytest.raises(SpecError, match="dimension K do not reach its size") as caught:
        check_factors(Layer("long", K=17, C=6, P=10), MAPPING, imperfect=True)
    assert (caught.value.got, caught.value.expected) == (16, "at least 17")


@pytest.mark.parametrize(
    ("fields", "key_path"),
    [
        ({"temporal": (("X", 2),)}, "temporal[0]"),
        ({"temporal": (("K", 2), ("C", 0))}, "temporal[1]"),
        ({"spatial_x": (("K", -3),)}, "spatial_x[0]"),
        ({"spatial_y": (("K", 2.0),)}, "spatial_y[0]"),
        ({"spatial_y": (("K", True),)}, "spatial_y[0]"),
        ({"temporal": (("K", 2), ("K", 2))}, "temporal[1]"),
        ({"keep": frozenset({"Weight"})}, "keep"),
    ],
)
def test_a_malformed_block_says_where(fields: dict[str, Any], key_path: str) -> None:
    with pytest.raises(SpecError) as caught:
        LevelNest(**fields)
    assert caught.value.key_path == key_path


def test_text() -> None:
    assert nest_text(MAPPING, ["DRAM", "GLB", "RF"]).splitlines() == [
        "DRAM [ Weights, Inputs, Outputs ]",
        "| for K in [0:2)",
        "  | for C in [0:3)",
        "GLB [ Inputs, Outputs ]",
        "    | for P in [0:5)",
        "      | for P in [0:2) (spatial-Y)",
        "        | for K in [0:4) (spatial-X)",
        "          | for C in [0:2) (spatial-X)",
        "RF [ nothing ]",
        "            | for K in [0:2)",
    ]


@pytest.mark.parametrize("kind", [np.int64, np.int32])
def test_factors_of_numpy_become_plain(kind: Any) -> None:
    nest = LevelNest(temporal=[("K", kind(2))], spatial_x=(("C", kind(4)),))
    assert nest == LevelNest(temporal=(("K", 2),), spatial_x=(("C", 4),))
    assert {type(factor) for _, factor in nest.temporal + nest.spatial_x} == {int}


@pytest.mark.parametrize("factor", [2**63, 2**70, True, np.float64(2), np.bool_(True)])
def test_factors_that_are_none(factor: Any) -> None:
    with pytest.raises(SpecError, match="factor is not valid") as caught:
        LevelNest(spatial_y=(("K", factor),))
    assert caught.value.key_path == "spatial_y[0]"


def test_a_dimension_of_3d_layers_is_refused_by_name() -> None:
    with pytest.raises(SpecError, match="3D convolution is out of scope") as caught:
        LevelNest(temporal=(("T", 2),))
    assert caught.value.key_path == "temporal[0]"
