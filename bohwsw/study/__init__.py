"""Studies: trials of a problem, in one form and in one `Storage`; `Client` and co-design use them.

What maps networks, and is slow to load for that, is loaded when it is first used.
"""

from importlib import import_module
from typing import Any

from bohwsw.study.client import Client
from bohwsw.study.memory_storage import MemoryStudy
from bohwsw.study.parameter_configs import ChoiceParameterConfig, RangeParameterConfig
from bohwsw.study.storage import (
    ClaimedError,
    Storage,
    StorageError,
    StoredStudy,
    StudyFullError,
    Transaction,
    TrialStateError,
)
from bohwsw.study.storage_config import StorageConfig, StoragePlace, open_storage
from bohwsw.study.trial import ATTACHED, RUNNING, Progress, Trial

_LOADED_LATER = {
    "HERE": "bohwsw.study.codesign_search",
    "TRIALS": "bohwsw.study.result_folder",
    "CodesignResult": "bohwsw.study.codesign_result",
    "Where": "bohwsw.study.codesign_search",
    "design_files": "bohwsw.study.result_files",
    "run_codesign": "bohwsw.study.codesign_study",
}

__all__ = [
    "ATTACHED",
    "HERE",
    "RUNNING",
    "TRIALS",
    "ChoiceParameterConfig",
    "ClaimedError",
    "Client",
    "CodesignResult",
    "MemoryStudy",
    "Progress",
    "RangeParameterConfig",
    "Storage",
    "StorageConfig",
    "StorageError",
    "StoragePlace",
    "StoredStudy",
    "StudyFullError",
    "Transaction",
    "Trial",
    "TrialStateError",
    "Where",
    "design_files",
    "open_storage",
    "run_codesign",
]


def __getattr__(name: str) -> Any:
    if name in _LOADED_LATER:
        return getattr(import_module(_LOADED_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
