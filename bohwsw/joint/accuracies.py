"""Accuracies of networks as a joint search asks for them, keeps them and stores them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from bohwsw.accuracy import AccuracySource, Measurement, NotMeasurableError, measure
from bohwsw.codesign import Design
from bohwsw.errors import BohwswError
from bohwsw.execution import WorkerPool
from bohwsw.space import Value

Ask = Callable[[AccuracySource, Mapping[str, Any], Mapping[str, int]], Measurement]
"""Asks a source for a network's figures at a fidelity, in this process or somewhere else."""


@dataclass(frozen=True)
class Accuracy:
    """What a source said of a network, or why it said nothing."""

    figures: Mapping[str, float] = field(default_factory=dict)  # by name; empty if there are none
    standard_errors: Mapping[str, float] = field(default_factory=dict)
    """Of those whose spread is known."""
    seconds: float = 0.0
    trainings: int = 0  # runs that were started for it
    reused: bool = False  # whether nobody was asked, because an earlier trial had the same network
    reason: str | None = None  # why it has no accuracy; None if it has
    densities: Mapping[str, float] = field(default_factory=dict)
    """Of weights, as measured, by node; empty where nobody asks."""
    partial: bool = False
    """Whether it was measured at less than the full fidelity: nothing to report."""

    def to_data(self) -> dict[str, Any]:
        """It as plain data, as it is stored with trials."""
        data = {name: value for name, value in vars(self).items() if value is not None}
        for name in ("densities", "partial"):
            if not data[name]:
                del data[name]
        return {**data, "seconds": round(self.seconds, 4)}


def accuracy_of(artifacts: Mapping[str, Any]) -> Accuracy | None:
    """The accuracy among the artifacts of a trial; None if nobody was asked."""
    data = artifacts.get("accuracy")
    return None if data is None else Accuracy(**data)


class BrokenSourceError(BohwswError):
    """The source is broken; how long that took is known."""

    def __init__(self, text: str, seconds: float) -> None:
        super().__init__(text)
        self.seconds = seconds


def asked(
    source: AccuracySource,
    knobs: Mapping[str, Value],
    ask: Ask,
    fidelity: Mapping[str, int] | None = None,
) -> Accuracy:
    """What a source says, at a fidelity or at its full one; that it cannot is an answer, too.

    Raises:
        BrokenSourceError: it is broken.
    """
    began = time.perf_counter()
    try:
        found = ask(source, knobs, fidelity or {})
    except NotMeasurableError as error:
        reason = f"accuracy source {source.name!r}: {error}"
        return Accuracy(seconds=time.perf_counter() - began, reason=reason)
    except (Exception, SystemExit) as error:
        text = " ".join(f"{type(error).__name__}: {error}".split())
        raise BrokenSourceError(
            f"accuracy source {source.name!r}: {text}", time.perf_counter() - began
        ) from error
    return Accuracy(
        dict(found.figures),
        dict(found.standard_errors),
        time.perf_counter() - began,
        found.trainings,
        densities=dict(found.densities),
    )


_POOLS: dict[float, WorkerPool] = {}
"""For each time-out, the process that asks sources; it lives as long as this one."""


def ask_apart(
    seconds: float, source: AccuracySource, knobs: Mapping[str, Any], fidelity: Mapping[str, int]
) -> Measurement:
    """Ask a source in a process of its own, which is killed when it takes too long.

    Raises:
        TaskTimeoutError, WorkerDiedError: it did, or has died; and what asking raises.
    """
    pool = _POOLS.get(seconds)
    if pool is None:
        pool = _POOLS[seconds] = WorkerPool(1, timeout_seconds=seconds)
    try:
        found: Measurement = pool.submit(measure, source, dict(knobs), dict(fidelity)).result()
    except KeyboardInterrupt:
        _POOLS.pop(seconds).kill_workers()
        raise
    return found


def network_key(knobs: Mapping[str, Value]) -> str:
    """Equal for equal networks of one model."""
    return json.dumps(dict(knobs), sort_keys=True)


def measured_design(design: Design, accuracy: Accuracy) -> Design:
    """A design with what a source has measured of its network."""
    networks = [replace(network, measured=dict(accuracy.figures)) for network in design.networks]
    return replace(design, networks=tuple(networks))


PLAIN = (bool, int, float, str, tuple, dict, Path)


def source_settings(source: AccuracySource) -> dict[str, Any]:
    """What a source says of itself: its name and, of a dataclass, what it was made of."""
    told: dict[str, Any] = {}
    known: Any
    for known in fields(source) if is_dataclass(source) else ():
        value = getattr(source, known.name)
        if known.init and known.repr and isinstance(value, PLAIN):
            told[known.name] = str(value) if isinstance(value, Path) else value
    return {**told, "name": source.name}
