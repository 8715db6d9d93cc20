"""A component of AccelForge: its numbers as a level of ours, its price, and what it may keep."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from bohwsw.arch import StorageLevel
from bohwsw.errors import SpecError
from bohwsw.importers.accelforge.tensor_sets import tensors_of
from bohwsw.importers.accelforge.workload import Workload
from bohwsw.importers.yaml_files.place import Place, note_unused
from bohwsw.importers.yaml_files.scope import Scope
from bohwsw.tech import StorageCost, StorageShape, technology_of
from bohwsw.workload import DATA_SPACES

PAT = "timeloop-pat"
DEFAULT_BITS = 16
UNLIMITED = 2**32 - 1
PJ_PER_JOULE = 1e12
SCALES = ("energy_scale", "throughput_scale", "area_scale", "leak_power_scale", "actions_scale")
COMPONENT = (
    *("name", "component_class", "actions", "spatial", "enabled", "area", "leak_power"),
    *("total_latency", "n_parallel_instances", "extra_attributes_for_component_model"),
    *("skip_initial_output_write", *SCALES),
)
MEMORY = (*COMPONENT, "size", "tensors", "bits_per_value", "bits_per_action", "values_per_action")
ACTION = (
    *("name", "energy", "energy_scale", "throughput", "throughput_scale", "bits_per_action"),
    *("values_per_action", "extra_attributes_for_component_model", "latency", "latency_scale"),
)
TENSORS = ("keep", "may_keep")
ALL = frozenset(DATA_SPACES)
EXTRA = ("kind", "cluster_size", "multiplier_width")
"""What our exporter writes besides; others are for models of components."""
SEPARATE_PORTS = re.compile(r"\s*max\(a\.n_calls / a\.throughput for a in actions\)\s*\Z")

BITS_OF = re.compile(r"\b([A-Za-z_]\w*)\.bits_per_value\b")
CHOICE = re.compile(r"(.+?) if (\w+) else (.+)\Z")


@dataclass
class Part:
    """A component with the fan-out right above it, by axis."""

    place: Place
    keys: dict[str, Place]
    scope: Scope
    fans: list[tuple[str, str, int]] = field(default_factory=list)

    @property
    def name(self) -> str:
        self.place.require(self.keys, "a component", "name")
        return self.keys["name"].text()


def note_others(part: Part) -> None:
    """Name what costs nothing here, or is counted in another way."""
    for key in ("area", "leak_power", "values_per_action"):
        if key in part.keys and not part.keys[key].is_idle() and part.keys[key].value != 0:
            part.keys[key].note(f"{key}: not modelled")
    for key in ("area_scale", "leak_power_scale", "actions_scale", "n_parallel_instances"):
        if key in part.keys and part.keys[key].value != 1:
            part.keys[key].note(f"{key}: not modelled")
    latency = part.keys.get("total_latency")
    is_memory = "size" in part.keys
    if latency is not None and not (is_memory and SEPARATE_PORTS.match(str(latency.value))):
        latency.note("time of its own: reads and writes go on side by side here")
    skip = part.keys.get("skip_initial_output_write")
    if skip is not None and skip.value is False:
        skip.note("outputs begin as zeros here, which nobody reads or writes")
    if "enabled" in part.keys and part.keys["enabled"].value is not True:
        part.keys["enabled"].note("it is there for every tensor")
    extra = part.keys.get("extra_attributes_for_component_model")
    for key, at in extra.mapping().items() if extra is not None else []:
        if key not in EXTRA:
            at.note(f"attribute {key} for models of components: not modelled")


def action_of(part: Part, name: str) -> dict[str, Place]:
    for at in part.keys["actions"].sequence() if "actions" in part.keys else []:
        keys = at.known(ACTION)
        if "name" in keys and keys["name"].text() == name:
            return keys
    return {}


def number_of(place: Place | None, scope: Scope) -> float | None:
    """A number that is not negative; None where nothing is said, and where it is infinite."""
    if place is None or place.value is None or str(place.value).strip("'\"") in ("inf", ".inf"):
        return None
    if isinstance(place.value, float) and math.isinf(place.value):
        return None
    return scope.positive(place)


def scale_of(part: Part, action: str, key: str) -> float:
    both = [keys[key] for keys in (part.keys, action_of(part, action)) if key in keys]
    return math.prod(part.scope.positive(at) for at in both)


def energy_pj_of(part: Part, action: str) -> float | None:
    energy = number_of(action_of(part, action).get("energy"), part.scope)
    if energy is None:
        return None
    return energy * (scale_of(part, action, "energy_scale") * PJ_PER_JOULE)


def _extra(part: Part, key: str) -> Place | None:
    extra = part.keys.get("extra_attributes_for_component_model")
    return None if extra is None else extra.mapping().get(key)


def unit_bits_of(units: Part, innermost: Part, workload: Workload | None) -> int:
    width = _extra(units, "multiplier_width")
    if width is not None:
        return units.scope.whole(width)
    return word_bits_of(innermost, workload)


def word_bits_of(part: Part, workload: Workload | None) -> int:
    """Bits of a value in a memory: as many as the widest tensor has."""
    bits = dict(workload.bits) if workload is not None else {}
    own: list[int] = []
    place = part.keys.get("bits_per_value")
    for text, at in place.mapping(as_written=True).items() if place is not None else []:
        own.append(part.scope.whole(at))
        if workload is not None:
            bits |= dict.fromkeys(tensors_of(text, at, workload.sets), own[-1])
    widths = set(bits.values() if workload is not None else own) or {DEFAULT_BITS}
    if len(widths) > 1:
        (place or part.place).note(f"values of {sorted(widths)} bits: all of {max(widths)} here")
    return max(widths) or DEFAULT_BITS


def without_tensors(workload: Workload | None, text: str) -> str:
    """An expression in numbers: ``weight.bits_per_value``, ``1 if weight else 0``."""

    def bits(found: re.Match[str]) -> str:
        if workload is None:
            return str(DEFAULT_BITS)
        tensors = workload.sets.get(found[1])
        if not tensors:
            return found[0]
        return str(max(workload.bits[tensor] for tensor in tensors) or DEFAULT_BITS)

    choice = CHOICE.match(text)
    if choice:
        is_there = workload is None or workload.sets.get(choice[2])
        text = choice[1] if is_there else choice[3]
    return BITS_OF.sub(bits, text)


def _access_bits(part: Part, action: str, word_bits: int) -> float:
    for keys in (action_of(part, action), part.keys):
        found = number_of(keys.get("bits_per_action"), part.scope)
        if found is not None:
            return found
    return 1.0


def level_of(
    part: Part,
    index: int,
    mesh: tuple[int, int],
    clock: float | None,
    workload: Workload | None,
    keeps: frozenset[str],
) -> StorageLevel:
    word_bits = word_bits_of(part, workload)
    read_bits = _access_bits(part, "read", word_bits)
    size = number_of(part.keys.get("size"), part.scope)
    if "size" not in part.keys:
        raise part.place.error("a memory without a size", "size in bits, or inf")
    entries = None if size is None else int(size // word_bits)
    if index == 0 and entries is not None:
        part.keys["size"].note("size of the outermost memory: it holds everything")
        entries = None
    if entries == 0:
        raise part.keys["size"].error("a memory without room", f"at least {word_bits} bits")
    limits = []
    for action in ("read", "write"):
        found = action_of(part, action).get("throughput")
        calls = number_of(found, part.scope)
        words = None
        if found is not None and calls is not None and clock is None:
            found.note("the units have no throughput, so no clock is known: no limit here")
        elif calls is not None and clock is not None:
            calls *= scale_of(part, action, "throughput_scale") / clock
            words = calls * (_access_bits(part, action, word_bits) / word_bits)
        limits.append(words)
    cluster = _extra(part, "cluster_size")
    block = read_bits / word_bits
    with part.place.explained():
        return StorageLevel(
            name=part.name,
            kind=_kind(part, index),
            entries=entries,
            word_bits=word_bits,
            block_size=int(block) if block >= 1 and block == int(block) else 1,
            cluster_size=1 if cluster is None else part.scope.whole(cluster),
            read_words_per_cycle=limits[0],
            write_words_per_cycle=limits[1],
            mesh_x=mesh[0],
            mesh_y=mesh[1],
            keeps=keeps,
        )


def _kind(part: Part, index: int) -> str:
    told = _extra(part, "kind")
    if told is not None:
        return told.text()
    small = str(
        part.keys["component_class"].value if "component_class" in part.keys else ""
    ).lower()
    if index == 0 or re.search(r"dram|ddr|hbm", small):
        return "dram"
    return "regfile" if re.search(r"reg|_rf\b", small) else "sram"


def price_of(part: Part, level: StorageLevel) -> tuple[StorageCost, bool]:
    """Prices of one access, and whether the file gives any."""
    found = {}
    for action in ("read", "write"):
        price = energy_pj_of(part, action)
        if price is not None:
            bits = _access_bits(part, action, level.word_bits)
            found[action] = price * (level.block_size * level.word_bits / bits)
    is_given = bool(found)
    if len(found) < 2:
        entries = None if level.kind == "dram" else (level.entries or UNLIMITED)
        shape = StorageShape(level.kind, entries, level.word_bits, level.block_size)  # type: ignore[arg-type]
        model = technology_of(PAT).storage(shape)
        found = {"read": model.read_pj, "write": model.fill_pj, **found}
        part.place.note(f"no energies of its own: those of {PAT}")
    return StorageCost(found["read"], found["write"], found["write"], None), is_given


def kept_of(part: Part, index: int, workload: Workload | None) -> tuple[frozenset[str], list[str]]:
    """Data spaces that a memory can keep, and those that it must."""
    place = part.keys.get("tensors")
    if place is None or index == 0:
        return ALL, []
    keys = place.mapping()
    note_unused(keys, [key for key in keys if key not in TENSORS])
    found = {}
    for key in TENSORS:
        if key not in keys:
            continue
        text = keys[key].text()
        if text in ("All", "Nothing", "~All"):
            found[key] = ALL if text == "All" else frozenset()
            continue
        try:
            if workload is None:
                raise SpecError("no workload")
            tensors = tensors_of(text, keys[key], workload.sets)
            found[key] = frozenset(workload.shape.spaces[tensor] for tensor in tensors)
        except SpecError:
            keys[key].note(f"{key}: {text}: it may keep any tensor here")
            return ALL, []
    keep = found.get("keep", frozenset())
    may_keep = found.get("may_keep", ALL if "keep" not in found else frozenset())
    return keep | may_keep, [space for space in DATA_SPACES if space in keep]
