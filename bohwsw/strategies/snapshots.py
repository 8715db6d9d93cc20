"""A strategy as plain data, and back: what is needed to go on in another process.

A suggestion follows from the seed, the options, the tells and the pending points, so these are all
that a snapshot holds; models are built again. It is made of dicts, lists, numbers and text only,
ready for JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bohwsw.errors import SpecError, located
from bohwsw.strategies.base import Strategy
from bohwsw.strategies.outcome import Outcome, outcome_from_data

FIELDS = ("parameters", "pending", "seed", "trials")


def snapshot(strategy: Strategy) -> dict[str, Any]:
    """What a strategy has been told and what it waits for."""
    return {
        "parameters": list(strategy.space.names),
        "seed": strategy.seed,
        "trials": [
            {"point": dict(told.point), **told.outcome.as_data()} for told in strategy.history
        ],
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
        got = sorted(data) if isinstance(data, Mapping) else data
        raise SpecError("not a snapshot", got=got, expected=", ".join(FIELDS))
    for name, mine in (("parameters", list(strategy.space.names)), ("seed", strategy.seed)):
        if data[name] != mine:
            raise SpecError(
                f"the snapshot has another {name}",
                key_path=name,
                got=data[name],
                expected=str(mine),
            )
    tells = []
    for place, entries in (("trials", data["trials"]), ("pending", data["pending"])):
        for k, entry in enumerate(entries):
            with located(key_path=f"{place}[{k}]"):
                tells.append(_checked(strategy, entry, is_trial=place == "trials"))
    for point, outcome in tells:
        if outcome is None:
            strategy.reserve(point)
        else:
            strategy.tell(point, outcome)


def _checked(
    strategy: Strategy, entry: Any, *, is_trial: bool
) -> tuple[Mapping[str, Any], Outcome | None]:
    """A point, with its outcome if it has one, that the strategy can be told."""
    point, outcome = entry, None
    if is_trial:
        if not isinstance(entry, Mapping) or "point" not in entry:
            raise SpecError("a trial of the snapshot is damaged", got=entry)
        point = entry["point"]
        outcome = outcome_from_data({k: v for k, v in entry.items() if k != "point"})
        strategy.goals.violations(outcome)
    strategy.require_valid(point)
    return point, outcome
