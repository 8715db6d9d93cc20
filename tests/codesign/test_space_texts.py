"""Every text of a space file is held against its parameters; what no machine depends on is told."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest
from small_space import changed_space, small_space

from bohwsw.codesign import SpaceSpec, space_from_dict
from bohwsw.codesign.space_files import check_texts
from bohwsw.codesign.space_spec import build_space
from bohwsw.errors import SpecError, SpecWarning
from bohwsw.shipped import find_spec, shipped_names
from bohwsw.yamlfile import read_yaml, validate

TYPO = "flow == 'weight'"
PLACES: list[tuple[str, Any, str]] = [
    ("constraints", ["mesh_x * mesh_y == 8", TYPO], "constraints[1]"),
    ("architecture.mac.word_bits", f"8 * (1 + ({TYPO}))", "architecture.mac.word_bits"),
    *(
        (f"architecture.levels.2.{key}", f"8 * (1 + ({TYPO}))", f"architecture.levels[2].{key}")
        for key in ("entries", "word_bits", "block_size", "cluster_size")
    ),
    *(
        (
            "architecture.levels.2.bandwidth",
            {key: f"8 * (1 + ({TYPO}))"},
            f"architecture.levels[2].bandwidth.{key}",
        )
        for key in ("read", "write")
    ),
    ("architecture.levels.1.fanout", ["mesh_x", f"mesh_y * (1 + ({TYPO}))"], ".fanout[1]"),
    *(
        (f"dataflow.Buffer.{key}", {"K": TYPO}, f"dataflow.Buffer.{key}.K")
        for key in ("temporal", "spatial_x", "spatial_y", "whole")
    ),
    *(
        (f"dataflow.Buffer.{key}", {"Weights": TYPO}, f"dataflow.Buffer.{key}.Weights")
        for key in ("keep", "bypass", "stationary")
    ),
    (
        "baseline.dataflow.Buffer",
        {"keep": {"Inputs": TYPO}},
        "baseline.dataflow.Buffer.keep.Inputs",
    ),
    ("features", {"is_weights": TYPO}, "features.is_weights"),
]


def error_with(path: str, value: object) -> SpecError:
    with pytest.raises(SpecError) as caught:
        space_from_dict(changed_space(path, value), file="mine.yaml")
    assert caught.value.file == "mine.yaml"
    return caught.value


@pytest.mark.parametrize(("path", "value", "place"), PLACES, ids=lambda x: str(x)[-40:])
def test_a_value_that_a_parameter_never_has_is_refused(path: str, value: Any, place: str) -> None:
    error = error_with(path, value)
    assert str(error.key_path).endswith(place)
    assert (error.got, error.nearest) == ("weight", "weights")


@pytest.mark.parametrize(("path", "value", "place"), PLACES, ids=lambda x: str(x)[-40:])
def test_an_unknown_name_is_refused(path: str, value: Any, place: str) -> None:
    def renamed(tree: Any) -> Any:
        if isinstance(tree, dict):
            return {key: renamed(entry) for key, entry in tree.items()}
        if isinstance(tree, list):
            return [renamed(entry) for entry in tree]
        return tree.replace("flow == 'weight'", "flwo == 'weights'")

    error = error_with(path, renamed(value))
    assert str(error.key_path).endswith(place)
    assert (error.got, error.nearest) == ("flwo", "flow")


@pytest.mark.parametrize("name", shipped_names("spaces"))
def test_any_slip_in_a_text_of_a_shipped_space_is_found(name: str) -> None:
    """Each name and each quoted value in turn gains a letter."""
    spec = validate(SpaceSpec, read_yaml(find_spec("spaces", name)))
    space = build_space(spec)
    assert space is not None
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_texts(spec, space.parameters)
    words = {*spec.parameters, *(x for p in space.parameters if p.is_text for x in p.values)}
    found = 0
    for section in ("architecture", "dataflow", "baseline", "features"):
        for word in words:
            where = rf"(?<=[ (\"'-]){word}(?=['\" )*/+%,])"
            changed = _with_slip(spec, section, where, word)
            if changed is None:
                continue
            found += 1
            with pytest.raises(SpecError) as caught:
                check_texts(changed, space.parameters)
            assert str(caught.value.got) == word + "x"
            assert caught.value.nearest == word
    assert found >= 5


def _with_slip(spec: SpaceSpec, section: str, where: str, word: str) -> SpaceSpec | None:
    """The file with ``word`` misspelt in the first expression of a section that has it."""
    tree = spec.model_dump()
    done = False

    def walk(node: Any) -> Any:
        nonlocal done
        if isinstance(node, dict):
            return {key: walk(value) for key, value in node.items()}
        if isinstance(node, list | tuple):
            return tuple(walk(value) for value in node)
        if isinstance(node, str) and not done:
            new = re.sub(where, word + "x", f" {node} ", count=1)
            done = new != f" {node} "
            return new.strip() if done else node
        return node

    if section == "baseline":
        tree["baseline"]["dataflow"] = walk(tree["baseline"]["dataflow"])
    else:
        tree[section] = walk(tree[section])
    return validate(SpaceSpec, tree) if done else None


@pytest.mark.parametrize(
    ("path", "value", "shown", "not_shown"),
    [
        ("architecture.levels.1.entries", "64KB", "65536", "<="),
        ("architecture.levels.1.word_bits", "8 bits", "16", "<="),
        ("architecture.levels.1.fanout", ["4x", "4"], "2 * lanes", "<="),
        ("architecture.levels.1.bandwidth.read", "16B", "words a cycle", "<="),
        ("architecture.mac.word_bits", "int8 bits", "whole number", "<="),
        ("dataflow.Buffer.spatial_y", {"K": "flow = 'weights'"}, "rows == 'channels'", "<="),
        ("features", {"a": "log2(mesh_x"}, "log2(mesh_x / mesh_y)", "<="),
    ],
)
def test_the_example_in_an_error_fits_the_place(
    path: str, value: Any, shown: str, not_shown: str
) -> None:
    expected = str(error_with(path, value).expected)
    assert shown in expected
    assert not_shown not in expected


def test_a_key_that_is_like_none_gets_no_proposal() -> None:
    error = error_with("architecture.levels.1.sizeKB", 64)
    assert (error.problem, error.nearest) == ("unknown key", None)
    assert error_with("architecture.levels.1.blocksize", 64).nearest == "block_size"


@pytest.mark.parametrize("value", [["T"], {"T": True}, {"T": "row_whole"}])
def test_a_dimension_of_3d_layers_is_refused_by_name(value: Any) -> None:
    error = error_with("dataflow.Buffer.spatial_x", value)
    assert "3D convolution is out of scope" in error.problem
    assert "T" in str(error.key_path) or error.got == "T"


def test_an_unknown_dimension_with_a_condition_is_named() -> None:
    error = error_with("dataflow.Buffer.spatial_x", {"X": True})
    assert (error.problem, error.got) == ("unknown name", "X")
    assert error.expected == "one of N, K, C, P, Q, R, S, G"


def test_a_parameter_that_no_machine_depends_on_is_warned_of() -> None:
    tree = small_space()
    tree["parameters"]["spare"] = {"values": [1, 2]}
    tree["baseline"]["point"]["spare"] = 1
    for more in ({}, {"constraints": [*tree["constraints"], "spare <= 2"]}):
        with pytest.warns(SpecWarning, match=r"^mine\.yaml: parameters\.spare: no machine"):
            space_from_dict({**tree, **more}, file="mine.yaml")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        space_from_dict(small_space())
        tree["architecture"]["levels"][2]["entries"] = "entries * spare"
        space_from_dict(tree)
