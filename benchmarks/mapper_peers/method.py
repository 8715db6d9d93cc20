"""The peers: their driver scripts, run by the interpreters that have them installed."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.mapper_peers.problem import PeerProblem
from bohwsw.mapper.branch_and_bound import BranchAndBoundMapper
from bohwsw.mapper.imperfect_mapper import ImperfectMapper
from bohwsw.mapping.dataflow import FREE
from bohwsw.mapping.mapspace import MapSpace
from bohwsw.simulator.evaluation import Evaluation

FOLDER = Path(__file__).parent

ZIGZAG_SETTINGS = (
    "LOMA with 5 to 9 temporal loops on 5 to 80 generated spatial mappings, mixed ones too; uneven"
    " mappings, least EDP, all choices of what the global buffer keeps"
)
ACCELFORGE_SETTINGS = (
    "least EDP, one process; rounds with one order of scratchpads each and what else"
    " `accelforge_driver.py` holds fixed"
)
OWN_SECONDS = 60.0
ROUNDING = 1e-9
GRACE_SECONDS = 60.0
"""What a driver may take beyond its budget, to start and to end."""


@dataclass(frozen=True)
class Peer:
    """A mapper of another project.

    Attributes:
        name: its project's name.
        package: under which it is installed.
        interpreter: the Python that it is installed for.
        driver: its script in this folder.
        settings: with what it is run, for the results.
    """

    name: str
    package: str
    interpreter: Path
    driver: str
    settings: str

    def version(self) -> str:
        """Of the package, as its interpreter tells."""
        asked = f"from importlib.metadata import version; print(version({self.package!r}))"
        command = [str(self.interpreter), "-c", asked]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
        return told.stdout.strip() or "unknown"


def peers(zigzag: Path | None, accelforge: Path | None) -> list[Peer]:
    """Those whose interpreter is known."""
    known = [
        (zigzag, "ZigZag", "zigzag-dse", "zigzag_driver.py", ZIGZAG_SETTINGS),
        (accelforge, "AccelForge", "accelforge", "accelforge_driver.py", ACCELFORGE_SETTINGS),
    ]
    return [
        Peer(name, package, interpreter.absolute(), driver, settings)
        for interpreter, name, package, driver, settings in known
        if interpreter is not None
    ]


@dataclass(frozen=True)
class Answer:
    """What a driver prints.

    Attributes:
        edp_pj_cycles: by the peer's own cost model; None without a mapping.
        utilisation: the same.
        nest: its mapping, see ``translation``.
        seconds: of its search, on the clock.
        note: why there is nothing, or what was left out.
    """

    edp_pj_cycles: float | None
    utilisation: float | None
    nest: dict[str, Any] | None
    seconds: float
    note: str = ""


def search(peer: Peer, problem: PeerProblem, seconds: float) -> Answer:
    """Run a peer on one problem; the last line that it prints counts, also if it has to be ended.

    Args:
        peer: the mapper.
        problem: layer and machine.
        seconds: its budget.
    """
    command = [str(peer.interpreter), str(FOLDER / peer.driver)]
    started = time.perf_counter()
    ended = None
    with tempfile.TemporaryDirectory() as folder:  # some write files where they are started
        try:
            run = subprocess.run(
                command,
                input=json.dumps(problem.task(seconds)),
                capture_output=True,
                text=True,
                timeout=seconds + GRACE_SECONDS,
                cwd=folder,
                check=False,
            )
            printed, complaint = run.stdout, run.stderr
        except subprocess.TimeoutExpired as stopped:
            printed, complaint = _text(stopped.stdout), ""
            ended = "ended before it was done"
    answers = [line for line in printed.splitlines() if line.startswith("{")]
    if not answers:
        reason = ended or (complaint.strip().splitlines() or ["no answer"])[-1]
        return Answer(None, None, None, time.perf_counter() - started, reason)
    found = json.loads(answers[-1])
    return Answer(
        found["edp_pj_cycles"],
        found["utilisation"],
        found["nest"],
        found["seconds"],
        "; ".join(note for note in (found.get("note"), ended) if note),
    )


def _text(printed: str | bytes | None) -> str:
    return printed.decode() if isinstance(printed, bytes) else printed or ""


def own_searches(problem: PeerProblem) -> Iterator[tuple[str, Evaluation, float]]:
    """Name, evaluation and seconds of ours on one thread: perfect factors, then imperfect ones.

    The second takes the first's result up; its seconds are those of both.
    """
    mapper = BranchAndBoundMapper(gap=0.0, seconds=OWN_SECONDS)
    mapper.warm_up()
    space = MapSpace(problem.layer, problem.architecture, FREE)
    started = time.perf_counter()
    result = mapper.search(space, problem.costs)
    proven = "optimal" if result.gap < ROUNDING else f"within {result.gap:.1%}"
    name = f"bohwsw {mapper.name}, {proven}"
    yield name, result.evaluation, time.perf_counter() - started
    better = ImperfectMapper().improve(space, problem.costs, result)
    yield "bohwsw imperfect factors", better.evaluation, time.perf_counter() - started
