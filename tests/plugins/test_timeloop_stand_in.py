"""The stand-in is as strict as Timeloop 3.0.3: on the files that it read, and on each key of them.

A key that is misspelt is one that nobody asks for: what follows is what follows if it is missing.
"""

from __future__ import annotations

import copy
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from simulator.golden import JUDGED, golden
from timeloop_cases import ACCEPTED, FILES, SETTINGS, STAND_IN, STATS, as_text
from timeloop_model import answer
from timeloop_yaml import AbortedError, RefusedError

from bohwsw.errors import SpecError
from bohwsw.exporters.timeloop_target import timeloop_files_of
from bohwsw.plugins.timeloop import read_stats

Path_ = tuple[str | int, ...]
REAL = {name: yaml.safe_load((ACCEPTED / name).read_text()) for name in FILES}
DATA: dict[str, Any] = {key: value for data in REAL.values() for key, value in data.items()}
TEXT = "\n".join((ACCEPTED / name).read_text() for name in FILES)
NOT_PRINTED = re.compile(
    r" *(Multicast factor|Ingresses|Spatial reductions|Average number of hops) *:.*|.*@multicast.*"
)
ENERGY_PJ = read_stats(STATS, 3).energy_pj
SAME, DIFFERS, ABORTS = "the same figures", "other figures", "aborted"

# What becomes of the run if a key is missing; the rest is ABORTS.
EFFECTS = {
    "architecture.arithmetic": "key not found: arithmetic",
    "architecture.storage": "key not found: storage",
    "ERT": DIFFERS,
    "ERT.tables.actions.energy": DIFFERS,
    "problem": "key not found: problem",
    "problem.shape": "no file of shapes",
    "problem.shape.dimensions": "key not found: dimensions",
    "problem.shape.data-spaces": "key not found: data-spaces",
    "problem.shape.data-spaces.projection": "key not found: projection",
    "problem.shape.data-spaces.read-write": DIFFERS,
    "mapping": "key not found: mapping",
    "mapping.factors": "product of all factors of dimension",
    "mapping.bypass": DIFFERS,
    **dict.fromkeys(
        [
            *(f"architecture.arithmetic.{key}" for key in ("name", "meshX", "meshY", "word-bits")),
            *(
                f"architecture.storage.{key}"
                for key in ("meshX", "meshY", "word-bits", "block-size", "energy-per-hop")
            ),
            "architecture.storage.addr-gen-energy",
            "problem.shape.name",
            *(
                f"problem.instance.{key}"
                for key in ("Wstride", "Hstride", "Wdilation", "Hdilation")
            ),
            *(f"mapping.{key}" for key in ("keep", "permutation", "split")),
        ],
        SAME,
    ),
}
# Nothing is filled into the outermost levels, and nothing is updated in the innermost one.
UNUSED_PRICES = {("L0_DRAM", "random_fill"), ("L1_Buf", "random_fill"), ("L2_Reg", "random_update")}


def paths(node: Any, at: Path_ = ()) -> Iterator[Path_]:
    """Every key of the four files, with the way to it."""
    children = node.items() if isinstance(node, dict) else enumerate(node)
    for key, child in children:
        if isinstance(node, dict):
            yield (*at, key)
        if isinstance(child, dict | list):
            yield from paths(child, (*at, key))


def changed(path: Path_, name: str | None) -> str:
    """All files with one key under another name, or without it."""
    data: Any = copy.deepcopy(DATA)
    node = data
    for step in path[:-1]:
        node = node[step]
    value = node.pop(path[-1])
    if name is not None:
        node[name] = value
    return as_text({"all": data})


def run(text: str) -> str:
    """What Timeloop would print: an error, nothing much, or statistics."""
    try:
        return answer(text, SETTINGS)
    except RefusedError as error:
        return str(error)
    except AbortedError:
        return ABORTS


def outcome(text: str) -> str:
    """The same, with statistics compared to the real ones."""
    printed = run(text)
    if not printed.startswith("Buffer and Arithmetic Levels"):
        return printed
    energy_pj = read_stats(printed, 3).energy_pj
    return SAME if energy_pj == pytest.approx(ENERGY_PJ, rel=1e-6) else DIFFERS


def effect(path: Path_) -> str:
    """What the absence of a key has to lead to."""
    named = ".".join(step for step in path if isinstance(step, str))
    if named == "ERT.tables.actions.energy":
        _, _, table, _, action, _ = path
        part = DATA["ERT"]["tables"][table]
        if (part["name"], part["actions"][action]["name"]) in UNUSED_PRICES:
            return SAME
    if named == "mapping.permutation" and DATA["mapping"][path[1]]["type"] == "spatial":
        return "mapped max Arithmetic Y expansion"  # N comes first then, and alone is on X
    return EFFECTS.get(named, ABORTS)


def test_on_the_real_files_it_prints_what_timeloop_printed() -> None:
    lines = [line for line in STATS.splitlines() if not NOT_PRINTED.fullmatch(line)]
    assert answer(TEXT, SETTINGS).splitlines() == lines
    assert len(lines) > 400


def test_each_key_of_the_four_files_if_it_is_missing() -> None:
    found = {path: outcome(changed(path, None)) for path in paths(DATA)}
    wrong = {path: said for path, said in found.items() if effect(path) not in said}
    assert not wrong
    assert len(found) > 120


def test_each_key_with_a_hyphen_if_it_has_an_underscore() -> None:
    """They all are unknown to version 3.0.3, but one that it takes as well."""
    for path in paths(DATA):
        key = str(path[-1])
        if "-" in key:
            said = outcome(changed(path, key.replace("-", "_")))
            assert (SAME if key == "block-size" else effect(path)) in said, path


def test_each_key_if_it_is_misspelt() -> None:
    """One of each name: a letter more is as good as nothing."""
    for key, path in {str(path[-1]): path for path in paths(DATA)}.items():
        assert effect(path) in outcome(changed(path, f"{key}s")), path


def test_outputs_that_are_only_read_cost_less_and_nobody_says_so() -> None:
    data = copy.deepcopy(DATA)
    outputs = data["problem"]["shape"]["data-spaces"][2]
    outputs["read_write"] = outputs.pop("read-write")
    found = read_stats(run(as_text({"all": data})), 3)
    assert found.energy_pj / 16384 == pytest.approx(18.941, abs=5e-4)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("word-bits: 16", "word-bits: 16\n    energy: 2.2", "bad conversion, at line: 8"),
        ("word-bits: 16", "word-bits: 16\n    energy: 1", SAME),
        ("word-bits: 16", "word-bits: 16\n    energy: 3", DIFFERS),
        ("instances: 8", "instances: 8.0", "bad conversion"),
        ("instances: 8", "instances: 4294967296", "bad conversion"),
        ("instances: 8", "instances: -8", "bad conversion"),
        ("instances: 8", "instances: 010", SAME),
        ("instances: 8", "instances: 0x8", SAME),
        ("instances: 8", "instances: 9", ABORTS),
        ("    meshX: 8\n", "    meshX: 6\n", ABORTS),
        ("technology: DRAM", "technology: dram", ABORTS),
        ("block-size: 1", "block-size: 0", ABORTS),
        ("technology: DRAM", "technology: DRAM\n    cluster-size: 2", ABORTS),
        ("entries: 64", "entries: 64\n    cluster-size: 2", DIFFERS),
        ("entries: 64", "entries: 33", "couldn't map level L2_Reg: mapped tile size 34 exceeds"),
        ("energy: 4.2605", "energy: cheap", DIFFERS),
        ("energy: 4.2605", "energy: -4.2605", DIFFERS),
        ("version: 0.3", "version: 0.5", ABORTS),
        ("read-write: true", "read-write: 'Yes'", SAME),
        ("read-write: true", "read-write: 1", "bad conversion"),
        ("name: random_update", "name: write", SAME),
        ("K: 32", "K: 32.0", "bad conversion"),
        ("K: 32", "K: 64", "dimension K is 32, which is not equal to"),
        ("Wstride: 1", "Wstride: 2147483648", "bad conversion"),
        ("K32", "K=32", SAME),
        ("K32", "K0", SAME),
        ("K32", "K32 M2", "dimension M not found"),
        ("permutation: CN", "permutation: CM", ABORTS),
        ("target: L0_DRAM", "target: L0", "target storage level not found: L0"),
        ("type: temporal", "type: time", "illegal mapping directive type: time"),
        (
            "target: L1_Buf\n  type: spatial",
            "target: L0_DRAM\n  type: spatial",
            "cannot find spatial",
        ),
        ("- Inputs\n", "- Imports\n", ABORTS),
    ],
)
def test_values_are_read_as_timeloop_reads_them(old: str, new: str, said: str) -> None:
    assert old in TEXT
    assert said in outcome(TEXT.replace(old, new, 1))


@pytest.mark.parametrize("name", JUDGED)
def test_it_says_why_a_mapping_does_not_fit_in_the_words_of_timeloop(name: str) -> None:
    judged = 0
    for case, raw in golden(name)[::8]:
        try:
            files = timeloop_files_of(case.layer, case.architecture, case.mapping, case.costs)
        except SpecError:  # it spreads where there is no fan-out
            continue
        said = re.sub(r"level L\d+_", "level ", run(as_text(files)))
        if raw["valid"]:
            assert said.startswith("Buffer and Arithmetic Levels")
        else:
            assert f"ERROR: {said}" == raw["reason"]
        judged += 1
    assert judged > 12


def test_link_transfers_and_other_rules_are_refused() -> None:
    for environment in ({}, {"TIMELOOP_DISABLE_LINK_TRANSFERS": "0"}):
        with pytest.raises(RefusedError, match="link transfers"):
            answer(TEXT, environment)
    with pytest.raises(RefusedError, match="TIMELOOP_ENABLE_UPDATED_RMW"):
        answer(TEXT, {**SETTINGS, "TIMELOOP_ENABLE_UPDATED_RMW": "1"})


def test_as_a_program_it_ends_as_timeloop_does(tmp_path: Path) -> None:
    """Statistics and exit code 0; an error and exit code 1; an assertion and SIGABRT."""

    def ended(text: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "all.yaml").write_text(text)
        command = [sys.executable, str(STAND_IN), "all.yaml"]
        environment = {**os.environ, **SETTINGS}
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True
        )

    refused = ended(TEXT.replace("data-spaces", "data_spaces"))
    assert (refused.returncode, refused.stderr[:33]) == (1, "ERROR: key not found: data-spaces")
    assert ended(TEXT.replace("version", "vision")).returncode == -signal.SIGABRT
    assert not (tmp_path / "timeloop-model.stats.txt").exists()
    assert ended(TEXT).returncode == 0
    assert read_stats((tmp_path / "timeloop-model.stats.txt").read_text(), 3).energy_pj > 0
