"""Files that are wrong end in an error with file, line and key path; big ones end soon."""

from __future__ import annotations

import re
import time
from pathlib import Path
from random import Random

import pytest
from importers.timeloop_files import ACCEPTED, CONV, NESTS, NODES, imported, written

from bohwsw.errors import SpecError
from bohwsw.importers import import_timeloop

TREE = """
architecture:
  version: 0.3
  subtree:
  - name: system
    local:
    - {name: Main, class: DRAM, attributes: {word-bits: 16}}
    - {name: Pads, class: regfile, attributes: {depth: 8, word-bits: 16}}
    - {name: mac, class: intmac, attributes: {datawidth: 16}}
"""


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new", "message", "key_path"),
    [
        ("depth: 8", "detph: 8", "Timeloop would ignore", "local[1].attributes.detph"),
        ("depth: 8", "depth: eight", "'eight' is no attribute", "attributes.depth"),
        ("depth: 8", "depth: [8]", "not a number", "attributes.depth"),
        ("depth: 8", "depth: 8.5", "not a size", "attributes.depth"),
        ("depth: 8", "depth: 0", "not a size", "attributes.depth"),
        ("depth: 8", "depth: .nan", "not a number", "attributes.depth"),
        ("depth: 8", "depth: 1e30", "not a size", "attributes.depth"),
        ("depth: 8", "depth: -depth", "need one another", "attributes.depth"),
        ("depth: 8", "depth: 8 /", "not an expression", "attributes.depth"),
        ("depth: 8", "depth: __import__('os')", "simple expression", "attributes.depth"),
        ("depth: 8", "depth: \"x['y']\"", "simple expression", "attributes.depth"),
        ("depth: 8", "depth: 2 ** 2 ** 99", "simple expression", "attributes.depth"),
        ("depth: 8", "width: 24", "no whole number of words", "attributes.width"),
        ("depth: 8", "n_banks: 2", "has no size", "local[1]"),
        ("depth: 8", "depth: 8, meshX: 2", "not meshX x meshY", "attributes.meshX"),
        ("name: Pads", "name: Main", "used twice", "local[1]"),
        ("name: Pads", "name: 'Pads[5..2]'", "not a range", "local[1].name"),
        ("name: Pads", "name: [Pads]", "not a text", "local[1].name"),
        ("name: Pads", "nam: Pads", "unknown key", "local[1].nam"),
        ("class: intmac", "class: regfile", "has no size|no multiply", "architecture"),
        ("class: intmac", "class: widget", "no multiply", "architecture"),
        ("local:", "locl:", "unknown key", "subtree[0].locl"),
        ("local:", "local: 3\n    x:", "not a list|unknown key", "subtree[0]"),
        ("subtree:", "subtre:", "not an architecture", "architecture"),
        ("architecture:", "architectur:", "unknown key", "architectur"),
        ("- name: system", "- name: [1]", "not a text", "subtree[0].name"),
        ("- name: system", "- name: a\n  - name: system", "not a chain", "subtree"),
        ("{name: Main", "!!python/object:os.system {name: Main", "unknown tag", ""),
        ("{name: Main", "!Widget {name: Main", "unknown tag", ""),
        ("{name: Main", "&a {name: Main, me: *a", "contains itself", ""),
        ("{name: Main", "{<<: *nobody, name: Main", "without an anchor", ""),
        ("{name: Main", "{<<: 3, name: Main", "merges mappings", ""),
        ("{name: Main", "{name: Main, name: Main", "a key occurs twice", ""),
        ("{name: Main", "{[1]: 2, name: Main", "a key is not text", ""),
    ],
)
def test_wrong_machines(old: str, new: str, message: str, key_path: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        imported(tmp_path, changed(TREE, old, new))
    assert ": line " in str(caught.value.file)
    assert key_path in str(caught.value.key_path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Q=2 M=2", "Q=4 M=2", "do not multiply"),
        ("Q=2 M=2", "'Q=2,1 M=2'", "imperfect"),
        ("Q=2 M=2", "Q<=2 M=2", "not a factor of a mapping"),
        ("target: Column", "target: Colum", "unknown level"),
        ("factors: [C=1]", "factors: [C=2]", "loops in time where nothing"),
        ("type: dataspace", "type: data", "unknown type"),
        ("{target: Buffer, type: temporal", "{target: Main, type: temporal", "a second temporal"),
        ("target: Main, ", "", "without target"),
        ("target: Main, ", "target: {a: b}, ", "not a text"),
        ("mapping:\n-", "mapping:\n- 3\n-", "not a mapping"),
    ],
)
def test_wrong_mappings(old: str, new: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        imported(tmp_path, NODES, CONV, changed(NESTS, old, new))
    assert "file2.yaml: line " in str(caught.value.file)
    assert str(caught.value.key_path).startswith("mapping")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("!Parallel", "!Pipelined", "not a node"),
        ("- !Component\n    name: Main", "-\n    name: Main", "not a node"),
        ("spatial: {meshX: 4}", "spatial: {meshX: 4, meshZ: 1}", "unknown key"),
        ("name: InputPad", "name: InputPad\n      spatial: {meshX: 2}", "beside other levels"),
        ("datawidth: datawidth_of_words", "datawidth: n_banks_of", "is no attribute"),
        ("row: 8 * banks", "row: 8 * row", "need one another"),
    ],
)
def test_wrong_nodes(old: str, new: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=message) as caught:
        imported(tmp_path, changed(NODES, old, new))
    assert ": line " in str(caught.value.file)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("energy: 128.0", "energy: -1", "not an energy"),
        ("energy: 128.0", "energy: much", "not an energy"),
        ("tables:", "table:", "unknown key"),
        ("actions:", "action:", "without actions"),
    ],
)
def test_wrong_energies(old: str, new: str, message: str, tmp_path: Path) -> None:
    (path,) = written(tmp_path, energies=changed(ACCEPTED[1].read_text(), old, new))
    with pytest.raises(SpecError, match=message) as caught:
        import_timeloop([ACCEPTED[0], path])
    assert "energies.yaml: line " in str(caught.value.file)


def test_files_that_do_not_belong_together(tmp_path: Path) -> None:
    for texts, message in (
        ([TREE, TREE], "a second architecture"),
        ([NESTS], "neither a machine nor a problem"),
        ([NODES, NESTS], "without its problem"),
        ([""], "the file is empty"),
        (["a: {"], "not valid YAML"),
        (["- 1"], "not a mapping"),
    ):
        with pytest.raises(SpecError, match=message):
            imported(tmp_path, *texts)
    found = imported(tmp_path, CONV, NESTS)
    assert found.architecture is None
    assert [note.key_path for note in found.not_modelled] == ["mapping"]


def test_templates_and_includes_are_named(tmp_path: Path) -> None:
    text = "{{ include_text('a.yaml') }}\n{% set x = 3 %}\n# {{ no }}\n" + changed(
        TREE, "word-bits: 16", "word-bits: 16, type: {{ kind }}"
    )
    found = imported(tmp_path, text + "mapper: !include mapper.yaml\n")
    assert [(note.line, note.what) for note in found.not_modelled] == [
        (1, "a Jinja template, which is not rendered"),
        (2, "a Jinja template, which is not rendered"),
        (10, "attribute type: not modelled"),
        (len((text + "x").split("\n")), "!include is not followed"),
    ]
    with pytest.raises(SpecError, match="depth"):
        imported(tmp_path, changed(TREE, "depth: 8", "depth: {{ depth }}"))


def test_anchors_are_followed_and_merged(tmp_path: Path) -> None:
    text = changed(TREE, "attributes: {word-bits: 16}", "attributes: &words {word-bits: 16}")
    text = changed(text, "{depth: 8, word-bits: 16}", "{<<: *words, depth: 8}")
    plain, same = imported(tmp_path, TREE), imported(tmp_path, text)
    assert same.architecture == plain.architecture


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{a: " * 100_000,
        "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [{f'*a{i - 1},' * 9}]\n" for i in range(1, 40)),
        "a0: &a0 {x: 1}\n" + "".join(f"a{i}: &a{i} {{x: *a{i - 1}}}\n" for i in range(1, 2000)),
        "a: [" + "1, " * 900_000 + "]",
        "architecture: {nodes: " + "9" * 5000 + "}",
        changed(
            TREE, "depth: 8", "depth: a0, " + ", ".join(f"a{i}: a{i + 1}" for i in range(3000))
        ),
        changed(TREE, "depth: 8", "depth: " + "(" * 5000 + "8" + ")" * 5000),
    ],
)
def test_what_would_cost_much_ends_soon(text: str, tmp_path: Path) -> None:
    start = time.monotonic()
    with pytest.raises(SpecError, match="line "):
        imported(tmp_path, text)
    assert time.monotonic() - start < 10


def test_files_with_random_damage_raise_nothing_else(tmp_path: Path) -> None:
    """Values, keys, lists and mappings give way to others, some from elsewhere in the file."""
    rng = Random(0)
    accepted = [path.read_text() for path in ACCEPTED]
    others = ("", "0", "-1", "1e9", ".inf", "null", "true", "[]", "{}", "[[1]]", "{a: b}", "*a")
    ends = {"read": 0, "refused": 0}
    for _ in range(600):
        texts = list(rng.choice((accepted, [NODES, CONV, NESTS], [TREE, CONV])))
        which = rng.randrange(len(texts))
        pieces = list(re.finditer(r"[\w.]+|\[[^\]]*\]|\{[^}]*\}", texts[which]))
        old, new = rng.choice(pieces), rng.choice([*others, rng.choice(pieces)[0]])
        texts[which] = texts[which][: old.start()] + new + texts[which][old.end() :]
        try:
            imported(tmp_path, *texts)
            ends["read"] += 1
        except SpecError as error:
            ends["refused"] += error.file is not None
    assert sum(ends.values()) == 600
    assert min(ends.values()) > 30
