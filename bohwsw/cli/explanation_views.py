"""An explained layer and what would change it: tables and sentences for people, plain data."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from bohwsw.cli.views import microjoules, plain_table
from bohwsw.codesign import Answer, WhatIfs
from bohwsw.simulator import AxisUse, Binding, Explanation, LevelUse, Use

NAMED_PARTS = 3
"""Parts of the energy that the summary names."""

UNITS = {"edp": "EDP pJ x cycles", "energy": "Energy pJ", "latency": "Cycles"}


def layer_explanation_data(explanation: Explanation, answers: WhatIfs) -> dict[str, Any]:
    """Both parts of an explained layer as plain data."""
    return {"explanation": explanation_data(explanation), "what_if": what_if_data(answers)}


def layer_explanation_views(explanation: Explanation, answers: WhatIfs) -> list[Table | str]:
    """Tables and sentences of an explained layer, in the order in which to read them."""
    return [
        traffic_table(explanation),
        use_table(explanation),
        *summary_lines(explanation),
        what_if_table(answers),
        *what_if_notes(answers),
    ]


def explanation_data(explanation: Explanation) -> dict[str, Any]:
    """An explanation as plain data: words over all instances, bandwidth and capacity of one."""
    return {
        "layer": explanation.layer,
        "machine": explanation.architecture,
        "edp_pj_cycles": explanation.edp_pj_cycles,
        "energy_pj": explanation.energy_pj,
        "latency_cycles": explanation.latency_cycles,
        "compute_cycles": explanation.compute_cycles,
        "levels": [_level_data(level) for level in explanation.levels],
        "mac": {
            "operations": explanation.mac.operations,
            "instances": _use_data(explanation.mac.instances),
            "energy_pj": explanation.mac.energy_pj,
            "energy_share": explanation.mac.energy_share,
            "utilisation": explanation.mac.utilisation,
            "axes": [
                {
                    "axis": axis.axis,
                    "used": axis.used,
                    "available": axis.available,
                    "reachable": axis.reachable,
                    "fanouts": [
                        {**vars(fanout), "loops": [list(loop) for loop in fanout.loops]}
                        for fanout in axis.fanouts
                    ],
                }
                for axis in explanation.axes
            ],
        },
        "binding": [{**vars(binding)} for binding in explanation.binding],
        "nearly_full": [level.name for level in explanation.nearly_full],
        "energy_parts": [{**vars(part)} for part in explanation.energy_parts],
        "summary": summary_lines(explanation),
    }


def what_if_data(answers: WhatIfs) -> dict[str, Any]:
    """What each change brings, as plain data; the greatest improvement first."""
    return {
        "objective": answers.objective,
        "before": _answer_data(answers.before),
        "changes": [
            {
                "change": change.variant.change,
                "levels": list(change.variant.levels),
                "value_before": change.variant.before,
                "value_after": change.variant.after,
                "pricing": change.variant.pricing,
                "before": change.before.objective,
                "ratio": change.ratio,
                "least_ratio": change.least_ratio,
                "after": _answer_data(change.after),
            }
            for change in answers.changes
        ],
    }


def traffic_table(explanation: Explanation) -> Table:
    """Words over all instances, energy and reuse: a row for each level and data space."""
    table = plain_table(
        f"{explanation.layer} on {explanation.architecture}: words over all instances",
        *("Level", "Data", "Reads", "Fills", "Updates", "uJ", "Energy", "Reuse", "Multicast"),
    )
    for level in explanation.levels:
        for use in level.data_spaces:
            words = [_short(count) for count in (use.reads, use.fills, use.updates)]
            energy = microjoules(use.energy_pj), f"{use.energy_share:.1%}"
            reuse = _short(use.reuse), _short(use.multicast)
            table.add_row(level.name, use.data_space, *words, *energy, *reuse)
        if level.network_energy_pj:
            energy = microjoules(level.network_energy_pj), f"{level.network_energy_share:.1%}"
            table.add_row(f"below {level.name}", "network", "", "", "", *energy)
    mac = explanation.mac
    energy = microjoules(mac.energy_pj), f"{mac.energy_share:.1%}"
    table.add_row("MAC", "operations", _short(mac.operations), "", "", *energy)
    table.add_section()
    total = microjoules(explanation.energy_pj)
    table.add_row("whole layer", "", "", "", "", total, "100.0%", style="bold")
    return table


def use_table(explanation: Explanation) -> Table:
    """What is used of what there is: instances, capacity and bandwidth of one instance."""
    table = plain_table(
        "used of available; words and words per cycle of one instance",
        *("Level", "Instances", "Words", "", "Read/cycle", "", "Write/cycle", ""),
    )
    for level in explanation.levels:
        ports = (level.capacity, level.read_bandwidth, level.write_bandwidth)
        shares = ["" if use.share is None else f"{use.share:.0%}" for use in ports]
        cells = [x for use, share in zip(ports, shares, strict=True) for x in (_of(use), share)]
        table.add_row(level.name, _of(level.instances), *cells)
    table.add_row("MAC", _of(explanation.mac.instances))
    return table


def what_if_table(answers: WhatIfs) -> Table:
    """What each change brings; ``At best`` is a proven bound on the ratio."""
    table = plain_table(
        f"one thing doubled, layer mapped again; as it is: {answers.before.objective:.4g} "
        f"({_proof(answers.before)})",
        *("Doubled", "From", UNITS[answers.objective], "Ratio", "At best", "Within"),
    )
    for change in answers.changes:
        what = change.variant.change
        where = "MAC array," if what.startswith("mesh") else change.variant.levels[0]
        table.add_row(
            f"{where} {what.replace('_', ' ')}",
            _short(change.variant.before),
            f"{change.after.objective:.4g}",
            f"{change.ratio:.3f}",
            f"{change.least_ratio:.3f}",
            _proof(change.after),
        )
    return table


def what_if_notes(answers: WhatIfs) -> list[str]:
    """What has to be known to read the table: how the variants are priced."""
    pricing = {change.variant.pricing for change in answers.changes}
    notes = ["Bandwidths and meshes are doubled at the same energy per access."]
    if "priced again" in pricing:
        notes.append("Doubled capacities are priced again: larger memories cost more per access.")
    if "not priced again" in pricing:
        names = [c.variant.levels[0] for c in answers.changes if "not" in c.variant.pricing]
        notes.append(
            f"Capacities doubled at the same energy per access, for want of a price: "
            f"{', '.join(names)}. Larger memories cost more per access."
        )
    return notes


def summary_lines(explanation: Explanation) -> list[str]:
    """What sets the latency, what is idle, what is full, what takes the energy; one line each."""
    lines = [_binding_text(explanation, binding) for binding in explanation.binding]
    lines += [_axis_text(axis) for axis in explanation.axes if not axis.filled]
    full = [f"{level.name} ({_of(level.capacity)} words)" for level in explanation.nearly_full]
    lines.append(f"Nearly full: {', '.join(full) or 'no level'}.")
    parts = []
    for part in explanation.energy_parts[:NAMED_PARTS]:
        is_network = part.kind == "network"
        where = f"network below {part.component}" if is_network else f"{part.component} {part.kind}"
        parts.append(f"{where} {part.share:.1%}")
    lines.append(f"Largest parts of the energy: {', '.join(parts)}.")
    return lines


def _binding_text(explanation: Explanation, binding: Binding) -> str:
    mac, cycles = explanation.mac, f"{explanation.latency_cycles:,} cycles"
    if binding.resource == "compute":
        return (
            f"Compute sets the latency ({cycles}): {_of(mac.instances)} MACs are in use, "
            f"utilisation {mac.utilisation:.1%}."
        )
    port = binding.resource.replace("_", " ")
    return (
        f"The {port} of {binding.level} sets the latency ({cycles}): {binding.demand:.4g} words "
        f"per cycle are asked of an instance that has {binding.limit:.4g}, so that "
        f"{explanation.compute_cycles:,} cycles of compute take {binding.slowdown:.3g} times as "
        f"long; utilisation {mac.utilisation:.1%}."
    )


def _axis_text(axis: AxisUse) -> str:
    filled = [
        f"{' x '.join(f'{dim}{factor}' for dim, factor in fanout.loops) or 'nothing'} "
        f"below {fanout.level}"
        for fanout in axis.fanouts
    ]
    if axis.limited_by_shape:
        why = "no perfect factors of the layer fill more beside the other axis"
    else:
        why = f"perfect factors of the layer could fill {axis.reachable}"
    return (
        f"Mesh {axis.axis} is not filled: {axis.used} of {axis.available} in use "
        f"({', '.join(filled)}); {why}."
    )


def _proof(answer: Answer) -> str:
    """How near the optimum the answer is known to be, and whether that is as near as asked for."""
    return f"{answer.gap:.1%}, {'proven' if answer.proven else 'stopped'}"


def _level_data(level: LevelUse) -> dict[str, Any]:
    return {
        "name": level.name,
        "instances": _use_data(level.instances),
        "capacity_words": _use_data(level.capacity),
        "read_words_per_cycle": _use_data(level.read_bandwidth),
        "write_words_per_cycle": _use_data(level.write_bandwidth),
        "latency_cycles": level.latency_cycles,
        "data_spaces": {
            use.data_space: {key: value for key, value in vars(use).items() if key != "data_space"}
            for use in level.data_spaces
        },
        "network_energy_pj": level.network_energy_pj,
        "network_energy_share": level.network_energy_share,
    }


def _answer_data(answer: Answer) -> dict[str, Any]:
    return {
        "objective": answer.objective,
        "lower_bound": answer.lower_bound,
        "gap": answer.gap,
        "proven": answer.proven,
        "energy_pj": answer.evaluation.energy_pj,
        "latency_cycles": answer.evaluation.latency_cycles,
    }


def _use_data(use: Use) -> dict[str, Any]:
    return {"used": use.used, "available": use.available, "share": use.share}


def _of(use: Use) -> str:
    used = _short(use.used)
    return used if use.available is None else f"{used} of {_short(use.available)}"


def _short(number: float) -> str:
    """A number in at most four digits: 96, 2.133, 115.6M."""
    for least, unit, letter in ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e5, 1e3, "k")):
        if number >= least:
            return f"{number / unit:.4g}{letter}"
    return f"{number:,.0f}" if number >= 1000 else f"{number:.4g}"
