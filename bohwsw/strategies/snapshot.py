"""A strategy as plain data, and back: what is needed to go on in another process.

A suggestion follows from the seed, the options, the tells and the pending points, so these are all
that a snapshot holds; models are built again. It is made of dicts, lists, numbers and text only,
ready for JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bohwsw.errors import SpecError
from bohwsw.strategies.base import Strategy
from bohwsw.strategies.outcome import Outcome, TrialState

FIELDS = ("parameters", "pending", "seed", "trials")


def snapshot(strategy: Strategy) -> dict[str, Any]:
    """What a strategy has been told and what it waits for."""
    trials = [{"point": dict(told.point), **told.outcome.as_data()} for told in strategy.history]
    return {
        "parameters": list(strategy.space.names),
        "seed": strategy.seed,
        "trials": trials,
        "pending": [dict(point) for point in strategy.pending],
    }


def restore(strategy: Strategy, data: Mapping[str, Any]) -> None:
    """Tell a new strategy everything that a snapshot holds.

    Args:
        strategy: made with the same space, seed and options as the old one, and nothing told yet.
            It then suggests what the old one would have suggested.
        data: from `snapshot`, perhaps by way of JSON.

    Raises:
        SpecError: the strategy is not new, its seed or parameters differ, or the data are damaged;
            nothing has been told then.
    """
    if strategy.history or strategy.pending:
        raise SpecError("only a new strategy can be restored", got=f"{len(strategy.history)} tells")
    if not isinstance(data, Mapping) or sorted(data) != list(FIELDS):
        raise SpecError(
            "not a snapshot",
            got=sorted(data) if isinstance(data, Mapping) else data,
            expected=", ".join(FIELDS),
        )
    for name, mine in (("parameters", list(strategy.space.names)), ("seed", strategy.seed)):
        if data[name] != mine:
            raise SpecError(
                f"the snapshot has another {name}",
                key_path=name,
                got=data[name],
                expected=str(mine),
            )
    tells = [_tell(strategy, entry, f"trials[{k}]") for k, entry in enumerate(data["trials"])]
    for k, point in enumerate(data["pending"]):
        _require_valid(strategy, point, f"pending[{k}]")
    for point, outcome in tells:
        strategy.tell(point, outcome)
    for point in data["pending"]:
        strategy.reserve(point)


def _tell(strategy: Strategy, entry: Any, path: str) -> tuple[Mapping[str, Any], Outcome]:
    try:
        outcome = Outcome(
            TrialState(entry["state"]),
            entry["objective"],
            entry["reason"],
            entry["metrics"],
            entry["deviation"],
        )
        strategy.goals.excesses(outcome)
        point = entry["point"]
    except SpecError as error:
        raise error.within(key_path=path) from None
    except (KeyError, TypeError, ValueError) as error:
        raise SpecError("a trial of the snapshot is damaged", key_path=path, got=entry) from error
    _require_valid(strategy, point, path)
    return point, outcome


def _require_valid(strategy: Strategy, point: Any, path: str) -> None:
    try:
        strategy.require_valid(point)
    except SpecError as error:
        raise error.within(key_path=path) from None
