"""The reader of case files, and the answers to cases."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import lzma
import sys
from pathlib import Path
from typing import Any

import golden
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bohwsw.errors import SpecError
from bohwsw.simulator.cases import case_result, read_cases

Edit = Any


def small_case() -> dict[str, Any]:
    price = {"read": 2.0, "fill": 2.0, "update": 2.0}
    return {
        "id": "one",
        "arch": {
            "name": "tiny",
            "mesh_x": 4,
            "mesh_y": 2,
            "mac": {"word_bits": 16, "energy": 1.0},
            "levels": [
                {"name": "DRAM", "scope": "chip", "entries": None, "energy": price},
                {"name": "RF", "scope": "pe", "entries": 16, "energy": price},
            ],
        },
        "layer_name": "gemm",
        "layer": {"K": 8, "C": 4, "P": 6},
        "mapping": [
            {
                "level": "DRAM",
                "temporal": {"P": 3, "K": 2},
                "order": ["P", "K"],
                "spatial_x": [["K", 4]],
                "spatial_y": [["P", 2]],
            },
            {"level": "RF", "temporal": {"C": 4}, "keep": ["Outputs"]},
        ],
    }


def written(tmp_path: Path, *cases: object) -> Path:
    path = tmp_path / "cases.jsonl"
    path.write_text("".join(json.dumps(case) + "\n" for case in cases))
    return path


def complaint(path: Path | str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        list(read_cases(path))
    error = caught.value
    assert error.file is not None
    assert error.file.startswith(str(path))
    return error


def test_what_is_absent_has_its_default(tmp_path: Path) -> None:
    (case,) = read_cases(written(tmp_path, small_case()))
    assert case.id == "one"
    assert (case.layer.name, case.layer.K, case.layer.R, case.layer.stride_w) == ("gemm", 8, 1, 1)
    dram, rf = case.architecture.levels
    assert (dram.mesh_x, dram.mesh_y, rf.mesh_x, rf.mesh_y) == (1, 1, 4, 2)
    assert (dram.read_words_per_cycle, rf.block_size, case.costs.hop_energy_pj) == (None, 1, (0, 0))
    assert case.mapping.levels[0].keep == {"Weights", "Inputs", "Outputs"}
    assert case.mapping.levels[1].temporal == (("C", 4),)
    result = case_result(case)
    assert result["valid"]
    assert result["latency_cycles"] == 24
    assert list(result["levels"]["RF"]) == ["Outputs"]


def test_factors_of_one_and_empty_lists_mean_nothing(tmp_path: Path) -> None:
    plain, padded = small_case(), small_case()
    padded["mapping"][0]["temporal"].update({"R": 1, "S": 1, "C": 1})
    padded["mapping"][0]["order"] = ["S", "P", "K"]
    padded["mapping"][1].update({"spatial_x": [], "spatial_y": [], "order": ["C"]})
    padded["mapping"][1]["temporal"]["G"] = 1
    padded["expected"] = {"anything": [None, {"at": "all"}]}
    padded["note"] = 3
    padded["id"] = 17
    one, other = [case_result(case) for case in read_cases(written(tmp_path, plain, padded))]
    assert other["id"] == 17
    assert {**other, "id": "one"} == one


def test_result_has_exactly_the_promised_keys() -> None:
    keys = [
        "id",
        "valid",
        "violations",
        "latency_cycles",
        "energy_pj",
        "edp_pj_cycles",
        "area_mm2",
        "levels",
    ]
    for case, raw in golden.golden("golden_hier_validity"):
        result = case_result(case)
        assert list(result) == keys
        assert json.loads(json.dumps(result, allow_nan=False)) == result
        assert result["valid"] == raw["valid"] == (not result["violations"])
        assert result["area_mm2"] is None
        if not result["valid"]:
            assert [result[key] for key in keys[3:]] == [None, None, None, None, {}]
        for violation in result["violations"]:
            assert list(violation) == [
                "constraint",
                "level",
                "data_space",
                "value",
                "limit",
                "ratio",
            ]
            assert violation["ratio"] == violation["value"] / violation["limit"] > 1


def test_results_equal_timeloop() -> None:
    for case, raw in golden.golden("golden_hier_dev"):
        result, expected = case_result(case), raw["expected"]["base"]
        assert result["energy_pj"] == pytest.approx(expected["energy_pj"], rel=1e-6)
        assert result["latency_cycles"] == expected["cycles"]
        assert result["edp_pj_cycles"] == result["energy_pj"] * result["latency_cycles"]
        for level, answers in expected["levels"].items():
            assert set(result["levels"][level]) == set(answers["ds"])
            for space, counts in answers["ds"].items():
                got = result["levels"][level][space]
                assert list(got) == ["reads", "fills", "updates", "energy_pj"]
                assert [got[k] for k in ("reads", "fills", "updates")] == [
                    counts[k] for k in ("reads", "fills", "updates")
                ]
                assert got["energy_pj"] == pytest.approx(counts["energy_total"], abs=0.006)


def set_at(*path: object) -> Edit:
    """An edit that puts the last item at the place that the others name."""
    *keys, last, value = path

    def edit(case: Any) -> None:
        for key in keys:
            case = case[key]
        case[last] = value

    return edit


def drop(*path: object) -> Edit:
    *keys, last = path

    def edit(case: Any) -> None:
        for key in keys:
            case = case[key]
        del case[last]

    return edit


@pytest.mark.parametrize(
    ("edit", "key_path", "words"),
    [
        (drop("id"), "id", "missing"),
        (drop("mapping"), "mapping", "missing"),
        (drop("arch", "mac"), "arch.mac", "missing"),
        (set_at("layer", "k", 8), "layer.k", "nearest:  K"),
        (set_at("layer", "T", 3), "layer.T", "3D convolution is out of scope"),
        (set_at("layer", "transposed", True), "layer.transposed", "not supported yet"),
        (set_at("mapping", 0, "temporal", "T", 2), "mapping[0].temporal", "3D convolution"),
        (set_at("layer", "K", 0), "layer.K", "at least 1"),
        (set_at("layer", "K", 8.5), "layer.K", "a whole number"),
        (set_at("layer", "K", "8"), "layer.K", "a whole number"),
        (set_at("layer", "K", True), "layer.K", "a whole number"),
        (set_at("layer", "K", 9), "mapping", "do not multiply"),
        (set_at("layer", "R", 3), "mapping", "do not multiply"),
        (set_at("layer", []), "layer", "a mapping"),
        (set_at("arch", "mesh_z", 2), "arch.mesh_z", "unknown key"),
        (set_at("arch", "mesh_x", 10**9), "arch.mesh_x", "at most"),
        (set_at("arch", "mac", "energy", float("nan")), "arch.mac.energy", "finite"),
        (set_at("arch", "mac", "energy", float("inf")), "arch.mac.energy", "finite"),
        (set_at("arch", "mac", "energy", -1.0), "arch.mac.energy", "at least 0"),
        (
            set_at("arch", "levels", 0, "energy", {"read": 1}),
            "arch.levels[0].energy.fill",
            "missing",
        ),
        (set_at("arch", "levels", []), "arch.levels", "too few"),
        (set_at("arch", "levels", 1, "entries", 0), "arch.levels[1].entries", "at least 1"),
        (set_at("arch", "levels", 1, "read_bw", 0), "arch.levels[1].read_bw", "above 0"),
        (set_at("arch", "levels", 1, "block_size", -4), "arch.levels[1].block_size", "at least 1"),
        (set_at("arch", "levels", 1, "capacity", 4), "arch.levels[1].capacity", "unknown key"),
        (set_at("arch", "levels", 1, "scope", "cluster"), "arch.levels[1].scope", "mesh"),
        (set_at("arch", "levels", 1, "name", "DRAM"), "mapping[1].level", "unknown storage"),
        (set_at("arch", "levels", 1, "mesh_x", 3), "arch.levels[1]", "does not divide"),
        (set_at("arch", "levels", 0, "entries", 99), "arch.levels[0]", "holds every tensor"),
        (set_at("mapping", 0, "temporal", "X", 2), "mapping[0].temporal", "unknown dimension"),
        (set_at("mapping", 0, "temporal", "K", 0), "mapping[0].temporal.K", "at least 1"),
        (set_at("mapping", 0, "temporal", "K", 3), "mapping", "do not multiply"),
        (set_at("mapping", 0, "order", ["P"]), "mapping[0].order", "leaves out"),
        (drop("mapping", 0, "order"), "mapping[0].order", "leaves out"),
        (set_at("mapping", 0, "order", ["P", "K", "C"]), "mapping[0].order[2]", "no temporal"),
        (set_at("mapping", 0, "order", ["P", "K", "P"]), "mapping[0].order[2]", "twice"),
        (set_at("mapping", 0, "spatial_x", [["K", 2], ["K", 2]]), "mapping[0].spatial_x[1]", ""),
        (set_at("mapping", 0, "spatial_x", [["K"]]), "mapping[0].spatial_x[0]", "a list of 2"),
        (set_at("mapping", 0, "spatial_x", [["k", 4]]), "mapping[0].spatial_x[0]", "nearest:  K"),
        (set_at("mapping", 0, "keep", ["Weights"]), "mapping[0].keep", "every data space"),
        (set_at("mapping", 1, "keep", ["Output"]), "mapping[1].keep", "nearest:  Outputs"),
        (set_at("mapping", 1, "level", "RFs"), "mapping[1].level", "nearest:  RF"),
        (set_at("mapping", 1, "spatialx", []), "mapping[1].spatialx", "nearest:  spatial_x"),
        (set_at("mapping", 0, "level", "RF"), "mapping[0].level", "differ in order"),
        (lambda case: case["mapping"].reverse(), "mapping[0].level", "differ in order"),
        (lambda case: case["mapping"].pop(), "mapping", "differ in depth"),
    ],
)
def test_a_broken_case_is_told_where_and_why(
    tmp_path: Path, edit: Edit, key_path: str, words: str
) -> None:
    case = small_case()
    edit(case)
    error = complaint(written(tmp_path, small_case(), case))
    assert "line 2" in str(error.file)
    assert error.key_path == key_path
    assert words in str(error)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"{", "not valid JSON"),
        (b"[1, 2]", "not a case"),
        (b"7", "not a case"),
        (b'{"id": "a", "id": "b"}', "occurs twice"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b"[" * 100_000, "not usable JSON"),
        (b'{"id": ' + b"9" * 5000 + b"}", "not usable JSON"),
        (b'{"id": "\\ud800"}', ""),
    ],
)
def test_a_line_that_is_no_case(tmp_path: Path, line: bytes, words: str) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_bytes(b"\n" + line + b"\n")
    error = complaint(path)
    assert "line 2" in str(error.file)
    assert words in str(error)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert "no such file" in str(complaint(tmp_path / "nowhere.jsonl"))
    assert "folder" in str(complaint(tmp_path))
    assert "cannot be read" in str(complaint("a\0b"))
    for name, content in (("empty.jsonl", b""), ("blank.jsonl", b"\n \n")):
        (tmp_path / name).write_bytes(content)
        assert "no cases" in str(complaint(tmp_path / name))


def test_compressed_files(tmp_path: Path) -> None:
    packed = lzma.compress(json.dumps(small_case()).encode() + b"\n")
    for name in ("cases.jsonl.xz", "cases.jsonl"):  # known by its first bytes
        (tmp_path / name).write_bytes(packed)
        assert [case.id for case in read_cases(tmp_path / name)] == ["one"]
    for name, content in (
        ("cut.jsonl.xz", packed[:-20]),
        ("empty.jsonl.xz", b""),
        ("text.jsonl.xz", b"{}\n"),
        ("flipped.jsonl.xz", packed[:60] + bytes(8) + packed[68:]),
    ):
        (tmp_path / name).write_bytes(content)
        assert "xz" in str(complaint(tmp_path / name).problem)


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    text = io.BufferedReader(io.BytesIO(json.dumps(small_case()).encode()))
    monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": text}))
    assert [case.id for case in read_cases("-")] == ["one"]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a tree of lists and dictionaries."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, item in inner:
        found.append((*path, key))
        if isinstance(item, dict | list):
            found += places(item, (*path, key))
    return found


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_is_a_spec_error_or_harmless(tmp_path: Path, data: st.DataObject) -> None:
    case = copy.deepcopy(small_case())
    for _ in range(data.draw(st.integers(1, 2))):
        *keys, last = data.draw(st.sampled_from(places(case)))
        holder: Any = case
        for key in keys:
            holder = holder[key]
        junk = st.sampled_from([None, -1, 0, 2.5, "x", [], {}, True, 10**30, float("nan"), [[]]])
        if data.draw(st.booleans()):
            holder[last] = data.draw(junk)
        else:
            del holder[last]
    path = written(tmp_path, case)
    with contextlib.suppress(SpecError):  # anything else that escapes is a failure
        results = [case_result(found) for found in read_cases(path)]
        assert json.dumps(results, allow_nan=False)
