"""Stands in for ``timeloop-model`` 3.0.3: as strict, as silent, and in the same layout.

It builds layer, machine, prices and mapping from nothing but the files, as Timeloop's readers do
(`timeloop_readers`), gives its verdict, and has our simulator count. What it cannot count, link
transfers and other rules that the environment asks for, it refuses. A first argument ``exit``,
``hang``, ``silent``, ``garble``, ``short`` or ``nan`` makes it go wrong.
"""

from __future__ import annotations

import os
import re
import resource
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).parent))

from timeloop_counts import Run
from timeloop_readers import Part, read_machine, read_mapping, read_prices, read_problem
from timeloop_statistics import print_statistics
from timeloop_yaml import AbortedError, Node, RefusedError

STATS = "timeloop-model.stats.txt"
LINKS = "TIMELOOP_DISABLE_LINK_TRANSFERS"
OTHER_RULES = re.compile("TIMELOOP_.*(ELISION|RMW|EXTRAPOLATION|ISL|LAST_ITERATION)")


def answer(text: str, environment: Mapping[str, str]) -> str:
    """What Timeloop prints for its input files, put one behind the other."""
    if environment.get(LINKS, "0") == "0":
        raise RefusedError(f"this stand-in does not count link transfers, and {LINKS} is not set")
    others = [name for name in environment if OTHER_RULES.fullmatch(name)]
    if others:
        raise RefusedError(f"this stand-in does not count by the rules of {others[0]}")
    root = Node(yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    layer, written = read_problem(root.lookup("problem"))
    key = "arch" if "arch" in root else "architecture"
    if key not in root:
        raise AbortedError("no architecture")
    units, levels = read_machine(root.lookup(key))
    if "ERT" in root:
        read_prices(root.lookup("ERT"), units, levels)
    blocks = read_mapping(root.lookup("mapping"), layer, units, levels)
    run = Run(layer, written, units, levels, blocks)
    for part, reason in verdicts(run):
        raise RefusedError(f"couldn't map level {part.name}: {reason}")
    return print_statistics(run)


def verdicts(run: Run) -> Iterator[tuple[Part, str]]:
    """Why the mapping does not fit, innermost part first; own fan-outs are not looked at."""
    used_x, used_y = [1], [1]
    for block in reversed(run.blocks):
        used_x.append(used_x[-1] * block.fanout_x)
        used_y.append(used_y[-1] * block.fanout_y)
    meshes = list(zip(used_x, used_y, strict=True))[::-1]
    reason = _too_many(run.units, *meshes[0], "max Arithmetic ", "hardware instances")
    if reason:
        yield run.units, reason
    tiles = run.tiles.words[:-1][::-1]
    for level, block, words, mesh in zip(run.levels, run.blocks, tiles, meshes[1:], strict=True):
        kept, entries = sum(words[space] for space in block.keep), level.more["entries"]
        reason = _too_many(level, *mesh, "", "available hardware instances")
        if entries is not None and kept > entries:
            reason = f"mapped tile size {kept} exceeds buffer capacity {entries}{reason}"
        if reason:
            yield level, reason


def _too_many(part: Part, used_x: int, used_y: int, what: str, there: str) -> str:
    for name, used, limit in (
        ("instances", used_x * used_y, part.instances),
        ("X expansion", used_x, part.mesh_x),
        ("Y expansion", used_y, part.mesh_y),
    ):
        if used > limit:
            return f"mapped {what}{name} {used} exceeds {there} {limit}"
    return ""


def main(arguments: list[str]) -> None:
    fault = arguments.pop(0) if not arguments[0].endswith(".yaml") else ""
    if fault == "exit":
        sys.exit("ERROR: parsing mapping: nobody knows why")
    if fault == "hang":
        time.sleep(60)
    try:
        text = answer("\n".join(Path(name).read_text() for name in arguments), os.environ)
    except RefusedError as error:
        sys.exit(f"ERROR: {error}")
    except AbortedError as error:
        print(f"timeloop-model: Assertion `{error}' failed.", file=sys.stderr, flush=True)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.abort()
    if fault == "garble":
        text = text.replace("Energy (total)", "Energy (all)", 1)
    if fault == "short":
        text = text.partition("Networks")[0]
    if fault == "nan":
        text = re.sub(r"(Energy \(total\) *: )\S+", r"\1-nan", text, count=1)
    if fault != "silent":
        Path(STATS).write_text(text)


if __name__ == "__main__":
    main(sys.argv[1:])
