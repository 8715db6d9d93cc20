"""Where accuracies come from: a function, a table, or a source of one's own."""

from bohwsw.accuracy.callable_source import CallableSource
from bohwsw.accuracy.source import (
    AccuracySource,
    FidelitySource,
    Measurement,
    NotMeasurableError,
    accuracy_source,
    accuracy_source_names,
    fidelities_of,
    measure,
    register_accuracy_source,
)
from bohwsw.accuracy.table import TableSource
from bohwsw.accuracy.table_file import shipped_tables

__all__ = [
    "AccuracySource",
    "CallableSource",
    "FidelitySource",
    "Measurement",
    "NotMeasurableError",
    "TableSource",
    "accuracy_source",
    "accuracy_source_names",
    "fidelities_of",
    "measure",
    "register_accuracy_source",
    "shipped_tables",
]
