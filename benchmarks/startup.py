"""How long the first `bohwsw map` takes after an installation, and how much a later one costs."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.command import Log, Results, heading, run_command, table
from benchmarks.provenance import head

COMMAND = ("-m", "bohwsw.cli.app", "map", "--model", "dqn")
IMPORTS = ("-c", "import bohwsw.api, bohwsw.cli.app, bohwsw.cli.mapping_command")
REPEATS = {True: 3, False: 11}


def run(quick: bool, log: Log) -> Results:
    """One run that compiles, then medians of runs that load what was compiled."""
    with tempfile.TemporaryDirectory() as folder:
        _seconds(IMPORTS, Path(folder))  # writes bytecode, as an installation does
        first_s, _ = _seconds(COMMAND, Path(folder))
        log(f"first map: {first_s:.1f} s")
        repeats = range(REPEATS[quick])
        warm = [_seconds(COMMAND, Path(folder)) for _ in repeats]
        imports = [_seconds(IMPORTS, Path(folder)) for _ in repeats]
    return {
        **head("startup", quick),
        "first_map_s": first_s,
        "warm_map_s": statistics.median(wall for wall, _ in warm),
        "warm_map_cpu_s": statistics.median(cpu for _, cpu in warm),
        "import_cpu_s": statistics.median(cpu for _, cpu in imports),
        "repeats": len(repeats),
    }


def _seconds(arguments: tuple[str, ...], cache: Path) -> tuple[float, float]:
    """Wall and CPU time of a Python process that keeps bytecode and machine code in a folder."""
    kept = {
        "NUMBA_CACHE_DIR": str(cache / "kernels"),
        "PYTHONPYCACHEPREFIX": str(cache / "bytecode"),
    }
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    before, began = _cpu_of_children(), time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments],
        env=inherited | kept,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )
    return time.perf_counter() - began, _cpu_of_children() - before


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def markdown(results: Results) -> str:
    """The results as a page."""
    columns = {
        "first_map_s": "first map, s|.1f",
        "warm_map_s": "a later map, s|.2f",
        "warm_map_cpu_s": "a later map, CPU-s|.2f",
        "import_cpu_s": "imports of it, CPU-s|.2f",
    }
    return (
        heading("Startup", results)
        + "\n`bohwsw map --model dqn`. The first run after an installation compiles the mapper, in "
        "two processes; what it costs later is the median of "
        f"{results['repeats']} runs.\n\n" + table([results], columns)
    )


if __name__ == "__main__":
    sys.exit(run_command("startup", "Time until the first mapping.", run, markdown))
