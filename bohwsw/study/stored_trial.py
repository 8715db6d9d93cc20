"""A trial as the database has it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row

from bohwsw.strategies.outcome import Outcome, outcome_from_data

State = Literal["running", "completed", "infeasible", "failed", "abandoned"]


@dataclass(frozen=True)
class StoredTrial:
    """A trial as the database has it.

    Attributes:
        number: 0 for the first of the study.
        name: for people; ``3_0`` by default, as Ax calls the only arm of trial 3.
        source: the strategy that suggested it, or ``attached``.
        parameters: its point, as plain data.
        state: ``running`` or how it ended.
        outcome: what came of it; None while it runs.
        finish_order: 1 for the first of the study that ended; None while it runs.
        worker: who works on it.
        is_watched: whether it goes to somebody else if that worker dies.
        deaths: how many workers died of it, or with it.
        seconds: from its start to its end; None while it runs.
    """

    number: int
    name: str
    source: str
    parameters: dict[str, Any]
    state: State
    outcome: Outcome | None = None
    finish_order: int | None = None
    worker: str | None = None
    is_watched: bool = False
    deaths: int = 0
    seconds: float | None = None


def stored(row: Row[Any]) -> StoredTrial:
    """A trial from its row of the table ``trials``."""
    return StoredTrial(
        number=row.number,
        name=row.name,
        source=row.source,
        parameters=json.loads(row.parameters),
        state=row.state,
        outcome=None if row.outcome is None else outcome_from_data(json.loads(row.outcome)),
        finish_order=row.finish_order,
        worker=row.worker,
        is_watched=row.alive_at is not None,
        deaths=row.deaths,
        seconds=None if row.finished_at is None else row.finished_at - row.started_at,
    )
