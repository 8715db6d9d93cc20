"""`python -m benchmarks.onnx_import`: totals of real networks, and what an import costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from itertools import islice
from pathlib import Path

from benchmarks.command import Log, Results, Row, heading, run_command, table
from benchmarks.onnx_import.counter import feeds_for, macs_by_op
from benchmarks.onnx_import.networks import FOUND_IN, Real, light_networks, real_networks
from benchmarks.onnx_import.resnet import MACS, write_resnet50
from benchmarks.provenance import head

_MEASURED = r"""
import json, re, resource, sys, time
start = time.perf_counter()
from bohwsw.importers import import_onnx
imported = import_onnx(sys.argv[1], json.loads(sys.argv[2]))
macs = imported.network().macs if imported.macs else 0
seconds = time.perf_counter() - start
here = int(re.search(r"VmHWM:\s*(\d+)", open("/proc/self/status").read())[1])
child = resource.getrusage(resource.RUSAGE_CHILDREN)
used = time.process_time() + child.ru_utime + child.ru_stime
peak = max(here, child.ru_maxrss) / 1024
print(json.dumps({"macs": macs, "import_s": seconds, "processor_s": used, "memory_mib": peak}))
"""


def run(quick: bool, log: Log) -> Results:
    """Each network once by the importer, once by the counter."""
    rows = []
    networks = [*islice(light_networks(), 2 if quick else None), *real_networks()]
    for real in networks:
        row = _compared(real)
        verdict = "equal" if row["equal"] else f"MISMATCH: {row['macs']} for {row['counted']}"
        log(f"{row['network']}: {verdict}")
        rows.append(row)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "resnet50.onnx"
        write_resnet50(path)
        large = {"megabytes": path.stat().st_size / 1e6, **_imported(path, {"batch": 1})}
        large["equal"] = large["macs"] == MACS
        log(f"ResNet-50 of {large['megabytes']:.0f} MB: {large['import_s']:.2f} s")
    return {
        **head("onnx_import", quick),
        "load": os.getloadavg()[2],
        "networks": rows,
        "mismatches": sum(not row["equal"] for row in rows),
        "resnet50": large,
    }


def _compared(real: Real) -> Row:
    imported = _imported(real.path, real.sizes)
    counted = macs_by_op(real.path, feeds_for(real.path, real.sizes)).total()
    return {
        "network": real.path.stem,
        "counted": counted,
        "equal": imported["macs"] == counted,
        **imported,
    }


def _imported(path: Path, sizes: object) -> Row:
    """An import in a process of its own, with what it costs."""
    command = [sys.executable, "-c", _MEASURED, str(path), json.dumps(sizes)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    row: Row = json.loads(done.stdout)
    return row


def markdown(results: Results) -> str:
    """The results as a page."""
    columns = {
        "network": "network",
        "macs": "MACs|,",
        "counted": "counted in a run|,",
        "import_s": "import, s|.2f",
        "processor_s": "of a processor, s|.2f",
        "memory_mib": "memory, MiB|.0f",
    }
    large = results["resnet50"]
    return (
        heading("Import of ONNX files", results)
        + f"\n{len(results['networks'])} networks, {results['mismatches']} of them with other "
        "totals than onnxruntime's profile of a run gives.\n\n"
        + table(results["networks"], columns)
        + f"\nResNet-50, {large['megabytes']:.0f} MB: {large['import_s']:.2f} s, "
        f"{large['processor_s']:.2f} s of a processor and {large['memory_mib']:.0f} MiB, Python's "
        "start and imports included; "
        f"{large['macs']:,} MACs.\n\n"
        f"On average {results['load']:.1f} processes wanted a core of the machine meanwhile. "
        f"Networks are those of the package onnx and of {FOUND_IN}.\n"
    )


if __name__ == "__main__":
    text = "Totals of real networks against a run; time and memory."
    sys.exit(run_command("onnx_import", text, run, markdown))
