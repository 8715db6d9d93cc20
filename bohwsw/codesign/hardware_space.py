"""A hardware design space from a YAML file: machine, free parameters, known constraints, baseline.

See ``docs/spaces.md`` for the format and ``spaces/`` for those that come with bohwsw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from bohwsw.arch import SHAPE, Architecture, Chip, Columns, MachineSizes, Prices
from bohwsw.codesign.figures import FIGURES
from bohwsw.codesign.space_spec import SpaceSpec, build_space
from bohwsw.errors import SpecError, located
from bohwsw.mapping import Dataflow, DataflowSpec, build_dataflow, check_dataflow
from bohwsw.simulator import Costs, SparseSpec, area_mm2, costs_of
from bohwsw.space import Features, Point, Predicate, Space, Value
from bohwsw.space.specification import checked_point
from bohwsw.summary import Summarised, Summary
from bohwsw.tech import Technology, technology_of


@dataclass(frozen=True)
class Hardware:
    """One machine of a space, priced: a chip, of one core unless it says otherwise.

    Attributes:
        point: the parameter values that made it.
        architecture: the machine; of several cores the first.
        clock_mhz: its clock; None if unknown.
        others: the other cores, each with an architecture of another name.
        dram_bits_per_cycle: what the DRAM moves for all cores together, see ``Chip``.
        sparse: what is saved on zeros; None: nothing.
    """

    point: Mapping[str, Value]
    architecture: Architecture
    dataflow: Dataflow
    costs: Costs
    clock_mhz: float | None = None
    others: tuple[Hardware, ...] = ()
    dram_bits_per_cycle: float | None = None
    sparse: SparseSpec | None = None

    @property
    def cores(self) -> tuple[Hardware, ...]:
        """Each core as a machine of its own."""
        alone = replace(self, others=(), dram_bits_per_cycle=None) if self.others else self
        return (alone, *self.others)

    @property
    def chip(self) -> Chip:
        """The cores and what they share.

        Raises:
            SpecError: two cores have one name, or their DRAMs or clocks are not alike.
        """
        clocks = [core.clock_mhz for core in self.cores]
        if len(set(clocks)) > 1:
            raise SpecError("cores share one clock", key_path="clock_mhz", got=clocks)
        cores = tuple(core.architecture for core in self.cores)
        return Chip(" + ".join(core.name for core in cores), cores, self.dram_bits_per_cycle)

    @property
    def area_mm2(self) -> float | None:
        """Area of the chip without DRAM, all cores; None if the technology does not know it."""
        if not self.others:
            return area_mm2(self.architecture, self.costs)
        areas = [core.area_mm2 for core in self.cores]
        known = [area for area in areas if area is not None]
        return sum(known) if len(known) == len(areas) else None


@dataclass(frozen=True)
class HardwareSpace(Summarised):
    """A space of machines.

    Attributes:
        space: its parameters and known constraints; None if the file has no parameters.
    """

    spec: SpaceSpec
    space: Space | None
    file: str | None = None

    objective = "edp"
    """What is minimised where nobody says."""

    @property
    def name(self) -> str:
        """The space's name."""
        return self.spec.name

    def summary(self) -> Summary:
        """How many machines it has, of what, within which limits, for people."""
        baseline = self.baseline(free=True)
        area = "" if baseline.area_mm2 is None else f", {baseline.area_mm2:.4g} mm2"
        signs = {name: ">=" if FIGURES[name].maximised else "<=" for name in self.spec.limits}
        limits = ", ".join(f"{name} {signs[name]} {x:g}" for name, x in self.spec.limits.items())
        return Summary(
            f"Hardware space {self.name}: {self.spec.description}",
            (
                ("machines", "1" if self.space is None else str(self.space.size())),
                ("parameters", ", ".join(self.spec.parameters) or "none"),
                ("limits", limits or "none"),
                ("baseline", f"{baseline.architecture.macs} MACs{area}"),
            ),
            following=f'bohwsw.codesign_network("{self.name}", "resnet18")',
        )

    def require_known(self, objectives: Sequence[str]) -> None:
        """Refuse objectives that nobody knows on any of the machines.

        Raises:
            SpecError: it is the area, and the technology knows none.
        """
        if "area" in objectives:
            self.require_areas("objective")

    def hardware(self, point: Mapping[str, Value]) -> Hardware:
        """The machine at a point.

        Raises:
            SpecError: the point is not in the space, or the file does not describe a machine there.
        """
        return self._build(self._checked(point, "point"), self.spec.dataflow)

    def baseline(self, *, free: bool = False) -> Hardware:
        """The machine to compare with.

        Args:
            free: drop the baseline's own dataflow, keep only the space's.
        """
        point = self._checked(self.spec.baseline.point, "baseline.point")
        own = self.spec.baseline.dataflow
        if own is None or free:
            return self._build(point, self.spec.dataflow)
        return self._build(point, own, "baseline")

    @property
    def baseline_is_restricted(self) -> bool:
        """Whether the baseline has a dataflow of its own."""
        return self.spec.baseline.dataflow is not None

    def with_point(self, changes: Mapping[str, Value]) -> Point:
        """The baseline's point with some parameters changed, checked."""
        return self._checked({**self.spec.baseline.point, **changes}, "point")

    def search_space(
        self, *, with_features: bool = False, features: Features | None = None
    ) -> Space | None:
        """Its machines within the area limit, as a space to search.

        Args:
            with_features: encode points by the file's features, if it has any.
            features: otherwise, what a model is told besides the parameters.

        Raises:
            SpecError: no machine is within the limit.
        """
        with located(file=self.file):
            known = self.predicates()
            return build_space(
                self.spec, known=known, with_features=with_features, features=features
            )

    def predicates(self) -> list[Predicate]:
        """Known constraints that are no text: that on the area, if parameters change the area."""
        limit_mm2, machine = self.spec.limits.get("area_mm2"), self.spec.architecture
        names = machine.names((*SHAPE, "fanout[0]", "fanout[1]"))
        parameters = tuple(name for name in self.spec.parameters if name in names)
        if limit_mm2 is None or not parameters:
            return []
        prices = Prices(self.technology)

        def is_within(columns: Columns) -> npt.NDArray[np.bool_]:
            n = len(next(iter(columns.values())))
            return ~(prices.areas_mm2(MachineSizes(machine, columns, n)) > limit_mm2)

        return [Predicate(is_within, parameters, f"area_mm2 <= {limit_mm2:g}")]

    @cached_property
    def technology(self) -> Technology:
        """What prices the machines of the space."""
        return technology_of(self.spec.technology)

    def _build(
        self, point: Point, dataflow_spec: DataflowSpec, place: str | None = None
    ) -> Hardware:
        """The machine at a valid point; ``place`` is where in the file the dataflow stands."""
        with located(file=self.file):
            sizes = MachineSizes.at(self.spec.architecture, point)
            architecture = sizes.architecture(self.spec.name)
            with located(key_path=place):
                dataflow = build_dataflow(dataflow_spec, point, single_axis=self.spec.single_axis)
                check_dataflow(dataflow, architecture)
            costs = costs_of(architecture, self.technology)
            clock, sparse = self.spec.clock_mhz, self.spec.sparse
            return Hardware(point, architecture, dataflow, costs, clock, sparse=sparse)

    def _checked(self, point: Mapping[str, Value], place: str) -> Point:
        """A point of the space, its values as the parameters have them (4 for 4.0)."""
        with located(file=self.file, key_path=place):
            return checked_point(self.space, point, "parameter")

    def require_areas(self, place: str) -> None:
        """Refuse a space whose technology knows no areas.

        Raises:
            SpecError: it does not; ``place`` says who asks for areas.
        """
        if self.baseline().area_mm2 is None:
            raise SpecError(
                f"areas are needed, but the technology of space {self.name!r} knows none",
                key_path=place,
                got=self.spec.technology,
                expected="a technology with areas, as in {energy: timeloop-pat, area: cacti-45nm}",
            )
