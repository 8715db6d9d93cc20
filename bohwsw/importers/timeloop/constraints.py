"""Constraints of Timeloop as restrictions of a dataflow, as space files have them.

A factor of 1 forbids a dimension to loop there, a split assigns dimensions to mesh axes, ``keep``
and ``bypass`` are what they are here. Whatever else is said (an order of loops, a factor above 1, a
limit on one) has no counterpart, and is named.
"""

from __future__ import annotations

from typing import Any

from bohwsw.importers.timeloop.directives import BYPASS_TYPES, factors_of, order_of, spaces_of
from bohwsw.importers.timeloop.machine import Fan, Machine
from bohwsw.importers.yaml_files.place import Place, note_unused
from bohwsw.importers.yaml_files.roles import Shape
from bohwsw.workload import DATA_SPACES, DIMENSIONS, RELEVANT_DIMENSIONS

TARGET = ("target", "name", "type", "constraints", "attributes")
BYPASS = ("keep", "bypass", "keep_only", "no_coalesce", "passthrough")
LOOPS = (
    *("factors", "factors_only", "permutation"),
    *("no_iteration_over_dataspaces", "must_iterate_over_dataspaces", "split"),
)
NAMED = (
    *("no_reuse", "no_temporal_reuse", "no_link_transfer", "no_multicast_no_reduction"),
    *("rmw_first_update", "rmw_on_first_writeback"),
    *("maximize_dims", "maximize_dims_capacity", "proportion", "min"),
)
"""Keys that a constraint may have and we have nothing for."""
OF_NODES = ("dataspace", "temporal", "spatial", "utilization", "misc", "iteration")
TYPES = ("temporal", "spatial", "utilization", "parallelism", "max_overbooked_proportion")


class Restrictions:
    """Restrictions by level, as they come together; plain data for a space file."""

    def __init__(self, machine: Machine, shape: Shape) -> None:
        self.machine, self.shape = machine, shape
        self.found: dict[int, dict[str, list[str]]] = {}
        self._axes: dict[int, list[tuple[Fan, list[str], list[str]]]] = {}

    def data(self) -> dict[str, dict[str, Any]]:
        """The restrictions by our names of levels, laid out as in a space file."""
        for level, pieces in self._axes.items():
            self._set_axes(level, pieces)
        levels = self.machine.architecture.levels
        order = ("temporal", "spatial_x", "spatial_y", "whole", "keep", "bypass")
        return {
            levels[index].name: {key: found[key] for key in order if key in found}
            for index, found in sorted(self.found.items())
            if found
        }

    def of_list(self, constraints: Place) -> None:
        """A list of constraints, or what holds one: ``targets``, ``constraints``."""
        if isinstance(constraints.value, dict):
            keys = constraints.mapping()
            names = ["constraints", "targets", "version"]
            chosen = keys.get("constraints")
            if chosen is not None and isinstance(chosen.value, str):
                names.append(f"constraints_{chosen.text()}")
            for key, place in keys.items():
                if key not in names and key.startswith("constraints_"):
                    continue  # another set of constraints, not chosen
                if key not in names:
                    raise place.unknown("key", key, names)
                if key != "version" and not isinstance(place.value, str):
                    self.of_list(place)
            return
        for place in constraints.sequence():
            keys = place.mapping()
            if isinstance(keys.get("constraints", place).value, list):
                for inner in keys["constraints"].sequence():
                    self._one(inner, {**keys, **inner.mapping()})
            else:
                self._one(place, keys)

    def _one(self, place: Place, keys: dict[str, Place]) -> None:
        if "attributes" in keys:
            keys = {**keys, **keys["attributes"].mapping()}
        for key, at in keys.items():
            if key not in (*TARGET, *BYPASS, *LOOPS, *NAMED):
                raise at.unknown("key", key, [*TARGET, *BYPASS, *LOOPS, *NAMED])
        target = keys.get("target", keys.get("name"))
        if target is None or "type" not in keys:
            raise place.error("a constraint without target or type", "target and type")
        kind = keys["type"].text()
        if kind not in (*TYPES, *BYPASS_TYPES):
            raise keys["type"].unknown("type of constraint", kind, [*TYPES, *BYPASS_TYPES])
        if kind in BYPASS_TYPES:
            self.bypass(keys, self.machine.level(target))
        elif kind == "temporal":
            self.temporal(keys, self.machine.level(target))
        elif kind == "spatial":
            self.spatial(keys, self.machine.fan(target))
        else:
            place.note(f"constraint on {kind}: not modelled")

    def of_nodes(self) -> None:
        """The constraints in the nodes of an architecture."""
        for component in self.machine.components:
            if component.constraints is None:
                continue
            keys = component.constraints.known(OF_NODES)
            level = self.machine.index.get(component.name)
            beside = ("utilization", "misc", "iteration")
            note_unused(keys, beside, "constraint on {}: not modelled")
            if "dataspace" in keys:
                entries = keys["dataspace"].known(BYPASS)
                self.bypass(entries, level, beside=component.is_beside)
            if "temporal" in keys:
                self.temporal(keys["temporal"].known((*LOOPS, *NAMED)), level)
            if "spatial" in keys:
                fan = self.machine.fans.get(component.name)
                self.spatial(keys["spatial"].known((*LOOPS, *NAMED)), fan)

    def bypass(self, keys: dict[str, Place], level: int | None, *, beside: bool = False) -> None:
        """Data spaces that a level must keep, or must not."""
        note_unused(keys, ("no_coalesce", "passthrough"))
        listed = [keys[key] for key in ("keep", "keep_only") if key in keys]
        keep = [space for at in listed for space in spaces_of(at, self.shape)]
        bypass = spaces_of(keys["bypass"], self.shape) if "bypass" in keys else []
        if "keep_only" in keys or (beside and keep):
            bypass = [space for space in DATA_SPACES if space not in keep]
        for space in keep:
            if space in bypass or level is None:
                raise listed[0].error("must be kept where it cannot be", got=space)
        if level is None:
            return
        if level == 0:
            if bypass:
                raise keys["bypass"].error("the outermost level keeps every data space", "nothing")
            return
        for key, spaces in (("keep", keep), ("bypass", bypass)):
            self._add(level, key, spaces)

    def temporal(self, keys: dict[str, Place], level: int | None) -> None:
        """Dimensions that may loop in time at a level."""
        note_unused(keys, NAMED)
        allowed = self._allowed(keys, level)
        if level is None:
            return  # nothing is kept there, so that no loop in time stands there anyway
        if len(allowed) < len(DIMENSIONS):
            self._restrict(level, "temporal", allowed)
        running = [dim for dim in allowed if self.shape.size(dim) != 1]
        order = order_of(keys["permutation"], self.shape) if "permutation" in keys else []
        named = [name for name in order if self.shape.dims[name] in running]
        if named and len(running) > 1:
            keys["permutation"].note(f"order of loops {' '.join(named)}: any order is allowed")

    def spatial(self, keys: dict[str, Place], fan: Fan | None) -> None:
        """Dimensions that may unroll on each axis of a fan-out."""
        note_unused(keys, NAMED)
        allowed = self._allowed(keys, None if fan is None else fan.level)
        order = order_of(keys["permutation"], self.shape) if "permutation" in keys else []
        if fan is None:
            return  # nothing to restrict
        on_x, on_y = allowed, allowed
        if "split" in keys:
            split = keys["split"].whole()
            dims = [self.shape.dims[name] for name in order]
            rest = [dim for dim in allowed if dim not in dims]
            first = [dim for dim in allowed if dim in dims[:split]]
            last = [dim for dim in allowed if dim in dims[split:]]
            on_x = [*first, *rest] if split > len(order) else first
            on_y = [*last, *rest] if split < len(self.shape.dims) else []
        self._axes.setdefault(fan.level, []).append((fan, on_x, on_y))

    def _set_axes(self, level: int, pieces: list[tuple[Fan, list[str], list[str]]]) -> None:
        """Both axes of a level; a fan-out of 1 on an axis allows nothing that matters there."""
        fans = self.machine.fans_of(level)
        for axis, key in enumerate(("spatial_x", "spatial_y")):
            wide = [fan for fan in fans if fan.mesh[axis] > 1]
            allowed = [(x, y)[axis] for fan, x, y in pieces if fan.mesh[axis] > 1]
            if not wide or len(allowed) < len(wide):
                continue  # no fan-out there, or one about which nothing is said
            dims = {dim for listed in allowed for dim in listed}
            if len(dims) < len(DIMENSIONS):
                self._restrict(level, key, [dim for dim in DIMENSIONS if dim in dims])

    def _allowed(self, keys: dict[str, Place], level: int | None) -> list[str]:
        """Dimensions that are not held at a factor of 1."""
        allowed = list(DIMENSIONS)
        for key in ("factors", "factors_only"):
            given = factors_of(keys[key], self.shape) if key in keys else []
            for factor in given:
                dim, number, size = factor.dim, factor.number, self.shape.size(factor.dim)
                if factor.sign == "<":
                    number -= 1
                most = factor.sign in ("=", "<=", "<")
                if dim is None:
                    continue
                if most and number == 1:
                    allowed.remove(dim)
                elif size == 1:
                    continue
                elif factor.sign == "=" and number == 0:  # the whole dimension loops here
                    if level is None:
                        continue
                    self._add(level, "whole", [dim])
                    if level < len(self.machine.levels) - 1:
                        what = "here or further in, as a space file says it"
                        factor.place.note(f"all of {factor.name} loops here: {what}")
                elif not (factor.sign != "=" and most and size is not None and number >= size):
                    what = f"factor {factor.name} {factor.sign} {factor.number}"
                    factor.place.note(f"{what}: any factor is allowed")
            if key == "factors_only" and key in keys:
                listed = [factor.dim for factor in given]
                allowed = [dim for dim in allowed if dim in listed]
        for key in ("no_iteration_over_dataspaces", "must_iterate_over_dataspaces"):
            wanted = key.startswith("must")
            for space in spaces_of(keys[key], self.shape) if key in keys else []:
                relevant = RELEVANT_DIMENSIONS[space]
                allowed = [dim for dim in allowed if (dim in relevant) == wanted]
        return allowed

    def _restrict(self, level: int, key: str, allowed: list[str]) -> None:
        before = self.found.setdefault(level, {}).get(key)
        self.found[level][key] = [d for d in allowed if before is None or d in before]

    def _add(self, level: int, key: str, names: list[str]) -> None:
        if not names:
            return
        known = {*self.found.setdefault(level, {}).get(key, []), *names}
        order = DIMENSIONS if key == "whole" else DATA_SPACES
        self.found[level][key] = [name for name in order if name in known]
