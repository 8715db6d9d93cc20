"""Statistics in the layout in which Timeloop 3.0.3 prints them.

Of the networks it leaves out the lines on multicast, reductions and hops, and the energy of one
stands whole under its first data space: our simulator, which counts here, knows no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from timeloop_counts import Run, count, partitions, priced
from timeloop_readers import Part

from bohwsw.arch import StorageLevel
from bohwsw.mapping.nest import LevelNest
from bohwsw.mapping.tiles import Tiles
from bohwsw.simulator import reference
from bohwsw.simulator.evaluation import DataSpaceResult
from bohwsw.workload import DATA_SPACES


def print_statistics(run: Run) -> str:
    """The whole file."""
    evaluation, tiles = count(run), run.tiles
    compute = run.mapping.compute_cycles
    sizes = {space: partitions(run, tiles, space) for space in DATA_SPACES}
    bodies, energies, cycles, accesses, network = [], [], [compute], [], []
    for number, level in enumerate(run.levels):
        index = len(run.levels) - 1 - number
        result = evaluation.levels[index]
        network.append(result.network_energy_pj)
        counts = {}
        for space, found in result.data_spaces.items():
            content = found.updates if space == "Outputs" else found.reads
            share = found.fills + (sizes[space][index] if space == "Outputs" and index else 0)
            counts[space] = (content, share if index else 0, 0)
            if space in run.written:
                part = sizes[space][index]
                counts[space] = (content - part, counts[space][1] - part if index else 0, content)
        body, energy, slowest = _level(run, level, tiles, sizes, counts, result.instances, compute)
        bodies.append(body)
        energies.append(energy)
        cycles.append(slowest)
        accesses.append(result.instances * sum(sum(found) for found in counts.values()))
    energies.insert(0, evaluation.mac_energy_pj or 0.0)
    out = ["Buffer and Arithmetic Levels", "-" * 28, *_units(run, compute)]
    for number, body in enumerate(bodies, 1):
        out += [f"Level {number}", "-------", *body, ""]
    out += ["Networks", "--------"]
    names = [run.units.name, *(level.name for level in run.levels)]
    links = [f"{outer} <==> {inner}" for inner, outer in pairwise(names)]
    for number, link in enumerate(sorted(links)):
        out += _network(run, links.index(link), number, link, network[links.index(link)])
    out += ["", *_intensity(run, tiles, accesses)]
    out += _summary(
        run, max(cycles), names + sorted(links), energies, dict(zip(links, network, strict=True))
    )
    return "\n".join(out) + "\n"


def _units(run: Run, compute: int) -> Iterator[str]:
    units, macs = run.units, run.layer.macs
    yield from ("Level 0", "-------", f"=== {units.name} ===", "", "    SPECS", "    -----")
    yield f"    Word bits             : {units.word_bits}"
    yield f"    Instances             : {units.instances} ({units.mesh_x}*{units.mesh_y})"
    yield f"    Compute energy        : {units.prices['compute']:.2f} pJ"
    yield from ("", "    STATS", "    -----")
    yield f"    Utilized instances      : {macs // compute}"
    yield f"    Computes (total)        : {macs}"
    yield f"    Cycles                  : {compute}"
    yield f"    Energy (total)          : {macs * units.prices['compute']:.2f} pJ"
    yield from ("    Area (total)            : 0.00 um^2", "")


def _level(
    run: Run,
    level: Part,
    tiles: Tiles,
    sizes: dict[str, list[int]],
    counts: dict[str, tuple[int, int, int]],
    used: int,
    compute: int,
) -> tuple[list[str], float, int]:
    """A level's section, its energy, and its cycles."""
    number = run.levels.index(level)
    index = len(run.levels) - 1 - number
    limits = {f"{k}_words_per_cycle": level.more[f"{k}_bandwidth"] for k in ("read", "write")}
    results = {space: DataSpaceResult(*found, 0.0) for space, found in counts.items()}
    one = StorageLevel(level.name, **limits)
    cycles = reference.level_cycles(run.layer, one, results, compute)
    throttling = 1.0 if cycles == compute else compute / cycles
    out = [f"=== {level.name} ===", "", "    SPECS", "    -----", *_specs(level), ""]
    out += ["    MAPPING", "    -------", "    Loop nest:", *_nest(run.blocks[number]), ""]
    out += ["    STATS", "    -----", f"    Cycles               : {cycles}"]
    out += [f"    Bandwidth throttling : {throttling:.2f}"]
    total = 0.0
    for space in DATA_SPACES:
        if space not in counts:
            continue
        energy = priced(level, counts[space], used)
        places = sizes[space][index], tiles.words[index][space], used
        speeds = throttling / compute
        lines, each = _data_space(level, space, counts[space], places, energy, speeds, run.written)
        out += lines
        total += each
    return out, total, cycles


def _specs(level: Part) -> Iterator[str]:
    more = level.more
    size = "-" if more["entries"] is None else more["entries"]
    limits = [
        "-" if more[k] is None else f"{more[k]:.2f}" for k in ("read_bandwidth", "write_bandwidth")
    ]
    figures = {
        "Technology": "DRAM" if more["is_dram"] else "SRAM",
        "Size": size,
        "Word bits": level.word_bits,
        "Block size": more["block_size"],
        "Cluster size": more["cluster_size"],
        "Instances": f"{level.instances} ({level.mesh_x}*{level.mesh_y})",
        "Shared bandwidth": "-",
        "Read bandwidth": limits[0],
        "Write bandwidth": limits[1],
        "Multiple buffering": "1.00",
        "Effective size": size,
        "Min utilization": "0.00",
        "Vector access energy": f"{level.prices['most']:.2f} pJ",
        "Vector access energy source": level.source,
        "Area": "0.00 um^2",
    }
    for key, value in figures.items():
        yield f"        {key:<27} : {value}"


def _nest(block: LevelNest) -> Iterator[str]:
    indent = " " * 6
    axes = (
        (block.temporal, ""),
        (block.spatial_y, " (Spatial-Y)"),
        (block.spatial_x, " (Spatial-X)"),
    )
    for loops, axis in axes:
        for dim, factor in loops:
            yield f"{indent}for {dim} in [0:{factor}){axis}"
            indent += "  "


def _data_space(
    level: Part,
    space: str,
    counts: tuple[int, int, int],
    places: tuple[int, int, int],
    energy: float,
    speed: float,
    written: set[str],
) -> tuple[list[str], float]:
    """The section of a data space, and its energy in all instances."""
    (reads, fills, updates), (partition, words, used) = counts, places
    clusters = min(used, level.instances // level.more["cluster_size"])
    addresses = fills + (updates if space in written else reads)
    address_energy = addresses * level.more["address_pj"]
    accesses = reads + fills + updates
    each = energy / accesses if accesses else float("nan")
    figures: dict[str, object] = {
        "Partition size": partition,
        "Utilized capacity": words,
        "Utilized instances (max)": used,
        "Utilized clusters (max)": clusters,
        "Scalar reads (per-instance)": reads,
        "Scalar updates (per-instance)": updates,
        "Scalar fills (per-instance)": fills,
        "Temporal reductions (per-instance)": reads if space in written else 0,
        "Address generations (per-cluster)": addresses,
        "Energy (per-scalar-access)": f"{each:.2f} pJ",
        "Energy (per-instance)": f"{energy:.2f} pJ",
        "Energy (total)": f"{energy * used:.2f} pJ",
        "Temporal Reduction Energy (per-instance)": "0.00 pJ",
        "Temporal Reduction Energy (total)": "0.00 pJ",
        "Address Generation Energy (per-cluster)": f"{address_energy:.2f} pJ",
        "Address Generation Energy (total)": f"{address_energy * clusters:.2f} pJ",
    }
    for name, words_moved in (
        ("Shared", accesses),
        ("Read", reads),
        ("Write", fills + updates),
    ):
        figures[f"{name} Bandwidth (per-instance)"] = f"{words_moved * speed:.2f} words/cycle"
        figures[f"{name} Bandwidth (total)"] = f"{words_moved * speed * used:.2f} words/cycle"
    lines = [f"        {key:<40} : {value}" for key, value in figures.items()]
    return [f"    {space}:", *lines], energy * used + address_energy * clusters


def _network(run: Run, outer: int, number: int, link: str, energy: float) -> Iterator[str]:
    level, block = run.levels[outer], run.blocks[outer]
    used = 1
    for above in run.blocks[outer + 1 :]:
        used *= above.fanout_x * above.fanout_y
    yield from (f"Network {number}", "---------", link, "", "    SPECS", "    -----")
    yield "        Type            : Legacy"
    yield "        Legacy sub-type : "
    yield "        ConnectionType  : 3"
    yield f"        Word bits       : {level.word_bits}"
    yield "        Router energy   : - pJ"
    yield "        Wire energy     : - pJ/b/mm"
    yield "        Ingress energy  : - pJ"
    yield "        Fill latency    : 0"
    yield "        Drain latency   : 0"
    yield from ("", "    STATS", "    -----")
    for space in DATA_SPACES:
        figures: dict[str, object] = {
            "Fanout": block.fanout_x * block.fanout_y,
            "Link transfers": 0,
            "Energy (per-hop)": f"{1000 * level.more['hop_pj']:.2f} fJ",
            "Energy (per-instance)": f"{energy / used:.2f} pJ",
            "Energy (total)": f"{energy:.2f} pJ",
        }
        for kind in ("Link transfer energy", "Spatial Reduction Energy"):
            figures[f"{kind} (per-instance)"] = figures[f"{kind} (total)"] = "0.00 pJ"
        yield from (f"    {space}:", *(f"        {key:<39} : {n}" for key, n in figures.items()))
        energy = 0.0
    yield ""


def _operations(run: Run, tiles: Tiles) -> tuple[int, int]:
    """Reductions, and words that have to move at least."""
    whole = tiles.words[0]
    outputs = sum(whole[space] for space in run.written)
    return run.layer.macs - outputs, sum(whole.values())


def _intensity(run: Run, tiles: Tiles, accesses: list[int]) -> Iterator[str]:
    reductions, least = _operations(run, tiles)
    operations = run.layer.macs + reductions

    def line(name: str, value: object) -> str:
        return f"    {name:<40}: {value}"

    def per_byte(words: int, word_bits: int) -> str:
        size = word_bits * words // 8
        return f"{operations / size if size else float('inf'):.2f}"

    yield from ("Operational Intensity Stats", "-" * 27)
    yield line("Total elementwise ops", run.layer.macs)
    yield line("Total reduction ops", reductions)
    yield line("Total ops", operations)
    yield line("Total memory accesses required", least)
    yield line("Optimal Op per Byte", per_byte(least, run.levels[-1].word_bits))
    yield ""
    for level, words in zip(run.levels, accesses, strict=True):
        yield f"=== {level.name} ==="
        if words:
            yield line("Total scalar accesses", words)
            yield line("Op per Byte", per_byte(words, level.word_bits))
    yield from ("", "")


def _summary(
    run: Run, cycles: int, names: list[str], energies: list[float], network: dict[str, float]
) -> Iterator[str]:
    macs = run.layer.macs
    reductions, _ = _operations(run, run.tiles)
    energy = sum(energies) + sum(network.values())
    yield from ("Summary Stats", "-" * 13)
    yield f"GFLOPs (@1GHz): {(macs + reductions) / cycles:.2f}"
    yield f"Utilization: {macs / run.units.instances / cycles:.2f}"
    yield f"Cycles: {cycles}"
    yield f"Energy: {energy / 1e6:.2f} uJ"
    yield f"EDP(J*cycle): {cycles * energy / 1e12:.2e}"
    yield from ("Area: 0.00 mm^2", "", f"Computes = {macs}", "fJ/Compute")
    width = max(map(len, names)) + 1
    parts = [*energies, *(network[name] for name in names[len(energies) :])]
    for name, part in zip((*names, "Total"), (*parts, energy), strict=True):
        yield f"    {name:<{width}}= {1000 * part / macs:.2f}"
    yield ""
