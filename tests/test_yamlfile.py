"""Reading YAML within limits and turning schema complaints into clear errors."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import yaml
from pydantic import Field, model_validator

from bohwsw import yamlfile
from bohwsw.errors import SpecError
from bohwsw.yamlfile import MAX_DEPTH, MAX_FILE_BYTES, SpecModel, parse_yaml, read_yaml, validate

Size = Annotated[int, Field(ge=1, le=100)]


class Square(SpecModel):
    kind: Literal["square"]
    side: Size


class Circle(SpecModel):
    kind: Literal["circle"]
    radius: float


class Level(SpecModel):
    name: str
    entries: Size = 1
    share: float = 1.0
    keep: bool = True
    word: Literal["Weights", "Inputs", "Outputs"] = "Weights"
    stride: Size | tuple[Size, Size] = 1
    shape: Annotated[Square | Circle, Field(discriminator="kind")] | None = None
    extents: dict[str, Size] | None = None


class Machine(SpecModel):
    levels: Annotated[list[Level], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_differ(self) -> Machine:
        if len({level.name for level in self.levels}) < len(self.levels):
            raise ValueError("two levels have one name")
        return self


def error_of(text: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        validate(Machine, parse_yaml(text, file="machine.yaml"), file="machine.yaml")
    assert caught.value.file == "machine.yaml"
    return caught.value


def error_in_level(text: str) -> SpecError:
    return error_of("levels: [{name: buffer, " + text + "}]")


@pytest.fixture(params=["compiled", "pure Python"])
def _either_parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "pure Python":
        monkeypatch.setattr(yamlfile, "LOADER", yaml.SafeLoader)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-3", -3),
        ("+3", 3),
        ("0", 0),
        ("3.0", 3.0),
        ("1e3", 1000.0),
        ("1.5e-3", 0.0015),
        (".5", 0.5),
        (".inf", math.inf),
        ("-.inf", -math.inf),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        # YAML 1.1 reads all of these as something else.
        ("no", "no"),
        ("on", "on"),
        ("N", "N"),
        ("1_000", "1_000"),
        ("010", "010"),
        ("0x10", "0x10"),
        ("1:30", "1:30"),
        ("2020-01-01", "2020-01-01"),
        ("'3'", "3"),
        ('"true"', "true"),
        ("inf", "inf"),
        ("nan", "nan"),
    ],
)
@pytest.mark.usefixtures("_either_parser")
def test_scalars_follow_the_core_schema(text: str, value: object) -> None:
    read = parse_yaml(f"key: {text}", file="f")
    assert read == {"key": value}
    assert isinstance(read, dict)
    assert type(read["key"]) is type(value)


def test_nan_is_read_as_it_is() -> None:
    read: Any = parse_yaml("[.nan, .NaN]", file="f")
    assert all(math.isnan(value) for value in read)


def test_nested_data_keep_their_order() -> None:
    text = "b: 1\na:\n  - {x: [1, [2]], y: {}}\n  - |\n    two\n    lines\nc: []\n"
    read: Any = parse_yaml(text, file="f")
    assert read == {"b": 1, "a": [{"x": [1, [2]], "y": {}}, "two\nlines\n"], "c": []}
    assert list(read) == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("text", "key_path", "part_of_message"),
    [
        ("a: !!python/object/apply:os.system [ls]", "a", "YAML tags are not accepted (line 1"),
        ("a: !!int 3", "a", "tags"),
        ("! a: 3", None, "tags"),
        ("a: [1, &x 2]", "a[1]", "anchors and aliases"),
        ("a: 1\nb: {c: *x}", "b.c", "anchors and aliases"),
        ("a: {b: 1, b: 2}", "a", "occurs twice (line 1, column 11)"),
        ("a: [{}, {3: 1}]", "a[1]", "a key is not text"),
        ("a: {[1]: 1}", "a", "a key is not text"),
        ("<<: {a: 1}\n", None, None),
        ("a: " + "9" * 50, "a", "a number is too long"),
        ("a: [1\nb: 2", None, "not valid YAML (line 2"),
        ("a:\n\t- 1", None, "not valid YAML (line 2"),
        ("a: \0", None, "not valid YAML"),
        ("", None, "the file is empty"),
        ("# comment", None, "the file is empty"),
        ("null", None, "the file is empty"),
        ("a: 1\n---\nb: 2", None, "more than one document"),
    ],
)
@pytest.mark.usefixtures("_either_parser")
def test_what_is_refused(text: str, key_path: str | None, part_of_message: str | None) -> None:
    if part_of_message is None:
        assert parse_yaml(text, file="f.yaml") == {"<<": {"a": 1}}  # a merge key merges nothing
        return
    with pytest.raises(SpecError) as caught:
        parse_yaml(text, file="f.yaml")
    assert caught.value.file == "f.yaml"
    assert caught.value.key_path == key_path
    assert part_of_message in str(caught.value)


@pytest.mark.usefixtures("_either_parser")
@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_depth_is_limited_before_it_costs_anything(opening: str) -> None:
    with pytest.raises(SpecError, match=f"at most {MAX_DEPTH} levels"):
        parse_yaml(opening * 100_000, file="f")
    assert parse_yaml("[" * MAX_DEPTH + "]" * MAX_DEPTH, file="f")


@pytest.mark.parametrize(
    ("raw", "part_of_message"),
    [
        (b"a: \xff\xfe", "not UTF-8 text (byte 3)"),
        ("a: 1".encode("utf-16"), "not UTF-8"),
        (b"\x7fELF\x02\x01\x01\x00", "not valid YAML"),
        (b"#" * (MAX_FILE_BYTES + 1), "too large"),
        (b"", "the file is empty"),
    ],
)
def test_files_that_are_not_yaml(tmp_path: Path, raw: bytes, part_of_message: str) -> None:
    path = tmp_path / "spec.yaml"
    path.write_bytes(raw)
    with pytest.raises(SpecError) as caught:
        read_yaml(path)
    assert caught.value.file == str(path)
    assert part_of_message in str(caught.value)


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    cases: list[tuple[str | Path, str]] = [
        (tmp_path, "this is a folder"),
        (tmp_path / "absent.yaml", "no such file"),
        (tmp_path / "absent" / "absent.yaml", "no such file"),
        ("null\0character", "cannot be read"),
        (tmp_path / ("long" * 1000), "cannot be read"),
    ]
    for path, problem in cases:
        with pytest.raises(SpecError, match=problem) as caught:
            read_yaml(path)
        assert caught.value.file == str(path)


def test_a_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_bytes("\ufeffname: Größe".encode())
    assert read_yaml(path) == {"name": "Größe"}


def test_valid_data_become_the_model() -> None:
    text = "levels: [{name: a, share: 2, stride: [1, 2], shape: {kind: square, side: 3}}]"
    machine = validate(Machine, parse_yaml(text, file="f"))
    shape = Square(kind="square", side=3)
    assert machine.levels == [Level(name="a", share=2.0, stride=(1, 2), shape=shape)]
    assert type(machine.levels[0].share) is float


WHOLE = "a whole number of at least 1 and at most 100"


@pytest.mark.parametrize(
    ("text", "key", "got", "expected"),
    [
        ("entries: '3'", "entries", "3", WHOLE),
        ("entries: 3.0", "entries", 3.0, WHOLE),
        ("entries: true", "entries", True, WHOLE),
        ("entries: 0", "entries", 0, WHOLE),
        ("entries: 101", "entries", 101, WHOLE),
        ("entries: null", "entries", None, WHOLE),
        ("share: true", "share", True, "a number"),
        ("share: .nan", "share", pytest.approx(math.nan, nan_ok=True), "a number"),
        ("share: -.inf", "share", -math.inf, "a number"),
        ("share: 1e999", "share", math.inf, "a number"),
        ("keep: 1", "keep", 1, "true or false"),
        ("keep: yes", "keep", "yes", "true or false"),
        ("stride: [1, 0]", "stride[1]", 0, WHOLE),
        ("stride: [1]", "stride", [1], f"{WHOLE}; or a list of 2, each {WHOLE}"),
        ("extents: {C: x}", "extents.C", "x", WHOLE),
        ("shape: {kind: square, side: 0}", "shape.side", 0, WHOLE),
        ("shape: {kind: circle}", "shape.radius", None, "a number"),
        ("shape: {side: 1}", "shape.kind", None, "one of square, circle"),
    ],
)
def test_key_path_got_and_expected(text: str, key: str, got: object, expected: str) -> None:
    error = error_in_level(text)
    assert error.key_path == f"levels[0].{key}"
    assert error.got == got
    assert type(error.got) is type(got) or isinstance(error.got, float)
    assert error.expected == expected


@pytest.mark.parametrize(
    ("text", "key", "nearest"),
    [
        ("entires: 3", "entires", "entries"),
        ("strides: 3", "strides", "stride"),
        ("word: weigths", "word", "Weights"),
        ("shape: {kind: cirlce, radius: 1}", "shape.kind", "circle"),
        ("shape: {kind: circle, radios: 1}", "shape.radios", "radius"),
        ("zzz: 3", "zzz", None),
    ],
)
def test_names_come_with_the_nearest(text: str, key: str, nearest: str | None) -> None:
    error = error_in_level(text)
    assert error.key_path == f"levels[0].{key}"
    assert error.nearest == nearest
    assert error.expected is not None
    assert error.expected.startswith("one of ")


def test_keys_of_other_union_members_are_not_offered() -> None:
    assert error_in_level("shape: {kind: circle, side: 1}").expected == "one of kind, radius"


def test_a_misspelt_key_comes_before_the_key_it_leaves_missing() -> None:
    error = error_of("levels: [{nmae: a, entries: 0}]")
    assert error.key_path == "levels[0].nmae"
    assert error.nearest == "name"
    assert "(and 2 more: levels[0].name, levels[0].entries)" in error.problem


def test_a_missing_key_and_an_empty_list() -> None:
    error = error_of("levels: [{entries: 3}]")
    assert (error.problem, error.key_path) == ("a required key is missing", "levels[0].name")
    assert error_of("levels: []").problem == "too few entries"
    assert error_of("- 1").expected == "a mapping with keys levels"


def test_a_validators_own_words_are_kept() -> None:
    assert error_of("levels: [{name: a}, {name: a}]").problem == "two levels have one name"


def test_many_errors_are_explained_in_reasonable_time() -> None:
    error = error_of("levels: [" + "{name: 1}, " * 20_000 + "]")
    assert error.key_path == "levels[0].name"
    assert "99 more: levels[1].name" in error.problem


@pytest.mark.parametrize(
    ("data", "part_of_message"),
    [
        ({1: "a"}, "a key is not text"),
        ({"levels": [{"name": object()}]}, "levels[0].name: not plain data"),
        ({"levels": [{"name": "a", "entries": 10**5000}]}, "a number is too long"),
        ({"levels": [{"name": "\ud800"}]}, "text is not valid Unicode"),
        ({"levels": {1, 2}}, "not plain data"),
    ],
)
def test_data_that_no_file_could_hold(data: object, part_of_message: str) -> None:
    with pytest.raises(SpecError) as caught:
        validate(Machine, data)
    assert part_of_message in str(caught.value)


def test_data_that_hold_themselves() -> None:
    data: dict[str, Any] = {}
    data["levels"] = [data]
    with pytest.raises(SpecError, match="nested too deep"):
        validate(Machine, data)
