"""What is run in which order, and the results as a page."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.command import Log, Results, Row, heading, table
from benchmarks.mapper_peers.method import Peer, own_searches, search
from benchmarks.mapper_peers.problem import PeerProblem, all_problems
from benchmarks.mapper_peers.translation import evaluate
from benchmarks.provenance import head


def run(quick: bool, log: Log, *, peers: list[Peer], layers: list[str], seconds: float) -> Results:
    """Our mapper, then each peer, on every layer; one at a time."""
    rows: list[Row] = []
    for problem in all_problems():
        if problem.layer.name not in layers:
            continue
        for row in _own_rows(problem):
            rows.append(row)
            log(_line(row))
        for peer in peers:
            rows.append(_peer_row(problem, peer, seconds, rows[0]))
            log(_line(rows[-1]))
    return {
        **head("mapper_peers", quick),
        "seconds": seconds,
        "settings": {peer.name: peer.settings for peer in peers},
        "versions": {peer.name: peer.version() for peer in peers},
        "rows": rows,
    }


def _own_rows(problem: PeerProblem) -> Iterator[Row]:
    """Our mappers; their cost model is the one that all are judged by."""
    for name, evaluation, seconds in own_searches(problem):
        yield {
            "layer": problem.layer.name,
            "machine": problem.machine,
            "mapper": name,
            "edp_pj_cycles": evaluation.edp_pj_cycles,
            "own_edp": evaluation.edp_pj_cycles,
            "utilisation": evaluation.utilisation,
            "own_utilisation": evaluation.utilisation,
            "seconds": seconds,
            "notes": "",
        }


def _peer_row(problem: PeerProblem, peer: Peer, seconds: float, like: Row) -> Row:
    answer = search(peer, problem, seconds)
    row: Row = dict.fromkeys(like)
    row |= {"layer": problem.layer.name, "machine": problem.machine, "mapper": peer.name}
    row |= {"own_edp": answer.edp_pj_cycles, "own_utilisation": answer.utilisation}
    notes = [answer.note] if answer.note else []
    if answer.nest is not None:
        translated = evaluate(problem, answer.nest)
        row["edp_pj_cycles"] = translated.edp_pj_cycles
        row["utilisation"] = translated.utilisation
        notes += translated.notes
    return row | {"seconds": answer.seconds, "notes": "; ".join(notes)}


def _line(row: Row) -> str:
    shown = {key: "-" if row[key] is None else f"{row[key]:.4g}" for key in _NUMBERS}
    return f"{row['mapper']} {row['layer']}: {shown} {row['notes']}"


OWN_PREFIX = "bohwsw"
OWN, OWN_IMPERFECT = f"{OWN_PREFIX} branch", f"{OWN_PREFIX} imperfect"
_NUMBERS = ("edp_pj_cycles", "own_edp", "seconds")


def _losses(rows: list[Row], ours: str) -> str:
    """Where a peer's mapping costs less than ours, by our rules."""
    own = {row["layer"]: row["edp_pj_cycles"] for row in rows if row["mapper"].startswith(ours)}
    lost = [
        f"{row['layer']} ({row['mapper']}, {own[row['layer']] / row['edp_pj_cycles']:.2f} times)"
        for row in rows
        if row["edp_pj_cycles"] is not None
        and not row["mapper"].startswith(OWN_PREFIX)
        and row["edp_pj_cycles"] < own[row["layer"]]
    ]
    return "; ".join(lost) or "nowhere"


def markdown(results: Results) -> str:
    """The results as a page."""
    columns = {
        "layer": "layer",
        "mapper": "mapper",
        "edp_pj_cycles": "EDP by our rules (pJ x cycles)|.4g",
        "own_edp": "EDP by its own model|.4g",
        "utilisation": "utilisation|.2f",
        "own_utilisation": "by its own model|.2f",
        "seconds": "seconds|.1f",
        "notes": "notes",
    }
    versions = results["versions"]
    tools = [
        f"- {name} {versions[name]}: {settings}." for name, settings in results["settings"].items()
    ]
    parts = [
        heading("Mappers of other projects", results),
        "Machine: baseline of eyeriss-168, free dataflow, our energies per access given to all.",
        f"Peers had {results['seconds']:g} s a layer on the clock. What they see differently",
        "stands in `benchmarks/mapper_peers/__init__.py`. `-`: no mapping in time.\n",
        *tools,
        f"- A peer is better than ours with perfect factors: {_losses(results['rows'], OWN)}.",
        f"- Better than ours with imperfect ones: {_losses(results['rows'], OWN_IMPERFECT)}.",
        "",
        table(results["rows"], columns),
    ]
    return "\n".join(parts)
