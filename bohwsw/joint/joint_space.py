"""One space of a network's knobs and a machine's parameters, with constraints among both."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.codesign import HardwareSpace, Networks, joint_features
from bohwsw.errors import SpecError, located, unknown_name
from bohwsw.space import Point, Predicate, Space, Value, parse
from bohwsw.space.specification import ParameterSpec, checked_point, space_of
from bohwsw.strategies import Fidelity
from bohwsw.workload import ModelFile

HARDWARE_SHARE = 0.1
"""Cost of hardware figures where fidelities are searched, to that of a full measurement."""


@dataclass(frozen=True)
class JointSpace:
    """The networks of a model file, each on every machine of a space.

    Attributes:
        knobs: those that have one value only.
        parameters: the same of machines; with all of them given the hardware is fixed.
        constraints: conditions on knobs and parameters together, such as
            ``weight_bits <= word_bits``, on top of those of the two files.
        each: knobs that are not searched either: every machine runs the network at all of their
            values, as at ``phase`` prefill and decode. Figures are means over these networks, and
            each of them keeps to the limits.
        fidelities: of the source, those that are searched too: values by name, rising, of which
            results count at the last. Points have them beside knobs and parameters.

    Raises:
        SpecError: a knob has the name of a parameter, a fixed value is none, a constraint is not
            valid, or no point meets all.
    """

    model: ModelFile
    machines: HardwareSpace
    knobs: Mapping[str, Value] = field(default_factory=dict)
    parameters: Mapping[str, Value] = field(default_factory=dict)
    constraints: Sequence[str] = ()
    each: Mapping[str, Sequence[Value]] = field(default_factory=dict)
    fidelities: Mapping[str, Sequence[int]] = field(default_factory=dict)

    _each: tuple[Point, ...] = field(default=({},), init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = self.machines.spec.parameters
        for name in self.fidelities:
            if name in names or name in self.model.spec.knobs:
                expected = "another name of the knob or parameter"
                raise SpecError("a fidelity has this name", key_path=name, expected=expected)
        for knob in self.model.spec.knobs:
            if knob in names:
                raise SpecError(
                    f"a knob of {self.model.name!r} and a parameter of {self.machines.name!r} have "
                    "one name",
                    file=self.model.file,
                    key_path=f"knobs.{knob}",
                    got=knob,
                    expected="another name in one of the two files",
                )
        for what, given, known in (
            ("knob", {**self.knobs, **self.each}, self.model.spec.knobs),
            ("parameter", self.parameters, names),
        ):
            for name in given:
                if name not in known:
                    raise unknown_name(what, name, known or [f"none: there are no {what}s"])
        for name, values in self.each.items():
            is_list = isinstance(values, Sequence) and not isinstance(values, str)
            if not is_list or len(set(values)) < max(2, len(values)):
                expected = "two different values or more"
                raise SpecError("not a knob's values", key_path=name, got=values, expected=expected)
        combinations = [dict(zip(self.each, x, strict=True)) for x in product(*self.each.values())]
        each = [self._typed(self.model.space, one) for one in combinations]
        object.__setattr__(self, "_each", tuple(each))
        object.__setattr__(self, "knobs", self._typed(self.model.space, {**self.knobs, **each[0]}))
        object.__setattr__(self, "parameters", self._typed(self.machines.space, self.parameters))

    @property
    def name(self) -> str:
        """For people and for studies."""
        return f"{self.machines.name}-{self.model.name}"

    @cached_property
    def space(self) -> Space:
        """All points: knobs first. What is fixed has one value.

        Raises:
            SpecError: a constraint is not valid, or no point meets all.
        """
        model, machines = self.model.spec, self.machines.spec
        specs = {**model.knobs, **machines.parameters}
        specs |= {name: ParameterSpec(values=tuple(x)) for name, x in self.fidelities.items()}
        texts = [*model.constraints, *machines.constraints, *self.constraints]
        for name, value in {**self.knobs, **self.parameters}.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                specs[name] = ParameterSpec(values=(value,))
            else:  # other constraints may speak of its other choices
                truth = name if value else f"not {name}"
                texts.append(f"{name} == {value!r}" if isinstance(value, str) else truth)
        with located(file=self.machines.file):
            features = joint_features(self.model.spec, machines, self._each)
            known: list[str | Predicate] = [*texts, *self.machines.predicates(), *self._of_each()]
            found = space_of(specs, known, features=features)
        if found is None:
            problem = "neither knobs nor parameters to search"
            raise SpecError(problem, got=self.name, expected="a model or a space with some")
        return found

    def _of_each(self) -> Iterator[Predicate]:
        """The model's constraints at all but the first values of ``each``."""
        for own in self._each[1:]:
            for text in self.model.spec.constraints:
                names = sorted(parse(text).names)
                if own.keys() & set(names):
                    told = ", ".join(f"{knob} = {value}" for knob, value in own.items())
                    yield Predicate(partial(_holds, text, own), names, f"{text} at {told}")

    def networks(self, knobs: Mapping[str, Value]) -> Networks:
        """The network at some knobs, or, with ``each``, all that a machine then runs.

        Raises:
            SpecError: the model file describes no network there.
        """
        points = tuple({**knobs, **own} for own in self._each)
        found = [self.model.network(point) for point in points]
        if not self.each:
            return Networks(tuple(found), knobs=points)
        named = [
            replace(network, name="-".join(map(str, (network.name, *own.values()))))
            for network, own in zip(found, self._each, strict=True)
        ]
        return Networks(tuple(named), (1.0,) * len(named), points)

    def split(self, point: Mapping[str, Value]) -> tuple[Point, Point]:
        """The knobs and the machine's parameters of a point."""
        knobs = self.model.spec.knobs
        ours = {name: value for name, value in point.items() if name in knobs}
        machine = self.machines.spec.parameters
        return ours, {name: value for name, value in point.items() if name in machine}

    @property
    def target(self) -> dict[str, int]:
        """The full fidelity."""
        return {name: values[-1] for name, values in self.fidelities.items()}

    @property
    def base(self) -> Point:
        """The default network on the baseline machine, where nothing else is fixed; unchecked."""
        model, machines = self.model.spec.default, self.machines.spec.baseline.point
        return {**model, **machines, **self.target, **self.knobs, **self.parameters}

    @property
    def priced_fidelity(self) -> Fidelity:
        """What an evaluation costs: as much as the source's work, and hardware figures."""
        hardware = HARDWARE_SHARE * math.prod(self.target.values())
        return Fidelity(self.target, cost=f"{hardware!r} + {' * '.join(self.fidelities)}")

    def fidelity(self, point: Mapping[str, Value]) -> dict[str, int]:
        """At which fidelity a point is to be measured; the full one where it does not say."""
        return {name: int(point.get(name, full)) for name, full in self.target.items()}  # type: ignore[arg-type]

    def point(self, changes: Mapping[str, Value]) -> Point:
        """The default network on the baseline machine, with some knobs and parameters changed.

        Raises:
            SpecError: an unknown name, or no point of the space.
        """
        fixed = {**self.knobs, **self.parameters}
        return checked_point(self.space, {**self.base, **changes, **fixed}, "knob or parameter")

    def _typed(self, space: Space | None, values: Mapping[str, Value]) -> Point:
        """Fixed values as the files have them, 4 for 4.0; which they must be able to have."""
        typed: Point = {}
        for parameter in () if space is None else space.parameters:
            if parameter.name in values:
                codes = np.array(parameter.codes(values[parameter.name]))
                typed[parameter.name] = parameter.value(codes)
        return typed


def _holds(text: str, own: Point, columns: dict[str, Any]) -> npt.NDArray[np.bool_]:
    """Which points meet a constraint with other values of some knobs."""
    n = len(next(iter(columns.values())))
    held = parse(text).evaluate({**columns, **{name: np.full(n, x) for name, x in own.items()}})
    return np.broadcast_to(np.asarray(held, dtype=np.bool_), n)
