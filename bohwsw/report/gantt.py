"""Several cores on one axis of time: what runs, what buffers hold, what the DRAM moves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any

from bohwsw.report.charts import ROW, WIDTH, fill_of, legend, shortened, ticks_x
from bohwsw.report.svg import CHARACTER, Axis, drawing, element, line, number, rectangle, text

LANE, NARROW = 34.0, 24.0


@dataclass(frozen=True)
class Lane:
    """Something whose use changes in the course of a schedule.

    Attributes:
        name: for people.
        unit: of its values.
        most: what there is of it; None if that is unlimited.
        spans: first cycle, last cycle, value, network; of one time they add up.
    """

    name: str
    unit: str
    most: float | None
    spans: Sequence[tuple[float, float, float, str]]

    def mean(self, cycles: float) -> float:
        """Over the whole schedule."""
        return sum((end - start) * value for start, end, value, _ in self.spans) / cycles

    def steps(self) -> Iterator[tuple[float, float, float]]:
        """First cycle, last cycle and the sum of what there is at that time."""
        ends = sorted({x for start, end, *_ in self.spans for x in (start, end)})
        for start, end in pairwise(ends):
            yield start, end, sum(x for a, b, x, _ in self.spans if a <= start and end <= b)

    def peak(self) -> float:
        """The largest sum at any time."""
        return max((value for *_, value in self.steps()), default=0.0)

    def cycles_above(self) -> float:
        """For how long more is asked for than there is."""
        most = float("inf") if self.most is None else self.most * (1 + 1e-9)
        return sum((end - start for start, end, value in self.steps() if value > most), 0.0)


def buffer_lanes(design: Mapping[str, Any]) -> list[Lane]:
    """For each level of each core below the DRAM the words that mappings hold there."""
    held: dict[tuple[str, str], dict[tuple[str, str], float]] = {}
    for layer in design["layers"]:
        network = layer.get("network", design["networks"][0]["name"])
        for level in layer.get("levels", ())[1:]:
            used = level["words"][0] * level["instances"][0]
            held.setdefault((layer["core"], level["name"]), {})[network, layer["name"]] = used
    lanes = []
    for core in design["cores"]:
        for level in core["levels"][1:]:
            words = held.get((core["name"], level["name"]), {})
            spans = [
                (node["start_cycle"], node["end_cycle"], value, node["network"])
                for node in design["schedule"]["nodes"]
                if node["core"] == core["name"]
                and (value := words.get((node["network"], node["layer"])))
            ]
            most = level["entries"] and float(level["entries"] * level["instances"])
            if spans and most:
                lanes.append(Lane(f"{core['name']}: {level['name']}", "words", most, spans))
    return lanes


def dram_lane(design: Mapping[str, Any]) -> Lane:
    """What all cores move to and from DRAM; of each node the mean over its run."""
    spans = [
        (x["start_cycle"], x["end_cycle"], x["dram_bits"] / run, x["network"])
        for x in design["schedule"]["nodes"]
        if (run := x["end_cycle"] - x["start_cycle"]) > 0.0
    ]
    return Lane("DRAM", "bits a cycle", design["dram_bits_per_cycle"], spans)


def gantt(
    title: str, schedule: Mapping[str, Any], cores: Sequence[str], lanes: Sequence[Lane]
) -> str:
    """When each node runs, a row a core, a colour a network; below it lanes of the same time."""
    networks = list(schedule["networks"])
    names = [*cores, *(lane.name for lane in lanes)]
    left = 12 + CHARACTER * max(len(shortened(name)) for name in names)
    top = 10 + ROW * -(-len(networks) // 4)
    axis = Axis([0.0, schedule["latency_cycles"]], left, WIDTH - 12, zero=True)
    below = top + LANE * len(cores)
    bottom = below + NARROW * len(lanes)
    out = [*legend(networks, left, 12), *ticks_x(axis, top, bottom, "cycles")]
    for position, core in enumerate(cores):
        out.append(text(left - 6, top + LANE * position + 20, shortened(core), anchor="end"))
    for node in schedule["nodes"]:
        y, start = top + LANE * cores.index(node["core"]) + 4, axis.at(node["start_cycle"])
        width = axis.at(node["end_cycle"]) - start
        span = f"{number(node['start_cycle'])} to {number(node['end_cycle'])}"
        hint = f"{node['network']}: {node['node']} on {node['core']}, cycles {span}"
        fill = fill_of(networks, node["network"])
        out.append(rectangle(start, y, width, LANE - 8, class_=fill, title=hint, stroke="#fff"))
        if width > CHARACTER * len(node["node"]) + 6:
            out.append(text(start + 4, y + 17, node["node"], class_="on"))
    for position, lane in enumerate(lanes):
        out += _lane(lane, axis, networks, left, below + NARROW * position)
    return drawing(WIDTH, bottom + 34, title, out)


def _lane(
    lane: Lane, axis: Axis, networks: Sequence[str], left: float, top: float
) -> Iterator[str]:
    """One path a network, as high as its share of what there is; a line where that ends."""
    height, foot = NARROW - 6, top + NARROW - 1
    peak = lane.peak()
    scale = height / (max(peak, lane.most or 0.0) or 1.0)
    pieces: dict[str, list[str]] = {}
    under: dict[float, float] = {}
    ends = sorted({x for start, end, *_ in lane.spans for x in (start, end)})
    for start, end, value, network in sorted(lane.spans, key=lambda x: networks.index(x[3])):
        for a, b in pairwise([x for x in ends if start <= x <= end]):
            y, high = foot - under.get(a, 0.0), value * scale
            under[a] = under.get(a, 0.0) + high
            x, width = axis.at(a), axis.at(b) - axis.at(a)
            piece = f"M{x:.1f},{y:.1f}h{width:.1f}v-{high:.1f}h-{width:.1f}z"
            pieces.setdefault(network, []).append(piece)
    yield text(left - 6, foot - 4, shortened(lane.name), anchor="end", class_="muted")
    there = "" if lane.most is None else f" of {number(lane.most)}"
    for network, found in pieces.items():
        hint = f"{lane.name}, {network}; at most {number(peak)}{there} {lane.unit} at a time"
        shown = element("title", escape(hint))
        yield element("path", shown, d="".join(found), class_=fill_of(networks, network))
    yield line(left, foot, WIDTH - 12, foot, class_="axis")
    if lane.most is not None:
        y = foot - lane.most * scale
        yield line(left, y, WIDTH - 12, y, class_="grid", stroke_dasharray="3 3")
