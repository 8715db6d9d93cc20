"""Hundreds of broken space files: each is refused with a SpecError, or is a space that works."""

from __future__ import annotations

import math

import pytest
from broken_specs import (
    NEVER_VALID,
    BrokenFile,
    BrokenTree,
    broken_files,
    broken_trees,
    changed,
    nodes,
    result_or_error,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from bohwsw.codesign import (
    Design,
    HardwareSpace,
    Problem,
    Rejection,
    best_recipe,
    load_space,
    space_from_dict,
)
from bohwsw.errors import SpecError
from bohwsw.shipped import find_spec, shipped_names
from bohwsw.workload import network_from_dict
from bohwsw.yamlfile import parse_yaml

QUICK = best_recipe().changed(evaluations=30)

TEXTS = {n: find_spec("spaces", n).read_text(encoding="utf-8") for n in shipped_names("spaces")}
TINY = network_from_dict(
    {"name": "tiny", "layers": [{"name": "conv", "K": 4, "C": 2, "P": 3, "Q": 3, "R": 3, "S": 3}]}
)

EXPRESSIONS = [
    "1 / 0",
    "5 % 0",
    "0 // 0",
    "1e308 * 10",
    "1e400",
    "9" * 300,
    "9007199254740992 * 9007199254740992",
    "-4",
    "0",
    "2.5",
    "log2(0)",
    "log2(2)",
    "min()",
    "2 ** 62",
    "true",
    "True",
    "1 == 1",
    "'text'",
    "mesh_x",
    "mesh_x == 4 or 8",
    "mesh_x == 0.5",
    "stationary == 'weigths'",
    "64KB",
    "9007199254740993",
    "unheard_of",
    "(" * 500 + ")" * 500,
    "-" * 500 + "1",
    "1 + " * 400 + "1",
    "__import__('os').getcwd()",
    "lambda: 1",
    "[1][0]",
    "1 if 1 else 2",
    "max(1, 2)",
    "1,2",
    "\x00",
    "\ud800",
    " ",
]

# A size may be an expression, so text for a number may do; a bandwidth may be a fraction.
ALWAYS_REFUSED = NEVER_VALID - {"text for a number", "a fraction for a whole number"}


def assert_refused_or_works(result: HardwareSpace | SpecError, kind: str, file: str) -> None:
    if isinstance(result, SpecError):
        assert result.file == file
        assert file in str(result)
        return
    assert kind not in ALWAYS_REFUSED
    _, found = Problem(result, TINY, recipe=QUICK).evaluate(result.spec.baseline.point)
    if isinstance(found, Rejection):
        assert found.reason
    else:
        assert isinstance(found, Design)
        assert 0 < found.edp_pj_cycles < math.inf


@pytest.mark.parametrize("name", TEXTS)
@settings(max_examples=16)
@given(data=st.data())
def test_broken_trees_are_refused_or_work(name: str, data: st.DataObject) -> None:
    broken: BrokenTree = data.draw(broken_trees(TEXTS[name]))
    result = result_or_error(lambda: space_from_dict(broken.data, file="broken.yaml"))
    assert_refused_or_works(result, broken.kind, "broken.yaml")


@pytest.mark.parametrize("name", TEXTS)
@settings(max_examples=12)
@given(data=st.data())
def test_broken_files_are_refused_or_work(
    name: str, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    broken: BrokenFile = data.draw(broken_files(TEXTS[name]))
    path = tmp_path_factory.getbasetemp() / f"broken-{name}.yaml"
    path.write_bytes(broken.raw)
    result = result_or_error(lambda: load_space(path))
    assert_refused_or_works(result, broken.kind, str(path))


@pytest.mark.parametrize("name", TEXTS)
@settings(max_examples=16)
@given(data=st.data())
def test_odd_expressions_are_refused_or_work(name: str, data: st.DataObject) -> None:
    tree = parse_yaml(TEXTS[name], file=name)
    places = [path for path, value in nodes(tree) if not isinstance(value, dict | list)]
    broken = changed(
        tree, data.draw(st.sampled_from(places)), data.draw(st.sampled_from(EXPRESSIONS))
    )
    result = result_or_error(lambda: space_from_dict(broken, file="broken.yaml"))
    assert_refused_or_works(result, "an odd expression", "broken.yaml")
