"""The trials of a study as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bohwsw.errors import MissingExtraError
from bohwsw.study.stored_trial import StoredTrial


def table_of(trials: Sequence[StoredTrial], names: Sequence[str]) -> Any:
    """A row a trial, with Ax's names for the columns that Ax has.

    Args:
        trials: in the order of the rows.
        names: of the parameters.

    Returns:
        A ``pandas.DataFrame``: ``trial_index``, ``arm_name``, ``trial_status`` (in capitals),
        ``status_reason``, ``generation_node`` (what suggested it), then a column a measured value
        and a parameter; columns without any value are left out.

    Raises:
        MissingExtraError: pandas is not installed.
    """
    try:
        import pandas
    except ImportError:
        raise MissingExtraError("pandas", "dataframe") from None
    measured = {name for trial in trials if trial.outcome for name in trial.outcome.values}
    columns = {name: f"parameter {name}" if name in measured else name for name in names}
    rows = []
    for trial in trials:
        outcome = trial.outcome
        rows.append(
            {
                "trial_index": trial.number,
                "arm_name": trial.name,
                "trial_status": trial.state.upper(),
                "status_reason": outcome.reason if outcome else None,
                "generation_node": trial.source,
                **(outcome.values if outcome else {}),
                **{column: trial.parameters.get(name) for name, column in columns.items()},
            }
        )
    return pandas.DataFrame(rows).dropna(axis="columns", how="all")
