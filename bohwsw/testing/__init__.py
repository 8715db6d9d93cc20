"""Conformance tests, for people who write a strategy, a mapper and the like of their own.

Subclass one in a test file:

    from bohwsw.testing import StrategyConformance

    class TestMyStrategy(StrategyConformance):
        name = "my_package.my_module:MyStrategy"

pytest collects the inherited tests. It is not among what the package needs otherwise: install it.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "AccuracySourceConformance": "bohwsw.testing.accuracy_sources",
    "MapperConformance": "bohwsw.testing.mappers",
    "StorageConformance": "bohwsw.testing.storages",
    "StrategyConformance": "bohwsw.testing.strategies",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        import pytest
    except ImportError as error:
        raise ImportError(f"bohwsw.testing.{name} needs pytest: pip install pytest") from error
    pytest.register_assert_rewrite(_HOMES[name])  # failed assertions show their values
    return getattr(import_module(_HOMES[name]), name)
