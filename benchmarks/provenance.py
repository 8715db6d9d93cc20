"""Under what conditions a benchmark ran: machine, date, commit, versions."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bohwsw.provenance import versions

Provenance = dict[str, str | None]


def provenance() -> Provenance:
    """Machine, date (UTC), commit (``+`` at its end: with uncommitted changes) and versions."""
    return {
        "machine": f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        **versions(),
    }


def head(benchmark: str, quick: bool) -> dict[str, Any]:
    """What the results of every benchmark begin with."""
    return {"benchmark": benchmark, "quick": quick, "provenance": provenance()}


def _processor() -> str:
    fields: dict[str, str] = {}
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            key, _, value = line.partition(":")
            fields.setdefault(key.strip(), value.strip())
    except OSError:
        return platform.processor() or platform.machine()
    name = fields.get("model name") or platform.machine()
    if "cpu family" not in fields:
        return name
    return f"{name} (family {fields['cpu family']}, model {fields.get('model')})"
