"""Files of one of several tools, told apart by what stands in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bohwsw.importers.accelforge.importing import TAGS, import_accelforge
from bohwsw.importers.timeloop.importing import TAGS as TIMELOOP_TAGS
from bohwsw.importers.timeloop.importing import import_timeloop
from bohwsw.importers.yaml_files.imported import ImportedFiles
from bohwsw.importers.yaml_files.yaml_tree import read_documents


def import_files(paths: Sequence[str | Path]) -> ImportedFiles:
    """Read files of AccelForge or of Timeloop that belong together.

    Those of AccelForge have a ``workload``, an ``arch`` with nodes that are not Timeloop's, or a
    ``mapping`` with nodes.

    Raises:
        SpecError: as ``import_accelforge`` and ``import_timeloop``.
    """
    for path in paths:
        for document in read_documents(path, [], (*TAGS, *TIMELOOP_TAGS)):
            keys = document.mapping() if isinstance(document.value, dict) else {}
            nested = [keys[key] for key in ("arch", "mapping") if key in keys]
            has_nodes = any(isinstance(at.value, dict) and "nodes" in at.value for at in nested)
            if "workload" in keys or has_nodes:
                return import_accelforge(paths)
    return import_timeloop(paths)
