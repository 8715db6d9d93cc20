"""The figures of a report without axes: a core's hierarchy and a network's graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from graphlib import TopologicalSorter
from html import escape
from typing import Any

from bohwsw.report.charts import shortened
from bohwsw.report.svg import COLOURS, drawing, element, line, number, path, rectangle, text

MOST_CELLS = 24
"""Instances along an axis that are drawn; of more every second or third."""

CELLS = 64.0
LEVEL = 88.0


def core_drawing(core: Mapping[str, Any]) -> str:
    """Storage levels from DRAM inwards, each with its instances as they lie, and the MAC array."""
    blocks = [*core["levels"], _mac_block(core)]
    out, y = [], 8.0
    for position, block in enumerate(blocks):
        fill = f"c{position % len(COLOURS)}"
        out += _mesh(12.0, y, block["mesh"], fill)
        for row, words in enumerate(_words(block)):
            weight = {"font_weight": "bold"} if row == 0 else {"class_": "muted"}
            out.append(text(24 + CELLS, y + 12 + 16 * row, words, **weight))
        if position + 1 < len(blocks):
            x = 12 + CELLS / 2
            out.append(line(x, y + CELLS, x, y + LEVEL, class_="axis"))
            below = blocks[position + 1]["mesh"]
            each = [inner // outer for inner, outer in zip(below, block["mesh"], strict=True)]
            if each != [1, 1]:
                told = f"each reaches {each[0]} x {each[1]}"
                out.append(text(x + 8, y + LEVEL - 6, told, class_="muted"))
        y += LEVEL
    return drawing(440, y, f"Core {core['name']}: storage levels and MAC array", out)


def _mac_block(core: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": "MAC array", "mesh": core["mesh"], "bits": core["mac_bits"]}


def _words(block: Mapping[str, Any]) -> list[str]:
    """What stands beside a level."""
    x, y = block["mesh"]
    if "bits" in block:
        return [block["name"], f"{x} x {y} = {x * y:,} units of {block['bits']} bits"]
    size = "unlimited"
    if block["entries"] is not None:
        bits = block["entries"] * block["word_bits"]
        kib = bits / 8 / 1024
        bytes_ = f"{kib:,.4g} KiB" if kib >= 1 else f"{bits / 8:,.4g} bytes"
        size = f"{block['entries']:,} words of {block['word_bits']} bits = {bytes_}"
    ports = [block["read_words_per_cycle"], block["write_words_per_cycle"]]
    told = ["unlimited" if port is None else number(port) for port in ports]
    instances = f"{x} x {y} instances" if x * y > 1 else "one instance"
    return [
        f"{block['name']} ({block['kind']})",
        f"{instances}, each {size}",
        f"keeps {', '.join(block['keeps'])}",
        f"words a cycle: read {told[0]}, write {told[1]}",
    ]


def _mesh(x: float, y: float, mesh: list[int], fill: str) -> list[str]:
    """Cells of a mesh in a square; a mesh of too many is drawn with fewer."""
    columns, rows = (min(n, MOST_CELLS) for n in mesh)
    size = CELLS / max(columns, rows)
    gap = 1.0 if size > 3 else 0.3
    ox, oy = x + (CELLS - size * columns) / 2, y + (CELLS - size * rows) / 2
    cells = "".join(
        f"M{ox + size * c:.2f},{oy + size * r:.2f}h{size - gap:.2f}v{size - gap:.2f}"
        f"h-{size - gap:.2f}z"
        for r in range(rows)
        for c in range(columns)
    )
    hint = element("title", f"{mesh[0]} x {mesh[1]}")
    frame = rectangle(x - 2, y - 2, CELLS + 4, CELLS + 4, class_="frame")
    return [frame, element("path", hint, d=cells, class_=fill)]


# -- networks --------------------------------------------------------------------------------------

NODE_WIDTH, NODE_HEIGHT = 170.0, 26.0


def graph_drawing(name: str, graph: Mapping[str, Any], shares: Mapping[str, float]) -> str:
    """Nodes below those whose tensors they take; the darker, the more they cost.

    Args:
        shares: of each unique layer, what one run of it is of the dearest, from 0 to 1.
    """
    ranks = _ranks(graph)
    rows: dict[int, list[str]] = defaultdict(list)
    for node in graph["nodes"]:
        rows[ranks[node["name"]]].append(node["name"])
    place = {
        node: (10 + (NODE_WIDTH + 14) * column, 8 + (NODE_HEIGHT + 12) * rank)
        for rank, nodes in rows.items()
        for column, node in enumerate(nodes)
    }
    out = []
    for producer, consumer in graph["edges"]:
        (a, b), (c, d) = place[producer], place[consumer]
        near = ranks[consumer] == ranks[producer] + 1
        start = (a + NODE_WIDTH / 2, b + NODE_HEIGHT)
        end = (c + NODE_WIDTH / 2, d)
        side = max(a, c) + NODE_WIDTH + 8
        way = [start, end]
        if not near:  # past the nodes between
            way = [start, (side, start[1] + 6), (side, end[1] - 6), end]
        out.append(path(way, class_="edge"))
    for node in graph["nodes"]:
        x, y = place[node["name"]]
        share = shares.get(node["layer"] or "", 0.0)
        told = node["layer"] or "operator"
        hint = f"{node['name']} ({told}), {share:.0%} of the dearest" if node["layer"] else told
        box = rectangle(x, y, NODE_WIDTH, NODE_HEIGHT, class_="frame node", rx=4)
        tint = rectangle(x, y, NODE_WIDTH, NODE_HEIGHT, class_="c0", rx=4, opacity=0.6 * share)
        label = text(x + 8, y + 17, shortened(node["name"], 24))
        target = {"data_row": node["layer"]} if node["layer"] else {}
        out.append(element("g", element("title", escape(hint)) + box + tint + label, **target))
    width = 30 + (NODE_WIDTH + 14) * max(map(len, rows.values()))
    height = 16 + (NODE_HEIGHT + 12) * (max(rows) + 1)
    return drawing(width, height, f"Network {name}", out)


def _ranks(graph: Mapping[str, Any]) -> dict[str, int]:
    """How many nodes stand, at most, between a node and one that takes nothing."""
    before: dict[str, list[str]] = {node["name"]: [] for node in graph["nodes"]}
    for producer, consumer in graph["edges"]:
        before[consumer].append(producer)
    ranks: dict[str, int] = {}
    for name in TopologicalSorter(before).static_order():
        ranks[name] = max((ranks[x] + 1 for x in before[name]), default=0)
    return ranks
