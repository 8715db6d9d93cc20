"""A chip of several cores from a YAML file: each from a template with free sizes, or absent.

See ``docs/chips.md`` for the format and ``spaces/chips`` for one that comes along.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt
from pydantic import BeforeValidator, Field

from bohwsw.arch import Columns, MachineSizes, Name, Prices
from bohwsw.chips.chip_mapper import chip_of
from bohwsw.codesign import Hardware, HardwareSpace, checked_limits, load_space
from bohwsw.errors import SpecError, located
from bohwsw.space import Predicate, Space, Value
from bohwsw.space.specification import ParameterSpec, space_of
from bohwsw.yamlfile import SpecModel, read_yaml, validate

ABSENT = "none"
MOST_TABULATED = 100_000
"""Machines of a template whose amounts are computed once for all."""


class CoreChoice(SpecModel):
    """One core: which machines it may be, those of the file if absent; and whether it may be."""

    templates: tuple[str, ...] = ()
    optional: bool = False


def _checked_limits(limits: object) -> object:
    return checked_limits(limits) if isinstance(limits, Mapping) else limits


class ChipSpec(SpecModel):
    """A chip file; ``templates`` are those of cores that have none of their own."""

    name: Name
    description: str = ""
    source: str = ""
    templates: tuple[str, ...] = ()
    cores: Annotated[dict[Name, CoreChoice], Field(min_length=1)]
    pes: Annotated[int, Field(ge=1)] | None = None
    dram_bits_per_cycle: Annotated[float, Field(gt=0)] | None = None
    limits: Annotated[dict[str, float], BeforeValidator(_checked_limits)] = Field(
        default_factory=dict
    )
    constraints: tuple[str, ...] = ()

    def templates_of(self, core: str) -> tuple[str, ...]:
        """The templates of a core, as the file names them."""
        return self.cores[core].templates or self.templates


@dataclass(frozen=True)
class ChipSpace:
    """A space of chips.

    A core ``big`` has a parameter ``big_template`` and one for each of its templates' parameters,
    such as ``big_mesh_x``; those of templates that are not chosen mean nothing.

    Attributes:
        spec: the file's contents.
        templates: the machines that cores may be, by their names in the file.
        space: the parameters, under the constraints and the limits on PEs and area.
        file: where it came from.
    """

    spec: ChipSpec
    templates: Mapping[str, HardwareSpace]
    space: Space
    file: str | None = None

    def hardware(self, point: Mapping[str, Value]) -> Hardware:
        """The chip at a point.

        Raises:
            SpecError: the point is not valid, or a template makes no machine of it.
        """
        if broken := self.space.violations(point):
            raise SpecError("no chip of the space", file=self.file, got=str(broken[0]))
        cores = []
        for core in self.spec.cores:
            name = point[f"{core}_template"]
            if name != ABSENT:
                template = self.templates[str(name)]
                own = {key: point[f"{core}_{key}"] for key in template.spec.parameters}
                with located(file=self.file, key_path=f"cores.{core}"):
                    made = template.hardware(own)
                cores.append(replace(made, architecture=replace(made.architecture, name=core)))
        return chip_of(cores, self.spec.dram_bits_per_cycle)

    def described(self, point: Mapping[str, Value]) -> list[str]:
        """The cores of a point, each with its template and its sizes."""
        found = []
        for core in self.spec.cores:
            name = str(point[f"{core}_template"])
            if name != ABSENT:
                keys = self.templates[name].spec.parameters
                sizes = " ".join(f"{key}={point[f'{core}_{key}']}" for key in keys)
                found.append(f"{core} {name} {sizes}")
        return found

    def limited(self, limits: Mapping[str, float]) -> ChipSpace:
        """The space under further limits, of which a lower one replaces the file's."""
        merged = {**self.spec.limits, **checked_limits(limits)}
        spec = self.spec.model_copy(update={"limits": merged})
        return replace(self, spec=spec, space=_space(spec, self.templates))


def load_chip_space(path: str | Path) -> ChipSpace:
    """A chip space by the path of its file; templates are names, or paths beside the file.

    Raises:
        SpecError: no such file, or something in it or in a template is not valid.
    """
    file = Path(path)
    spec = validate(ChipSpec, read_yaml(file), file=str(file))
    templates: dict[str, HardwareSpace] = {}
    for core in spec.cores:
        named = spec.templates_of(core)
        if not named:
            raise SpecError(
                "a core needs templates",
                file=str(file),
                key_path=f"cores.{core}.templates",
                got=[],
                expected="names of spaces or paths of files, here or for the whole chip",
            )
        for position, name in enumerate(named):
            own = "templates" if named is spec.templates else f"cores.{core}.templates"
            is_path = name.endswith((".yaml", ".yml"))
            with located(file=str(file), key_path=f"{own}[{position}]"):
                loaded = load_space(file.parent / name if is_path else name)
                if templates.setdefault(_stem(name), loaded).file != loaded.file:
                    raise SpecError("two templates of one name", got=name)
    with located(file=str(file)):
        return ChipSpace(spec, templates, _space(spec, templates), str(file))


def _space(spec: ChipSpec, templates: Mapping[str, HardwareSpace]) -> Space:
    parameters: dict[str, ParameterSpec] = {}
    texts = list(spec.constraints)
    for core, choice in spec.cores.items():
        chosen = [_stem(name) for name in spec.templates_of(core)]
        names = (*chosen, *((ABSENT,) if choice.optional else ()))
        parameters[f"{core}_template"] = ParameterSpec(choices=names)
        for name in chosen:
            own = templates[name].spec
            for key, parameter in own.parameters.items():
                known = parameters.setdefault(f"{core}_{key}", parameter)
                if known != parameter:
                    raise SpecError(
                        f"templates of core {core!r} differ in parameter {key!r}",
                        key_path=f"cores.{core}.templates",
                        got=name,
                        expected="the same values in all templates of a core",
                    )
            texts += [
                f"{core}_template != {name!r} or ({_prefixed(text, own.parameters, core)})"
                for text in own.constraints
            ]
    if all(choice.optional for choice in spec.cores.values()):
        texts.append(" or ".join(f"{core}_template != {ABSENT!r}" for core in spec.cores))
    space = space_of(parameters, [*texts, *_shared(spec, templates, tuple(parameters))])
    assert space is not None
    return space


def _stem(template: str) -> str:
    """What parameters call a template."""
    return Path(template).stem if template.endswith((".yaml", ".yml")) else template


def _prefixed(text: str, names: Mapping[str, Any], core: str) -> str:
    """A constraint of a template as one on the parameters of its core."""
    return re.sub(
        r"[A-Za-z_]\w*", lambda found: f"{core}_{found[0]}" if found[0] in names else found[0], text
    )


def _shared(
    spec: ChipSpec, templates: Mapping[str, HardwareSpace], names: tuple[str, ...]
) -> list[Predicate]:
    """What the cores share: PEs and area."""
    if "area_mm2" in spec.limits:
        for template in templates.values():
            template.require_areas("limits.area_mm2")
    limits = {"pes": spec.pes, "area_mm2": spec.limits.get("area_mm2")}
    known = {name: limit for name, limit in limits.items() if limit is not None}
    if not known:
        return []
    amounts = {name: _Amounts(template) for name, template in templates.items()}

    def is_within(columns: Columns) -> npt.NDArray[np.bool_]:
        found = np.zeros((2, len(next(iter(columns.values())))))
        for core in spec.cores:
            for name in map(_stem, spec.templates_of(core)):
                chosen = np.flatnonzero(columns[f"{core}_template"] == name)
                keys = templates[name].spec.parameters
                own = {key: columns[f"{core}_{key}"][chosen] for key in keys}
                found[:, chosen] += amounts[name].of(own, len(chosen))
        pes, area = (limits[name] for name in limits)
        within = np.ones(found.shape[1], bool) if pes is None else found[0] <= pes
        return within if area is None else within & ~(found[1] > area)

    text = " and ".join(f"{name} <= {limit:g}" for name, limit in known.items())
    return [Predicate(is_within, names, text)]


class _Amounts:
    """PEs and area of the machines of a template, looked up where there are few."""

    def __init__(self, template: HardwareSpace) -> None:
        self._machine, self._prices = template.spec.architecture, Prices(template.technology)
        own = template.space.parameters if template.space is not None else ()
        domains = [sorted(spec.values or ()) for spec in template.spec.parameters.values()]
        self._domains: list[npt.NDArray[Any]] | None = None
        if own and all(domains) and math.prod(map(len, domains)) <= MOST_TABULATED:
            grid = np.meshgrid(*domains, indexing="ij")
            columns = {
                key: each.ravel() for key, each in zip(template.spec.parameters, grid, strict=True)
            }
            self._table = self._computed(columns, grid[0].size)
            self._domains = [np.array(domain) for domain in domains]

    def of(self, columns: Columns, n: int) -> npt.NDArray[np.float64]:
        """PEs and area ``[2, n]`` at the values of the template's parameters."""
        if self._domains is None or not n:
            return self._computed(columns, n) if n else np.zeros((2, 0))
        index = np.zeros(n, np.intp)
        for domain, values in zip(self._domains, columns.values(), strict=True):
            index = index * len(domain) + np.searchsorted(domain, values)
        return self._table[:, index]

    def _computed(self, columns: Columns, n: int) -> npt.NDArray[np.float64]:
        sizes = MachineSizes(self._machine, columns, n)
        return np.stack([np.prod(sizes.meshes()[-1], axis=0), self._prices.areas_mm2(sizes)])
