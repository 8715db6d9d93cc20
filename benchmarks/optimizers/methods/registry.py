"""The methods by name; a module, and with it a peer, is imported when its method is asked for."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

from benchmarks.optimizers.method import Method
from bohwsw.errors import MissingExtraError, unknown_name

_HOMES = {
    "random": ("random", "RandomValid", ""),
    "bohwsw": ("bohwsw", "Bohwsw", ""),
    "optuna_tpe": ("optuna_tpe", "OptunaTpe", "optuna"),
    "optuna_gp": ("optuna_gp", "OptunaGp", "optuna"),
    "smac": ("smac", "Smac", "smac"),
    "ax": ("ax", "Ax", "ax"),
    "botorch_mixed": ("botorch_mixed", "BotorchMixed", ""),
    "relax_and_round": ("relax_and_round", "RelaxAndRound", ""),
    "pymoo_ga": ("pymoo_ga", "PymooGa", "pymoo"),
    "paper": ("paper", "Paper", ""),
}
"""Name to module, class, and the package that comes with the extra ``peers``, if any."""

METHODS: tuple[str, ...] = tuple(_HOMES)
"""In the order of the tables."""

OURS = "bohwsw"


def installed() -> tuple[str, ...]:
    """The methods whose packages are there."""
    return tuple(name for name, (*_, peer) in _HOMES.items() if not peer or find_spec(peer))


def method_class(name: str) -> type[Method]:
    """The class of a method.

    Raises:
        SpecError: no method has that name.
        MissingExtraError: its package is not installed.
    """
    if name not in _HOMES:
        raise unknown_name("method", name, METHODS)
    module, class_name, peer = _HOMES[name]
    if peer and find_spec(peer) is None:
        raise MissingExtraError(peer, "peers")
    found: type[Method] = getattr(
        import_module(f"benchmarks.optimizers.methods.{module}"), class_name
    )
    return found


def versions_of(name: str) -> dict[str, str]:
    """Versions of the packages behind a method."""
    found = {}
    for package in method_class(name).packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "unknown"
    return found
