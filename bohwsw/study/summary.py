"""The trials of a study as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from bohwsw.errors import MissingExtraError
from bohwsw.study.trial import Trial

FIXED = ("trial_index", "arm_name", "trial_status", "status_reason", "generation_node")
"""Columns of every table: a value or a parameter of such a name says what it is, too."""


def table_of(trials: Sequence[Trial], names: Sequence[str]) -> Any:
    """A row a trial, with Ax's names for the columns that Ax has.

    Args:
        trials: in the order of the rows.
        names: of the parameters.

    Returns:
        A ``pandas.DataFrame``: ``trial_index``, ``arm_name``, ``trial_status`` (in capitals),
        ``status_reason``, ``generation_node`` (what suggested it), then a column a measured value
        and a parameter; columns without any value are left out. ``attrs["states"]`` of the table
        says how many trials are in each state.

    Raises:
        MissingExtraError: pandas is not installed.
    """
    try:
        import pandas
    except ImportError:
        raise MissingExtraError("pandas", "dataframe") from None
    measured = {name for trial in trials for name in trial.values}
    values = {name: f"value {name}" if name in FIXED else name for name in measured}
    columns = {n: f"parameter {n}" if n in measured or n in FIXED else n for n in names}
    rows = []
    for trial in trials:
        rows.append(
            {
                "trial_index": trial.number,
                "arm_name": trial.name,
                "trial_status": trial.state.upper(),
                "status_reason": trial.reason,
                "generation_node": trial.source,
                **{values[name]: value for name, value in trial.values.items()},
                **{column: trial.point.get(name) for name, column in columns.items()},
            }
        )
    table = pandas.DataFrame(rows).dropna(axis="columns", how="all")
    table.attrs["states"] = dict(Counter(trial.state for trial in trials))
    return table
