"""A study of a toy mapping that the tests of the client share, and what workers evaluate."""

from __future__ import annotations

from typing import Any

from bohwsw import Client, Infeasible
from bohwsw.space import Categorical, Conditional, Factorisation, Integer, Permutation

PARAMETERS = [
    Factorisation("tile", 24, 2),
    Permutation("order", ["K", "C", "P"]),
    Integer("mesh_x", 1, 24),
    Integer("mesh_y", 1, 24),
    Categorical("cache", ["none", "banked"]),
    Conditional(Integer("banks", 1, 8), "cache == 'banked'"),
]


CONSTRAINTS = ["mesh_x * mesh_y == 24", "tile[0] <= mesh_x", "order[0] != 'P'"]


def study(where: Any = None, strategy: str = "bayesian", seed: int = 0) -> Client:
    client = Client(where, seed)
    client.configure_experiment(PARAMETERS, CONSTRAINTS, name="mapping")
    client.configure_optimization("-edp", ["area <= 30"])
    options = {"n_initial": 4} if strategy == "bayesian" else {}
    client.configure_generation_strategy(strategy=strategy, **options)
    return client


def measured(point: dict[str, Any]) -> dict[str, float]:
    if point["mesh_x"] == 24:
        raise Infeasible("mesh_x: 24 > 12")
    banks = point.get("banks", 0)
    edp = abs(point["mesh_x"] - 6) + point["tile"][0] + point["order"].index("K") + banks / 8
    return {"edp": edp, "area": point["mesh_x"] + 4.0 * banks}


def los(_: dict[str, Any]) -> dict[str, float]:
    return {"los": 1.0}


async def coroutine(_: dict[str, Any]) -> dict[str, float]:
    return {"loss": 1.0}


def gives_a_coroutine(point: dict[str, Any]) -> Any:
    return coroutine(point)
