"""A chip of several cores from a YAML file: each from a template with free sizes, or absent.

See ``docs/chips.md`` for the format and ``spaces/chips`` for one that comes along.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from bohwsw.arch import Architecture, Columns, MachineSizes, Prices, StorageLevel
from bohwsw.chips.chip_mapper import chip_of
from bohwsw.chips.chip_spec import ChipSpec, NetworkSpec
from bohwsw.codesign import Hardware, HardwareSpace, load_space, stricter
from bohwsw.errors import SpecError, located
from bohwsw.space import Predicate, Space, Value
from bohwsw.space.specification import ParameterSpec, space_of
from bohwsw.yamlfile import read_yaml, validate

ABSENT, SHARE = "none", "dram_bits_per_cycle"
MOST_TABULATED = 100_000
"""Machines of a template whose amounts are computed once for all."""


@dataclass(frozen=True)
class ChipSpace:
    """A space of chips.

    A core ``big`` has a parameter ``big_template`` and one for each of its templates' parameters,
    such as ``big_mesh_x``; those of templates that are not chosen mean nothing.
    Raises:
        SpecError: no chip is within what the cores share, or a parameter or constraint is wrong.
    """

    spec: ChipSpec  # the file's contents
    templates: Mapping[str, HardwareSpace]
    """The machines that cores may be, by their names in the file."""
    file: str | None = None  # where it came from

    def __post_init__(self) -> None:
        with located(file=self.file):
            _ = self.space  # made here, so that what is wrong shows at once

    @cached_property
    def space(self) -> Space:
        """The parameters, under the constraints and the limits on PEs, area and bandwidth."""
        parameters, constraints = self.parts
        found = space_of(parameters, constraints)
        assert found is not None
        return found

    @cached_property
    def parts(self) -> tuple[dict[str, ParameterSpec], list[str | Predicate]]:
        """What the space is made of."""
        return _parts(self.spec, self.templates)

    @property
    def name(self) -> str:
        """The name of the chips."""
        return self.spec.name

    def require_known(self, objectives: Sequence[str]) -> None:
        """Refuse objectives that nobody knows on any of the templates."""
        for template in self.templates.values():
            template.require_known(objectives)

    def hardware(self, point: Mapping[str, Value]) -> Hardware:
        """The chip at a point, which may have values of other parameters, too.

        Raises:
            SpecError: the point is not valid, or a template makes no machine of it.
        """
        own_point = {name: point[name] for name in self.parts[0]}
        if broken := self.space.violations(own_point):
            raise SpecError("no chip of the space", file=self.file, got=str(broken[0]))
        cores = []
        for core in self.spec.cores:
            name = point[f"{core}_template"]
            if name != ABSENT:
                template = self.templates[str(name)]
                own = {key: point[f"{core}_{key}"] for key in template.spec.parameters}
                with located(file=self.file, key_path=f"cores.{core}"):
                    made = template.hardware(own)
                share = point.get(f"{core}_{SHARE}")
                architecture = replace(
                    made.architecture, name=core, levels=_shared_dram(made.architecture, share)
                )
                cores.append(replace(made, architecture=architecture))
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

    def limited(
        self, limits: Mapping[str, float], latency_limits: Mapping[str, float] | None = None
    ) -> ChipSpace:
        """The space under further limits; of two on one figure the stricter one holds.

        Args:
            limits: on the chip, by the names of figures.
            latency_limits: of networks, in cycles.
        """
        spec = self.spec
        networks = dict(spec.networks)
        for name, cycles in (latency_limits or {}).items():
            known = networks.get(name, NetworkSpec())
            both = stricter(known.limits, {"latency_cycles": cycles})  # type: ignore[arg-type]
            networks[name] = known.model_copy(update={"limits": both})
        own = stricter(spec.limits, limits)
        spec = spec.model_copy(update={"limits": own, "networks": networks})
        return replace(self, spec=spec)


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
    return ChipSpace(spec, templates, str(file))


def _parts(
    spec: ChipSpec, templates: Mapping[str, HardwareSpace]
) -> tuple[dict[str, ParameterSpec], list[str | Predicate]]:
    """Parameters and constraints of a chip file."""
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
                f"{core}_template != {name!r} or ({prefixed(text, own.parameters, core)})"
                for text in own.constraints
            ]
        if spec.dram_shares:
            parameters[f"{core}_{SHARE}"] = ParameterSpec(values=tuple(sorted(spec.dram_shares)))
    if all(choice.optional for choice in spec.cores.values()):
        texts.append(" or ".join(f"{core}_template != {ABSENT!r}" for core in spec.cores))
    if spec.dram_shares and spec.dram_bits_per_cycle is None:
        raise SpecError("shares of what", key_path="dram_shares", expected="dram_bits_per_cycle")
    return parameters, [*texts, *_shared(spec, templates, tuple(parameters))]


def _shared_dram(core: Architecture, share: Value | None) -> tuple[StorageLevel, ...]:
    """The levels of a core; its reads and its writes in DRAM take at most its share each."""
    dram, *inner = core.levels
    if share is not None:
        words = float(share) / dram.word_bits  # type: ignore[arg-type]
        read, write = (
            min(words, x or words) for x in (dram.read_words_per_cycle, dram.write_words_per_cycle)
        )
        dram = replace(dram, read_words_per_cycle=read, write_words_per_cycle=write)
    return (dram, *inner)


def _stem(template: str) -> str:
    """What parameters call a template."""
    return Path(template).stem if template.endswith((".yaml", ".yml")) else template


def prefixed(text: str, names: Mapping[str, Any], core: str) -> str:
    """A constraint of a template as one on the parameters of its core; of a network alike."""
    return re.sub(
        r"[A-Za-z_]\w*", lambda found: f"{core}_{found[0]}" if found[0] in names else found[0], text
    )


def _shared(
    spec: ChipSpec, templates: Mapping[str, HardwareSpace], names: tuple[str, ...]
) -> list[Predicate]:
    """What the cores share: PEs, area, bandwidth of the DRAM."""
    if "area_mm2" in spec.limits:
        for template in templates.values():
            template.require_areas("limits.area_mm2")
    whole = spec.dram_bits_per_cycle if spec.dram_shares else None
    limits = {"pes": spec.pes, "area_mm2": spec.limits.get("area_mm2"), "dram_shares": whole}
    known = {name: limit for name, limit in limits.items() if limit is not None}
    if not known:
        return []
    text = " and ".join(f"{name} <= {limit:g}" for name, limit in known.items())
    shared = _Shared(spec, templates, tuple(limits.values()))
    for (name, limit), least in zip(limits.items(), shared.least(), strict=True):
        if limit is not None and least > limit:
            place = "limits.area_mm2" if name == "area_mm2" else name
            expected = f"{name} <= {limit:g} of all cores"
            problem = "the smallest cores together are over the whole"
            raise SpecError(problem, key_path=place, got=f"{least:g}", expected=expected)
    return [Predicate(shared, names, text)]


@dataclass(frozen=True)
class _Shared:
    """Whether cores are within what they share; an object, so that it travels to processes.

    ``limits`` are on PEs, area and bandwidth.
    """

    spec: ChipSpec
    templates: Mapping[str, HardwareSpace]
    limits: tuple[float | None, ...]

    @cached_property
    def _amounts(self) -> dict[str, _Amounts]:
        return {name: _Amounts(template) for name, template in self.templates.items()}

    def __call__(self, columns: Columns) -> npt.NDArray[np.bool_]:
        limits = np.array([np.inf if x is None else x for x in self.limits])
        over: npt.NDArray[np.bool_] = np.any(self.of(columns) > limits[:, None], axis=0)
        return ~over

    def least(self) -> npt.NDArray[np.float64]:
        """PEs, area and shares ``[3]`` that no chip is below, each by itself."""
        share = min(self.spec.dram_shares, default=0.0)
        cores = []
        for core, choice in self.spec.cores.items():
            names = map(_stem, self.spec.templates_of(core))
            least = np.min([self._amounts[name].least for name in names], axis=0)
            cores.append((choice.optional, np.array([*least, share])))
        needed = [own for optional, own in cores if not optional]
        found: npt.NDArray[np.float64] = np.min([own for _, own in cores], axis=0)
        return np.sum(needed, axis=0) if needed else found

    def of(self, columns: Columns) -> npt.NDArray[np.float64]:
        """PEs, area and shares ``[3, n]`` of all cores together."""
        found = np.zeros((3, len(next(iter(columns.values())))))
        for core in self.spec.cores:
            for name in map(_stem, self.spec.templates_of(core)):
                chosen = np.flatnonzero(columns[f"{core}_template"] == name)
                keys = self.templates[name].spec.parameters
                own = {key: columns[f"{core}_{key}"][chosen] for key in keys}
                found[:2, chosen] += self._amounts[name].of(own, len(chosen))
                if self.spec.dram_shares:
                    found[2, chosen] += columns[f"{core}_{SHARE}"][chosen]
        return found


class _Amounts:
    """PEs and area of the machines of a template, looked up where there are few."""

    def __init__(self, template: HardwareSpace) -> None:
        self._machine, self._prices = template.spec.architecture, Prices(template.technology)
        own = template.space.parameters if template.space is not None else ()
        domains = [sorted(spec.values or ()) for spec in template.spec.parameters.values()]
        self._domains: list[npt.NDArray[Any]] | None = None
        self.least = np.zeros(2)
        if own and all(domains) and math.prod(map(len, domains)) <= MOST_TABULATED:
            grid = np.meshgrid(*domains, indexing="ij")
            columns = {
                key: each.ravel() for key, each in zip(template.spec.parameters, grid, strict=True)
            }
            self._table = self._computed(columns, grid[0].size)
            self.least = self._table.min(axis=1)
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
